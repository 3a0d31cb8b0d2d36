package dev.chagres.backend.cuda;

import dev.chagres.backend.Backend.Store;
import dev.chagres.backend.Strided;

/** Takes and puts elements at indices. */
final class Indexing {
  private final CudaDevice device;

  Indexing(CudaDevice device) {
    this.device = device;
  }

  void indexSelect(Strided x, int dim, Strided index, Strided y) {
    throw NotYet.on("indexSelect", device);
  }

  void indexPut(Store store, Strided x, int dim, Strided index, Strided y) {
    throw NotYet.on("indexPut", device);
  }

  void gather(Strided x, int dim, Strided index, Strided y) {
    throw NotYet.on("gather", device);
  }

  void scatter(Store store, Strided x, int dim, Strided index, Strided y) {
    throw NotYet.on("scatter", device);
  }

  void joinIndex(Strided index, long size, Strided positions) {
    throw NotYet.on("joinIndex", device);
  }
}
