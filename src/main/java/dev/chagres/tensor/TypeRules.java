package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.primitive.Operand;

/** The static methods of {@link Tensor} that say what dtype follows from others. */
abstract sealed class TypeRules extends Operand<Tensor> permits DeviceFactories {
  TypeRules() {}

  /** Returns the dtype of a result of two tensors with dimensions, of these dtypes. */
  public static DType promoteTypes(DType a, DType b) {
    return given("promoteTypes", "a", a).promote(given("promoteTypes", "b", b));
  }

  /** Returns the dtype of a result of two tensors: a 0-d one counts only by its kind. */
  public static DType resultType(Tensor a, Tensor b) {
    return Promotion.of(given("resultType", "a", a), given("resultType", "b", b));
  }

  /** Returns the dtype of a result of a tensor and a number, which counts only by its kind. */
  public static DType resultType(Tensor a, Number b) {
    return Promotion.of(given("resultType", "a", a), given("resultType", "b", b));
  }

  /** Returns the dtype of a result of a number and a tensor. */
  public static DType resultType(Number a, Tensor b) {
    return Promotion.of(given("resultType", "b", b), given("resultType", "a", a));
  }

  /**
   * Returns whether elements of one dtype may be stored in place in another: no floating number in
   * an integer, and nothing but bool in bool.
   */
  public static boolean canCast(DType from, DType to) {
    return Promotion.storable(given("canCast", "from", from), given("canCast", "to", to));
  }
}
