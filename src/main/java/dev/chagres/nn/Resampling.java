package dev.chagres.nn;

import dev.chagres.core.DType;
import dev.chagres.nn.Upsample.Corners;
import dev.chagres.nn.Upsample.Mode;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * Other sizes of images by weights that are worked out beforehand: of antialiased modes, where an
 * element is made of all that it covers, and of 8-bit images, which PyTorch weighs with 16-bit
 * integers. A dimension whose size stays is left as it is.
 */
final class Resampling {
  /** More are a mistake, which would be noticed only when Java's memory is full. */
  private static final long MOST_WEIGHTS = 1 << 24;

  // Keys, 1981. PyTorch has Pillow's a where it antialiases, and OpenCV's where it does not.
  private static final double SMOOTH = -0.5;
  private static final double SHARP = -0.75;

  private final DType dtype;
  private final Corners corners;
  private final boolean antialiased;
  private final int width;
  private final DoubleUnaryOperator filter;

  /** Makes one for images of a dtype, which is float32, float64 or uint8. */
  Resampling(DType dtype, Upsample.Options options) {
    this.dtype = dtype;
    this.corners = options.corners();
    this.antialiased = options.variants().contains(Upsample.Variant.ANTIALIAS);
    double a = antialiased ? SMOOTH : SHARP;
    boolean cubic = options.mode() == Mode.BICUBIC;
    this.width = cubic ? 4 : 2;
    this.filter = cubic ? t -> cubic(Math.abs(t), a) : t -> Math.max(1 - Math.abs(t), 0);
  }

  private static double cubic(double t, double a) {
    if (t < 1) {
      return ((a + 2) * t - (a + 3)) * t * t + 1;
    }
    return t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
  }

  /** Gives a dimension another size; a new element is so many old ones wide. */
  Tensor along(Tensor x, int dim, long size, double step) {
    return x.size(dim) == size ? x : weights(x.size(dim), size, step).applied(x, dim);
  }

  private Weights weights(long old, long size, double step) {
    double covered = antialiased && step >= 1 ? width * 0.5 * step : width * 0.5;
    long most = antialiased ? (long) Math.ceil(covered) * 2 + 1 : width;
    if (size > MOST_WEIGHTS / most) {
      throw new IllegalArgumentException(
          "interpolate: " + size + " elements of " + most + " each are more than can be weighed");
    }
    var weights = new Weights((int) size, (int) most, dtype);
    for (int i = 0; i < size; i++) {
      if (antialiased) {
        cover(weights, i, old, step, covered);
      } else {
        surround(weights, i, old, step);
      }
    }
    return weights;
  }

  private double rounded(double value) {
    return dtype == DType.FLOAT32 ? (float) value : value;
  }

  /** Weighs what a new element covers, as Pillow does. */
  private void cover(Weights weights, int i, long old, double step, double covered) {
    double inverse = step >= 1 ? rounded(1 / step) : 1;
    double middle = rounded(step * (i + 0.5));
    long first = Math.max((long) (rounded(middle - covered) + 0.5), 0);
    long end = Math.min((long) (rounded(middle + covered) + 0.5), old);
    weights.first[i] = first;
    weights.count[i] = Math.clamp(end - first, 0, weights.most);
    double sum = 0;
    for (int j = 0; j < weights.count[i]; j++) {
      double away = rounded((rounded(j + first - middle) + 0.5) * inverse);
      double weight = rounded(filter.applyAsDouble(away));
      weights.each[i * weights.most + j] = weight;
      sum = rounded(sum + weight);
    }
    for (int j = 0; sum != 0 && j < weights.count[i]; j++) {
      int at = i * weights.most + j;
      weights.each[at] = rounded(weights.each[at] / sum);
      weights.greatest = Math.max(weights.greatest, weights.each[at]);
    }
  }

  /** Weighs what lies around a new element; what would lie outside counts for what is outermost. */
  private void surround(Weights weights, int i, long old, double step) {
    double place = corners == Corners.ALIGNED ? step * i : step * (i + 0.5) - 0.5;
    double inside = width > 2 ? place : Math.max(place, 0);
    long before = Math.min((long) Math.floor(inside), old - 1);
    double part = Math.clamp(inside - before, 0, 1);
    int half = width / 2;
    long first = before - half + 1;
    weights.first[i] = Math.max(first, 0);
    weights.count[i] = Math.clamp(Math.min(first + width, old) - weights.first[i], 0, width);
    for (int j = 0; j < width; j++) {
      long at = Math.clamp(first + j, 0, old - 1) - weights.first[i];
      int to = i * width + (int) at;
      weights.each[to] += filter.applyAsDouble(j + 1 - half - part);
      weights.greatest = Math.max(weights.greatest, weights.each[to]);
    }
  }

  /** Of each new element the old ones that it is made of, and how much of them. */
  private static final class Weights {
    private static final int BITS = 15;
    private static final int MOST_PRECISION = 22;

    final long[] first;
    final int[] count;
    final int most;
    final double[] each;
    private final DType dtype;
    double greatest;

    Weights(int size, int most, DType dtype) {
      this.first = new long[size];
      this.count = new int[size];
      this.most = most;
      this.each = new double[size * most];
      this.dtype = dtype;
    }

    Tensor applied(Tensor x, int dim) {
      long[] places = new long[each.length];
      boolean[] outside = new boolean[each.length];
      for (int at = 0; at < each.length; at++) {
        int i = at / most;
        places[at] = Math.min(first[i] + at % most, x.size(dim) - 1);
        outside[at] = at % most >= count[i];
      }
      Tensor old = x.indexSelect(dim, Tensor.of(x.device(), places, DType.INT64));
      Tensor parts = old.unflatten(dim, first.length, most);
      long[] behind = new long[parts.dim() - dim];
      Arrays.fill(behind, 1);
      behind[0] = first.length;
      behind[1] = most;
      if (dtype == DType.UINT8) {
        return ofBytes(parts, dim + 1, behind);
      }
      Tensor mask = Tensor.of(x.device(), outside, DType.BOOL).view(behind);
      Tensor weights = Tensor.of(x.device(), each, dtype).view(behind);
      // What is not finite next to a window is none of its business.
      return parts.maskedFill(mask, 0).mul(weights).sum(dim + 1);
    }

    /** In integers, with as many bits behind the point as a weight of 16 bits has room for. */
    private Tensor ofBytes(Tensor parts, int dim, long... behind) {
      int precision = 0;
      while (precision < MOST_PRECISION
          && (int) (0.5 + greatest * (1 << (precision + 1))) < 1 << BITS) {
        precision++;
      }
      int[] whole = new int[each.length];
      for (int at = 0; at < whole.length; at++) {
        double weight = each[at] * (1 << precision);
        whole[at] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
      }
      Tensor weights = Tensor.of(parts.device(), whole, DType.INT32).view(behind);
      return parts
          .to(DType.INT32)
          .mul(weights)
          .sum(dim)
          .add(1 << (precision - 1))
          .bitwiseRightShift(precision)
          .clamp(0, 255)
          .to(DType.UINT8);
    }
  }
}
