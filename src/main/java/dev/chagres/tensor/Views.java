package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * Other arrangements of the same elements. They share memory with this tensor but for {@code
 * repeat}, and for {@code reshape}, {@code flatten} and {@code contiguous} where only a copy will
 * do; dimensions may be negative.
 */
public sealed interface Views permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /**
   * Returns the elements in the same order under another shape, without copying; one size may be
   * -1.
   *
   * @throws IllegalArgumentException if the element counts differ, or the layout has no such view:
   *     {@link #reshape} copies then
   */
  default Tensor view(long... sizes) {
    given("view", "sizes", sizes);
    Shape to = named("view", () -> self().shape().inferred(sizes));
    Tensor view = ViewOps.tryView("ViewBackward", self(), to);
    if (view == null) {
      throw new IllegalArgumentException(
          "view: shape " + to + " would need a copy of " + self().layout() + "; use reshape");
    }
    return view;
  }

  /**
   * Returns the elements in the same order under another shape: a view where possible, else a copy;
   * one size may be -1.
   */
  default Tensor reshape(long... sizes) {
    return ViewOps.reshape(
        self(), named("reshape", () -> self().shape().inferred(given("reshape", "sizes", sizes))));
  }

  /**
   * Returns the elements in the same order under another shape: a view where possible, else a copy.
   */
  default Tensor reshape(Shape shape) {
    return reshape(given("reshape", "shape", shape).toArray());
  }

  /** Returns this tensor with two dimensions swapped. */
  default Tensor transpose(int dim0, int dim1) {
    return ViewOps.view(
        "TransposeBackward",
        self(),
        layout -> layout.transpose(dim0, dim1),
        g -> g.transpose(dim0, dim1));
  }

  /** Returns the transpose of a matrix; a tensor of fewer dimensions as it is. */
  default Tensor t() {
    if (self().dim() > 2) {
      throw new IllegalArgumentException(
          "t: needs at most two dimensions, not shape " + self().shape());
    }
    return self().dim() < 2
        ? self()
        : ViewOps.view("TBackward", self(), layout -> layout.transpose(0, 1), g -> g.t());
  }

  /**
   * Returns the dimensions in another order: dimension {@code i} of the result is {@code dims[i]}
   * of this tensor.
   */
  default Tensor permute(int... dims) {
    given("permute", "dims", dims);
    int[] forth = dims.clone();
    Shape shape = self().shape();
    return ViewOps.view(
        "PermuteBackward",
        self(),
        layout -> layout.permute(forth),
        g -> {
          int[] back = new int[forth.length];
          for (int i = 0; i < forth.length; i++) {
            back[shape.axis(forth[i])] = i;
          }
          return g.permute(back);
        });
  }

  /**
   * Returns this tensor repeated, by a stride of 0, along dimensions of size 1 and new ones in
   * front; -1 keeps a size.
   */
  default Tensor expand(long... sizes) {
    given("expand", "sizes", sizes);
    Shape shape = self().shape();
    int added = sizes.length - shape.dim();
    long[] to = sizes.clone();
    for (int i = 0; i < to.length; i++) {
      if (to[i] == -1 && i >= added && added >= 0) {
        to[i] = shape.size(i - added);
      }
    }
    return ViewOps.expand(self(), Creation.shape("expand", to));
  }

  /** Returns this tensor expanded to another's shape. */
  default Tensor expandAs(Tensor other) {
    return ViewOps.expand(self(), given("expandAs", "other", other).shape());
  }

  /** Returns {@code length} positions from {@code start} of a dimension. */
  default Tensor narrow(int dim, long start, long length) {
    return ViewOps.take("SliceBackward", self(), layout -> layout.narrow(dim, start, length));
  }

  /**
   * Returns the positions {@code start, start + step, …} before {@code stop} of a dimension, as
   * Python's {@code start:stop:step}.
   */
  default Tensor slice(int dim, long start, long stop, long step) {
    return ViewOps.take("SliceBackward", self(), layout -> layout.slice(dim, start, stop, step));
  }

  /** Returns one position of a dimension, without that dimension. */
  default Tensor select(int dim, long index) {
    return ViewOps.take("SelectBackward", self(), layout -> layout.select(dim, index));
  }

  /** Returns the elements whose indices in the first two dimensions differ by {@code shift}. */
  default Tensor diagonal(long shift) {
    return diagonal(shift, 0, 1);
  }

  /**
   * Returns the elements whose indices in two dimensions differ by {@code shift}; they become the
   * last dimension.
   */
  default Tensor diagonal(long shift, int dim0, int dim1) {
    return ViewOps.take("DiagonalBackward", self(), layout -> layout.diagonal(shift, dim0, dim1));
  }

  /**
   * Returns windows of {@code size} elements, {@code step} apart, of a dimension; the place in a
   * window is the last dimension.
   */
  default Tensor unfold(int dim, long size, long step) {
    return ViewOps.take("UnfoldBackward", self(), layout -> layout.unfold(dim, size, step));
  }

  /** Returns this tensor with a dimension of size 1 put in before {@code dim}; -1 means the end. */
  default Tensor unsqueeze(int dim) {
    Shape from = self().shape();
    return ViewOps.view(
        "UnsqueezeBackward",
        self(),
        layout -> layout.unsqueeze(dim),
        g -> ViewOps.reshape(g, from));
  }

  /** Returns this tensor without its dimensions of size 1. */
  default Tensor squeeze() {
    Shape from = self().shape();
    return ViewOps.view("SqueezeBackward", self(), Layout::squeeze, g -> ViewOps.reshape(g, from));
  }

  /** Returns this tensor without a dimension, if its size is 1. */
  default Tensor squeeze(int dim) {
    Shape from = self().shape();
    return ViewOps.view(
        "SqueezeBackward", self(), layout -> layout.squeeze(dim), g -> ViewOps.reshape(g, from));
  }

  /** Returns the elements as one dimension: a view where possible, else a copy. */
  default Tensor flatten() {
    return ViewOps.reshape(self(), Shape.of(self().numel()));
  }

  /** Returns this tensor with the dimensions from {@code start} on joined to one. */
  default Tensor flatten(int start) {
    return flatten(start, -1);
  }

  /**
   * Returns this tensor with the dimensions from {@code start} to {@code end}, both included,
   * joined to one.
   */
  default Tensor flatten(int start, int end) {
    Shape shape = self().shape();
    int first = shape.axis("flatten", start);
    int last = shape.axis("flatten", end);
    if (shape.dim() == 0) {
      return ViewOps.reshape(self(), Shape.of(1));
    }
    if (first > last) {
      throw new IllegalArgumentException(
          "flatten: start " + start + " is behind end " + end + " in shape " + shape);
    }
    Shape middle = Shape.of(shape.slice(first, last + 1).numel());
    return ViewOps.reshape(
        self(), shape.slice(0, first).concat(middle).concat(shape.slice(last + 1, shape.dim())));
  }

  /** Returns views of {@code size} positions each of a dimension; the last may have fewer. */
  default List<Tensor> split(long size, int dim) {
    if (size <= 0) {
      throw new IllegalArgumentException("split: the size must be positive, not " + size);
    }
    long length = self().shape().size("split", dim);
    checkCount("split", Math.ceilDiv(length, size));
    List<Tensor> parts = new ArrayList<>();
    for (long at = 0; at < length || parts.isEmpty(); at += size) {
      Tensor part = narrow(dim, at, Math.min(size, length - at));
      parts.add(Gradients.named("SplitBackward", part, self()));
    }
    return parts;
  }

  /** Returns views of these many positions each of a dimension; together they must be all. */
  default List<Tensor> split(long[] sizes, int dim) {
    given("split", "sizes", sizes);
    long length = self().shape().size("split", dim);
    long rest = length;
    for (long size : sizes) {
      rest = size < 0 || rest < size ? -1 : rest - size;
    }
    if (rest != 0) {
      throw new IllegalArgumentException(
          "split: sizes "
              + Arrays.toString(sizes)
              + " do not add up to the "
              + length
              + " of dim "
              + dim);
    }
    List<Tensor> parts = new ArrayList<>();
    long at = 0;
    for (long size : sizes) {
      parts.add(Gradients.named("SplitWithSizesBackward", narrow(dim, at, size), self()));
      at += size;
    }
    return parts;
  }

  /** Returns a dimension in at most {@code count} views of equal size; the last may be smaller. */
  default List<Tensor> chunk(long count, int dim) {
    if (count <= 0) {
      throw new IllegalArgumentException("chunk: the count must be positive, not " + count);
    }
    return split(Math.max(1, Math.ceilDiv(self().shape().size("chunk", dim), count)), dim);
  }

  /** Returns a view of every position of a dimension. */
  default List<Tensor> unbind(int dim) {
    long length = self().shape().size("unbind", dim);
    checkCount("unbind", length);
    List<Tensor> parts = new ArrayList<>();
    for (long i = 0; i < length; i++) {
      parts.add(Gradients.named("UnbindBackward", select(dim, i), self()));
    }
    return parts;
  }

  /** Returns this tensor if its elements lie in row-major order without gaps, else such a copy. */
  default Tensor contiguous() {
    return Copying.contiguous(self());
  }

  /**
   * Returns this tensor repeated these many times along each dimension; more numbers than
   * dimensions add some in front.
   */
  default Tensor repeat(long... times) {
    given("repeat", "times", times);
    Shape shape = self().shape();
    int added = times.length - shape.dim();
    if (added < 0) {
      throw new IllegalArgumentException(
          "repeat: " + Arrays.toString(times) + " for shape " + shape);
    }
    if (Arrays.stream(times).anyMatch(count -> count < 0)) {
      throw new IllegalArgumentException(
          "repeat: a count may not be negative: " + Arrays.toString(times));
    }
    long[] blocks = new long[2 * times.length];
    long[] expanded = new long[2 * times.length];
    long[] joined = new long[times.length];
    for (int i = 0; i < times.length; i++) {
      long size = i < added ? 1 : shape.size(i - added);
      blocks[2 * i] = 1;
      blocks[2 * i + 1] = size;
      expanded[2 * i] = times[i];
      expanded[2 * i + 1] = size;
      if (size > 0 && times[i] > Long.MAX_VALUE / size) {
        throw new IllegalArgumentException(
            "repeat: " + Arrays.toString(times) + " is too much for shape " + shape);
      }
      joined[i] = times[i] * size;
    }
    Tensor y = reshape(blocks).expand(expanded).reshape(joined);
    return Gradients.named("RepeatBackward", y, self());
  }

  private static void checkCount(String operation, long parts) {
    if (parts > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(operation + ": a list cannot hold " + parts + " parts");
    }
  }

  private static Shape named(String operation, Supplier<Shape> shape) {
    try {
      return shape.get();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(operation + ": " + e.getMessage(), e);
    }
  }
}
