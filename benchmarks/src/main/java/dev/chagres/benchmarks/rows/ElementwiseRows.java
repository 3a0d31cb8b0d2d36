package dev.chagres.benchmarks.rows;

import dev.chagres.benchmarks.protocol.Service;
import dev.chagres.benchmarks.rows.Family.Sizing;
import dev.chagres.benchmarks.rows.Family.Targets;
import java.util.List;

/** Operations on each element by itself. */
final class ElementwiseRows {

  private static final String SWEEP = "1 16 1e3 1e4 1e5 1e6 1e7 1e8";
  private static final String TWO = "1e3 1e6";

  private ElementwiseRows() {}

  static Family twoOperands() {
    return new Family(
            "Two operands",
            "The second of two operands is a tensor of the same shape unless the name says"
                + " otherwise.")
        .each(SWEEP, "add #", binary(1.2, 100))
        .each("1 16 1e3 1e6", "add #" + Service.COLLECTED, binary(1.2))
        .each("1 16 1e3 1e6 1e7", "add #, into out", binary(1.2, 60))
        .each("16 1e3 1e6 1e7", "mul #", binary(1.2))
        .each(TWO, "sub #", binary(1.2))
        .each(TWO, "div #", binary(1.2))
        .each(TWO, "maximum #", binary(1.2))
        .each(TWO, "lt #", Sizing.bytes(9, sized(1.2)))
        .each(TWO, "add a number #", unary(1.2))
        .each(TWO, "where #", binary(1.2))
        .each(TWO, "lerp #", binary(1.2))
        .each(TWO, "addcmul #", binary(1.2))
        .each(TWO, "pow #", binary(1.5));
  }

  static Family oneOperand() {
    return new Family("One operand", "")
        .each(SWEEP, "exp #", unary(1.5))
        .each("1e6", "exp #" + Service.COLLECTED, unary(1.5))
        .each("16 1e3 1e6 1e7", "log #", unary(1.5))
        .each(SWEEP, "tanh #", unary(1.5))
        .each(SWEEP, "gelu #", unary(1.5))
        .each(TWO, "erf #", unary(1.5))
        .each(TWO, "sin #", unary(1.5))
        .each(TWO, "sigmoid #", unary(1.5))
        .each(TWO, "sqrt #", unary(1.2))
        .each(TWO, "neg #", unary(1.2))
        .each(TWO, "abs #", unary(1.2))
        .each(TWO, "relu #", unary(1.2))
        .each(TWO, "floor #", unary(1.2))
        .each(TWO, "square #", unary(1.2))
        .each(TWO, "clamp #", unary(1.2))
        .each(TWO, "to float64 #", Sizing.bytes(12, sized(1.2)))
        .each(TWO, "to int32 #", unary(1.2));
  }

  static Family chains() {
    return new Family(
            "Chains",
            "Several operations in a row. numexpr, torch.compile and fused functions turn a chain"
                + " into one loop; the others write every intermediate result.")
        .each("1e3 1e6 1e7", "chain: (a + b) * c - d #", Sizing.bytes(20, _ -> List.of()))
        .each("1e3 1e6", "chain: exp(-(a - b)^2 / 2) #", Sizing.bytes(12, _ -> List.of()))
        .each("1e3 1e6", "chain: gelu written out #", Sizing.bytes(8, _ -> List.of()))
        .each("1e3 1e6 1e7", "chain: (a + b) * c - d #, fused", Sizing.bytes(20, _ -> List.of()))
        .each("1e3 1e6", "chain: exp(-(a - b)^2 / 2) #, fused", Sizing.bytes(12, _ -> List.of()))
        .each("1e3 1e6", "chain: gelu written out #, fused", Sizing.bytes(8, _ -> List.of()));
  }

  private static Sizing binary(double factor, double... nanosOf16) {
    return Sizing.bytes(12, sized(factor, nanosOf16));
  }

  private static Sizing unary(double factor) {
    return Sizing.bytes(8, sized(factor));
  }

  /**
   * What is asked of an elementwise operation of so many elements.
   *
   * @param factor asked at a million
   * @param nanosOf16 asked at 16, if anything is
   */
  private static Targets sized(double factor, double... nanosOf16) {
    return sizes -> {
      long n = sizes[0];
      if (n == 16 && nanosOf16.length > 0) {
        return List.of(new Target.Faster(5), new Target.Under(nanosOf16[0]));
      }
      if (n <= 1000) {
        return List.of(new Target.Faster(5));
      }
      if (n == 1_000_000) {
        return List.of(new Target.Faster(factor));
      }
      return n < 10_000_000
          ? List.of()
          : List.of(new Target.OfCopy(0.9), new Target.FasterThanTorch(2));
    };
  }

  /** The targets of a sum. */
  static Targets sums() {
    return sized(1.2);
  }
}
