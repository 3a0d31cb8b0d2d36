package dev.chagres.linalg;

import dev.chagres.primitive.AutocastFunction;
import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Tensor;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Factorisations, and what is made of them, under autocast: their operands become float32, and the
 * products that they are made of are not of 16 bits.
 */
final class Autocasting {
  /** A function of two operands. */
  @FunctionalInterface
  interface OfTwo<R> {
    R of(Tensor a, Tensor b);
  }

  private Autocasting() {}

  /** Whether a function of an operand, which may be missing, is autocast. */
  static boolean applies(@Nullable Tensor a) {
    return a != null && Primitives.of(a).autocasts(AutocastFunction.FACTORISATION, a);
  }

  static <R> R call(Tensor a, Function<Tensor, R> function) {
    return Primitives.of(a)
        .autocast(
            AutocastFunction.FACTORISATION,
            List.of(a),
            operands -> function.apply(operands.getFirst()));
  }

  static <R> R call(Tensor a, Tensor b, OfTwo<R> function) {
    return Primitives.of(a)
        .autocast(
            AutocastFunction.FACTORISATION,
            List.of(a, b),
            operands -> function.of(operands.get(0), operands.get(1)));
  }
}
