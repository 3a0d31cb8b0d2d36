package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The door of reductions. */
final class Reducing {
  static final int[] ALL = {};

  private Reducing() {}

  /** Reduces some dimensions (none given: all); they stay as size 1 if {@code keep} says so. */
  static Tensor reduce(ReduceOp op, Tensor x, int[] dims, Keep keep) {
    return reduce(name(op), op, x, dims, keep);
  }

  /** ANY or ALL: bool, but uint8 of uint8. */
  static Tensor truth(ReduceOp op, Tensor x, int[] dims, Keep keep) {
    Tensor y = reduce(op, x, dims, keep);
    return x.dtype() == DType.UINT8 ? Copying.cast(y, DType.UINT8) : y;
  }

  /** MAX or MIN of all elements; that of NaN has another gradient than amax and amin. */
  static Tensor extremum(ReduceOp op, Tensor x) {
    Tensor y;
    try (var _ = GradMode.disable()) {
      y = reduce(op == ReduceOp.MAX ? "max" : "min", op, x, ALL, Keep.DROPDIM);
    }
    if (x.requiresGrad() && GradMode.isEnabled()) {
      y.setHistory(
          Gradients.recordChoice(op == ReduceOp.MAX ? "MaxBackward" : "MinBackward", x, y));
    }
    return y;
  }

  static Tensor reduce(String name, ReduceOp op, Tensor x, int[] dims, Keep keep) {
    Tensor source = prepared(op, x);
    Shape kept = kept(name, source.shape(), dims);
    checkElements(name, op, source.shape(), kept);
    Strided out = source.data().like(kept, op.resultType(source.dtype()));
    Backends.of(x.device()).reductions().reduce(op, source.data(), 0, out);
    Reference.reachabilityFence(source);
    Tensor y = shaped(out, source.shape(), kept, dims, keep);
    if (source.requiresGrad() && GradMode.isEnabled()) {
      y.setHistory(Gradients.record(op, source, y, kept));
    }
    return y;
  }

  /** SUM or PROD of the elements converted to a dtype, which is the result's. */
  static Tensor reduce(ReduceOp op, Tensor x, DType dtype, int[] dims, Keep keep) {
    return Copying.cast(reduce(op, Copying.cast(x, dtype), dims, keep), dtype);
  }

  /** Refuses what is not floating. */
  static Tensor floating(String name, Tensor x) {
    if (!x.dtype().isFloating()) {
      throw new IllegalArgumentException(
          name + ": not defined for " + x.dtype() + "; convert to a floating dtype first");
    }
    return x;
  }

  static Tensor mean(Tensor x, int[] dims, Keep keep) {
    floating("mean", x);
    Shape from = x.shape();
    Shape kept = kept("mean", from, dims);
    double count = count(from, kept);
    Tensor y;
    try (var _ = GradMode.disable()) {
      Tensor wide = x.dtype().size() < DType.FLOAT32.size() ? Copying.cast(x, DType.FLOAT32) : x;
      Strided out = wide.data().like(kept, wide.dtype());
      Backends.of(x.device()).reductions().reduce(ReduceOp.SUM, wide.data(), 0, out);
      Reference.reachabilityFence(wide);
      y = Copying.cast(shaped(out, from, kept, dims, keep).div_(count), x.dtype());
    }
    if (x.requiresGrad() && GradMode.isEnabled()) {
      y.setHistory(
          Operation.of(
              "MeanBackward", Gradients.input(x, g -> Gradients.spread(g.div(count), from, kept))));
    }
    return y;
  }

  /** The number of elements that are reduced to one. */
  static double count(Shape from, Shape kept) {
    double count = 1;
    for (int i = 0; i < from.dim(); i++) {
      count *= kept.size(i) == from.size(i) ? 1 : from.size(i);
    }
    return count;
  }

  /** The number of elements that are not zero; int64. */
  static Tensor countNonzero(Tensor x, int[] dims) {
    Tensor isThere = x.dtype() == DType.BOOL ? x : x.detach().ne(0);
    return reduce("countNonzero", ReduceOp.SUM, isThere, dims, Keep.DROPDIM);
  }

  /** The sum of those elements that are numbers. */
  static Tensor nansum(Tensor x, int[] dims, Keep keep) {
    Tensor numbers = x.dtype().isFloating() ? withoutNan(x) : x;
    return Gradients.named(
        "NansumBackward", reduce("nansum", ReduceOp.SUM, numbers, dims, keep), x);
  }

  /** The mean of those elements that are numbers, in float32 where these are halves. */
  static Tensor nanmean(Tensor x, int[] dims, Keep keep) {
    DType dtype = floating("nanmean", x).dtype();
    Tensor wide = dtype.size() < DType.FLOAT32.size() ? Copying.cast(x, DType.FLOAT32) : x;
    Tensor sum = reduce("nanmean", ReduceOp.SUM, withoutNan(wide), dims, keep);
    Tensor isNumber = x.detach().isnan().logicalNot();
    Tensor count = reduce("nanmean", ReduceOp.SUM, isNumber, dims, keep);
    return Gradients.named("NanmeanBackward", Copying.cast(sum.div(count), dtype), x);
  }

  private static Tensor withoutNan(Tensor x) {
    return Tensor.where(x.detach().isnan(), x.newZeros(), x);
  }

  /** Both extremes, over all elements or along a dimension; ties share the gradient. */
  static Range range(Tensor x, int[] dims, Keep keep) {
    return new Range(
        Gradients.named("AminmaxBackward", reduce("aminmax", ReduceOp.MIN, x, dims, keep), x),
        Gradients.named("AminmaxBackward", reduce("aminmax", ReduceOp.MAX, x, dims, keep), x));
  }

  static Tensor trace(Tensor x) {
    if (x.dim() != 2) {
      throw new IllegalArgumentException("trace: needs a matrix, not shape " + x.shape());
    }
    Tensor sum = reduce("trace", ReduceOp.SUM, x.diagonal(0), ALL, Keep.DROPDIM);
    return Gradients.named("TraceBackward", sum, x);
  }

  /** Sums down to a shape that broadcasts to the tensor's. */
  static Tensor sumToSize(Tensor x, Shape to) {
    if (!x.shape().equals(Shape.broadcast(x.shape(), to))) {
      throw new IllegalArgumentException(
          "sumToSize: shape " + to + " does not broadcast to " + x.shape());
    }
    // As in PyTorch, down to one number is a sum, also of one number: int64 of integers.
    return to.dim() == 0 ? reduce(ReduceOp.SUM, x, ALL, Keep.DROPDIM) : sumTo(x, to);
  }

  /** ARGMAX or ARGMIN of all elements, with every dimension kept as 1. */
  static Tensor flatPosition(ReduceOp op, Tensor x) {
    long[] ones = new long[x.dim()];
    Arrays.fill(ones, 1);
    return ViewOps.reshape(position(op, x.flatten(), 0, Keep.DROPDIM), Shape.of(ones));
  }

  /** ARGMAX or ARGMIN along one dimension; int64. */
  static Tensor position(ReduceOp op, Tensor x, int dim, Keep keep) {
    if (x.dtype() == DType.BOOL) {
      throw new IllegalArgumentException(name(op) + ": not defined for bool");
    }
    return position(name(op), op, x, dim, keep);
  }

  private static Tensor position(String name, ReduceOp op, Tensor x, int dim, Keep keep) {
    int[] dims = {dim};
    Shape from = x.shape();
    Shape kept = kept(name, from, dims);
    checkElements(name, op, from, kept);
    Strided out = x.data().like(kept, DType.INT64);
    if (from.dim() == 0) {
      Creation.fill(out, 0);
    } else {
      Backends.of(x.device()).reductions().reduce(op, x.data(), from.axis(dim), out);
    }
    Reference.reachabilityFence(x);
    return shaped(out, from, kept, dims, keep);
  }

  /**
   * The greatest or least elements along a dimension and where they are; the gradient goes to that
   * one place.
   */
  static Located extrema(ReduceOp position, Tensor x, int dim, Keep keep) {
    Tensor source = x.dtype() == DType.BOOL ? Copying.cast(x, DType.UINT8) : x;
    String name = position == ReduceOp.ARGMAX ? "max" : "min";
    Tensor indices = position(name, position, source, dim, Keep.KEEPDIM);
    Tensor values =
        x.dim() == 0
            ? ViewOps.reshape(Copying.copy(x), Shape.scalar())
            : IndexOps.gather(x, dim, indices);
    if (keep == Keep.DROPDIM && x.dim() > 0) {
      Shape shape = x.shape().remove(dim);
      values = ViewOps.reshape(values, shape);
      indices = ViewOps.reshape(indices, shape);
    }
    String node = position == ReduceOp.ARGMAX ? "MaxBackward" : "MinBackward";
    return new Located(Gradients.named(node, values, x), indices);
  }

  /** Sums what broadcasting repeated: the inverse of {@link ViewOps#expand} on gradients. */
  static Tensor sumTo(Tensor g, Shape to) {
    if (g.shape().equals(to)) {
      return g;
    }
    int added = g.dim() - to.dim();
    int[] dims = new int[g.dim()];
    int count = 0;
    for (int i = 0; i < g.dim(); i++) {
      if (i < added || (to.size(i - added) == 1 && g.size(i) != 1)) {
        dims[count++] = i;
      }
    }
    Tensor sum = count == 0 ? g : reduce(ReduceOp.SUM, g, Arrays.copyOf(dims, count), Keep.KEEPDIM);
    return ViewOps.reshape(sum, to);
  }

  /**
   * For each element, the product of the others that are reduced with it, zeros among them or not:
   * a tree of pairwise products up, and down again with the product of all that is beside.
   */
  static Tensor productOfOthers(Tensor x, Shape kept) {
    int rank = x.dim();
    List<Integer> order = new ArrayList<>();
    List<Integer> reduced = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      (kept.size(i) == x.size(i) ? order : reduced).add(i);
    }
    order.addAll(reduced);
    int[] forth = order.stream().mapToInt(Integer::intValue).toArray();
    int[] back = new int[rank];
    for (int i = 0; i < rank; i++) {
      back[forth[i]] = i;
    }
    Tensor moved = x.permute(forth);
    long outer = kept.numel();
    long length = outer == 0 ? 1 : x.numel() / outer;
    Tensor rows = ViewOps.reshape(moved, Shape.of(outer, length));
    Tensor others = ViewOps.reshape(othersInRows(rows), moved.shape());
    return others.permute(back);
  }

  private static Tensor othersInRows(Tensor rows) {
    long length = rows.size(1);
    if (length <= 1) {
      return rows.onesLike();
    }
    long half = (length + 1) / 2;
    Tensor padded =
        length % 2 == 0 ? rows : Tensor.cat(List.of(rows, rows.newOnes(rows.size(0), 1)), 1);
    Tensor pairs = ViewOps.reshape(padded, Shape.of(rows.size(0), half, 2));
    Tensor left = pairs.select(2, 0);
    Tensor right = pairs.select(2, 1);
    Tensor beside = othersInRows(left.mul(right));
    Tensor both = Tensor.stack(List.of(beside.mul(right), beside.mul(left)), 2);
    return ViewOps.reshape(both, padded.shape()).narrow(1, 0, length);
  }

  // ---- shared

  private static Tensor prepared(ReduceOp op, Tensor x) {
    return switch (op) {
      case ANY, ALL -> Copying.cast(x, DType.BOOL);
      case SUM, PROD, MAX, MIN, ARGMAX, ARGMIN, SUM_SQUARES, SUM_MAGNITUDES -> x;
    };
  }

  /** The shape with the reduced dimensions as 1. */
  static Shape kept(String name, Shape shape, int[] dims) {
    long[] sizes = shape.toArray();
    if (given(name, "dims", dims).length == 0) {
      Arrays.fill(sizes, 1);
    }
    long seen = 0;
    for (int dim : dims) {
      int axis = shape.axis(name, dim);
      if ((seen >> axis & 1) != 0) {
        throw new IllegalArgumentException(
            name + ": dim " + dim + " is there twice in " + Arrays.toString(dims));
      }
      seen |= 1L << axis;
      if (sizes.length > 0) {
        sizes[axis] = 1;
      }
    }
    return Shape.of(sizes);
  }

  static Tensor shaped(Strided out, Shape from, Shape kept, int[] dims, Keep keep) {
    if (keep == Keep.KEEPDIM || from.dim() == 0) {
      return new Tensor(out);
    }
    if (dims.length == 0 || dims.length == from.dim()) {
      return new Tensor(out.with(Shape.scalar().contiguous()));
    }
    long[] sizes = new long[from.dim() - dims.length];
    int count = 0;
    long reduced = 0;
    for (int dim : dims) {
      reduced |= 1L << from.axis(dim);
    }
    for (int i = 0; i < from.dim(); i++) {
      if ((reduced >> i & 1) == 0) {
        sizes[count++] = kept.size(i);
      }
    }
    return new Tensor(out.with(Shape.of(sizes).contiguous()));
  }

  /** As in PyTorch, no dimension that is reduced may be empty, even where no result needs one. */
  static void checkElements(String name, ReduceOp op, Shape from, Shape kept) {
    if (from.numel() > 0) {
      return;
    }
    boolean needsOne =
        op == ReduceOp.MAX || op == ReduceOp.MIN || op == ReduceOp.ARGMAX || op == ReduceOp.ARGMIN;
    for (int i = 0; needsOne && i < from.dim(); i++) {
      if (from.size(i) == 0 && kept.size(i) == 1) {
        throw new IllegalArgumentException(
            name + ": there are no elements to reduce in dim " + i + " of shape " + from);
      }
    }
  }

  private static String name(ReduceOp op) {
    return switch (op) {
      case MAX -> "amax";
      case MIN -> "amin";
      default -> op.word();
    };
  }
}
