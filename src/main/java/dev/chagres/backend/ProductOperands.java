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

/** What is asked of the {@link Operands} of matrix products, convolutions and pooling. */
final class ProductOperands {
  private ProductOperands() {}

  // ---- matrices, convolution and pooling

  static void matmul(Strided a, Strided b, Strided y) {
    int rank = y.layout().dim();
    boolean agree =
        rank >= 2
            && a.layout().dim() == rank
            && b.layout().dim() == rank
            && a.dtype() == y.dtype()
            && b.dtype() == y.dtype()
            && y.dtype() != DType.BOOL
            && a.layout().size(-1) == b.layout().size(-2)
            && y.layout().size(-2) == a.layout().size(-2)
            && y.layout().size(-1) == b.layout().size(-1)
            && (y.layout().size(-1) <= 1 || y.layout().stride(-1) == 1 || y.layout().numel() == 0)
            && isWritable(y);
    for (int i = 0; agree && i < rank - 2; i++) {
      long size = y.layout().size(i);
      agree = a.layout().size(i) == size && b.layout().size(i) == size;
    }
    require(agree, "matmul", a, b, y);
  }

  static void linear(Strided a, Strided b, Strided bias, Strided y) {
    matmul(a, b, y);
    boolean agree =
        y.layout().dim() == 2 && bias.dtype() == y.dtype() && bias.shape().equals(y.shape());
    require(agree, "linear", a, b, bias, y);
  }

  private static boolean areImages(DType dtype, Strided... images) {
    boolean agree = dtype.isFloating();
    for (Strided image : images) {
      agree = agree && image.dtype() == dtype && image.layout().dim() == 4 && isDense(image);
    }
    return agree;
  }

  static void biasedConv2d(
      Strided x, Strided weight, @Nullable Strided bias, Window window, int groups, Strided y) {
    conv2d(x, weight, y, window, groups, y);
    boolean agree =
        bias == null
            || (bias.dtype() == y.dtype()
                && bias.layout().dim() == 1
                && bias.layout().size(0) == y.layout().size(1)
                && isDense(bias));
    if (!agree) {
      throw changed("conv2d", present(x, weight, bias, y));
    }
  }

  /** Images, kernels and results, of which any one is what is computed. */
  static void conv2d(
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

  static void maxPool2d(Strided x, Strided y, Strided positions) {
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
  }

  static void maxUnpool2d(Strided g, Strided positions, Strided x) {
    boolean agree =
        areImages(x.dtype(), g, x)
            && x.layout().size(0) == g.layout().size(0)
            && x.layout().size(1) == g.layout().size(1)
            && positions.shape().equals(g.shape())
            && isIndex(positions)
            && isDense(positions)
            && isWritable(x);
    require(agree, "maxUnpool2d", g, positions, x);
  }
}
