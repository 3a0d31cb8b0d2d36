package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.chagres.core.DType;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Cells;
import dev.chagres.testing.OnEveryDevice;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Blocks of numbers of usual size are computed in a shorter way: no element may tell. */
@OnEveryDevice
class ActivationBlocksTest {
  static Stream<UnaryOperator<Tensor>> functions() {
    return Stream.of(
        Tensor::exp,
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
}
