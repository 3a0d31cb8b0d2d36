package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.chagres.core.DType;
import dev.chagres.testing.OnEveryDevice;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Softmax over long dimensions: rounding errors do not add up along them. */
@OnEveryDevice
class SoftmaxAccuracyTest {
  private static final long N = 1 << 21;

  /** Returns the largest error of a float32 result, relative to the float64 one's size. */
  private static double error(Tensor x, UnaryOperator<Tensor> function) {
    Tensor exact = function.apply(x.to(DType.FLOAT64));
    Tensor found = function.apply(x).to(DType.FLOAT64);
    return found.sub(exact).abs().amax().item() / exact.abs().amax().item();
  }

  private static Tensor gradient(Tensor x, UnaryOperator<Tensor> function) {
    Tensor leaf = x.detach().requiresGrad_();
    Tensor y = function.apply(leaf);
    // A weight for every element, so that the sum over them is long and not 0.
    Tensor weights = Tensor.arange(y.numel()).remainder(7).to(x.dtype()).add(0.9);
    y.backward(weights.view(y.shape().toArray()));
    return leaf.grad();
  }

  private static void check(Tensor x, int dim) {
    double eps = 0x1p-23;
    assertEquals(0, error(x, t -> t.softmax(dim)), 4 * eps, "softmax");
    assertEquals(0, error(x, t -> t.logSoftmax(dim)), 4 * eps, "logSoftmax");
    assertEquals(0, error(x, t -> gradient(t, y -> y.softmax(dim))), 16 * eps, "softmax's");
    // The exponential of a logarithm near -15 has the rounding error of 15.
    assertEquals(0, error(x, t -> gradient(t, y -> y.logSoftmax(dim))), 16 * eps, "logSoftmax's");
  }

  @Test
  void alongRows() {
    check(new Generator(DefaultDevice.get(), 1).rand(DType.FLOAT32, 1, N), 1);
  }

  @Test
  void alongColumns() {
    check(new Generator(DefaultDevice.get(), 2).rand(DType.FLOAT32, N, 3), 0);
  }

  @Test
  void probabilitiesOfManyColumnsAddUpToOne() {
    for (long n : new long[] {1, 63, 64, 65, 128, 191, 1000}) {
      Tensor sums =
          new Generator(DefaultDevice.get(), 3)
              .randn(DType.FLOAT32, n, 130)
              .softmax(0)
              .to(DType.FLOAT64)
              .sum(0);
      assertEquals(1, sums.amin().item(), 1e-6);
      assertEquals(1, sums.amax().item(), 1e-6);
    }
  }
}
