package dev.chagres.parity;

import dev.chagres.core.DType;
import dev.chagres.testing.Floats;
import java.util.List;

/**
 * Where we differ from PyTorch and know why: what is compared, element by element, and how far off
 * it may be. All else of such a case is compared as that of others is.
 */
final class TorchDifferences {
  /** What is compared. */
  enum Quantity {
    RESULT,
    GRADIENT,
    REFUSAL
  }

  /** Which elements may differ: by PyTorch's and by ours. */
  @FunctionalInterface
  interface Bound {
    boolean holds(DType dtype, double expected, double got);
  }

  /**
   * One kind of elements.
   *
   * @param op PyTorch's name
   * @param dtype that the sample was asked for, in short; empty for any
   * @param of what is compared
   * @param bound which elements
   * @param reason why
   */
  record Difference(String op, String dtype, Quantity of, Bound bound, String reason) {
    boolean isOf(TorchCase test) {
      return test.op().equals(op) && (dtype.isEmpty() || test.dtype().equals(dtype));
    }

    boolean covers(Quantity quantity, DType type, double expected, double got) {
      return of == quantity && bound.holds(type, expected, got);
    }

    @Override
    public String toString() {
      return op + " " + dtype + " " + of + ": " + reason;
    }
  }

  private static final String LENIENT = "here a number will do too";
  private static final String WRONG = "PyTorch's gradient fails its own gradcheck";
  private static final String CONSTANT =
      "the gradient of what is always 1 is 0 here, and PyTorch's rounding errors there";
  private static final String WITH_SOFTMAX =
      "the derivative; PyTorch's gradient is that only where a log softmax made the operand";
  private static final String CANCELS = "terms of the gradient cancel: what is left is rounding";
  private static final String HALF =
      "PyTorch on the CPU rounds 1 - x and the quotient to the half type too; here, as on its GPUs,"
          + " the result alone is";
  private static final String SIXTH = "PyTorch's sixth is one of float32";
  private static final String LIMIT =
      "the limit is no NaN, which PyTorch makes of infinity less or by infinity on the way";
  private static final String POLE =
      "at a pole PyTorch's sine of a multiple of pi is not 0, and its value finite";
  private static final String QUOTIENT =
      "the gradient is the product of the others, where PyTorch divides infinity by infinity";
  private static final String UNDEFINED =
      "the product of the others has infinity times 0 in it, where PyTorch stops at the 0";

  /** Those of PyTorch's samples. */
  static final List<Difference> ALL =
      List.of(
          new Difference("maximum", "", Quantity.REFUSAL, any(), LENIENT),
          new Difference("minimum", "", Quantity.REFUSAL, any(), LENIENT),
          // TorchGradientsTest holds ours to differences.
          new Difference("as_strided_scatter", "f64", Quantity.GRADIENT, eitherIsZero(), WRONG),
          new Difference("corrcoef", "f64", Quantity.GRADIENT, bothWithin(1), CONSTANT),
          new Difference("polygamma", "f32", Quantity.RESULT, instead(Double.NaN, 0), LIMIT),
          new Difference(
              "nn.functional.layer_norm", "f64", Quantity.GRADIENT, zeroFor(2048), CONSTANT),
          new Difference("nn.functional.ctc_loss", "f64", Quantity.GRADIENT, any(), WITH_SOFTMAX),
          new Difference(
              "nn.functional.batch_norm", "f64", Quantity.GRADIENT, ulpsOfOne(8), CANCELS),
          new Difference(
              "nn.functional.layer_norm", "f64", Quantity.GRADIENT, ulpsOfOne(8), CANCELS),
          new Difference(
              "nn.functional.normalize", "f64", Quantity.GRADIENT, ulpsOfOne(16), CANCELS),
          new Difference(
              "nn.functional.cosine_similarity", "f64", Quantity.GRADIENT, ulpsOfOne(8), CANCELS),
          new Difference(
              "nn.functional.hardsigmoid", "f64", Quantity.GRADIENT, relative(1e-7), SIXTH),
          new Difference("logit", "f16", Quantity.RESULT, ulpsOfOne(1), HALF),
          new Difference("logit", "bf16", Quantity.RESULT, ulpsOfOne(1), HALF));

  /** Those of the awkward points. */
  static final List<Difference> EDGES =
      List.of(
          new Difference("digamma", "", Quantity.GRADIENT, poleOfFinite(), POLE),
          new Difference("special.polygamma", "", Quantity.RESULT, poleOfFinite(), POLE),
          new Difference("special.polygamma", "", Quantity.RESULT, instead(Double.NaN, 0), LIMIT),
          new Difference("special.polygamma", "", Quantity.GRADIENT, instead(Double.NaN, 0), LIMIT),
          new Difference("special.log_ndtr", "", Quantity.GRADIENT, slopeOfTail(), LIMIT),
          new Difference(
              "nn.functional.gelu",
              "f32",
              Quantity.RESULT,
              instead(Double.NaN, Double.POSITIVE_INFINITY),
              LIMIT),
          new Difference("prod", "", Quantity.GRADIENT, infiniteForNan(), QUOTIENT),
          new Difference("cumprod", "", Quantity.GRADIENT, infiniteForNan(), QUOTIENT),
          new Difference("cumprod", "", Quantity.GRADIENT, instead(0, Double.NaN), UNDEFINED),
          new Difference("norm", "", Quantity.GRADIENT, instead(Double.NaN, 0), LIMIT),
          new Difference(
              "linalg.vector_norm", "", Quantity.GRADIENT, instead(Double.NaN, 0), LIMIT));

  private TorchDifferences() {}

  /** Any element. */
  private static Bound any() {
    return (dtype, expected, got) -> true;
  }

  /** So many steps of the dtype at 1. */
  private static Bound ulpsOfOne(double greatest) {
    return (dtype, expected, got) -> Math.abs(expected - got) <= greatest * Floats.ulp(dtype, 1);
  }

  /** A part of PyTorch's. */
  private static Bound relative(double greatest) {
    return (dtype, expected, got) -> Math.abs(expected - got) <= greatest * Math.abs(expected);
  }

  /** Zero, but for so many steps of the dtype at 1 of either. */
  private static Bound bothWithin(double greatest) {
    return (dtype, expected, got) ->
        Math.max(Math.abs(expected), Math.abs(got)) <= greatest * Floats.ulp(dtype, 1);
  }

  /** Zero for so many steps of the dtype at 1 of PyTorch's. */
  private static Bound zeroFor(double greatest) {
    return (dtype, expected, got) ->
        got == 0 && Math.abs(expected) <= greatest * Floats.ulp(dtype, 1);
  }

  /** The place of another gradient. */
  private static Bound eitherIsZero() {
    return (dtype, expected, got) -> expected == 0 || got == 0;
  }

  /** One number, whatever the sign of a zero, in the place of another. */
  private static Bound instead(double expected, double got) {
    return (dtype, a, b) -> Double.compare(a, expected) == 0 && Double.compare(b + 0.0, got) == 0;
  }

  private static Bound poleOfFinite() {
    return (dtype, expected, got) -> Double.isFinite(expected) && Double.isInfinite(got);
  }

  private static Bound infiniteForNan() {
    return (dtype, expected, got) -> Double.isNaN(expected) && Double.isInfinite(got);
  }

  /** The slope of log ndtr far to the left, -x, times what golden_edges.py has for these. */
  private static Bound slopeOfTail() {
    return (dtype, expected, got) ->
        !Double.isFinite(expected)
            && (got == Double.NEGATIVE_INFINITY
                || Math.abs(got + 0.75e30) <= 2 * Floats.ulp(dtype, 0.75e30));
  }
}
