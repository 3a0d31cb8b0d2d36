package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.chagres.core.DType;
import dev.chagres.memory.Scope;
import dev.chagres.testing.DirectionalCheck;
import dev.chagres.testing.OnEveryDevice;
import dev.chagres.testing.TestDevice;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Gradients of random chains of operations, views and writes through views, against differences.
 * {@code -Dchagres.test.seed} and {@code -Dchagres.test.programs} set another and a longer run.
 */
@OnEveryDevice
class RandomGradientsTest {
  private static final long SEED = Long.getLong("chagres.test.seed", 20_260_101);
  private static final int PROGRAMS = TestDevice.count("chagres.test.programs", 400);

  @Test
  void randomProgramsHaveTheGradientsOfDifferences() {
    int smooth = 0;
    for (int i = 0; i < PROGRAMS; i++) {
      long seed = SEED + i;
      try (Scope _ = Scope.open()) {
        Tensor x =
            new Generator(DefaultDevice.get(), seed).randn(DType.FLOAT64, 2, 3).requiresGrad_();
        Tensor z =
            new Generator(DefaultDevice.get(), seed + 1).randn(DType.FLOAT64, 3).requiresGrad_();
        GradCheck.gradcheck((a, b) -> program(new Random(seed), a, b), x, z);
        var along =
            new DirectionalCheck(
                in -> List.of(program(new Random(seed), in.get(0), in.get(1))),
                List.of(x, z),
                seed);
        smooth += along.second() == DirectionalCheck.Verdict.AGREES ? 1 : 0;
      } catch (RuntimeException | AssertionError e) {
        fail("seed " + seed, e);
      }
    }
    int agreeing = smooth;
    assertTrue(agreeing > 0.9 * PROGRAMS, () -> "second derivatives of " + agreeing);
    System.out.println("random programs: " + PROGRAMS + " gradients, seed " + SEED);
  }

  private static Tensor program(Random random, Tensor x, Tensor z) {
    Tensor y = x.mul(0.7);
    for (int i = 0; i < 6; i++) {
      y =
          switch (random.nextInt(24)) {
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
            case 11 -> y.reshape(3, 2).t().contiguous().div(y.square().sum().add(1));
            case 12, 13, 14, 15, 16, 17 -> scattered(random, y, z);
            default -> written(random, y.add(0.2), z);
          };
    }
    return y;
  }

  private static Tensor scattered(Random random, Tensor y, Tensor z) {
    Tensor columns = Tensor.of(2, 0L, 0);
    return switch (random.nextInt(6)) {
      case 0 -> y.maskedScatter(y.detach().gt(0), z.repeat(2));
      case 1 -> {
        Reduce reduce = Reduce.values()[random.nextInt(Reduce.values().length)];
        IncludeSelf own = IncludeSelf.values()[random.nextInt(2)];
        yield y.scatterReduce(1, columns.expand(2, 3), z.add(y.tanh()), reduce, own);
      }
      case 2 -> y.asStrided(new long[] {2, 3}, new long[] {1, 2}, 0).sin();
      case 3 -> y.indexAdd(1, columns, z.expand(2, 3), 0.5);
      case 4 -> y.take(Tensor.of(5, 0L, 0, 2, 3, 1)).view(2, 3);
      default -> y.sort(1).values().mul(z);
    };
  }

  /** Writes into {@code y}, which nothing else needs. */
  private static Tensor written(Random random, Tensor y, Tensor z) {
    Tensor columns = Tensor.of(2, 0L, 0);
    switch (random.nextInt(14)) {
      case 0 -> y.cumsum_(random.nextInt(2));
      case 1 -> y.tanh_().cumprod_(random.nextInt(2));
      case 2 -> y.indexPut_(z, Accumulate.ACCUMULATE, Index.at(1), Index.of(columns));
      case 3 -> y.asStrided(new long[] {2}, new long[] {4}, 0).mul_(z.narrow(0, 1, 2));
      case 4 -> y.maskedScatter_(y.detach().lt(0.5), z.sin().repeat(2));
      case 5 -> y.scatterReduce_(1, columns.expand(2, 3), z.expand(2, 3), Reduce.MEAN);
      case 6 ->
          y.t().indexCopy_(0, Tensor.of(2, 0L), z.narrow(0, 1, 2).view(2, 1).mul(y.sum(1).tanh()));
      case 7 -> y.putFlat_(Tensor.of(1, 4L, 1), z, Accumulate.ACCUMULATE);
      case 8 -> y.diagonal(0).lerp_(z.narrow(0, 0, 2), 0.3);
      case 9 -> y.transpose_(0, 1).unsqueeze_(0).select(2, 1).addcmul_(z, z.cos());
      case 10 -> y.maskedFill_(y.detach().gt(0.3), z.mean());
      case 11 -> y.asStrided_(new long[] {3, 2}, new long[] {1, 3}, 0).narrow(0, 1, 2).sigmoid_();
      case 12 -> y.indexAdd_(1, columns, y.tanh());
      default -> (y.isContiguous() ? y.view(3, 2).select(1, 0) : y.select(0, 1)).hypot_(z);
    }
    return y.reshape(2, 3);
  }
}
