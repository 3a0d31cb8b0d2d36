package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.autograd.Backward;
import dev.chagres.core.DType;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

@OnEveryDevice
class FunctionTest {

  /** a * b and a + b; the product's rule is written with what was saved. */
  private static final class ProductAndSum extends Function {
    private final List<Boolean> needed = new ArrayList<>();

    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      assertFalse(Autograd.isGradEnabled());
      Tensor a = inputs.get(0);
      Tensor b = inputs.get(1);
      context.saveForBackward(a, b);
      needed.add(context.needsInputGrad(0));
      needed.add(context.needsInputGrad(1));
      return List.of(a.mul(b), a.add(b));
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      Tensor ofProduct = Objects.requireNonNull(gradOutputs.get(0));
      Tensor ofSum = Objects.requireNonNull(gradOutputs.get(1));
      Tensor a = context.savedTensors().get(0);
      Tensor b = context.savedTensors().get(1);
      return Arrays.asList(
          context.needsInputGrad(0) ? ofProduct.mul(b).add(ofSum) : null,
          context.needsInputGrad(1) ? ofProduct.mul(a).add(ofSum) : null);
    }
  }

  private static final class Exp extends Function {
    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Tensor y = inputs.getFirst().exp();
      context.saveForBackward(y);
      return List.of(y);
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      return List.of(
          Objects.requireNonNull(gradOutputs.getFirst()).mul(context.savedTensors().getFirst()));
    }
  }

  /** A forward and a rule, each as they come. */
  private static class Given extends Function {
    private final java.util.function.BiFunction<Context, List<Tensor>, List<Tensor>> forward;
    private final java.util.function.UnaryOperator<List<@Nullable Tensor>> rule;

    Given(
        java.util.function.BiFunction<Context, List<Tensor>, List<Tensor>> forward,
        java.util.function.UnaryOperator<List<@Nullable Tensor>> rule) {
      this.forward = forward;
      this.rule = rule;
    }

    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      return forward.apply(context, inputs);
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      return rule.apply(gradOutputs);
    }
  }

  private static double[] gradient(Tensor x) {
    Tensor gradient = x.grad();
    return gradient == null ? new double[0] : gradient.toDoubleArray();
  }

  private static String name(Tensor y) {
    var node = y.gradFn();
    return node == null ? "none" : node.name();
  }

  @Test
  void runsForwardUnrecordedAndBackwardAsTheRule() {
    Tensor a = Tensor.of(1.0, 2.0).requiresGrad_();
    Tensor b = Tensor.of(3.0, 4.0).requiresGrad_();
    List<Tensor> y = new ProductAndSum().apply(a, b);
    assertArrayEquals(new double[] {3, 8}, y.get(0).toDoubleArray());
    assertEquals("ProductAndSumBackward", name(y.get(0)));
    assertEquals(y.get(0).gradFn(), y.get(1).gradFn());
    y.get(0).mul(10).add(y.get(1)).sum().backward();
    assertArrayEquals(new double[] {31, 41}, gradient(a));
    assertArrayEquals(new double[] {11, 21}, gradient(b));
  }

  @Test
  void passesZerosWhereNoGradientArrived() {
    Tensor a = Tensor.of(1.0, 2.0).requiresGrad_();
    Tensor b = Tensor.of(3.0, 4.0);
    ProductAndSum function = new ProductAndSum();
    function.apply(a, b).get(1).sum().backward();
    assertEquals(List.of(true, false), function.needed);
    assertArrayEquals(new double[] {1, 1}, gradient(a));
    assertNull(b.grad());
  }

  @Test
  void aPassSaysWhichGradientsItWants() {
    Tensor a = Tensor.of(1.0, 2.0).requiresGrad_();
    Tensor b = Tensor.of(3.0, 4.0).requiresGrad_();
    List<List<Boolean>> asked = new ArrayList<>();
    Function product =
        new Function() {
          private List<Boolean> needed(Context context) {
            return List.of(context.needsInputGrad(0), context.needsInputGrad(1));
          }

          @Override
          protected List<Tensor> forward(Context context, List<Tensor> inputs) {
            asked.add(needed(context));
            context.saveForBackward(inputs.get(0), inputs.get(1));
            return List.of(inputs.get(0).mul(inputs.get(1)));
          }

          @Override
          protected List<@Nullable Tensor> backward(
              Context context, List<@Nullable Tensor> gradOutputs) {
            List<Boolean> needed = needed(context);
            asked.add(needed);
            List<@Nullable Tensor> gradients = new ArrayList<>();
            for (int i = 0; i < needed.size(); i++) {
              Tensor other = context.savedTensors().get(1 - i);
              gradients.add(needed.get(i) ? gradOutput(gradOutputs, 0).mul(other) : null);
            }
            return gradients;
          }
        };
    Tensor y = product.call(a.mul(2), b.mul(3)).sum();
    var keep = Backward.Option.RETAIN_GRAPH;
    assertArrayEquals(
        new double[] {18, 24}, Autograd.grad(y, List.of(a), keep).getFirst().toDoubleArray());
    assertArrayEquals(
        new double[] {6, 12}, Autograd.grad(y, List.of(b), keep).getFirst().toDoubleArray());
    y.backward();
    // Within a pass forward asks of its own inputs.
    Tensor z = a.mul(1);
    z.registerHook(
        g -> {
          product.call(a, b);
          return g;
        });
    Autograd.noGrad(() -> product.call(a, b));
    Autograd.grad(z.sum(), List.of(a), Backward.Option.CREATE_GRAPH);
    List<Boolean> both = List.of(true, true);
    List<Boolean> none = List.of(false, false);
    assertEquals(
        List.of(both, List.of(true, false), List.of(false, true), both, none, both), asked);
  }

  @Test
  void recordsNothingWhereNothingIsWanted() {
    Tensor a = Tensor.scalar(1.0).requiresGrad_();
    Tensor b = Tensor.scalar(2.0);
    assertFalse(new Exp().call(b).requiresGrad());
    assertFalse(Autograd.noGrad(() -> new Exp().call(a)).requiresGrad());
  }

  @Test
  void saysWhichGradientIsMissing() {
    class Doubled extends Function {
      @Override
      protected List<Tensor> forward(Context context, List<Tensor> inputs) {
        context.leaveMissingGradients();
        return List.of(inputs.get(0).mul(2), inputs.get(0).mul(3));
      }

      @Override
      protected List<Tensor> backward(Context context, List<Tensor> gradOutputs) {
        return List.of(gradOutput(gradOutputs, 0).mul(2));
      }
    }
    Tensor x = Tensor.scalar(1.0).requiresGrad_();
    List<Tensor> y = new Doubled().apply(x);
    y.get(0).backward();
    assertEquals(2, x.grad().item());
    var e =
        assertThrows(IllegalStateException.class, () -> new Doubled().apply(x).get(1).backward());
    assertTrue(e.getMessage().contains("output 0"), e::getMessage);
  }

  @Test
  void passesNullWhereNoGradientArrivedIfAsked() {
    List<Boolean> missing = new ArrayList<>();
    Given function =
        new Given(
            (context, inputs) -> {
              context.leaveMissingGradients();
              return List.of(inputs.getFirst().mul(2), inputs.getFirst().mul(3));
            },
            gradients -> {
              gradients.forEach(gradient -> missing.add(gradient == null));
              return Arrays.asList((Tensor) null);
            });
    Tensor x = Tensor.scalar(1.0).requiresGrad_();
    function.apply(x).get(1).sum().backward();
    assertEquals(List.of(true, false), missing);
    assertNull(x.grad());
  }

  @Test
  void passesGradcheckToTheSecondOrder() {
    Tensor a = new Generator(3).randn(DType.FLOAT64, 2, 3).requiresGrad_();
    Tensor b = new Generator(4).randn(DType.FLOAT64, 2, 3).requiresGrad_();
    List<Tensor> both = List.of(a, b);
    GradCheck.gradcheck(in -> new ProductAndSum().apply(in.get(0), in.get(1)), both);
    GradCheck.gradgradcheck(in -> new ProductAndSum().apply(in.get(0), in.get(1)), both);
    GradCheck.gradcheck((Tensor x) -> new Exp().call(x), a);
    GradCheck.gradgradcheck((Tensor x) -> new Exp().call(x), a);
  }

  @Test
  void differentiatesASavedOutputTwice() {
    Tensor x = Tensor.of(new double[] {0.5}, DType.FLOAT64).requiresGrad_();
    Tensor first = Autograd.grad(new Exp().call(x).sum(), x, Backward.Option.CREATE_GRAPH);
    Tensor second = Autograd.grad(first.sum(), x);
    assertEquals(Math.exp(0.5), second.item(), 1e-12);
  }

  @Test
  void refusesWhatWasSavedAndThenWrittenTo() {
    Tensor x = Tensor.scalar(1.0).requiresGrad_();
    Tensor y = new Exp().call(x);
    y.detach().fill_(3);
    assertThrows(IllegalStateException.class, () -> y.sum().backward());
  }

  @Test
  void refusesASecondPassUnlessTheGraphIsRetained() {
    Tensor x = Tensor.scalar(1.0).requiresGrad_();
    Tensor y = new Exp().call(x).sum();
    y.backward(Backward.Option.RETAIN_GRAPH);
    y.backward();
    assertThrows(IllegalStateException.class, y::backward);
    assertEquals(2 * Math.E, gradient(x)[0], 1e-5);
  }

  @Test
  void givesAnOutputThatIsAnInputAHistoryOfItsOwn() {
    Given identity =
        new Given(
            (context, inputs) -> inputs,
            gradients -> List.of(Objects.requireNonNull(gradients.getFirst()).mul(7)));
    Tensor x = Tensor.scalar(1.0).requiresGrad_();
    Tensor y = identity.call(x);
    assertNotSame(x, y);
    assertTrue(x.isLeaf());
    assertEquals("GivenBackward", name(y));
    y.sum().backward();
    assertArrayEquals(new double[] {7}, gradient(x));
  }

  @Test
  void givesAnOutputThatIsAViewAHistoryOfItsOwn() {
    Given row =
        new Given(
            (context, inputs) -> List.of(inputs.getFirst().get(1), inputs.getFirst().get(1)),
            gradients -> {
              Tensor g = Objects.requireNonNull(gradients.getFirst());
              return List.of(Tensor.stack(List.of(g.zerosLike(), g.mul(5)), 0));
            });
    Tensor x = Tensor.ones(2, 2).requiresGrad_();
    Tensor base = x.mul(1);
    Tensor y = row.apply(base).getFirst();
    assertEquals("GivenBackward", name(y));
    y.sum().backward();
    assertArrayEquals(new double[] {0, 0, 5, 5}, gradient(x));
  }

  @Test
  void leavesMarkedAndIntegerOutputsWithoutAHistory() {
    Given function =
        new Given(
            (context, inputs) -> {
              Tensor x = inputs.getFirst();
              Tensor sign = x.sign();
              context.markNonDifferentiable(sign);
              return List.of(x.mul(2), sign, x.toLong());
            },
            gradients -> List.of(Objects.requireNonNull(gradients.getFirst()).mul(2)));
    Tensor x = Tensor.scalar(-3.0).requiresGrad_();
    List<Tensor> y = function.apply(x);
    assertTrue(y.get(0).requiresGrad());
    assertFalse(y.get(1).requiresGrad());
    assertFalse(y.get(2).requiresGrad());
    y.get(0).sum().backward();
    assertArrayEquals(new double[] {2}, gradient(x));
  }

  @Test
  void sumsAndCastsWhatTheRuleReturns() {
    Given function =
        new Given(
            (context, inputs) -> List.of(inputs.getFirst().expand(4, 2).clone()),
            gradients -> List.of(Objects.requireNonNull(gradients.getFirst()).toDouble()));
    Tensor x = Tensor.ones(2).requiresGrad_();
    function.call(x).sum().backward();
    Tensor gradient = x.grad();
    assertNotNull(gradient);
    assertEquals(DType.FLOAT32, gradient.dtype());
    assertArrayEquals(new double[] {4, 4}, gradient.toDoubleArray());
  }

  @Test
  void namesWhatARuleReturnsWrongly() {
    Tensor x = Tensor.ones(2).requiresGrad_();
    Given shape =
        new Given((context, in) -> List.of(in.getFirst().mul(1)), g -> List.of(Tensor.ones(3)));
    var badShape = assertThrows(IllegalStateException.class, () -> shape.call(x).sum().backward());
    assertEquals(
        "Given: backward returned a gradient of shape (3,) for input 0 of shape (2,)",
        badShape.getMessage());
    Given count = new Given((context, in) -> List.of(in.getFirst().mul(1)), g -> List.of());
    var badCount = assertThrows(IllegalStateException.class, () -> count.call(x).sum().backward());
    assertEquals("Given: backward returned 0 gradients for 1 inputs", badCount.getMessage());
    assertThrows(IllegalStateException.class, () -> new ProductAndSum().call(x, Tensor.ones(2)));
  }

  @Test
  void namesAFunctionWithoutANameAsOne() {
    Function function = new Given((context, in) -> List.of(in.getFirst().mul(1)), g -> g) {};
    assertEquals("FunctionBackward", name(function.call(Tensor.ones(1).requiresGrad_())));
  }
}
