package dev.chagres.testing;

import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;

/**
 * An array of numbers in plain Java, in which the tests say what operations mean: slowly, by
 * definition, an element at a time. Views share their memory, as tensors do.
 */
public record Plain(PlainLayout layout, double... memory) {

  /** An array of these elements in row-major order. */
  public Plain(long[] sizes, double... values) {
    this(PlainLayout.contiguous(sizes), values);
  }

  static Plain of(Tensor tensor) {
    return new Plain(tensor.shape().toArray(), Cells.doubles(tensor));
  }

  /** The array of a shape whose element at each index is what a function of the index says. */
  public static Plain fill(long[] sizes, ToDoubleFunction<long[]> element) {
    double[] values = new double[Indices.numel(sizes)];
    Arrays.setAll(values, i -> element.applyAsDouble(Indices.of(i, sizes)));
    return new Plain(sizes, values);
  }

  public long[] sizes() {
    return layout.sizes();
  }

  public int dim() {
    return sizes().length;
  }

  public long size(int dim) {
    return sizes()[dim];
  }

  public int numel() {
    return layout.cells().length;
  }

  /** Returns a copy of the elements in row-major order. */
  public double[] values() {
    return Arrays.stream(layout.cells()).mapToDouble(cell -> memory[cell]).toArray();
  }

  public double at(long... index) {
    return memory[layout.cell(index)];
  }

  /** The element at an index, or 0 outside: what padding shows. */
  double orZero(long... index) {
    return Indices.contains(sizes(), index) ? at(index) : 0;
  }

  /** The element that broadcasting shows at an index with as many or more dimensions. */
  public double broadcastAt(long... index) {
    return at(Indices.broadcast(sizes(), index));
  }

  // ---- views

  /** Returns the view of a shape that shows, at each index, this array's element at another. */
  public Plain view(long[] shape, UnaryOperator<long[]> source) {
    return new Plain(layout.view(shape, source), memory);
  }

  public Plain expand(long... shape) {
    return new Plain(layout.expand(shape), memory);
  }

  public Plain reshape(long... shape) {
    return new Plain(layout.reshape(shape), memory);
  }

  /** Returns whether two indices show one cell of memory. */
  public boolean repeats() {
    return layout.repeats();
  }

  /** Changes the elements, and those of all views that share them. */
  public void write(double... values) {
    for (int i = 0; i < values.length; i++) {
      memory[layout.cells()[i]] = values[i];
    }
  }

  // ---- new arrays

  public Plain copy() {
    return new Plain(sizes(), values());
  }

  public Plain map(DoubleUnaryOperator function) {
    return new Plain(sizes(), Arrays.stream(values()).map(function).toArray());
  }

  /** Combines with another array, which is broadcast to this one's shape. */
  public Plain with(Plain other, DoubleBinaryOperator function) {
    return fill(sizes(), i -> function.applyAsDouble(at(i), other.broadcastAt(i)));
  }

  /** All elements whose index equals the given one but for a dimension. */
  double[] line(int dim, long... index) {
    double[] line = new double[(int) size(dim)];
    Arrays.setAll(line, i -> at(Indices.with(index, dim, i)));
    return line;
  }

  @Override
  public String toString() {
    return Arrays.toString(sizes()) + " " + Arrays.toString(values());
  }
}
