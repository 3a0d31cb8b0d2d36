package dev.chagres.backend.cuda;

import dev.chagres.backend.Strided;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.SgdStep;

/** Steps of optimizers. */
final class Optimizers {
  private final CudaDevice device;

  Optimizers(CudaDevice device) {
    this.device = device;
  }

  void sgdStep(SgdStep step, Strided parameter, Strided gradient, Strided momentum) {
    throw NotYet.on("sgdStep", device);
  }

  void adamStep(AdamStep step, Strided parameter, Strided gradient, Strided... state) {
    throw NotYet.on("adamStep", device);
  }
}
