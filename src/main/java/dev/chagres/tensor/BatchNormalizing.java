package dev.chagres.tensor;

import dev.chagres.backend.Strided;
import dev.chagres.core.ChannelsLast;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.primitive.BatchNormForm;
import dev.chagres.primitive.Halves;
import dev.chagres.primitive.Primitives.ByChannel;
import dev.chagres.tensor.NormOperands.Made;
import dev.chagres.tensor.NormOperands.Wanted;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The door of batch normalization; 16-bit inputs are computed in float32 and rounded once. */
final class BatchNormalizing {
  private static final String NAME = "batchNorm";
  private static final String NODE = "NativeBatchNormBackward";

  private BatchNormalizing() {}

  /** Normalizes an input (n, c, …), which is not empty; the channels' numbers fit it. */
  static Tensor batchNorm(Tensor x, ByChannel<Tensor> channels, BatchNormForm form) {
    if (!x.dtype().isFloating() || x.dim() < 2 || x.numel() == 0) {
      throw new IllegalArgumentException(
          NAME + ": needs a floating input (n, c, …) with elements, not " + Tensor.describe(x));
    }
    ByChannel<Tensor> wide =
        new ByChannel<>(
            widened(channels.weight(), x),
            widened(channels.bias(), x),
            channels.mean(),
            channels.variance());
    boolean half = Halves.isHalf(x.dtype());
    if (!isFused(x, channels, form)) {
      Tensor y = composed(half ? Copying.cast(x, DType.FLOAT32) : x, wide, form);
      return Gradients.named(NODE, Copying.cast(y, x.dtype()), x);
    }
    if (half && x.device().isCpu()) {
      Tensor y = fused(Copying.cast(x, DType.FLOAT32), wide, form);
      return Gradients.named(NODE, Copying.cast(y, x.dtype()), x);
    }
    return fused(x, wide, form);
  }

  /**
   * Whether kernels take it: in evaluation they keep no other order of dimensions than the two of
   * images, and have no gradients of means and variances.
   */
  private static boolean isFused(Tensor x, ByChannel<Tensor> channels, BatchNormForm form) {
    return !x.device().isTraced()
        && (form.training()
            || (x.isContiguous() || ChannelsLast.is(x.layout()))
                && !requiresGrad(channels.mean())
                && !requiresGrad(channels.variance()));
  }

  private static boolean requiresGrad(@Nullable Tensor part) {
    return part != null && part.requiresGrad();
  }

  private static DType computed(Tensor x) {
    return Halves.computed(x.dtype());
  }

  private static @Nullable Tensor widened(@Nullable Tensor part, Tensor x) {
    return part == null ? null : Copying.cast(part, computed(x));
  }

  // ---- kernels

  /** The order in which kernels take x: that of images with their channels last, or row-major. */
  private static Layout lie(Tensor x) {
    return ChannelsLast.is(x.layout()) ? ChannelsLast.of(x.shape()) : x.shape().contiguous();
  }

  /** What lies so as the kernels see it, (outer, channels, n). */
  private static Strided view(Strided x) {
    long channels = x.layout().size(1);
    boolean last = !x.layout().isContiguous();
    long n = last ? 1 : x.numel() / (x.layout().size(0) * channels);
    Shape shape = Shape.of(x.numel() / (channels * n), channels, n);
    return x.with(Layout.of(shape, new long[] {channels * n, n, 1}, x.layout().offset()));
  }

  private static Tensor fused(Tensor x, ByChannel<Tensor> channels, BatchNormForm form) {
    Tensor weight = channels.weight();
    Tensor bias = channels.bias();
    for (Tensor part : Arrays.asList(weight, bias, channels.mean(), channels.variance())) {
      Backends.together(NAME, x, part == null ? x : part);
    }
    Tensor source = Copying.lying(x, lie(x));
    Tensor w = dense(weight);
    Tensor b = dense(bias);
    Tensor mean = read(channels.mean(), x, form);
    Tensor variance = read(channels.variance(), x, form);
    Strided out = x.data().like(lie(x), x.dtype());
    Tensor statistics = new Tensor(x.data().like(Shape.of(2, x.size(1)), DType.FLOAT64));
    Backends.of(x.device())
        .normalization()
        .batchNorm(
            form,
            view(source.data()),
            data(w),
            data(b),
            data(mean),
            data(variance),
            view(out),
            statistics.data());
    Reference.reachabilityFence(source);
    Reference.reachabilityFence(w);
    Reference.reachabilityFence(b);
    if (form.training()) {
      moved(channels.mean(), mean);
      moved(channels.variance(), variance);
    }
    return new NormOperands(x, weight, bias)
        .record(
            NODE,
            new Tensor(out),
            (g, kept, scaledBy, wanted) -> slopes(g, kept, scaledBy, wanted, statistics, form),
            (g, kept, scaledBy, wanted) ->
                fusedSlopes(g, kept, scaledBy, wanted, statistics, form));
  }

  private static List<@Nullable Tensor> fusedSlopes(
      Tensor g,
      Tensor x,
      @Nullable Tensor weight,
      Wanted wanted,
      Tensor statistics,
      BatchNormForm form) {
    Tensor source = Copying.lying(x, lie(x));
    Tensor gradient = Copying.lying(g, lie(x));
    Tensor w = dense(weight);
    Layout row = Shape.of(x.size(1)).contiguous();
    Made made = Made.of(x, lie(x), row, computed(x), wanted);
    Backends.of(NAME, source, gradient)
        .normalization()
        .batchNormBackward(
            form,
            view(gradient.data()),
            view(source.data()),
            data(w),
            statistics.data(),
            made.x() == null ? null : view(made.x()),
            made.weight(),
            made.bias());
    Reference.reachabilityFence(gradient);
    Reference.reachabilityFence(source);
    Reference.reachabilityFence(w);
    Reference.reachabilityFence(statistics);
    return made.tensors();
  }

  private static @Nullable Tensor dense(@Nullable Tensor part) {
    return part == null ? null : Copying.contiguous(part);
  }

  private static @Nullable Strided data(@Nullable Tensor part) {
    return part == null ? null : part.data();
  }

  /** A running number as kernels take it: itself, which they may write to, or a copy. */
  private static @Nullable Tensor read(@Nullable Tensor running, Tensor x, BatchNormForm form) {
    if (running == null) {
      return null;
    }
    Tensor plain = running.detach();
    return form.training() && plain.storage().isReadOnly()
        ? Copying.copy(Copying.cast(plain, computed(x)))
        : Copying.contiguous(plain, computed(x));
  }

  /** Notes that a running number was written to, or writes what its copy became. */
  private static void moved(@Nullable Tensor running, @Nullable Tensor seen) {
    if (running == null || seen == null) {
      return;
    }
    if (running.data().storage().equals(seen.data().storage())) {
      RawMemory.bumpVersion(running.storage());
    } else {
      Autograd.noGrad(() -> running.copy_(seen));
    }
  }

  // ---- recorded operations

  /** The formula in recorded operations. */
  static Tensor composed(Tensor x, ByChannel<Tensor> channels, BatchNormForm form) {
    Tensor mean = channels.mean();
    Tensor variance = channels.variance();
    if (!form.training() && mean != null && variance != null) {
      Tensor apart = x.sub(along(mean, x));
      return scaled(apart, along(variance, x), channels, form.eps());
    }
    VarMean moments = x.varMean(Correction.NONE, Keep.KEEPDIM, rest(x));
    double count = (double) x.numel() / x.size(1);
    Autograd.noGrad(
        () -> {
          move(mean, moments.mean(), form.momentum());
          move(variance, moments.var().mul(count / (count - 1)), form.momentum());
        });
    return Copying.lying(
        scaled(x.sub(moments.mean()), moments.var(), channels, form.eps()), lie(x));
  }

  private static void move(@Nullable Tensor running, Tensor seen, double momentum) {
    if (running != null) {
      Tensor flat = seen.detach().reshape(-1);
      // One rounding, also where the running number has 16 bits
      running.copy_(running.to(flat.dtype()).mul(1 - momentum).add(flat.mul(momentum)));
    }
  }

  /** Divides by a deviation, then multiplies by a weight and adds a bias. */
  private static Tensor scaled(
      Tensor apart, Tensor variance, ByChannel<Tensor> channels, double eps) {
    Tensor weight = channels.weight();
    Tensor bias = channels.bias();
    Tensor scale = variance.add(eps).rsqrt();
    Tensor factor = weight == null ? scale : scale.mul(along(weight, apart));
    return bias == null ? apart.mul(factor) : along(bias, apart).addcmul(apart, factor);
  }

  /** The gradients, for those who differentiate them again. */
  private static List<@Nullable Tensor> slopes(
      Tensor given,
      Tensor input,
      @Nullable Tensor weight,
      Wanted wanted,
      Tensor statistics,
      BatchNormForm form) {
    Tensor g = Copying.cast(given, computed(input));
    int[] rest = rest(input);
    Tensor gbias = wanted.bias() ? g.sum(rest) : null;
    if (!wanted.x() && !wanted.weight()) {
      return Arrays.asList(null, null, gbias);
    }
    Tensor x = Copying.cast(input, computed(input));
    Tensor mean;
    Tensor scale;
    if (form.training()) {
      VarMean moments = x.varMean(Correction.NONE, Keep.KEEPDIM, rest);
      mean = moments.mean();
      scale = moments.var().add(form.eps()).rsqrt();
    } else {
      mean = along(statistics.select(0, 0), x);
      scale = along(statistics.select(0, 1), x);
    }
    Tensor z = x.sub(mean).mul(scale);
    Tensor gx = null;
    if (wanted.x()) {
      Tensor slope = weight == null ? g : g.mul(along(weight, x));
      if (form.training()) {
        Tensor tilt = slope.mul(z).mean(Keep.KEEPDIM, rest);
        slope = slope.sub(slope.mean(Keep.KEEPDIM, rest)).sub(z.mul(tilt));
      }
      gx = Copying.cast(slope.mul(scale), input.dtype());
    }
    return Arrays.asList(gx, wanted.weight() ? g.mul(z).sum(rest) : null, gbias);
  }

  /** All dimensions but that of channels. */
  private static int[] rest(Tensor x) {
    int[] dims = new int[x.dim() - 1];
    for (int i = 1; i < dims.length; i++) {
      dims[i] = i + 1;
    }
    return dims;
  }

  /** Returns a number for each channel in a shape that broadcasts to (n, c, …), in x's dtype. */
  private static Tensor along(Tensor channels, Tensor x) {
    long[] sizes = new long[x.dim()];
    Arrays.fill(sizes, 1);
    sizes[1] = channels.size(0);
    return channels.to(x.dtype()).view(sizes);
  }
}
