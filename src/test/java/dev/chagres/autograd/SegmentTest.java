package dev.chagres.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Parts of the tape, and walks that end where they do. */
class SegmentTest {
  private static List<@Nullable Double> upTo(Num from, Num... targets) {
    Backward<Double> pass = new Backward<>(Num.SUM, Backward.Option.RETAIN_GRAPH);
    pass.seed(from.end(), 1.0);
    List<Edge<Double>> ends = Arrays.stream(targets).map(Num::end).toList();
    return pass.gradientsUpTo(ends, ends);
  }

  @Test
  void theExitsAreWhatWasThereBefore() {
    Num x = Num.variable(2);
    Num w = Num.variable(3);
    Num before = x.mul(w);
    Segment segment = Segment.begin();
    Num y = before.mul(w).add(before);
    Num z = y.exp();
    assertEquals(
        Set.of(before.end(), w.end()), Set.copyOf(segment.exits(List.of(z.end(), y.end()))));
    assertEquals(List.of(before.end()), segment.exits(List.of(before.end())));
    assertEquals(List.of(), segment.exits(List.<Edge<Double>>of()));
    assertEquals(List.of(z.end()), Segment.begin().exits(List.of(z.end())));
  }

  @Test
  void aWalkEndsAtItsTargets() {
    Num x = Num.variable(2);
    Num y = x.mul(Num.constant(3));
    Num z = y.mul(x);
    assertEquals(List.of(2.0, 6.0), upTo(z, y, x));
    Backward<Double> whole = new Backward<>(Num.SUM, Backward.Option.RETAIN_GRAPH);
    whole.seed(z.end(), 1.0);
    assertEquals(List.of(2.0, 12.0), whole.gradients(List.of(y.end(), x.end())));
    assertTrue(x.received().isEmpty());
    assertEquals(List.of(1.0), upTo(z, z));
    Backward<Double> some = new Backward<>(Num.SUM, Backward.Option.RETAIN_GRAPH);
    some.seed(z.end(), 1.0);
    assertEquals(List.of(6.0), some.gradientsUpTo(List.of(x.end()), List.of(y.end(), x.end())));
  }

  @Test
  void theHooksOfATargetAreItsOwnWalks() {
    Num x = Num.variable(2);
    Num y = x.mul(Num.constant(3));
    List<Double> seen = new ArrayList<>();
    y.end()
        .node()
        .addHook(
            0,
            g -> {
              seen.add(g);
              return g * 10;
            });
    Num z = y.mul(y);
    assertEquals(List.of(12.0), upTo(z, y));
    assertEquals(List.of(), seen);
    assertEquals(List.of(360.0), upTo(z, x));
    assertEquals(List.of(12.0), seen);
  }

  @Test
  void anomaliesAreAskedOfTheAlgebra() {
    Algebra<Double> strict =
        new Algebra<>() {
          @Override
          public Double add(Double a, Double b) {
            return a + b;
          }

          @Override
          public boolean hasNaN(Double gradient) {
            return gradient.isNaN();
          }
        };
    Num x = Num.variable(2);
    try (var _ = GradMode.detectAnomaly()) {
      Num y = Num.constant(Double.NaN).mul(x);
      for (Algebra<Double> algebra : List.of(Num.SUM, strict)) {
        Backward<Double> pass = new Backward<>(algebra, Backward.Option.RETAIN_GRAPH);
        pass.seed(y.end(), 1.0);
        if (algebra == strict) {
          Exception e = assertThrows(AnomalyException.class, pass::run);
          assertTrue(
              e.getMessage().startsWith("Mul returned NaN for its input 1; made at SegmentTest"),
              e.getMessage());
        } else {
          pass.run();
        }
      }
    }
  }
}
