package dev.chagres.backend.cuda;

import dev.chagres.backend.Strided;
import dev.chagres.backend.Window;

/** Convolution and pooling of images. */
final class Convolution {
  private final CudaDevice device;

  Convolution(CudaDevice device) {
    this.device = device;
  }

  void conv2d(Strided x, Strided weight, Window window, int groups, Strided y) {
    throw NotYet.on("conv2d", device);
  }

  void conv2dInput(Strided g, Strided weight, Window window, int groups, Strided gx) {
    throw NotYet.on("conv2dInput", device);
  }

  void conv2dWeight(Strided g, Strided x, Window window, int groups, Strided gw) {
    throw NotYet.on("conv2dWeight", device);
  }

  void maxPool2d(Strided x, Window window, Strided y, Strided positions) {
    throw NotYet.on("maxPool2d", device);
  }
}
