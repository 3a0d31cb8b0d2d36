package dev.chagres.backend;

import static dev.chagres.backend.Operands.areAlike;
import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isIndex;
import static dev.chagres.backend.Operands.isWith;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.require;

import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.IndexKernels.Store;
import dev.chagres.core.Layout;

/** Indexing, with operands that are looked at before. */
record CheckedIndexing(IndexKernels device) implements IndexKernels {
  @Override
  public void indexSelect(Strided x, int dim, Strided index, Negatives negatives, Strided y) {
    require(areSlices(y, x, dim, index) && isWritable(y), "indexSelect", x, index, y);
    device.indexSelect(x, dim, index, negatives, y);
  }

  @Override
  public void indexPut(
      Store store, Strided x, int dim, Strided index, Negatives negatives, Strided y) {
    require(areSlices(x, y, dim, index) && isWritable(y), "indexPut", x, index, y);
    device.indexPut(store, x, dim, index, negatives, y);
  }

  /** Slices of a dimension: there are {@code some} at the positions in {@code all}. */
  private static boolean areSlices(Strided some, Strided all, int dim, Strided index) {
    return isIndex(index)
        && isDense(index)
        && isDense(some)
        && isDense(all)
        && some.dtype() == all.dtype()
        && isWith(some.shape(), all.shape(), dim, index.numel());
  }

  @Override
  public void gather(Strided x, int dim, Strided index, Negatives negatives, Strided y) {
    require(areElements(y, x, dim, index) && isWritable(y), "gather", x, index, y);
    device.gather(x, dim, index, negatives, y);
  }

  @Override
  public void scatter(
      Store store, Strided x, int dim, Strided index, Negatives negatives, Strided y) {
    require(areElements(x, y, dim, index) && isWritable(y), "scatter", x, index, y);
    device.scatter(store, x, dim, index, negatives, y);
  }

  /** Elements of a dimension: there is one in {@code some} for each position in {@code all}. */
  private static boolean areElements(Strided some, Strided all, int dim, Strided index) {
    Layout positions = index.layout();
    boolean agree =
        isIndex(index)
            && some.dtype() == all.dtype()
            && some.shape().equals(index.shape())
            && positions.dim() == all.layout().dim();
    for (int i = 0; agree && i < positions.dim(); i++) {
      agree = i == dim || positions.size(i) <= all.layout().size(i);
    }
    return agree;
  }

  @Override
  public void joinIndex(Strided index, long size, Strided positions) {
    boolean agree = isIndex(index) && areAlike(index, positions) && isWritable(positions);
    require(agree, "index", index, positions);
    device.joinIndex(index, size, positions);
  }
}
