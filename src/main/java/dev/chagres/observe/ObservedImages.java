package dev.chagres.observe;

import dev.chagres.backend.ImageKernels;
import dev.chagres.backend.Strided;
import dev.chagres.backend.Window;
import org.jspecify.annotations.Nullable;

/** Convolution and pooling, which an observer is shown. */
record ObservedImages(ImageKernels device, Observer observer) implements ImageKernels {
  @Override
  public void conv2d(
      Strided x, Strided weight, @Nullable Strided bias, Window window, int groups, Strided y) {
    observer.kernel(
        () -> device.conv2d(x, weight, bias, window, groups, y),
        () -> convolved("conv2d", y, weight).touches(x, weight, bias, y));
  }

  @Override
  public void conv2dInput(Strided g, Strided weight, Window window, int groups, Strided gx) {
    observer.kernel(
        () -> device.conv2dInput(g, weight, window, groups, gx),
        () -> convolved("conv2dInput", g, weight).touches(g, weight, gx));
  }

  @Override
  public void conv2dWeight(Strided g, Strided x, Window window, int groups, Strided gw) {
    observer.kernel(
        () -> device.conv2dWeight(g, x, window, groups, gw),
        () -> convolved("conv2dWeight", g, gw).touches(g, x, gw));
  }

  @Override
  public void maxPool2d(Strided x, Window window, Strided y, Strided positions) {
    observer.kernel(
        () -> device.maxPool2d(x, window, y, positions),
        () -> Work.of("maxPool2d", x).touches(x, y, positions));
  }

  @Override
  public void maxUnpool2d(Strided g, Strided positions, Strided x) {
    observer.kernel(
        () -> device.maxUnpool2d(g, positions, x),
        () -> Work.of("maxUnpool2d", x).touches(g, positions, x));
  }

  /** Each pixel of each result meets one kernel; so it is in the gradients, the other way round. */
  private static Work convolved(String name, Strided results, Strided kernels) {
    long kernelSize = kernels.numel() / Math.max(1, kernels.shape().size(0));
    return Work.of(name, results).multiplies(results.numel() * kernelSize);
  }
}
