package dev.chagres.tensor;

import static dev.chagres.tensor.GradCheck.gradcheck;
import static dev.chagres.tensor.GradCheck.gradgradcheck;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

@OnEveryDevice
class GradCheckTest {

  private static Tensor sample(long seed, long... sizes) {
    return new Generator(seed).randn(DType.FLOAT64, sizes).requiresGrad_();
  }

  /** A function with the derivative of another. */
  private static Tensor wrong(Tensor x, UnaryOperator<Tensor> value, UnaryOperator<Tensor> rule) {
    return new Function() {
      @Override
      protected List<Tensor> forward(Context context, List<Tensor> inputs) {
        return List.of(value.apply(inputs.getFirst()));
      }

      @Override
      protected List<@Nullable Tensor> backward(
          Context context, List<@Nullable Tensor> gradOutputs) {
        return List.of(rule.apply(Objects.requireNonNull(gradOutputs.getFirst())));
      }
    }.call(x);
  }

  @Test
  void acceptsRightGradients() {
    gradcheck(x -> x.exp().mul(x), sample(1, 2, 3));
    gradcheck(Tensor::matmul, sample(1, 2, 3), sample(2, 3, 4));
    gradgradcheck(Tensor::matmul, sample(1, 2, 3), sample(2, 3, 2));
    gradcheck(
        in -> List.of(in.get(0).mul(in.get(1)), in.get(0).sum(), in.get(1).gt(0)),
        List.of(sample(3, 2, 2), sample(4, 2)));
    gradgradcheck(x -> x.tanh(), sample(5, 3));
    gradgradcheck(x -> x.sum(), sample(5, 3));
  }

  @Test
  void acceptsInputsOfAnyLayoutThatDoNotOverlap() {
    Tensor x = sample(6, 3, 4).detach().t().requiresGrad_();
    gradcheck(y -> y.sin(), x);
    gradcheck(y -> y.sin(), sample(7, 4, 4).detach().slice(1, 1, 4, 2).requiresGrad_());
    gradcheck(y -> y.mul(2), sample(8).detach().requiresGrad_());
    gradcheck(y -> y.mul(2), sample(8, 0, 3).detach().requiresGrad_());
  }

  @Test
  void leavesTheInputsAsTheyWere() {
    Tensor x = sample(9, 3);
    double[] before = x.toDoubleArray();
    gradcheck(y -> y.square(), x);
    assertArrayEquals(before, x.toDoubleArray());
    assertNull(x.grad());
    assertTrue(x.requiresGrad());
  }

  @OnCpu("it compares with the generator of the CPU")
  @Test
  void drawsNoNumbersOfTheStandardGenerator() {
    Generator.standard().manualSeed(5);
    double expected = Tensor.rand(1).item();
    Generator.standard().manualSeed(5);
    gradgradcheck(y -> y.square(), sample(9, 3));
    assertEquals(expected, Tensor.rand(1).item());
  }

  @Test
  void findsAWrongDerivative() {
    var found =
        assertThrows(
            GradientMismatchException.class,
            () -> gradcheck(x -> wrong(x, y -> y.mul(3), g -> g.mul(2)), sample(1, 2)));
    assertEquals(
        """
        gradcheck: the Jacobian (inputs x outputs) of output 0 with respect to input 0 is wrong
        numerical: tensor([[3.0000, 0.0000],
                [0.0000, 3.0000]], dtype=torch.float64)
        analytical: tensor([[2., 0.],
                [0., 2.]], dtype=torch.float64)\
        """,
        found.getMessage());
  }

  @Test
  void findsADerivativeThatIsNotPassedOn() {
    assertThrows(
        GradientMismatchException.class, () -> gradcheck(x -> x.detach().mul(2), sample(1, 2)));
    assertThrows(
        GradientMismatchException.class,
        () -> gradcheck(x -> x.add(x.detach().square()), sample(1, 2)));
  }

  @Test
  void findsAGradientThatDoesNotMultiply() {
    Tensor x = Tensor.of(new double[] {1}, DType.FLOAT64).requiresGrad_();
    var found =
        assertThrows(
            GradientMismatchException.class,
            () -> gradcheck(y -> wrong(y, v -> v.mul(1), g -> g.onesLike()), x));
    assertTrue(
        found.getMessage().contains("another one") || found.getMessage().contains("not zero"),
        found.getMessage());
  }

  /** Reads the memory of the gradient as if it were contiguous. */
  @Test
  void findsARuleThatMisreadsALayout() {
    UnaryOperator<Tensor> careless = g -> new Tensor(g.data().with(g.shape().contiguous())).mul(2);
    var found =
        assertThrows(
            GradientMismatchException.class,
            () -> gradcheck(x -> wrong(x, y -> y.mul(2), careless), sample(1, 2, 2)));
    assertTrue(found.getMessage().contains("lies in memory with gaps"), found.getMessage());
  }

  @Test
  void findsAWrongSecondDerivative() {
    // the value of the gradient is right, its own derivative is cut off
    UnaryOperator<Tensor> function =
        x -> {
          Tensor slope = x.detach().mul(2);
          return wrong(x, y -> y.square(), g -> g.mul(slope));
        };
    Tensor x = sample(2, 2);
    gradcheck(function, x);
    assertThrows(GradientMismatchException.class, () -> gradgradcheck(function, x));
  }

  @Test
  void refusesInputsThatItCannotCheck() {
    assertThrows(
        IllegalArgumentException.class, () -> gradcheck(x -> x, Tensor.ones(2).requiresGrad_()));
    assertThrows(IllegalArgumentException.class, () -> gradcheck(x -> x, sample(1, 2).detach()));
    assertThrows(
        IllegalArgumentException.class,
        () -> gradcheck(x -> x, sample(1, 2, 1).detach().expand(2, 3).requiresGrad_()));
  }
}
