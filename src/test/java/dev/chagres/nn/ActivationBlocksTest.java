package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.chagres.core.DType;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Cells;
import dev.chagres.testing.OnEveryDevice;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Blocks of numbers of usual size are computed in a shorter way: no element may tell. */
@OnEveryDevice
class ActivationBlocksTest {
  static Stream<UnaryOperator<Tensor>> functions() {
    return Stream.of(
        Tensor::exp,
        Tensor::log,
        Tensor::tanh,
        Tensor::erf,
        x -> x.abs().pow(x),
        Tensor::sigmoid,
        Functional::silu,
        Functional::gelu,
        x -> Functional.gelu(x, GELU.Approximate.TANH));
  }

  @ParameterizedTest
  @MethodSource("functions")
  void whatElseIsInABlockChangesNoElement(UnaryOperator<Tensor> function) {
    double[] usual = new double[511];
    Arrays.setAll(usual, i -> Math.sin(i) * 12);
    long[] alone = Cells.bits(function.apply(Cells.tensor(DType.FLOAT32, new long[] {511}, usual)));
    for (double other : new double[] {Double.POSITIVE_INFINITY, Double.NaN, -1e30}) {
      double[] all = Arrays.copyOf(usual, 512);
      all[511] = other;
      Tensor x = Cells.tensor(DType.FLOAT32, new long[] {512}, all);
      assertArrayEquals(alone, Arrays.copyOf(Cells.bits(function.apply(x)), 511));
    }
  }

  @ParameterizedTest
  @MethodSource("functions")
  void howManyElementsThereAreChangesNone(UnaryOperator<Tensor> function) {
    double[] numbers = new double[100];
    Arrays.setAll(numbers, i -> Math.sin(i) * 9);
    Tensor x = Cells.tensor(DType.FLOAT32, new long[] {100}, numbers);
    long[] all = Cells.bits(function.apply(x));
    for (int n = 0; n <= 50; n++) {
      long[] some = Cells.bits(function.apply(x.narrow(0, n, n)));
      assertArrayEquals(Arrays.copyOfRange(all, n, 2 * n), some, n + " elements");
    }
  }

  @Test
  void inPlaceTheEndIsComputedOnce() {
    for (int n : new int[] {1, 15, 16, 17, 31, 33, 100}) {
      Tensor x = Tensor.linspace(-3, 3, n);
      long[] apart = Cells.bits(x.tanh());
      assertArrayEquals(apart, Cells.bits(x.tanh_()), n + " elements");
      Tensor base = Tensor.linspace(0.5, 2, n);
      apart = Cells.bits(base.pow(base));
      assertArrayEquals(apart, Cells.bits(base.pow_(base)), n + " elements");
    }
  }
}
