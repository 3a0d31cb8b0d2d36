package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.Activation;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Autocast;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A feed-forward block is its three operations, one after the other, to the last bit. */
@OnEveryDevice
class FeedForwardTest {
  private static final List<DType> FLOATING =
      List.of(DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16);

  private static Tensor fused(Activation activation, List<Tensor> in) {
    return Functional.feedForward(
        in.get(0), new Affine(in.get(1), in.get(2)), activation, new Affine(in.get(3), in.get(4)));
  }

  private static Tensor composed(Activation activation, List<Tensor> in) {
    Tensor before = Functional.linear(in.get(0), in.get(1), in.get(2));
    Tensor hidden =
        switch (activation) {
          case RELU -> before.relu();
          case GELU -> Functional.gelu(before);
          case GELU_TANH -> Functional.gelu(before, GELU.Approximate.TANH);
        };
    return Functional.linear(hidden, in.get(3), in.get(4));
  }

  /** An input (n, in), and weights and biases. */
  private static List<Tensor> operands(DType dtype, long n, long in, long hidden, long out) {
    List<Tensor> all = new ArrayList<>();
    for (long[] sizes : new long[][] {{n, in}, {hidden, in}, {hidden}, {out, hidden}, {out}}) {
      all.add(Tensor.randn(sizes).to(dtype).requiresGrad_());
    }
    return all;
  }

  private static void assertSame(Tensor expected, Tensor actual, String what) {
    assertEquals(expected.dtype(), actual.dtype(), what);
    assertEquals(expected.shape(), actual.shape(), what);
    Tensor same = expected.eq(actual).logicalOr(expected.isnan().logicalAnd(actual.isnan()));
    assertTrue(same.all().isTrue(), () -> what + "\n" + expected + "\n" + actual);
  }

  private static List<Tensor> gradients(
      Function<List<Tensor>, Tensor> block, List<Tensor> in, Tensor g) {
    return Autograd.grad(List.of(block.apply(in)), in, List.of(g));
  }

  private static void compare(Activation activation, List<Tensor> in) {
    Tensor expected = composed(activation, in);
    assertSame(expected, fused(activation, in), activation + " of " + in.getFirst().shape());
    try (var _ = Autograd.noGrad()) {
      assertSame(expected, fused(activation, in), activation + " without a graph");
    }
    Tensor g = Tensor.randn(expected.shape().toArray()).to(expected.dtype());
    List<Tensor> wanted = gradients(x -> composed(activation, x), in, g);
    List<Tensor> found = gradients(x -> fused(activation, x), in, g);
    for (int i = 0; i < wanted.size(); i++) {
      assertSame(wanted.get(i), found.get(i), activation + ", gradient " + i);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "4, 3, 5, 2",
    "1, 1, 1, 1",
    "1, 7, 8, 3",
    "33, 16, 130, 24",
    "0, 3, 4, 2",
    "3, 0, 4, 2",
    "3, 4, 0, 2",
    "3, 4, 5, 0"
  })
  void theBlockIsTheComposition(long n, long in, long hidden, long out) {
    Chagres.manualSeed(n + hidden);
    for (DType dtype : FLOATING) {
      for (Activation activation : Activation.values()) {
        compare(activation, operands(dtype, n, in, hidden, out));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void anyLayoutAndAnyNumberOfDimensions(Activation activation) {
    Chagres.manualSeed(7);
    List<Tensor> in = operands(DType.FLOAT32, 6, 4, 8, 4);
    for (Tensor x :
        List.of(
            Tensor.randn(2, 3, 4),
            Tensor.randn(4),
            Tensor.randn(4, 6).t(),
            Tensor.randn(1, 4).expand(6, 4))) {
      List<Tensor> all = new ArrayList<>(in);
      all.set(0, x.requiresGrad_());
      compare(activation, all);
    }
    List<Tensor> turned = new ArrayList<>(in);
    turned.set(1, Tensor.randn(4, 8).t().requiresGrad_());
    turned.set(2, Tensor.randn(16).requiresGrad_().at("::2"));
    turned.set(3, Tensor.randn(8, 4).t().requiresGrad_());
    compare(activation, turned);
  }

  @Test
  void autocastChoosesTheDtypeOfLinear() {
    Chagres.manualSeed(8);
    List<Tensor> in = operands(DType.FLOAT32, 6, 4, 8, 4);
    try (var _ = Autocast.on(in.getFirst().device(), DType.BFLOAT16)) {
      compare(Activation.GELU_TANH, in);
      assertEquals(DType.BFLOAT16, fused(Activation.RELU, in).dtype());
    }
  }

  @Test
  void layersWithoutBias() {
    List<Tensor> in = operands(DType.FLOAT32, 3, 4, 5, 2);
    Affine first = new Affine(in.get(1), null);
    Affine second = new Affine(in.get(3), null);
    Tensor expected = Functional.linear(Functional.linear(in.get(0), in.get(1)).relu(), in.get(3));
    assertSame(
        expected, Functional.feedForward(in.get(0), first, Activation.RELU, second), "no biases");
    Affine whole = new Affine(in.get(3), in.get(4));
    Tensor half = Functional.feedForward(in.get(0), first, Activation.RELU, whole);
    assertSame(expected.add(in.get(4)), half, "one bias");
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void derivativesOfBothOrders(Activation activation) {
    Chagres.manualSeed(5);
    List<Tensor> in = operands(DType.FLOAT64, 3, 4, 5, 2);
    GradCheck.gradcheck(x -> List.of(fused(activation, x)), in);
    GradCheck.gradgradcheck(x -> List.of(fused(activation, x)), in);
  }

  /** What wants no gradient gets none, and the others theirs. */
  @ParameterizedTest
  @EnumSource(Activation.class)
  void gradientsAreForThoseWhoWantThem(Activation activation) {
    Chagres.manualSeed(6);
    List<Tensor> in = operands(DType.FLOAT32, 3, 4, 5, 2);
    Tensor g = Tensor.randn(3, 2);
    List<Tensor> wanted = gradients(x -> composed(activation, x), in, g);
    for (int i = 0; i < in.size(); i++) {
      for (Tensor each : in) {
        each.requiresGrad_(each == in.get(i));
      }
      fused(activation, in).backward(g);
      for (Tensor each : in) {
        if (each == in.get(i)) {
          assertSame(wanted.get(i), each.grad(), "input " + i);
          each.setGrad(null);
        } else {
          assertNull(each.grad());
        }
      }
    }
    in.forEach(each -> each.requiresGrad_(false));
    assertNull(fused(activation, in).gradFn());
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void notANumberStaysSo(Activation activation) {
    for (DType dtype : FLOATING) {
      List<Tensor> in = operands(dtype, 3, 4, 5, 2);
      Tensor x = in.getFirst().detach().clone();
      x.get(1, 2).fill_(Double.NaN);
      x.get(2, 0).fill_(Double.POSITIVE_INFINITY);
      in.set(0, x.requiresGrad_());
      compare(activation, in);
      Tensor y = fused(activation, in);
      assertTrue(y.get(1).isnan().all().isTrue());
      assertFalse(y.get(0).isnan().any().isTrue());
    }
  }

  @Test
  void theGraphKeepsWhatItSawAndIsFreed() {
    List<Tensor> in = operands(DType.FLOAT32, 3, 4, 5, 2);
    Tensor y = fused(Activation.GELU_TANH, in);
    assertEquals("FeedForwardBackward", Objects.requireNonNull(y.gradFn()).name());
    try (var _ = Autograd.noGrad()) {
      in.get(3).zero_();
    }
    assertThrows(IllegalStateException.class, () -> y.sum().backward());
    Tensor again = fused(Activation.RELU, in);
    again.sum().backward();
    assertThrows(IllegalStateException.class, () -> again.sum().backward());
  }

  @Test
  void wrongOperandsAreNamed() {
    Tensor x = Tensor.randn(3, 4);
    Affine first = new Affine(Tensor.randn(5, 4), Tensor.randn(5));
    Affine second = new Affine(Tensor.randn(2, 5), Tensor.randn(2));
    refused(
        "feedForward: a weight (5, 4) needs inputs (..., 4), not (3, 5)",
        Tensor.randn(3, 5),
        first,
        second);
    refused("feedForward: a weight (5, 4) needs inputs (..., 4), not (3, 5)", x, first, first);
    refused(
        "feedForward: a weight is (out, in), not (5,)",
        x,
        new Affine(Tensor.randn(5), null),
        second);
    refused(
        "feedForward: a bias (3,) does not broadcast to the outputs (3, 5)",
        x,
        new Affine(Tensor.randn(5, 4), Tensor.randn(3)),
        second);
    refused(
        "feedForward: dtypes differ, float64 and float32; convert one with to(dtype)",
        x.to(DType.FLOAT64),
        first,
        second);
  }

  private static void refused(String message, Tensor x, Affine first, Affine second) {
    var error =
        assertThrows(
            IllegalArgumentException.class,
            () -> Functional.feedForward(x, first, Activation.RELU, second));
    assertEquals(message, error.getMessage());
  }

  @Test
  void theModuleHasTheParametersOfASequence() {
    Chagres.manualSeed(3);
    var block = new FeedForward(4, 8, 2, Activation.GELU_TANH);
    Chagres.manualSeed(3);
    var sequence =
        new Sequential(new Linear(4, 8), new GELU(GELU.Approximate.TANH), new Linear(8, 2));
    assertEquals(
        List.copyOf(sequence.stateDict().keySet()), List.copyOf(block.stateDict().keySet()));
    Tensor x = Tensor.randn(3, 4);
    assertSame(sequence.call(x), block.call(x), "first values");
    var other = new FeedForward(4, 8, 2, Activation.GELU_TANH);
    other.loadStateDict(sequence.stateDict());
    assertSame(sequence.call(x), other.call(x), "loaded");
    assertEquals(5, other.first().weight().dim() + other.second().weight().dim() + 1);
  }

  /** Of memory that only the block needs nothing stays. */
  @Test
  void withoutAGraphTheHiddenLayerIsGivenBack() {
    List<Tensor> in = operands(DType.FLOAT32, 300, 4, 500, 2);
    Device device = in.getFirst().device();
    try (var _ = Scope.open();
        var _ = Autograd.noGrad()) {
      long before = Memory.stats(device).liveBytes();
      Tensor y = fused(Activation.GELU, in);
      long after = Memory.stats(device).liveBytes();
      assertTrue(after - before < 300 * 500, () -> before + " " + after + " " + y.shape());
    }
  }
}
