package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import java.util.Arrays;
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

  /** Returns the elements in the same order under another tensor's shape, without copying. */
  default Tensor viewAs(Tensor other) {
    return view(given("viewAs", "other", other).shape().toArray());
  }

  /**
   * Returns a tensor over the same memory whose elements are its bytes read as another dtype,
   * without gradients. Elements of another size make the last dimension longer or shorter. Every
   * byte is a bool: 0 is false, and all others are true to every operation, but keep their bits
   * where elements are only moved or copied.
   *
   * @throws IllegalArgumentException if the sizes differ and the last dimension, the strides or the
   *     place in memory do not divide into elements of the new size
   */
  default Tensor view(DType dtype) {
    return ViewOps.bits(self(), given("view", "dtype", dtype));
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

  /** Returns the elements in the same order under another tensor's shape: {@link #reshape}. */
  default Tensor reshapeAs(Tensor other) {
    return reshape(given("reshapeAs", "other", other).shape());
  }

  /**
   * Returns this tensor with one dimension made several, whose product it is; one size may be -1.
   */
  default Tensor unflatten(int dim, long... sizes) {
    if (given("unflatten", "sizes", sizes).length == 0) {
      throw new IllegalArgumentException("unflatten: at least one size is needed");
    }
    Shape shape = self().shape();
    Shape middle = named("unflatten", () -> Shape.of(shape.size("unflatten", dim)).inferred(sizes));
    int at = shape.axis(dim);
    return view(
        shape.slice(0, at).concat(middle).concat(shape.slice(at + 1, shape.dim())).toArray());
  }

  /**
   * Returns the elements of this tensor's memory at {@code offset + i * stride[0] + j * stride[1] +
   * …}, counted in elements from the start of the storage, whatever this tensor's own layout is.
   *
   * @throws IllegalArgumentException if a stride or the offset is negative, or the memory ends
   *     before the last element
   */
  default Tensor asStrided(long[] sizes, long[] strides, long offset) {
    return ViewOps.asStrided(self(), sizes, strides, offset);
  }

  /** Returns the elements at these strides from this tensor's first one. */
  default Tensor asStrided(long[] sizes, long[] strides) {
    return asStrided(sizes, strides, self().layout().offset());
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

  /** Returns this tensor expanded to these sizes, the same as {@link #expand}. */
  default Tensor broadcastTo(long... sizes) {
    return expand(given("broadcastTo", "sizes", sizes));
  }

  /**
   * Returns {@code length} positions from {@code start}, an integer tensor of one element and no
   * dimension, of a dimension.
   */
  default Tensor narrow(int dim, Tensor start, long length) {
    if (given("narrow", "start", start).dim() != 0 || !start.dtype().isInteger()) {
      throw new IllegalArgumentException(
          "narrow: the start is a 0-d tensor of an integer dtype, not " + Tensor.describe(start));
    }
    return narrow(dim, start.itemLong(), length);
  }

  /** Returns {@code length} positions from {@code start} of a dimension. */
  default Tensor narrow(int dim, long start, long length) {
    return ViewOps.take("SliceBackward", self(), layout -> layout.narrow(dim, start, length));
  }

  /**
   * Returns the positions from {@code start} to before {@code stop} of a dimension, as Python's
   * {@code start:stop}: negative ends count from the end, and ends out of range are moved into it.
   */
  default Tensor slice(int dim, long start, long stop) {
    return slice(dim, start, stop, 1);
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

  /** Returns the elements whose indices in the first two dimensions are the same. */
  default Tensor diagonal() {
    return diagonal(0);
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

  /** Returns this tensor without those of these dimensions whose size is 1. */
  default Tensor squeeze(int... dims) {
    Shape from = self().shape();
    int[] axes = from.axes("squeeze", given("squeeze", "dims", dims));
    return ViewOps.view(
        "SqueezeBackward", self(), layout -> layout.squeeze(axes), g -> ViewOps.reshape(g, from));
  }

  /** Returns this tensor, or a scalar as one element along one dimension. */
  default Tensor atleast1d() {
    return self().dim() > 0 ? self() : view(1);
  }

  /** Returns this tensor, a vector as a matrix of one row, or a scalar as one of one element. */
  default Tensor atleast2d() {
    return self().dim() > 1 ? self() : atleast1d().unsqueeze(0);
  }

  /**
   * Returns this tensor with at least three dimensions: those of a matrix come first, that of a
   * vector is the second.
   */
  default Tensor atleast3d() {
    return self().dim() > 2 ? self() : atleast2d().unsqueeze(-1);
  }

  /** Returns the elements as one dimension, as {@link #flatten()}. */
  default Tensor ravel() {
    return self().dim() == 1 ? contiguous() : flatten();
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
          "repeat: shape " + shape + " needs a count for each dim, not " + Arrays.toString(times));
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
    Tensor y = Rearranging.apart(reshape(blocks).expand(expanded).reshape(joined), self());
    return Gradients.named("RepeatBackward", y, self());
  }

  /** Returns this tensor repeated: {@link #repeat}, with ones put in front of too few numbers. */
  default Tensor tile(long... times) {
    given("tile", "times", times);
    int missing = Math.max(0, self().dim() - times.length);
    long[] all = new long[missing + times.length];
    Arrays.fill(all, 0, missing, 1);
    System.arraycopy(times, 0, all, missing, times.length);
    return repeat(all);
  }

  private static Shape named(String operation, Supplier<Shape> shape) {
    try {
      return shape.get();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(operation + ": " + e.getMessage(), e);
    }
  }
}
