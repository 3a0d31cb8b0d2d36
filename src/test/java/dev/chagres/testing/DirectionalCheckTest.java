package dev.chagres.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.tensor.Function;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.DirectionalCheck.Verdict;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The check of gradients along directions finds what is wrong, and says where nothing is right. */
class DirectionalCheckTest {
  private static final Tensor X = Tensor.of(new double[] {0.3, -0.8, 1.7}, DType.FLOAT64);

  private static DirectionalCheck check(UnaryOperator<Tensor> function, Tensor at) {
    return new DirectionalCheck(in -> List.of(function.apply(in.getFirst())), List.of(at), 3);
  }

  /** The sine, with something else for the cosine. */
  private static UnaryOperator<Tensor> sine(UnaryOperator<Tensor> cosine) {
    class Sine extends Function {
      @Override
      protected List<Tensor> forward(Context context, List<Tensor> inputs) {
        context.saveForBackward(inputs.getFirst());
        return List.of(inputs.getFirst().sin());
      }

      @Override
      protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradients) {
        Tensor x = context.savedTensors().getFirst();
        return List.of(gradients.getFirst().mul(cosine.apply(x)));
      }
    }
    return x -> new Sine().call(x);
  }

  @Test
  void rightDerivativesAgree() {
    DirectionalCheck sine = check(sine(Tensor::cos), X);
    assertEquals(Verdict.AGREES, sine.first());
    assertEquals(Verdict.AGREES, sine.second());
    DirectionalCheck constant = check(x -> x.mul(0), X);
    assertEquals(Verdict.AGREES, constant.first());
    assertEquals(Verdict.AGREES, constant.second());
  }

  @Test
  void nothingAgreesWithoutAGradient() {
    DirectionalCheck lost = check(x -> x.detach().sin(), X);
    assertThrows(AssertionError.class, lost::first);
    assertThrows(AssertionError.class, lost::second);
    DirectionalCheck rounded = check(Tensor::toFloat, X);
    assertEquals(Verdict.NARROW, rounded.first());
    assertEquals(Verdict.NARROW, rounded.second());
  }

  @Test
  void aWrongFirstDerivativeIsFound() {
    for (UnaryOperator<Tensor> wrong :
        List.<UnaryOperator<Tensor>>of(
            x -> x.cos().mul(1.001),
            Tensor::zerosLike,
            x -> x.cos().add(Tensor.of(0.0, 0.0, 0.01)),
            x -> x.mul(Double.NaN),
            x -> x.mul(Double.POSITIVE_INFINITY))) {
      assertThrows(AssertionError.class, () -> check(sine(wrong), X).first());
    }
  }

  @Test
  void aWrongSecondDerivativeIsFound() {
    UnaryOperator<Tensor> cut = x -> x.detach().cos();
    assertEquals(Verdict.AGREES, check(sine(cut), X).first());
    assertThrows(AssertionError.class, () -> check(sine(cut), X).second());
    UnaryOperator<Tensor> wrong = x -> sine(y -> y.cos().mul(1.001)).apply(x.add(Math.PI / 2));
    assertEquals(Verdict.AGREES, check(sine(wrong), X).first());
    assertThrows(AssertionError.class, () -> check(sine(wrong), X).second());
  }

  /** A product whose first gradient needs the second to be wanted too, or a dense gradient. */
  private static final class Careless extends Function {
    private final boolean ofLayout;

    Careless(boolean ofLayout) {
      this.ofLayout = ofLayout;
    }

    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      context.saveForBackward(inputs.get(0), inputs.get(1));
      return List.of(inputs.get(0).mul(inputs.get(1)));
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradients) {
      Tensor g = gradients.getFirst();
      boolean right = ofLayout ? g.isContiguous() : context.needsInputGrad(1);
      Tensor factor = context.savedTensors().get(1).mul(right ? 1 : 2);
      return List.of(g.mul(factor), g.mul(context.savedTensors().get(0)));
    }
  }

  @Test
  void whatAGradientMustNotDependOnIsFound() {
    for (boolean ofLayout : new boolean[] {true, false}) {
      var check =
          new DirectionalCheck(
              in -> List.of(new Careless(ofLayout).call(in.get(0), in.get(1))),
              List.of(X, X.add(1)),
              3);
      AssertionError e = assertThrows(AssertionError.class, check::first);
      assertTrue(e.getMessage().contains(ofLayout ? "gaps" : "as the only one"), e.getMessage());
    }
  }

  @Test
  void thereIsNoDerivativeAtAKinkAJumpOrOutside() {
    Tensor zero = Tensor.of(new double[] {0, 1}, DType.FLOAT64);
    assertEquals(Verdict.KINK, check(Tensor::relu, zero).first());
    assertEquals(Verdict.KINK, check(x -> x.relu().square().add(x.mul(x.relu())), zero).second());
    assertEquals(Verdict.ROUGH, check(x -> x.sign().add(x), zero).first());
    assertEquals(Verdict.NOT_FINITE, check(Tensor::sqrt, zero).first());
  }

  @Test
  void aTapeWithoutANumberIsWrongWhereDifferencesHaveOne() {
    Tensor zero = Tensor.of(new double[] {0, 1}, DType.FLOAT64);
    assertEquals(Verdict.KINK, check(x -> x.square().sqrt(), zero).first());
    DirectionalCheck smooth = check(x -> x.square().square().sqrt(), zero);
    assertTrue(assertThrows(AssertionError.class, smooth::first).getMessage().contains("NaN"));
  }
}
