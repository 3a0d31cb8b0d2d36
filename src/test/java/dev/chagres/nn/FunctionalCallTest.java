package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.autograd.Backward;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.tensor.Autocast;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Modules that are called with other parameters than their own. */
@OnEveryDevice
class FunctionalCallTest {
  private static Sequential mlp() {
    return new Sequential(new Linear(3, 4), new Tanh(), new Linear(4, 2));
  }

  private static Map<String, Tensor> drawn(Module module) {
    Map<String, Tensor> values = new LinkedHashMap<>();
    module
        .namedParameters()
        .forEach((name, p) -> values.put(name, p.detach().randnLike().requiresGrad_()));
    return values;
  }

  private static Tensor byHand(Map<String, Tensor> p, Tensor x) {
    Tensor hidden = x.matmul(p.get("0.weight").T()).add(p.get("0.bias")).tanh();
    return hidden.matmul(p.get("2.weight").T()).add(p.get("2.bias"));
  }

  @Test
  void theGivenParametersAreUsedAndGetTheGradients() {
    Sequential module = mlp();
    Map<String, Tensor> values = drawn(module);
    Tensor x = Tensor.randn(5, 3);
    Tensor own = module.call(x);
    Tensor kept = Tensor.ones(4, 3);
    module.parameters().getFirst().setGrad(kept);
    Tensor y = Functional.functionalCall(module, values, x);
    GoldenCases.assertClose(byHand(values, x), y, "value");
    y.square().sum().backward();
    List<Tensor> wanted =
        Autograd.grad(byHand(values, x).square().sum(), List.copyOf(values.values()));
    int i = 0;
    for (Map.Entry<String, Tensor> value : values.entrySet()) {
      GoldenCases.assertClose(wanted.get(i++), value.getValue().grad(), value.getKey());
    }
    assertSame(kept, module.parameters().getFirst().grad());
    assertNull(module.parameters().getLast().grad());
    assertTrue(own.equal(module.call(x)));
    module.call(x).sum().backward();
    assertTrue(
        module.parameters().getLast().grad().equal(Tensor.full(dev.chagres.core.Shape.of(2), 5.0)));
  }

  @Test
  void derivativesOfAnyOrderAreThoseOfTheFunction() {
    Module module =
        new Sequential(new Linear(2, 3), new Tanh(), new LayerNorm(3)).to(DType.FLOAT64);
    List<String> names = List.copyOf(module.namedParameters().keySet());
    Tensor x = Tensor.randn(DType.FLOAT64, 4, 2);
    List<Tensor> inputs = new ArrayList<>();
    module.parameters().forEach(p -> inputs.add(p.detach().randnLike().requiresGrad_()));
    inputs.add(x.requiresGrad_());
    java.util.function.Function<List<Tensor>, List<Tensor>> function =
        all -> {
          Map<String, Tensor> values = new LinkedHashMap<>();
          for (int i = 0; i < names.size(); i++) {
            values.put(names.get(i), all.get(i));
          }
          return List.of(Functional.functionalCall(module, values, all.getLast()));
        };
    GradCheck.gradcheck(function, inputs);
    GradCheck.gradgradcheck(function, inputs);
  }

  @Test
  void gradientsOfEachSampleAreThoseOfTheSampleAlone() {
    Sequential module = mlp();
    List<String> names = List.copyOf(module.namedParameters().keySet());
    Tensor x = Tensor.randn(6, 3);
    Tensor target = Tensor.randn(6, 2);
    java.util.function.Function<List<Tensor>, Tensor> loss =
        all -> {
          Map<String, Tensor> values = new LinkedHashMap<>();
          for (int i = 0; i < names.size(); i++) {
            values.put(names.get(i), all.get(i));
          }
          Tensor y = Functional.functionalCall(module, values, all.get(names.size()));
          return y.sub(all.getLast()).square().sum();
        };
    List<Tensor> arguments = new ArrayList<>();
    module.parameters().forEach(p -> arguments.add(p.detach()));
    arguments.addAll(List.of(x, target));
    int un = Autograd.UNMAPPED;
    List<Tensor> each =
        Autograd.vmap(
                Autograd.grad(loss, 0, 1, 2, 3),
                new int[] {un, un, un, un, 0, 0},
                new int[] {0, 0, 0, 0})
            .apply(arguments);
    for (int sample = 0; sample < 6; sample++) {
      module.zeroGrad();
      module.call(x.get(sample)).sub(target.get(sample)).square().sum().backward();
      for (int i = 0; i < names.size(); i++) {
        GoldenCases.assertClose(
            module.parameters().get(i).grad(), each.get(i).get(sample), names.get(i));
      }
    }
  }

  @Test
  void buffersAreWrittenWhereTheyAreGivenAndKeptForTheGradient() {
    BatchNorm1d norm = new BatchNorm1d(3);
    Tensor mean = Tensor.of(1.0, 2, 3);
    Tensor variance = Tensor.full(dev.chagres.core.Shape.of(3), 4.0);
    Map<String, Tensor> values = Map.of("running_mean", mean, "running_var", variance);
    Tensor x = Tensor.randn(5, 3).requiresGrad_();
    Functional.functionalCall(norm, values, x);
    assertEquals(0, norm.runningMean().orElseThrow().abs().sum().item());
    assertTrue(mean.ne(Tensor.of(1.0, 2, 3)).any().isTrue());
    norm.eval();
    Tensor y = Functional.functionalCall(norm, values, x);
    y.sum().backward();
    GoldenCases.assertClose(
        variance.add(1e-5).rsqrt().expand(5, 3).contiguous(), x.grad(), "by the given variance");
  }

  /** Rules that keep what a buffer was have it after the call. */
  @Test
  void whatAGradientNeedsOfABufferIsTheGivenOne() {
    Module module =
        new Module() {
          private final Tensor scale = registerBuffer("scale", Tensor.ones(3));

          @Override
          public Tensor forward(Tensor x) {
            return x.mul(scale);
          }
        };
    Tensor x = Tensor.ones(3).requiresGrad_();
    Tensor scale = Tensor.of(2.0, 3, 4).requiresGrad_();
    Functional.functionalCall(module, Map.of("scale", scale), x).sum().backward();
    assertTrue(x.grad().equal(scale.detach()));
    assertTrue(scale.grad().equal(Tensor.ones(3)));
  }

  @Test
  void theModuleHasItsOwnAgainAfterAnError() {
    Linear linear = new Linear(3, 2);
    Tensor before = linear.weight().detach().clone();
    Map<String, Tensor> values = Map.of("weight", Tensor.zeros(2, 3));
    assertThrows(
        IllegalArgumentException.class,
        () -> Functional.functionalCall(linear, values, Tensor.ones(1, 7)));
    assertTrue(before.equal(linear.weight()) && linear.weight().requiresGrad());
    assertTrue(linear.weight().isLeaf());
    assertThrows(
        IllegalArgumentException.class,
        () -> Functional.functionalCall(linear, Map.of("wait", before), Tensor.ones(1, 3)));
    assertTrue(linear.call(Tensor.ones(1, 3)).requiresGrad());
  }

  @Test
  void callsMayNestAndTakeOtherShapesAndEachOthersTensors() {
    Linear linear = new Linear(2, 2);
    Tensor one = Tensor.eye(2);
    Module outer =
        new Module() {
          private final Linear inner = register("inner", linear);

          @Override
          public Tensor forward(Tensor x) {
            Tensor wide = Functional.functionalCall(inner, Map.of("weight", one.mul(3)), x);
            return wide.add(inner.call(x));
          }
        };
    Tensor zero = Tensor.zeros(2);
    Tensor y =
        Functional.functionalCall(
            outer, Map.of("inner.weight", one, "inner.bias", zero), Tensor.ones(1, 2));
    assertTrue(y.equal(Tensor.of(new double[][] {{4, 4}})), y::toString);
    Tensor tall =
        Functional.functionalCall(linear, Map.of("weight", Tensor.ones(2, 5)), Tensor.ones(1, 5));
    assertTrue(tall.sub(linear.bias().orElseThrow()).eq(5).all().isTrue());
    Module pair =
        new Module() {
          private final Tensor a = registerBuffer("a", Tensor.scalar(1.0));
          private final Tensor b = registerBuffer("b", Tensor.scalar(2.0));

          @Override
          public Tensor forward(Tensor x) {
            return a.mul(10).add(b);
          }
        };
    Map<String, Tensor> own = pair.namedBuffers();
    Map<String, Tensor> swapped = Map.of("a", own.get("b"), "b", own.get("a"));
    assertEquals(21, Functional.functionalCall(pair, swapped, zero).item());
    assertEquals(12, pair.call(zero).item());
  }

  /** A module with one parameter in two places. */
  private static final class Tied extends Module {
    final Linear in = register("in", new Linear(2, 2, Bias.NONE));
    final Linear out = register("out", new Linear(2, 2, Bias.NONE));
    final dev.chagres.tensor.Parameter again = registerParameter("again", in.weight());

    @Override
    public Tensor forward(Tensor x) {
      return in.call(x).matmul(again);
    }
  }

  @Test
  void aParameterOfSeveralPlacesIsReplacedInAll() {
    Tied tied = new Tied();
    Tensor two = Tensor.eye(2).mul(2);
    Tensor x = Tensor.ones(1, 2);
    for (String path : List.of("in.weight", "again")) {
      assertTrue(Functional.functionalCall(tied, Map.of(path, two), x).eq(4).all().isTrue(), path);
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> Functional.functionalCall(tied, Map.of("in.weight", two, "again", x), x));
  }

  @Test
  void autocastCastsTheGivenOnes() {
    Linear linear = new Linear(2, 2);
    Tensor x = Tensor.ones(1, 2);
    Tensor weight = Tensor.eye(2).mul(3).requiresGrad_();
    Device device = x.device();
    Autocast.run(
        device,
        DType.BFLOAT16,
        () -> {
          linear.call(x);
          Tensor y =
              Functional.functionalCall(
                  linear, Map.of("weight", weight, "bias", Tensor.zeros(2)), x);
          assertEquals(DType.BFLOAT16, y.dtype());
          assertTrue(y.toFloat().eq(3).all().isTrue());
          y.sum().backward(Backward.Option.RETAIN_GRAPH);
          return y;
        });
    assertTrue(weight.grad().equal(Tensor.ones(2, 2)));
  }
}
