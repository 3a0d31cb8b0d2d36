package dev.chagres.backend;

import dev.chagres.core.Triangle;
import java.util.List;

/**
 * Operations element by element: operands have one dtype and one shape unless a method says
 * otherwise.
 */
public interface ElementKernels {
  /** {@code y = op(x)}; {@code y} is bool for a predicate, else has x's dtype. */
  void unary(UnaryOp op, Strided x, Strided y);

  /**
   * {@code y = op(a, b)}, of one dtype; beside a 16-bit {@code a}, {@code b} may be float32.
   *
   * @throws ArithmeticException if an integer is divided by zero; nothing is written then
   */
  void binary(BinaryOp op, Strided a, Strided b, Strided y);

  /**
   * {@code y = op(a, b, c)} with a number that some of them use. 16-bit types are computed in
   * float32 and rounded once.
   *
   * @param operands a, b and c
   */
  void ternary(TernaryOp op, Number value, List<Strided> operands, Strided y);

  /** {@code y = condition ? a : b}; the condition is bool. */
  void where(Strided condition, Strided a, Strided b, Strided y);

  /**
   * {@code y = x}, cast to y's dtype: copies, casts, fills (x with strides of 0). The strides of x
   * may be negative.
   */
  void copy(Strided x, Strided y);

  /**
   * {@code y} keeps of each matrix (…, rows, columns) of x what lies on one side of a diagonal and
   * on it, and is 0 elsewhere; the diagonal is {@code diagonal} above the main one. x and y are
   * contiguous; y may be x.
   */
  void triangle(Triangle kept, long diagonal, Strided x, Strided y);

  /**
   * {@code y[i] = start + (first + i) * step} for contiguous y; the integer pair counts for integer
   * dtypes. Floating numbers are reckoned in float64 and rounded once to float32.
   */
  void arange(Progression progression, Strided y);

  /**
   * First value and increment of an arithmetic progression, as floating and as integer numbers, and
   * the number, 0 or another, of the first element that is wanted.
   */
  record Progression(double start, double step, long integerStart, long integerStep, long first) {}
}
