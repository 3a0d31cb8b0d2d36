package dev.chagres.backend;

import static dev.chagres.backend.Operands.changed;
import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isIndex;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.present;
import static dev.chagres.backend.Operands.require;

import dev.chagres.core.DType;
import dev.chagres.core.Rounding;
import dev.chagres.core.Shape;
import org.jspecify.annotations.Nullable;

/** Convolution and pooling, with operands that are looked at before. */
record CheckedImages(ImageKernels device) implements ImageKernels {
  @Override
  public void conv2d(
      Strided x, Strided weight, @Nullable Strided bias, Window window, int groups, Strided y) {
    check(x, weight, y, window, groups, y);
    boolean agree =
        bias == null
            || (bias.dtype() == y.dtype()
                && bias.layout().dim() == 1
                && bias.layout().size(0) == y.layout().size(1)
                && isDense(bias));
    if (!agree) {
      throw changed("conv2d", present(x, weight, bias, y));
    }
    device.conv2d(x, weight, bias, window, groups, y);
  }

  @Override
  public void conv2dInput(Strided g, Strided weight, Window window, int groups, Strided gx) {
    check(gx, weight, g, window, groups, gx);
    device.conv2dInput(g, weight, window, groups, gx);
  }

  @Override
  public void conv2dWeight(Strided g, Strided x, Window window, int groups, Strided gw) {
    check(x, gw, g, window, groups, gw);
    device.conv2dWeight(g, x, window, groups, gw);
  }

  /** Images, kernels and results, of which any one is what is computed. */
  private static void check(
      Strided images, Strided kernels, Strided results, Window window, int groups, Strided out) {
    boolean agree = areImages(out.dtype(), images, kernels, results) && isWritable(out);
    if (agree) {
      Shape from = images.shape();
      Shape kernel = kernels.shape();
      Shape to = results.shape();
      agree =
          to.size(0) == from.size(0)
              && to.size(1) == kernel.size(0)
              && kernel.size(0) % groups == 0
              && from.size(1) == groups * kernel.size(1)
              && kernel.size(2) == window.kernelHeight()
              && kernel.size(3) == window.kernelWidth()
              && to.size(2) == window.outputHeight(from.size(2), Rounding.FLOOR)
              && to.size(3) == window.outputWidth(from.size(3), Rounding.FLOOR);
    }
    require(agree, "conv2d", images, kernels, results);
  }

  @Override
  public void maxPool2d(Strided x, Window window, Strided y, Strided positions) {
    boolean agree =
        areImages(y.dtype(), x, y)
            && x.layout().size(0) == y.layout().size(0)
            && x.layout().size(1) == y.layout().size(1)
            && positions.shape().equals(y.shape())
            && isIndex(positions)
            && isDense(positions)
            && isWritable(y)
            && isWritable(positions);
    require(agree, "maxPool2d", x, y, positions);
    device.maxPool2d(x, window, y, positions);
  }

  @Override
  public void maxUnpool2d(Strided g, Strided positions, Strided x) {
    boolean agree =
        areImages(x.dtype(), g, x)
            && x.layout().size(0) == g.layout().size(0)
            && x.layout().size(1) == g.layout().size(1)
            && positions.shape().equals(g.shape())
            && isIndex(positions)
            && isDense(positions)
            && isWritable(x);
    require(agree, "maxUnpool2d", g, positions, x);
    device.maxUnpool2d(g, positions, x);
  }

  private static boolean areImages(DType dtype, Strided... images) {
    boolean agree = dtype.isFloating();
    for (Strided image : images) {
      agree = agree && image.dtype() == dtype && image.layout().dim() == 4 && isDense(image);
    }
    return agree;
  }
}
