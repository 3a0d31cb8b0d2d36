package dev.chagres.core;

import static dev.chagres.check.Given.given;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where the elements of a tensor lie in its storage: a shape, one stride per dimension and an
 * offset, all counted in elements. Immutable. Element {@code (i0, i1, …)} lies at {@code offset +
 * i0 * stride(0) + i1 * stride(1) + …}. The methods are the view algebra: each returns the layout
 * of a view of the same storage.
 */
public final class Layout {
  private final Shape shape;
  private final long[] strides;
  private final long offset;
  private final boolean contiguous;

  private Layout(Shape shape, long[] strides, long offset) {
    this(shape, strides, offset, Strides.areRowMajor(shape.sizes(), strides, shape.numel()));
  }

  private Layout(Shape shape, long[] strides, long offset, boolean contiguous) {
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
    this.contiguous = contiguous;
  }

  static Layout rowMajor(Shape shape) {
    return new Layout(shape, Strides.rowMajor(shape.sizes()), 0);
  }

  /**
   * Returns a layout with explicit strides.
   *
   * @throws IllegalArgumentException if the counts differ, a stride or the offset is negative, or
   *     positions overflow
   */
  public static Layout of(Shape shape, long[] strides, long offset) {
    given("Layout.of", "shape", shape);
    given("Layout.of", "strides", strides);
    if (strides.length != shape.dim()) {
      throw new IllegalArgumentException(
          "there are " + strides.length + " strides for shape " + shape);
    }
    if (offset < 0) {
      throw new IllegalArgumentException("the offset " + offset + " is negative");
    }
    for (long stride : strides) {
      if (stride < 0) {
        throw new IllegalArgumentException(
            "a stride may not be negative: " + Arrays.toString(strides));
      }
    }
    try {
      long end = Math.addExact(offset, 1);
      for (int i = 0; i < strides.length; i++) {
        long steps = Math.max(0, shape.sizes()[i] - 1);
        end = Math.addExact(end, Math.multiplyExact(steps, strides[i]));
      }
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException(
          "strides "
              + Arrays.toString(strides)
              + " from offset "
              + offset
              + " overflow for shape "
              + shape,
          e);
    }
    return new Layout(shape, strides.clone(), offset);
  }

  /**
   * Returns where the elements of a new tensor lie that is computed from operands element by
   * element: without gaps, in the {@linkplain #memoryOrder order} of the operands.
   *
   * @throws IllegalArgumentException if there are no operands, or their shapes differ
   */
  public static Layout dense(Layout... operands) {
    Shape shape = alike("dense", operands);
    if (operands[0].contiguous) {
      return shape.contiguous();
    }
    long[] strides = Strides.dense(shape.sizes(), memoryOrder(operands));
    Layout dense = new Layout(shape, strides, 0);
    return dense.contiguous ? shape.contiguous() : dense;
  }

  /** Returns where the elements of a copy lie: without gaps, in the order of this layout. */
  public Layout dense() {
    return contiguous ? shape.contiguous() : dense(this);
  }

  /**
   * Returns the dimensions from the greatest stride to the least, of layouts of one shape. The
   * first layout decides that says anything: strides of 0 do not. As PyTorch sorts by exchanging
   * neighbours, so does this, since the order of what is not decided follows from it.
   *
   * @throws IllegalArgumentException if there are no layouts, or their shapes differ
   */
  public static int[] memoryOrder(Layout... layouts) {
    int rank = alike("memoryOrder", layouts).dim();
    int[] order = new int[rank];
    Arrays.setAll(order, i -> i);
    for (int i = rank - 2; i >= 0; i--) {
      int moving = i;
      for (int other = i + 1; other < rank; other++) {
        int comparison = compare(order[moving], order[other], layouts);
        if (comparison < 0) {
          int held = order[moving];
          order[moving] = order[other];
          order[other] = held;
          moving = other;
        } else if (comparison > 0) {
          break;
        }
      }
    }
    return order;
  }

  /** The one shape of these layouts. */
  private static Shape alike(String name, Layout... layouts) {
    if (given(name, "layouts", layouts).length == 0) {
      throw new IllegalArgumentException(name + ": a layout is needed");
    }
    Shape shape = given(name, "a layout", layouts[0]).shape;
    for (int i = 1; i < layouts.length; i++) {
      if (!given(name, "a layout", layouts[i]).shape.equals(shape)) {
        throw new IllegalArgumentException(
            name + ": shapes " + shape + " and " + layouts[i].shape + " differ");
      }
    }
    return shape;
  }

  /** Whether a dimension is outside another that is behind it (1), inside (-1), or neither (0). */
  private static int compare(int ahead, int behind, Layout... layouts) {
    for (Layout layout : layouts) {
      long outer = layout.strides[ahead];
      long inner = layout.strides[behind];
      if (outer != 0 && inner != 0) {
        if (outer != inner) {
          return Long.compare(outer, inner);
        } else if (layout.shape.sizes()[behind] > layout.shape.sizes()[ahead]) {
          return -1;
        }
      }
    }
    return 0;
  }

  public Shape shape() {
    return shape;
  }

  /** Returns the stride of a dimension; a negative one counts from the end. */
  public long stride(int dim) {
    return strides[dimension("stride", dim)];
  }

  /** Returns the strides as a new array. */
  public long[] strides() {
    return strides.clone();
  }

  public long offset() {
    return offset;
  }

  public int dim() {
    return strides.length;
  }

  public long size(int dim) {
    return shape.size(dim);
  }

  public long numel() {
    return shape.numel();
  }

  /**
   * Returns whether the elements lie in row-major order without gaps (from any offset). Zero or one
   * element always do.
   */
  public boolean isContiguous() {
    return contiguous;
  }

  /** Returns one past the highest position that any element has; 0 if there are no elements. */
  public long end() {
    long count = shape.numel();
    if (contiguous) {
      return count == 0 ? 0 : offset + count;
    }
    long last = offset;
    for (int i = 0; i < strides.length; i++) {
      last += (shape.sizes()[i] - 1) * Math.max(0, strides[i]);
    }
    return last + 1;
  }

  /**
   * Returns the lowest position that any element has: the offset, but where {@link #flip} made
   * strides negative.
   */
  public long start() {
    long first = offset;
    if (!contiguous) {
      for (int i = 0; i < strides.length; i++) {
        first += Math.max(0, shape.sizes()[i] - 1) * Math.min(0, strides[i]);
      }
    }
    return first;
  }

  /** Returns whether two different indices may name the same element, as after {@link #expand}. */
  public boolean mayOverlap() {
    return !contiguous && Strides.mayOverlap(shape.sizes(), strides);
  }

  /** Returns whether the elements lie one beside the other, in any order, each in its own place. */
  public boolean isGapless() {
    return contiguous || end() - start() == shape.numel() && !mayOverlap();
  }

  /** Swaps two dimensions. */
  public Layout transpose(int dim0, int dim1) {
    int a = shape.axis("transpose", dim0);
    int b = shape.axis("transpose", dim1);
    if (a == b) {
      return this;
    }
    long[] sizes = shape.toArray();
    long[] steps = strides.clone();
    swap(sizes, a, b);
    swap(steps, a, b);
    return new Layout(shape.regrouped(sizes), steps, offset);
  }

  private static void swap(long[] array, int i, int j) {
    long held = array[i];
    array[i] = array[j];
    array[j] = held;
  }

  /**
   * Puts the dimensions in another order: dimension {@code i} of the view is {@code dims[i]} of
   * this one.
   */
  public Layout permute(int... dims) {
    given("permute", "dims", dims);
    int rank = strides.length;
    if (dims.length != rank) {
      throw new IllegalArgumentException(
          "permute: each of the "
              + dim()
              + " dims of shape "
              + shape
              + " is needed once, not "
              + Arrays.toString(dims));
    }
    long[] sizes = new long[rank];
    long[] steps = new long[rank];
    int[] axes = shape.axes("permute", dims);
    for (int i = 0; i < rank; i++) {
      sizes[i] = shape.sizes()[axes[i]];
      steps[i] = strides[axes[i]];
    }
    return new Layout(shape.regrouped(sizes), steps, offset);
  }

  /**
   * Turns dimensions round, by negative strides. As in PyTorch no tensor lies so; the library reads
   * a tensor so to copy it.
   */
  public Layout flip(int... dims) {
    given("flip", "dims", dims);
    long[] steps = strides.clone();
    long first = offset;
    for (int axis : shape.axes("flip", dims)) {
      if (axis < strides.length && shape.sizes()[axis] > 1) {
        first += (shape.sizes()[axis] - 1) * strides[axis];
        steps[axis] = -strides[axis];
      }
    }
    return new Layout(shape, steps, first);
  }

  /** Repeats dimensions of size 1, and new ones in front, by a stride of 0, to the given shape. */
  public Layout expand(Shape to) {
    given("expand", "to", to);
    if (to.equals(shape)) {
      return this;
    }
    int added = to.dim() - strides.length;
    if (added < 0) {
      throw new IllegalArgumentException(
          "expand: shape " + shape + " has more dimensions than " + to);
    }
    long[] steps = new long[to.dim()];
    for (int i = 0; i < strides.length; i++) {
      long size = shape.sizes()[i];
      if (size == to.sizes()[added + i]) {
        steps[added + i] = strides[i];
      } else if (size != 1) {
        throw new IllegalArgumentException("expand: shape " + shape + " does not expand to " + to);
      }
    }
    return new Layout(to, steps, offset);
  }

  /** Keeps {@code length} positions from {@code start} of one dimension. */
  public Layout narrow(int dim, long start, long length) {
    int axis = dimension("narrow", dim);
    long size = shape.sizes()[axis];
    long from = start < 0 ? start + size : start;
    if (from < 0 || length < 0 || from > size - length) {
      throw new IndexOutOfBoundsException(
          "narrow: start "
              + start
              + " with length "
              + length
              + " is out of range for dim "
              + axis
              + " of "
              + shape);
    }
    return slice(axis, from, from + length, 1);
  }

  /**
   * Keeps the positions {@code start, start + step, …} before {@code stop} of one dimension.
   * Negative ends count from the end, and ends out of range are moved into it, as in Python.
   */
  public Layout slice(int dim, long start, long stop, long step) {
    int axis = dimension("slice", dim);
    if (step <= 0) {
      throw new IllegalArgumentException("slice: the step must be positive, not " + step);
    }
    long size = shape.sizes()[axis];
    long from = Math.clamp(start < 0 ? start + size : start, 0, size);
    long to = Math.clamp(stop < 0 ? stop + size : stop, from, size);
    long count = to == from ? 0 : (to - from - 1) / step + 1;
    long[] sizes = shape.toArray();
    long[] steps = strides.clone();
    sizes[axis] = count;
    steps[axis] = count <= 1 ? strides[axis] : strides[axis] * step;
    return new Layout(Shape.owning(sizes), steps, offset + from * strides[axis]);
  }

  /** Takes one position of a dimension, which the view no longer has. */
  public Layout select(int dim, long index) {
    int axis = dimension("select", dim);
    long size = shape.sizes()[axis];
    long at = index < 0 ? index + size : index;
    if (at < 0 || at >= size) {
      throw new IndexOutOfBoundsException(
          "select: index " + index + " is out of range for dim " + axis + " of shape " + shape);
    }
    return without(axis, offset + at * strides[axis]);
  }

  private Layout without(int axis, long newOffset) {
    long[] steps = new long[strides.length - 1];
    System.arraycopy(strides, 0, steps, 0, axis);
    System.arraycopy(strides, axis + 1, steps, axis, steps.length - axis);
    return new Layout(shape.remove(axis), steps, newOffset);
  }

  /** Puts in a dimension of size 1 before {@code dim}; -1 means the end. */
  public Layout unsqueeze(int dim) {
    int at = dim < 0 ? dim + strides.length + 1 : dim;
    if (at < 0 || at > strides.length) {
      throw new IndexOutOfBoundsException(
          "unsqueeze: dim " + dim + " is out of range to insert one into shape " + shape);
    }
    Shape longer = shape.insert(at, 1);
    long[] steps = new long[strides.length + 1];
    System.arraycopy(strides, 0, steps, 0, at);
    steps[at] = at < strides.length ? strides[at] * Math.max(1, shape.sizes()[at]) : 1;
    System.arraycopy(strides, at, steps, at + 1, strides.length - at);
    return new Layout(longer, steps, offset, contiguous);
  }

  /** Drops a dimension if its size is 1. */
  public Layout squeeze(int dim) {
    int axis = shape.axis("squeeze", dim);
    return strides.length > 0 && shape.sizes()[axis] == 1 ? without(axis, offset) : this;
  }

  /** Drops those of these dimensions whose size is 1. */
  public Layout squeeze(int... dims) {
    int[] axes = shape.axes("squeeze", dims);
    Arrays.sort(axes);
    Layout result = this;
    for (int i = axes.length - 1; i >= 0; i--) {
      result = result.squeeze(axes[i]);
    }
    return result;
  }

  /** Drops every dimension of size 1. */
  public Layout squeeze() {
    Layout result = this;
    for (int i = strides.length - 1; i >= 0; i--) {
      result = result.squeeze(i);
    }
    return result;
  }

  /**
   * Takes the elements whose indices in two dimensions differ by {@code shift}; they become the
   * last dimension.
   */
  public Layout diagonal(long shift, int dim0, int dim1) {
    int a = dimension("diagonal", dim0);
    int b = dimension("diagonal", dim1);
    if (a == b) {
      throw new IllegalArgumentException(
          "diagonal: dims " + dim0 + " and " + dim1 + " are the same");
    }
    long rows = shape.sizes()[a];
    long columns = shape.sizes()[b];
    long length =
        Math.max(0, shift >= 0 ? Math.min(rows, columns - shift) : Math.min(rows + shift, columns));
    long start =
        length == 0 ? offset : offset + (shift >= 0 ? shift * strides[b] : -shift * strides[a]);
    Layout rest = without(Math.max(a, b), start).without(Math.min(a, b), start);
    long[] steps = Arrays.copyOf(rest.strides, rest.strides.length + 1);
    steps[rest.strides.length] = strides[a] + strides[b];
    return new Layout(rest.shape.insert(-1, length), steps, start);
  }

  /**
   * Turns one dimension into windows of {@code size}, {@code step} apart; the place in the window
   * becomes the last dimension.
   */
  public Layout unfold(int dim, long size, long step) {
    int axis = shape.axis("unfold", dim);
    if (strides.length == 0) {
      return unsqueeze(0).unfold(0, size, step).select(0, 0);
    }
    long length = shape.sizes()[axis];
    if (size < 0 || size > length || step <= 0) {
      throw new IllegalArgumentException(
          "unfold: windows of "
              + size
              + ", "
              + step
              + " apart, do not fit dim "
              + axis
              + " of shape "
              + shape);
    }
    long[] sizes = Arrays.copyOf(shape.sizes(), strides.length + 1);
    long[] steps = Arrays.copyOf(strides, strides.length + 1);
    sizes[strides.length] = size;
    steps[strides.length] = strides[axis];
    sizes[axis] = (length - size) / step + 1;
    // A single window may be said to be any distance from the next: the product, as in PyTorch.
    boolean fits = Math.multiplyHigh(strides[axis], step) == 0 && strides[axis] * step >= 0;
    steps[axis] = fits ? strides[axis] * step : strides[axis];
    return new Layout(Shape.owning(sizes), steps, offset);
  }

  /**
   * Returns the layout of the same elements, in the same order, under another shape, or null if
   * only a copy can have it.
   *
   * @throws IllegalArgumentException if the element counts differ
   */
  public @Nullable Layout reshape(Shape to) {
    given("reshape", "to", to);
    if (to.equals(shape)) {
      return this;
    }
    if (to.numel() != shape.numel()) {
      throw new IllegalArgumentException(
          "shape " + to + " has " + to.numel() + " elements, " + shape + " has " + shape.numel());
    }
    if (contiguous) {
      return new Layout(to, Strides.rowMajor(to.sizes()), offset);
    }
    long[] steps = Strides.regrouped(shape.sizes(), strides, to.sizes());
    return steps == null ? null : new Layout(to, steps, offset);
  }

  private int dimension(String operation, int dim) {
    return shape.dimension(operation, dim);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || other instanceof Layout layout
            && layout.offset == offset
            && layout.shape.equals(shape)
            && Arrays.equals(layout.strides, strides);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * shape.hashCode() + Arrays.hashCode(strides)) + Long.hashCode(offset);
  }

  @Override
  public String toString() {
    return "shape " + shape + ", strides " + Arrays.toString(strides) + ", offset " + offset;
  }
}
