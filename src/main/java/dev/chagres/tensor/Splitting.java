package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.tensor.ViewOps.Lens;
import java.util.ArrayList;
import java.util.List;

/** The parts of this tensor along a dimension, which are views of it. */
public sealed interface Splitting permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Returns views of {@code size} positions each of the first dimension. */
  default List<Tensor> split(long size) {
    return split(size, 0);
  }

  /** Returns views of {@code size} positions each of a dimension; the last may have fewer. */
  default List<Tensor> split(long size, int dim) {
    long length = self().shape().size("split", dim);
    if (size < 0 || size == 0 && length > 0) {
      throw new IllegalArgumentException("split: the size must be positive, not " + size);
    }
    Joining.checkCount("split", length == 0 ? 1 : Math.ceilDiv(length, size));
    List<Lens> lenses = new ArrayList<>();
    for (long at = 0; at < length || lenses.isEmpty(); at += size) {
      lenses.add(Joining.range(self(), dim, at, Math.min(size, length - at)));
    }
    return Joining.parts("SplitBackward", self(), lenses, gradients -> Joining.cat(gradients, dim));
  }

  /** Returns views of these many positions each of the first dimension. */
  default List<Tensor> split(long[] sizes) {
    return split(sizes, 0);
  }

  /** Returns views of these many positions each of a dimension; together they must be all. */
  default List<Tensor> split(long[] sizes, int dim) {
    return Joining.split("split", self(), sizes, dim);
  }

  /** Returns the same as {@link #split(long[], int)}. */
  default List<Tensor> splitWithSizes(long[] sizes, int dim) {
    return Joining.split("splitWithSizes", self(), sizes, dim);
  }

  /** Returns the same as {@link #split(long[])}. */
  default List<Tensor> splitWithSizes(long[] sizes) {
    return splitWithSizes(sizes, 0);
  }

  /** Returns the first dimension in this many views whose sizes differ by at most one. */
  default List<Tensor> tensorSplit(long sections) {
    return tensorSplit(sections, 0);
  }

  /**
   * Returns a dimension in this many views whose sizes differ by at most one, the longer ones
   * first.
   */
  default List<Tensor> tensorSplit(long sections, int dim) {
    return Joining.sections("tensorSplit", self(), sections, dim);
  }

  /** Returns the first dimension in views that end before each of these positions, and the rest. */
  default List<Tensor> tensorSplit(long[] positions) {
    return tensorSplit(positions, 0);
  }

  /**
   * Returns a dimension in views that end before each of these positions, and the rest; negative
   * positions count from the end.
   */
  default List<Tensor> tensorSplit(long[] positions, int dim) {
    return Joining.cut("tensorSplit", self(), positions, dim);
  }

  /** Returns the first dimension in parts that an int64 tensor says. */
  default List<Tensor> tensorSplit(Tensor sectionsOrPositions) {
    return tensorSplit(sectionsOrPositions, 0);
  }

  /**
   * Returns the same with an int64 tensor instead of numbers: of no dimension it is how many
   * sections there are, of one the positions.
   */
  default List<Tensor> tensorSplit(Tensor sectionsOrPositions, int dim) {
    given("tensorSplit", "sectionsOrPositions", sectionsOrPositions);
    if (sectionsOrPositions.dim() > 1 || sectionsOrPositions.dtype() != DType.INT64) {
      throw new IllegalArgumentException(
          "tensorSplit: the sections or positions are int64 of at most one dimension, not "
              + Tensor.describe(sectionsOrPositions));
    }
    return sectionsOrPositions.dim() == 0
        ? tensorSplit(sectionsOrPositions.itemLong(), dim)
        : tensorSplit(sectionsOrPositions.toLongArray(), dim);
  }

  /** Returns this many equal views side by side: along the second dimension, a vector's first. */
  default List<Tensor> hsplit(long sections) {
    return Joining.even("hsplit", self(), sections, self().dim() == 1 ? 0 : 1);
  }

  /** Returns views side by side that end before each of these positions, and the rest. */
  default List<Tensor> hsplit(long[] positions) {
    Joining.checkDims("hsplit", self(), 1);
    return Joining.cut("hsplit", self(), positions, self().dim() == 1 ? 0 : 1);
  }

  /** Returns this many equal views one above the other: along the first of two dimensions. */
  default List<Tensor> vsplit(long sections) {
    return Joining.even("vsplit", self(), sections, 0);
  }

  /** Returns views one above the other that end before each of these positions, and the rest. */
  default List<Tensor> vsplit(long[] positions) {
    Joining.checkDims("vsplit", self(), 2);
    return Joining.cut("vsplit", self(), positions, 0);
  }

  /** Returns this many equal views one behind the other: along the third dimension. */
  default List<Tensor> dsplit(long sections) {
    return Joining.even("dsplit", self(), sections, 2);
  }

  /** Returns views one behind the other that end before each of these positions, and the rest. */
  default List<Tensor> dsplit(long[] positions) {
    Joining.checkDims("dsplit", self(), 3);
    return Joining.cut("dsplit", self(), positions, 2);
  }

  /** Returns the first dimension in at most {@code count} views of equal size. */
  default List<Tensor> chunk(long count) {
    return chunk(count, 0);
  }

  /**
   * Returns a dimension in at most {@code count} views of equal size; the last may be smaller. A
   * dimension of size 0 is in {@code count} views of size 0.
   */
  default List<Tensor> chunk(long count, int dim) {
    if (count <= 0) {
      throw new IllegalArgumentException("chunk: the count must be positive, not " + count);
    }
    long length = self().shape().size("chunk", dim);
    return length == 0
        ? Joining.sections("chunk", self(), count, dim)
        : split(Math.ceilDiv(length, count), dim);
  }

  /** Returns a view of every position of the first dimension. */
  default List<Tensor> unbind() {
    return unbind(0);
  }

  /** Returns a view of every position of a dimension. */
  default List<Tensor> unbind(int dim) {
    long length = self().shape().size("unbind", dim);
    Joining.checkCount("unbind", length);
    int axis = self().shape().axis(dim);
    List<Lens> lenses = new ArrayList<>();
    for (long i = 0; i < length; i++) {
      long position = i;
      lenses.add(layout -> layout.select(axis, position));
    }
    return Joining.parts(
        "UnbindBackward", self(), lenses, gradients -> Joining.stack(gradients, axis));
  }
}
