package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.fail;

import dev.chagres.core.DType;
import dev.chagres.memory.Scope;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Gradients of random chains of operations, views and writes through views, against differences.
 * {@code -Dchagres.test.seed} and {@code -Dchagres.test.programs} set another and a longer run.
 */
class RandomGradientsTest {
  private static final long SEED = Long.getLong("chagres.test.seed", 20_260_101);
  private static final int PROGRAMS = Integer.getInteger("chagres.test.programs", 400);

  @Test
  void randomProgramsHaveTheGradientsOfDifferences() {
    for (int i = 0; i < PROGRAMS; i++) {
      long seed = SEED + i;
      try (Scope _ = Scope.open()) {
        Tensor x = new Generator(seed).randn(DType.FLOAT64, 2, 3).requiresGrad_();
        Tensor z = new Generator(seed + 1).randn(DType.FLOAT64, 3).requiresGrad_();
        GradCheck.gradcheck((a, b) -> program(new Random(seed), a, b), x, z);
      } catch (RuntimeException e) {
        fail("seed " + seed, e);
      }
    }
    System.out.println("random programs: " + PROGRAMS + " gradients, seed " + SEED);
  }

  private static Tensor program(Random random, Tensor x, Tensor z) {
    Tensor y = x.mul(0.7);
    for (int i = 0; i < 6; i++) {
      y =
          switch (random.nextInt(12)) {
            case 0 -> y.sin();
            case 1 -> y.mul(y);
            case 2 -> y.add(z);
            case 3 -> y.mul(z.t().sigmoid());
            case 4 -> y.softmax(random.nextInt(2));
            case 5 -> y.matmul(z.unsqueeze(1)).mul(y.mean(0));
            case 6 -> Tensor.cat(List.of(y.narrow(1, 1, 2), y.narrow(1, 0, 1)), 1);
            case 7 -> {
              Tensor copy = y.clone();
              copy.select(0, random.nextInt(2)).mul_(z);
              yield copy;
            }
            case 8 -> {
              Tensor copy = y.mul(1.1);
              Tensor column = copy.select(1, 2);
              copy.narrow(0, 0, 1).tanh_();
              yield copy.add(column.unsqueeze(1));
            }
            case 9 -> {
              Tensor copy = y.add(0.1);
              copy.t().copy_(z.exp().unsqueeze(1).mul(y.sum().mul(0.1)));
              yield copy;
            }
            case 10 -> y.indexSelect(1, Tensor.of(2, 0L, 1)).sub(y.var(1).unsqueeze(1));
            default -> y.reshape(3, 2).t().contiguous().div(y.square().sum().add(1));
          };
    }
    return y;
  }
}
