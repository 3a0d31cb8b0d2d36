package dev.chagres.benchmarks.protocol;

import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/**
 * Recipes of operations on arrays of the numbers that all sides compute with.
 *
 * @param signed makes an array of numbers of (-1, 1]
 * @param positive makes one of numbers of (0, 1]
 */
public record Operands<T>(Maker<T> signed, Maker<T> positive) {

  /** Makes an array of some shape from the numbers that belong to a seed. */
  @FunctionalInterface
  public interface Maker<T> {
    T make(int seed, long... shape);
  }

  /** An operation that writes into an array. */
  @FunctionalInterface
  public interface Into<T> {
    T apply(T x, T y, T out);
  }

  /** An operation on four arrays of one shape. */
  @FunctionalInterface
  public interface Four<T> {
    T apply(T a, T b, T c, T d);
  }

  public Recipe<T> one(UnaryOperator<T> operation) {
    return shape -> task(operation, signed.make(1, shape));
  }

  /** A recipe whose operand is above 0. */
  public Recipe<T> onePositive(UnaryOperator<T> operation) {
    return shape -> task(operation, positive.make(1, shape));
  }

  public Recipe<T> two(BinaryOperator<T> operation) {
    return shape -> task(operation, signed.make(1, shape), signed.make(2, shape));
  }

  /** A recipe whose operands are above 0. */
  public Recipe<T> twoPositive(BinaryOperator<T> operation) {
    return shape -> task(operation, positive.make(1, shape), positive.make(2, shape));
  }

  public Recipe<T> intoOut(Into<T> operation) {
    return shape -> {
      T x = signed.make(1, shape);
      T y = signed.make(2, shape);
      T out = signed.make(3, shape);
      return () -> operation.apply(x, y, out);
    };
  }

  public Recipe<T> four(Four<T> operation) {
    return shape -> {
      T a = signed.make(1, shape);
      T b = signed.make(2, shape);
      T c = signed.make(3, shape);
      T d = signed.make(4, shape);
      return () -> operation.apply(a, b, c, d);
    };
  }

  /** A recipe of a matrix and as many numbers as it has columns. */
  public Recipe<T> withRow(BinaryOperator<T> operation) {
    return s -> task(operation, signed.make(1, s), signed.make(2, s[1]));
  }

  /** One size is that of square matrices, three are rows, inner size and columns. */
  public Recipe<T> product(BinaryOperator<T> operation) {
    return s ->
        s.length == 1
            ? task(operation, signed.make(1, s[0], s[0]), signed.make(2, s[0], s[0]))
            : task(operation, signed.make(1, s[0], s[1]), signed.make(2, s[1], s[2]));
  }

  /** The sizes are the number of matrices, their rows, inner size and columns. */
  public Recipe<T> batchedProduct(BinaryOperator<T> operation) {
    return s -> task(operation, signed.make(1, s[0], s[1], s[2]), signed.make(2, s[0], s[2], s[3]));
  }

  private static <T> Task<T> task(UnaryOperator<T> operation, T x) {
    return () -> operation.apply(x);
  }

  private static <T> Task<T> task(BinaryOperator<T> operation, T x, T y) {
    return () -> operation.apply(x, y);
  }
}
