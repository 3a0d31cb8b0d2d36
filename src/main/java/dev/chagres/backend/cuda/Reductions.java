package dev.chagres.backend.cuda;

import dev.chagres.backend.Backend.Softmax;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Strided;

/** Reductions, moments and softmax. */
final class Reductions {
  private final CudaDevice device;

  Reductions(CudaDevice device) {
    this.device = device;
  }

  void reduce(ReduceOp op, Strided x, int dim, Strided y) {
    throw NotYet.on("reduce", device);
  }

  void moments(Strided x, Strided mean, Strided squares) {
    throw NotYet.on("moments", device);
  }

  void softmax(Softmax kind, Strided x, int dim, Strided y) {
    throw NotYet.on("softmax", device);
  }

  void softmaxBackward(Softmax kind, Strided g, Strided y, int dim, Strided gx) {
    throw NotYet.on("softmaxBackward", device);
  }
}
