package dev.chagres.testing;

import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;

/**
 * An array of numbers in plain Java, in which the rows of the op database say what operations mean:
 * slowly, by definition, an element at a time.
 */
record Plain(long[] sizes, double[] values) {

  static Plain of(Tensor tensor) {
    return new Plain(tensor.shape().toArray(), Cells.doubles(tensor));
  }

  /** The array of a shape whose element at each index is what a function of the index says. */
  static Plain fill(long[] sizes, ToDoubleFunction<long[]> element) {
    double[] values = new double[Samples.numel(sizes)];
    for (int i = 0; i < values.length; i++) {
      values[i] = element.applyAsDouble(index(sizes, i));
    }
    return new Plain(sizes, values);
  }

  static Plain scalar(double value) {
    return new Plain(new long[0], new double[] {value});
  }

  static long[] shape(long... sizes) {
    return sizes;
  }

  private static long[] index(long[] sizes, int flat) {
    long[] index = new long[sizes.length];
    long rest = flat;
    for (int d = sizes.length - 1; d >= 0; d--) {
      index[d] = rest % sizes[d];
      rest /= sizes[d];
    }
    return index;
  }

  int dim() {
    return sizes.length;
  }

  long size(int dim) {
    return sizes[dim];
  }

  double at(long... index) {
    long flat = 0;
    for (int d = 0; d < sizes.length; d++) {
      if (index[d] < 0 || index[d] >= sizes[d]) {
        throw new IndexOutOfBoundsException(
            Arrays.toString(index) + " in " + Arrays.toString(sizes));
      }
      flat = flat * sizes[d] + index[d];
    }
    return values[(int) flat];
  }

  /** The element at an index, or 0 outside: what padding shows. */
  double orZero(long... index) {
    for (int d = 0; d < sizes.length; d++) {
      if (index[d] < 0 || index[d] >= sizes[d]) {
        return 0;
      }
    }
    return at(index);
  }

  Plain map(DoubleUnaryOperator function) {
    return new Plain(sizes, Arrays.stream(values).map(function).toArray());
  }

  /** Combines with another array, which is broadcast to this one's shape. */
  Plain with(Plain other, DoubleBinaryOperator function) {
    return fill(sizes, i -> function.applyAsDouble(at(i), other.broadcastAt(i)));
  }

  /** The element that broadcasting shows at an index with as many or more dimensions. */
  double broadcastAt(long... index) {
    long[] own = new long[sizes.length];
    for (int d = 0; d < own.length; d++) {
      own[d] = sizes[d] == 1 ? 0 : index[index.length - sizes.length + d];
    }
    return at(own);
  }

  Plain reshape(long... shape) {
    return new Plain(shape, values);
  }

  /** All elements whose index equals the given one but for a dimension. */
  double[] line(int dim, long... index) {
    double[] line = new double[(int) sizes[dim]];
    long[] at = index.clone();
    for (int i = 0; i < line.length; i++) {
      at[dim] = i;
      line[i] = at(at);
    }
    return line;
  }

  static long[] with(long[] values, int at, long value) {
    long[] changed = values.clone();
    changed[at] = value;
    return changed;
  }

  static long[] inserted(long[] values, int at, long value) {
    long[] more = new long[values.length + 1];
    System.arraycopy(values, 0, more, 0, at);
    more[at] = value;
    System.arraycopy(values, at, more, at + 1, values.length - at);
    return more;
  }

  static long[] removed(long[] values, int at) {
    long[] fewer = new long[values.length - 1];
    System.arraycopy(values, 0, fewer, 0, at);
    System.arraycopy(values, at + 1, fewer, at, fewer.length - at);
    return fewer;
  }

  @Override
  public String toString() {
    return Arrays.toString(sizes) + " " + Arrays.toString(values);
  }
}
