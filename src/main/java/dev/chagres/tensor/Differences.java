package dev.chagres.tensor;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Differences between neighbours along a dimension, derivatives, and integrals of them. */
final class Differences {
  private Differences() {}

  // ---- differences

  static Tensor diff(Tensor x, long n, int dim, @Nullable Tensor prepend, @Nullable Tensor append) {
    if (x.dim() == 0) {
      throw new IllegalArgumentException("diff: a scalar has no neighbours");
    }
    int axis = x.shape().axis("diff", dim);
    if (n < 0) {
      throw new IllegalArgumentException("diff: the order must not be negative, but is " + n);
    }
    if (n == 0) {
      return Copying.clone(x);
    }
    List<Tensor> parts = new ArrayList<>();
    if (prepend != null) {
      parts.add(aligned("prepend", prepend, x, axis));
    }
    parts.add(x);
    if (append != null) {
      parts.add(aligned("append", append, x, axis));
    }
    Tensor y = parts.size() == 1 ? x : Tensor.cat(parts, axis);
    if (n >= y.size(axis)) {
      Tensor none = y.narrow(axis, 0, 0);
      return none.sub(none);
    }
    for (long i = 0; i < n; i++) {
      y = difference(y, axis);
    }
    return y;
  }

  private static Tensor aligned(String what, Tensor part, Tensor x, int axis) {
    boolean fits = part.dim() == x.dim();
    for (int i = 0; fits && i < x.dim(); i++) {
      fits = i == axis || part.size(i) == x.size(i);
    }
    if (!fits) {
      throw new IllegalArgumentException(
          "diff: "
              + what
              + " of shape "
              + part.shape()
              + " does not fit beside "
              + x.shape()
              + " in dim "
              + axis);
    }
    return part;
  }

  private static Tensor difference(Tensor x, int axis) {
    Tensor next = from(x, axis, 1);
    Tensor here = until(x, axis, 1);
    return x.dtype() == DType.BOOL ? next.logicalXor(here) : next.sub(here);
  }

  /** All but some of the first. */
  private static Tensor from(Tensor x, int axis, long start) {
    return x.narrow(axis, start, x.size(axis) - start);
  }

  /** All but some of the last. */
  private static Tensor until(Tensor x, int axis, long less) {
    return x.narrow(axis, 0, x.size(axis) - less);
  }

  // ---- derivatives

  /** The derivative along each of the dimensions, which are all if none is given. */
  static List<Tensor> gradient(Tensor x, Spacing spacing, EdgeOrder order, int[] dims) {
    if (x.dtype() == DType.UINT8) {
      throw new IllegalArgumentException("gradient: not defined for uint8");
    }
    int[] axes = axes(x, order, dims);
    spacing.check(axes.length);
    List<Tensor> derivatives = new ArrayList<>();
    for (int i = 0; i < axes.length; i++) {
      derivatives.add(spacing.derivative(i, x, axes[i], order));
    }
    return derivatives;
  }

  private static int[] axes(Tensor x, EdgeOrder order, int[] dims) {
    int[] axes = new int[dims.length == 0 ? x.dim() : dims.length];
    for (int i = 0; i < axes.length; i++) {
      axes[i] = dims.length == 0 ? i : x.shape().axis("gradient", dims[i]);
      for (int j = 0; j < i; j++) {
        if (axes[j] == axes[i]) {
          throw new IllegalArgumentException("gradient: dim " + dims[i] + " is there twice");
        }
      }
      if (x.dim() == 0 || x.size(axes[i]) <= order.neighbours()) {
        throw new IllegalArgumentException(
            "gradient: at least "
                + (order.neighbours() + 1)
                + " elements are needed in dim "
                + axes[i]
                + " of shape "
                + x.shape());
      }
    }
    return axes;
  }

  /** How far apart the samples are. */
  sealed interface Spacing {
    /** Checks that there is what the dimensions need. */
    void check(int dims);

    Tensor derivative(int at, Tensor x, int axis, EdgeOrder order);
  }

  /** The same distance between all neighbours. */
  record Equal(double step) implements Spacing {
    @Override
    public void check(int dims) {
      // It is that of any dimension.
    }

    @Override
    public Tensor derivative(int at, Tensor x, int axis, EdgeOrder order) {
      return equal(x, axis, step, order);
    }
  }

  /** The same distance all along a dimension, for each of them. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Each(double[] steps) implements Spacing {
    @Override
    public void check(int dims) {
      checkCount(steps.length, dims);
    }

    @Override
    public Tensor derivative(int at, Tensor x, int axis, EdgeOrder order) {
      return equal(x, axis, steps[at], order);
    }
  }

  /** Coordinates of the samples along each dimension. */
  record Coordinates(List<? extends Tensor> all) implements Spacing {
    @Override
    public void check(int dims) {
      checkCount(all.size(), dims);
    }

    @Override
    public Tensor derivative(int at, Tensor x, int axis, EdgeOrder order) {
      return unequal(x, axis, all.get(at), order);
    }
  }

  private static void checkCount(int count, int dims) {
    if (count != dims) {
      throw new IllegalArgumentException(
          "gradient: " + count + " spacings for " + dims + " dimensions");
    }
  }

  private static Tensor equal(Tensor x, int axis, double step, EdgeOrder order) {
    long n = x.size(axis);
    Tensor middle = from(x, axis, 2).sub(until(x, axis, 2)).div(step).div(2);
    Tensor first;
    Tensor last;
    if (order == EdgeOrder.FIRST) {
      first = at(x, axis, 1).sub(at(x, axis, 0)).div(step);
      last = at(x, axis, n - 1).sub(at(x, axis, n - 2)).div(step);
    } else {
      // The parabola through three samples.
      first =
          at(x, axis, 1).mul(2).sub(at(x, axis, 0).mul(1.5)).sub(at(x, axis, 2).mul(0.5)).div(step);
      last =
          at(x, axis, n - 1)
              .mul(1.5)
              .sub(at(x, axis, n - 2).mul(2))
              .add(at(x, axis, n - 3).mul(0.5))
              .div(step);
    }
    return Tensor.cat(List.of(first, middle, last), axis);
  }

  private static Tensor at(Tensor x, int axis, long position) {
    return x.narrow(axis, position, 1);
  }

  /** Second order inside; the weights are those of the parabola through three samples. */
  private static Tensor unequal(Tensor x, int axis, Tensor coordinates, EdgeOrder order) {
    long n = x.size(axis);
    if (coordinates.dim() != 1 || coordinates.numel() != n) {
      throw new IllegalArgumentException(
          "gradient: coordinates of shape " + coordinates.shape() + " for " + n + " samples");
    }
    long[] sizes = new long[x.dim()];
    Arrays.fill(sizes, 1);
    sizes[axis] = n - 1;
    Tensor steps = ViewOps.reshape(difference(coordinates, 0), Shape.of(sizes));
    Tensor before = until(steps, axis, 1);
    Tensor after = from(steps, axis, 1);
    Tensor both = before.add(after);
    Tensor middle =
        until(x, axis, 2)
            .mul(after.neg().div(before.mul(both)))
            .add(from(until(x, axis, 1), axis, 1).mul(after.sub(before).div(before.mul(after))))
            .add(from(x, axis, 2).mul(before.div(after.mul(both))));
    Tensor first = difference(x.narrow(axis, 0, 2), axis).div(at(steps, axis, 0));
    Tensor last = difference(x.narrow(axis, n - 2, 2), axis).div(at(steps, axis, n - 2));
    if (order == EdgeOrder.SECOND) {
      first = edge(x.narrow(axis, 0, 3), axis, at(steps, axis, 0), at(steps, axis, 1), 0);
      last =
          edge(x.narrow(axis, n - 3, 3), axis, at(steps, axis, n - 2), at(steps, axis, n - 3), 2);
    }
    return Tensor.cat(List.of(first, middle, last), axis);
  }

  /** The slope of the parabola through three samples at the first or the last of them. */
  private static Tensor edge(Tensor x, int axis, Tensor near, Tensor far, int end) {
    Tensor both = near.add(far);
    Tensor outer = at(x, axis, end).mul(near.mul(2).add(far).div(near.mul(both)));
    Tensor middle = at(x, axis, 1).mul(both.div(near.mul(far)));
    Tensor inner = at(x, axis, 2 - end).mul(near.div(far.mul(both)));
    Tensor inwards = middle.sub(outer).sub(inner);
    return end == 0 ? inwards : inwards.neg();
  }

  // ---- integrals

  static Tensor trapezoid(Tensor y, double step, int dim) {
    int axis = samples("trapezoid", y, dim);
    if (y.size(axis) == 0) {
      return y.sum(axis).mul(step);
    }
    Tensor ends = y.select(axis, 0).add(y.select(axis, -1)).mul(0.5);
    return y.sum(axis).sub(ends).mul(step);
  }

  static Tensor trapezoid(Tensor y, Tensor x, int dim) {
    int axis = samples("trapezoid", y, dim);
    if (y.size(axis) == 0) {
      return y.sum(axis).mul(1.0);
    }
    Tensor steps = steps("trapezoid", y, x, axis);
    return from(y, axis, 1)
        .add(until(y, axis, 1))
        .mul(steps)
        .sum(steps.dim() - y.dim() + axis)
        .div(2);
  }

  static Tensor cumulative(Tensor y, double step, int dim) {
    int axis = samples("cumulativeTrapezoid", y, dim);
    if (y.size(axis) == 0) {
      return y.mul(step);
    }
    return from(y, axis, 1).add(until(y, axis, 1)).mul(step / 2).cumsum(axis);
  }

  static Tensor cumulative(Tensor y, Tensor x, int dim) {
    int axis = samples("cumulativeTrapezoid", y, dim);
    if (y.size(axis) == 0) {
      return y.mul(1.0);
    }
    Tensor steps = steps("cumulativeTrapezoid", y, x, axis);
    int along = steps.dim() - y.dim() + axis;
    return from(y, axis, 1).add(until(y, axis, 1)).mul(steps).cumsum(along).div(2);
  }

  private static int samples(String name, Tensor y, int dim) {
    int axis = y.shape().axis(name, dim);
    if (y.dim() == 0) {
      throw new IllegalArgumentException(name + ": a scalar has nothing to integrate along");
    }
    if (y.dtype() == DType.BOOL) {
      throw new IllegalArgumentException(name + ": not defined for bool");
    }
    return axis;
  }

  /** The distances between coordinates, which are a vector or broadcast with the samples. */
  private static Tensor steps(String name, Tensor y, Tensor x, int axis) {
    if (x.dtype() == DType.BOOL || y.dtype() == DType.BOOL) {
      throw new IllegalArgumentException(name + ": not defined for bool");
    }
    if (x.dim() == 1) {
      if (x.numel() != y.size(axis)) {
        throw new IllegalArgumentException(
            name + ": " + x.numel() + " coordinates for " + y.size(axis) + " samples");
      }
      long[] sizes = new long[y.dim()];
      Arrays.fill(sizes, 1);
      sizes[axis] = x.numel() - 1;
      return ViewOps.reshape(difference(x, 0), Shape.of(sizes));
    }
    Tensor coordinates = x;
    while (coordinates.dim() < y.dim()) {
      coordinates = coordinates.unsqueeze(0);
    }
    int own = coordinates.dim() - y.dim() + axis;
    if (coordinates.dim() == 0 || coordinates.size(own) == 0) {
      throw new IllegalArgumentException(name + ": coordinates of shape " + x.shape());
    }
    return difference(coordinates, own);
  }
}
