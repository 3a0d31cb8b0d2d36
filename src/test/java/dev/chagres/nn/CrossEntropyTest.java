package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.autograd.Backward;
import dev.chagres.core.DType;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The kernel of cross entropy against the operations that it stands for. */
@OnEveryDevice(blocking = true)
class CrossEntropyTest {

  private static CrossEntropyLoss.Options options(
      Reduction reduction, @Nullable Tensor weight, long ignored) {
    var options = CrossEntropyLoss.options().reduction(reduction).ignoreIndex(ignored);
    return weight == null ? options : options.weight(weight);
  }

  /** With another dimension after the classes' the operations are composed. */
  private static Tensor composed(Tensor x, Tensor target, CrossEntropyLoss.Options options) {
    Tensor losses = Functional.crossEntropy(x.unsqueeze(2), target.unsqueeze(1), options);
    return losses.dim() == 0 ? losses : losses.squeeze(1);
  }

  private static void assertClose(Tensor expected, Tensor actual) {
    double unit = actual.dtype() == DType.FLOAT32 ? 3e-6 : 1e-13;
    assertEquals(expected.shape(), actual.shape());
    assertTrue(actual.isclose(expected, unit, unit).all().isTrue(), () -> expected + "\n" + actual);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "5, 1", "3, 2", "64, 10", "7, 63", "9, 64", "30, 200", "700, 130", "9000, 7"})
  void theKernelIsTheComposition(long rows, long n) {
    Chagres.manualSeed(rows + n);
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      for (Reduction reduction : Reduction.values()) {
        for (boolean weighted : new boolean[] {false, true}) {
          for (double scale : new double[] {1, 60}) {
            Tensor x = Tensor.randn(dtype, rows, n).mul(scale).detach().requiresGrad_();
            Tensor target = Tensor.randint(0, n, rows);
            Tensor weight = weighted ? Tensor.rand(dtype, n).add(0.1) : null;
            var options = options(reduction, weight, n > 2 ? 1 : -100);
            Tensor expected = composed(x, target, options);
            Tensor actual = Functional.crossEntropy(x, target, options);
            assertClose(expected.detach(), actual.detach());
            Tensor g = Tensor.randn(dtype, expected.shape().toArray());
            assertClose(
                Autograd.grad(List.of(expected), List.of(x), List.of(g)).getFirst(),
                Autograd.grad(List.of(actual), List.of(x), List.of(g)).getFirst());
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Reduction.class)
  void derivativesOfBothOrders(Reduction reduction) {
    Chagres.manualSeed(3);
    Tensor x = Tensor.randn(DType.FLOAT64, 4, 3).requiresGrad_();
    Tensor target = Tensor.of(2, 1, 0, 2);
    Tensor weight = Tensor.rand(DType.FLOAT64, 3).add(0.5);
    var options = options(reduction, weight, 1);
    GradCheck.gradcheck(in -> Functional.crossEntropy(in, target, options), x);
    GradCheck.gradgradcheck(in -> Functional.crossEntropy(in, target, options), x);
  }

  @Test
  void infiniteScores() {
    double low = Double.NEGATIVE_INFINITY;
    Tensor x = Tensor.of(new double[][] {{0, low, 0}, {low, 0, low}}).requiresGrad_();
    Tensor target = Tensor.of(0, 1);
    var each = options(Reduction.NONE, null, -100);
    Tensor losses = Functional.crossEntropy(x, target, each);
    assertEquals(Math.log(2), losses.get(0).item(), 1e-6);
    assertEquals(0, Math.abs(losses.get(1).item()));
    losses.sum().backward();
    assertClose(Tensor.of(new double[][] {{-0.5, 0, 0.5}, {0, 0, 0}}), x.grad());
  }

  @Test
  void nothingCountsWhereAllIsIgnored() {
    Tensor x = Tensor.randn(2, 3).requiresGrad_();
    Tensor target = Tensor.of(-100, -100);
    assertTrue(Double.isNaN(Functional.crossEntropy(x, target).item()));
    Functional.crossEntropy(x, target).backward();
    assertEquals(0, x.grad().abs().max().item());
    Tensor again = Functional.crossEntropy(x, target);
    Tensor slope = Autograd.grad(again, List.of(x), Backward.Option.CREATE_GRAPH).getFirst();
    assertEquals(0, slope.abs().max().item());
    Tensor sum = Functional.crossEntropy(x, target, options(Reduction.SUM, null, -100));
    assertEquals(0, sum.item());
    sum.backward();
    assertEquals(0, x.grad().abs().max().item());
  }

  @Test
  void targetsAreClasses() {
    Tensor x = Tensor.randn(3, 4);
    for (long bad : new long[] {-1, 4, Long.MAX_VALUE, Long.MIN_VALUE}) {
      var error =
          assertThrows(
              IndexOutOfBoundsException.class,
              () -> Functional.crossEntropy(x, Tensor.of(0, bad, 3)));
      assertEquals("crossEntropy: target " + bad + " is not one of 4 classes", error.getMessage());
    }
    assertEquals(
        Functional.crossEntropy(x, Tensor.of(0, 1, 3)).item(),
        Functional.crossEntropy(x, Tensor.of(0, 1, 3).to(DType.INT32)).item());
  }
}
