package dev.chagres.core;

import static dev.chagres.check.Given.given;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The sizes of a tensor's dimensions, outermost first. Immutable. A shape with no dimensions is
 * that of a scalar; a size may be 0. Prints as {@code (2, 3)}.
 */
public final class Shape {
  /** More elements would have more bytes, of 8 each, than a long counts. */
  private static final long MOST_ELEMENTS = Long.MAX_VALUE / 8;

  private static final Shape SCALAR = new Shape(new long[0], 1);

  /** The most dimensions that a tensor may have, as in numpy and PyTorch. */
  public static final int MAX_DIMENSIONS = 64;

  private final long[] sizes;
  private final long numel;
  private @Nullable Layout contiguous;

  private Shape(long[] sizes, long numel) {
    this.sizes = sizes;
    this.numel = numel;
  }

  /**
   * Returns the shape with these sizes. A negative size, or sizes other than 0 whose product is
   * more than 2^60 - 1, is an {@link IllegalArgumentException}.
   */
  public static Shape of(long... sizes) {
    given("Shape.of", "sizes", sizes);
    return sizes.length == 0 ? SCALAR : owning(sizes.clone());
  }

  /** Takes over an array that nobody else will write. */
  static Shape owning(long[] sizes) {
    if (sizes.length > MAX_DIMENSIONS) {
      throw new IllegalArgumentException(
          "a shape has at most " + MAX_DIMENSIONS + " dimensions, not " + sizes.length);
    }
    long count = 1;
    boolean empty = false;
    for (long size : sizes) {
      if (size < 0) {
        throw new IllegalArgumentException("a size may not be negative: " + text(sizes));
      }
      long next = count * Math.max(1, size);
      if (Math.multiplyHigh(count, size) != 0 || next < 0 || next > MOST_ELEMENTS) {
        throw new IllegalArgumentException("too many elements: " + text(sizes));
      }
      empty |= size == 0;
      count = next;
    }
    return new Shape(sizes, empty ? 0 : count);
  }

  /** Returns the shape of a scalar, {@code ()}. */
  public static Shape scalar() {
    return SCALAR;
  }

  /** Returns the number of dimensions. */
  public int dim() {
    return sizes.length;
  }

  /**
   * Returns the size of a dimension; a negative one counts from the end.
   *
   * @throws IndexOutOfBoundsException if there is no such dimension; a scalar has none
   */
  public long size(int dim) {
    return sizes[dimension("size", dim)];
  }

  /**
   * The same for an operation, which the error names.
   *
   * @throws IndexOutOfBoundsException if there is no such dimension; a scalar has none
   */
  public long size(String operation, int dim) {
    given("size", "operation", operation);
    return sizes[dimension(operation, dim)];
  }

  /** Returns the number of elements. */
  public long numel() {
    return numel;
  }

  /** Returns the sizes as a new array. */
  public long[] toArray() {
    return sizes.clone();
  }

  /** The sizes themselves, for readers inside the package. */
  long[] sizes() {
    return sizes;
  }

  /**
   * Returns the index, from 0, of a dimension that may be given from the end (-1 is the last). A
   * scalar accepts 0 and -1, as in PyTorch.
   *
   * @throws IndexOutOfBoundsException if there is no such dimension
   */
  public int axis(int dim) {
    return axis("axis", dim);
  }

  /**
   * The same for an operation, which the error names.
   *
   * @throws IndexOutOfBoundsException if there is no such dimension
   */
  public int axis(String operation, int dim) {
    given("axis", "operation", operation);
    int rank = sizes.length;
    int axis = dim < 0 ? dim + rank : dim;
    if (axis < 0 || axis >= rank) {
      if (rank == 0 && (dim == 0 || dim == -1)) {
        return 0;
      }
      throw new IndexOutOfBoundsException(
          operation + ": dim " + dim + " is out of range for shape " + this);
    }
    return axis;
  }

  /**
   * Returns the indices, from 0, of several dimensions, each given as for {@link #axis(String,
   * int)}.
   *
   * @throws IndexOutOfBoundsException if there is no such dimension
   * @throws IllegalArgumentException if a dimension is there twice
   */
  public int[] axes(String operation, int... dims) {
    given("axes", "operation", operation);
    given("axes", "dims", dims);
    int[] axes = new int[dims.length];
    long seen = 0;
    for (int i = 0; i < dims.length; i++) {
      axes[i] = axis(operation, dims[i]);
      if ((seen >> axes[i] & 1) != 0) {
        throw new IllegalArgumentException(
            operation + ": dim " + dims[i] + " is there twice in " + Arrays.toString(dims));
      }
      seen |= 1L << axes[i];
    }
    return axes;
  }

  /** The same where a scalar, which has no dimensions, will not do. */
  int dimension(String operation, int dim) {
    if (sizes.length == 0) {
      throw new IndexOutOfBoundsException(operation + ": a scalar has no dim " + dim);
    }
    return axis(operation, dim);
  }

  /**
   * Returns this shape with one size changed.
   *
   * @throws IndexOutOfBoundsException if there is no such dimension; a scalar has none
   */
  public Shape with(int dim, long size) {
    long[] changed = sizes.clone();
    changed[dimension("with", dim)] = size;
    return owning(changed);
  }

  /**
   * Returns this shape with a dimension of a size put in before {@code dim}; {@code dim()} and -1
   * mean the end.
   */
  public Shape insert(int dim, long size) {
    int at = dim < 0 ? dim + sizes.length + 1 : dim;
    if (at < 0 || at > sizes.length) {
      throw new IndexOutOfBoundsException(
          "insert: dim " + dim + " is out of range to insert one into shape " + this);
    }
    long[] longer = new long[sizes.length + 1];
    System.arraycopy(sizes, 0, longer, 0, at);
    longer[at] = size;
    System.arraycopy(sizes, at, longer, at + 1, sizes.length - at);
    return size == 1 ? regrouped(longer) : owning(longer);
  }

  /** Takes over other sizes of as many elements, that nobody else will write. */
  Shape regrouped(long[] others) {
    return others.length > sizes.length && others.length > MAX_DIMENSIONS
        ? owning(others) // which throws
        : new Shape(others, numel);
  }

  /** Returns this shape without a dimension. */
  public Shape remove(int dim) {
    int at = axis("remove", dim);
    if (sizes.length == 0) {
      return this;
    }
    long[] shorter = new long[sizes.length - 1];
    System.arraycopy(sizes, 0, shorter, 0, at);
    System.arraycopy(sizes, at + 1, shorter, at, shorter.length - at);
    return shorter.length == 0 ? SCALAR : owning(shorter);
  }

  /**
   * Returns the sizes from {@code start} (inclusive) to {@code end} (exclusive) as a shape.
   *
   * @throws IndexOutOfBoundsException if these are not ends of a part of it
   */
  public Shape slice(int start, int end) {
    Objects.checkFromToIndex(start, end, sizes.length);
    return start == end ? SCALAR : owning(Arrays.copyOfRange(sizes, start, end));
  }

  /** Returns this shape followed by another. */
  public Shape concat(Shape other) {
    given("concat", "other", other);
    long[] joined = Arrays.copyOf(sizes, sizes.length + other.sizes.length);
    System.arraycopy(other.sizes, 0, joined, sizes.length, other.sizes.length);
    return joined.length == 0 ? SCALAR : owning(joined);
  }

  /**
   * Returns the shape that two shapes broadcast to by numpy's rule (aligned at the end, equal or
   * one of them 1), or null if they do not.
   */
  public static @Nullable Shape broadcast(Shape a, Shape b) {
    given("broadcast", "a", a);
    given("broadcast", "b", b);
    if (a.equals(b) || b.sizes.length == 0) {
      return a;
    }
    if (a.sizes.length == 0) {
      return b;
    }
    int rank = Math.max(a.sizes.length, b.sizes.length);
    long[] out = new long[rank];
    for (int i = 1; i <= rank; i++) {
      long x = i <= a.sizes.length ? a.sizes[a.sizes.length - i] : 1;
      long y = i <= b.sizes.length ? b.sizes[b.sizes.length - i] : 1;
      if (x != y && x != 1 && y != 1) {
        return null;
      }
      out[rank - i] = x == 1 ? y : x;
    }
    return Arrays.equals(out, a.sizes) ? a : Arrays.equals(out, b.sizes) ? b : owning(out);
  }

  /**
   * Returns this shape with a single -1 among {@code sizes} replaced by what the element count
   * leaves for it.
   *
   * @throws IllegalArgumentException if the counts do not fit
   */
  public Shape inferred(long... sizes) {
    given("inferred", "sizes", sizes);
    int unknown = -1;
    long known = 1;
    for (int i = 0; i < sizes.length; i++) {
      if (sizes[i] == -1) {
        if (unknown >= 0) {
          throw new IllegalArgumentException("only one size can be -1: " + text(sizes));
        }
        unknown = i;
      } else if (sizes[i] < 0) {
        throw new IllegalArgumentException("a size may not be negative: " + text(sizes));
      } else {
        try {
          known = Math.multiplyExact(known, sizes[i]);
        } catch (ArithmeticException e) {
          throw new IllegalArgumentException("too many elements: " + text(sizes), e);
        }
      }
    }
    long[] result = sizes.clone();
    if (unknown >= 0) {
      if (known == 0) {
        throw new IllegalArgumentException(
            "-1 is ambiguous in " + text(sizes) + " for shape " + this);
      }
      if (numel % known != 0) {
        throw new IllegalArgumentException(
            "shape " + text(sizes) + " does not fit the " + numel + " elements of " + this);
      }
      result[unknown] = numel / known;
    } else if (known != numel) {
      throw new IllegalArgumentException(
          "shape " + text(sizes) + " does not fit the " + numel + " elements of " + this);
    }
    return result.length == 0 ? SCALAR : owning(result);
  }

  /** Returns the layout of a new tensor with this shape: row-major, without gaps, from offset 0. */
  public Layout contiguous() {
    Layout layout = contiguous;
    if (layout == null) {
      layout = Layout.rowMajor(this);
      contiguous = layout;
    }
    return layout;
  }

  private static String text(long[] sizes) {
    StringBuilder out = new StringBuilder("(");
    for (int i = 0; i < sizes.length; i++) {
      out.append(i == 0 ? "" : ", ").append(sizes[i]);
    }
    return out.append(sizes.length == 1 ? ",)" : ")").toString();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || other instanceof Shape shape && shape.numel == numel && hasSizes(shape.sizes);
  }

  /**
   * Tells whether sizes with as many elements are these. Every operation asks; unless there are no
   * elements, the first size follows from the others.
   */
  private boolean hasSizes(long[] others) {
    if (others.length != sizes.length) {
      return false;
    }
    for (int i = numel == 0 ? 0 : 1; i < others.length; i++) {
      if (others[i] != sizes[i]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sizes);
  }

  @Override
  public String toString() {
    return text(sizes);
  }
}
