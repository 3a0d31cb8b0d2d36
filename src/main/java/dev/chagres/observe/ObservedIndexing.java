package dev.chagres.observe;

import dev.chagres.backend.IndexKernels;
import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.IndexKernels.Store;
import dev.chagres.backend.Strided;

/** Indexing, which an observer is shown. */
record ObservedIndexing(IndexKernels device, Observer observer) implements IndexKernels {
  @Override
  public void indexSelect(Strided x, int dim, Strided index, Negatives negatives, Strided y) {
    observer.kernel(
        () -> device.indexSelect(x, dim, index, negatives, y),
        () -> Work.of("indexSelect", x).picks(x, y).touches(index, y));
  }

  @Override
  public void indexPut(
      Store store, Strided x, int dim, Strided index, Negatives negatives, Strided y) {
    observer.kernel(
        () -> device.indexPut(store, x, dim, index, negatives, y),
        () -> stored("indexPut", store, x, index, y));
  }

  @Override
  public void gather(Strided x, int dim, Strided index, Negatives negatives, Strided y) {
    observer.kernel(
        () -> device.gather(x, dim, index, negatives, y),
        () -> Work.of("gather", x).picks(x, y).touches(index, y));
  }

  @Override
  public void scatter(
      Store store, Strided x, int dim, Strided index, Negatives negatives, Strided y) {
    observer.kernel(
        () -> device.scatter(store, x, dim, index, negatives, y),
        () -> stored("scatter", store, x, index, y));
  }

  @Override
  public void joinIndex(Strided index, long size, Strided positions) {
    observer.kernel(
        () -> device.joinIndex(index, size, positions),
        () -> Work.of("joinIndex", index).touches(index).updates(positions));
  }

  /** What is not replaced is read first. */
  private static Work stored(String name, Store store, Strided x, Strided index, Strided y) {
    Work work = Work.of(name, x).touches(x, index).picks(y, x);
    return store == Store.REPLACE ? work : work.rereads(x);
  }
}
