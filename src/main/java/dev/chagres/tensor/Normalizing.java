package dev.chagres.tensor;

import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.primitive.AutocastFunction;
import dev.chagres.primitive.Halves;
import dev.chagres.tensor.NormOperands.Made;
import dev.chagres.tensor.NormOperands.Wanted;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The door of layer normalization. */
final class Normalizing {
  private static final String NAME = "layerNorm";
  private static final String NODE = "NativeLayerNormBackward";

  private Normalizing() {}

  /** Normalizes the last {@code dims} dimensions, whose sizes weight and bias have. */
  static Tensor layerNorm(
      Tensor x, int dims, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    return asGiven(
        Autocast.cast(AutocastFunction.LAYER_NORM, x),
        dims,
        Autocast.castIfAny(AutocastFunction.LAYER_NORM, weight),
        Autocast.castIfAny(AutocastFunction.LAYER_NORM, bias),
        eps);
  }

  private static Tensor asGiven(
      Tensor x, int dims, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    if (!x.dtype().isFloating()) {
      throw new IllegalArgumentException(
          NAME + ": not defined for " + x.dtype() + "; convert to a floating dtype first");
    }
    if (dims < 1 || dims > x.dim()) {
      throw new IllegalArgumentException(
          NAME + ": " + dims + " dimensions to normalize, of an input " + x.shape());
    }
    Shape normalized = x.shape().slice(x.dim() - dims, x.dim());
    check("weight", weight, x, normalized);
    check("bias", bias, x, normalized);
    if (Halves.isHalf(x.dtype())) {
      Tensor wide =
          asGiven(Copying.cast(x, DType.FLOAT32), dims, widened(weight), widened(bias), eps);
      return Gradients.named(NODE, Copying.cast(wide, x.dtype()), x);
    }
    Shape rows = Shape.of(x.shape().slice(0, x.dim() - dims).numel(), normalized.numel());
    Tensor flatX = ViewOps.reshape(x, rows);
    Tensor flatWeight = weight == null ? null : ViewOps.reshape(weight, Shape.of(rows.size(1)));
    Tensor flatBias = bias == null ? null : ViewOps.reshape(bias, Shape.of(rows.size(1)));
    Tensor y =
        x.numel() == 0
            ? composed(flatX, flatWeight, flatBias, eps)
            : fused(flatX, flatWeight, flatBias, eps);
    return Gradients.named(NODE, ViewOps.reshape(y, x.shape()), x);
  }

  private static void check(String what, @Nullable Tensor part, Tensor x, Shape normalized) {
    if (part == null) {
      return;
    }
    if (!part.shape().equals(normalized)) {
      throw new IllegalArgumentException(
          NAME + ": a " + what + " " + part.shape() + " for dimensions " + normalized);
    }
    if (part.dtype() != x.dtype() && part.dtype() != Halves.computed(x.dtype())) {
      throw new IllegalArgumentException(
          NAME + ": a " + what + " of " + part.dtype() + " for an input of " + x.dtype());
    }
  }

  private static @Nullable Tensor widened(@Nullable Tensor part) {
    return part == null ? null : Copying.cast(part, DType.FLOAT32);
  }

  private static @Nullable Tensor dense(@Nullable Tensor part) {
    return part == null ? null : Copying.contiguous(part);
  }

  private static @Nullable Strided data(@Nullable Tensor part) {
    return part == null ? null : part.data();
  }

  /** The formula in recorded operations. */
  static Tensor composed(Tensor x, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    Tensor y = unscaled(x, eps);
    y = weight == null ? y : y.mul(weight);
    return bias == null ? y : y.add(bias);
  }

  private static Tensor unscaled(Tensor x, double eps) {
    return x.sub(x.mean(Keep.KEEPDIM, 1)).mul(scale(x, eps));
  }

  private static Tensor scale(Tensor x, double eps) {
    return x.var(Correction.NONE, Keep.KEEPDIM, 1).add(eps).rsqrt();
  }

  private static Tensor fused(
      Tensor x, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    Tensor source = Copying.contiguous(x);
    Tensor w = dense(weight);
    Tensor b = dense(bias);
    Strided out = x.data().like(x.shape(), x.dtype());
    Tensor statistics = new Tensor(x.data().like(Shape.of(2, x.size(0)), DType.FLOAT64));
    var backend = Backends.of(NAME, source, w == null ? b == null ? source : b : w);
    backend.normalization().layerNorm(source.data(), data(w), data(b), eps, out, statistics.data());
    Reference.reachabilityFence(source);
    Reference.reachabilityFence(w);
    Reference.reachabilityFence(b);
    return new NormOperands(x, weight, bias)
        .record(
            NODE,
            new Tensor(out),
            (g, kept, scaledBy, wanted) -> slopes(g, kept, scaledBy, wanted, eps),
            (g, kept, scaledBy, wanted) -> fusedSlopes(g, kept, scaledBy, wanted, statistics));
  }

  /** The gradients in recorded operations, for those who differentiate them again. */
  private static List<@Nullable Tensor> slopes(
      Tensor g, Tensor x, @Nullable Tensor weight, Wanted wanted, double eps) {
    Tensor gx = null;
    Tensor gweight = null;
    if (wanted.x() || wanted.weight()) {
      Tensor z = unscaled(x, eps);
      gx = wanted.x() ? slope(weight == null ? g : g.mul(weight), z).mul(scale(x, eps)) : null;
      gweight = wanted.weight() ? g.mul(z).sum(0) : null;
    }
    return Arrays.asList(gx, gweight, wanted.bias() ? g.sum(0) : null);
  }

  /** What is left of the slope of a normalized row z, whose mean and size do not change. */
  private static Tensor slope(Tensor slope, Tensor z) {
    Tensor level = slope.mean(Keep.KEEPDIM, 1);
    Tensor tilt = slope.mul(z).mean(Keep.KEEPDIM, 1);
    return slope.sub(level).sub(z.mul(tilt));
  }

  private static List<@Nullable Tensor> fusedSlopes(
      Tensor g, Tensor x, @Nullable Tensor weight, Wanted wanted, Tensor statistics) {
    Tensor gradient = Copying.contiguous(g);
    Tensor source = Copying.contiguous(x);
    Tensor w = dense(weight);
    Layout row = Shape.of(x.size(1)).contiguous();
    Made made = Made.of(x, x.shape().contiguous(), row, x.dtype(), wanted);
    Backends.of(NAME, source, gradient)
        .normalization()
        .layerNormBackward(
            gradient.data(),
            source.data(),
            data(w),
            statistics.data(),
            made.x(),
            made.weight(),
            made.bias());
    Reference.reachabilityFence(gradient);
    Reference.reachabilityFence(source);
    Reference.reachabilityFence(w);
    Reference.reachabilityFence(statistics);
    return made.tensors();
  }
}
