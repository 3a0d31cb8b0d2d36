package dev.chagres.programs;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import dev.chagres.programs.Program.Leaf;
import dev.chagres.programs.Program.Numbers;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Cells;
import dev.chagres.testing.OnEveryDevice;
import dev.chagres.testing.Plain;
import dev.chagres.testing.TestDevice;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random programs of public calls, on float64 numbers with gradients: what their tensors hold, and
 * the gradients of a sum of all results, which have to be the differences that the model shows when
 * it runs once more with other numbers. {@code -Dchagres.test.seed} and {@code
 * -Dchagres.test.programs} set another seed and a longer run.
 */
@OnEveryDevice(blocking = true)
class RandomDerivativesTest {
  private static final long SEED = Long.getLong("chagres.test.seed", 20_260_101);
  private static final int PROGRAMS = TestDevice.count("chagres.test.programs", 400);
  private static final int STEPS = 30;
  private static final double STEP = 1e-5;
  private static final double SLACK = 1e-4;

  private int checked;
  private int refused;
  private int kinks;
  private int compared;

  @Test
  void randomProgramsHaveTheGradientsOfTheirModels() {
    Experiment experiment = new Experiment(Numbers.SMOOTH, this::derive);
    for (int i = 0; i < PROGRAMS; i++) {
      List<Long> steps = new Random(SEED + i).longs(STEPS).boxed().toList();
      long held = Memory.stats().liveStorages();
      try (Scope _ = Scope.open()) {
        experiment.check(steps);
      }
      long left = Memory.stats().liveStorages() - held;
      assertTrue(left <= 0, () -> left + " storages are left over by the steps " + steps);
    }
    String counts =
        PROGRAMS
            + " programs, "
            + compared
            + " numbers of gradients, "
            + kinks
            + " at kinks, "
            + refused
            + " programs that wrote to what they needed";
    System.out.println("random derivatives: " + counts + ", seed " + SEED);
    assertTrue(checked > PROGRAMS / 2 && kinks < compared / 20, counts);
  }

  private void derive(Program program) {
    List<Live> results =
        program.live().stream()
            .filter(one -> one.tensor().requiresGrad() && one.model().numel() > 0)
            .toList();
    if (results.isEmpty()) {
      return;
    }
    Tensor total = Tensor.zeros(DType.FLOAT64);
    for (Live result : results) {
      Tensor weights = Cells.tensor(DType.FLOAT64, result.sizes(), weights(result.model()));
      total = total.add(result.tensor().mul(weights).sum());
    }
    try {
      total.backward();
    } catch (IllegalStateException e) {
      if (program.hasWritten() && String.valueOf(e.getMessage()).contains("in place")) {
        refused++;
        return;
      }
      throw e;
    }
    checked++;
    for (Leaf leaf : program.leaves()) {
      Tensor gradient = leaf.live().tensor().grad();
      compare(program, results, leaf, gradient == null ? null : Cells.doubles(gradient));
      if (gradient != null) {
        gradient.storage().free(); // gradients outlive scopes
      }
    }
  }

  /** A weight for each element, so that none makes up for another. */
  private static double[] weights(Plain model) {
    double[] weights = new double[model.numel()];
    Arrays.setAll(weights, i -> Math.sin(i + 1.0));
    return weights;
  }

  private static double total(Program program, List<Live> results) {
    Map<Integer, Plain> models = program.replay();
    double total = 0;
    for (Live result : results) {
      double[] values = models.get(result.id()).values();
      double[] weights = weights(result.model());
      for (int i = 0; i < values.length; i++) {
        total += values[i] * weights[i];
      }
    }
    return total;
  }

  /** Compares with differences, but where those to both sides are not the same. */
  private void compare(
      Program program, List<Live> results, Leaf leaf, double @Nullable [] gradient) {
    double here = total(program, results);
    double[] values = leaf.values();
    for (int i = 0; i < values.length; i++) {
      double value = values[i];
      values[i] = value + STEP;
      double above = (total(program, results) - here) / STEP;
      values[i] = value - STEP;
      double below = (here - total(program, results)) / STEP;
      values[i] = value;
      double slope = (above + below) / 2;
      double found = gradient == null ? 0 : gradient[i];
      double scale = Math.max(1, Math.abs(slope));
      compared++;
      if (Math.abs(above - below) > 1e-2 * scale) {
        kinks++;
      } else if (!(Math.abs(found - slope) <= SLACK * scale)) {
        throw new AssertionError(
            "the derivative by element "
                + i
                + " of "
                + leaf.live()
                + " is "
                + slope
                + ", not "
                + found
                + ", of "
                + results);
      }
    }
  }
}
