package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.autograd.Backward;
import dev.chagres.core.Activation;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.nn.Functional;
import dev.chagres.primitive.Primitives.Affine;
import dev.chagres.profiler.Profile;
import dev.chagres.profiler.Profiler;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The gradients of layers: what is computed of them, and that one call gives what several do. */
@OnEveryDevice
class LinearRuleTest {
  private static List<Tensor> layer(DType dtype, long n, long in, long out) {
    List<Tensor> all = new ArrayList<>();
    for (long[] sizes : new long[][] {{n, in}, {out, in}, {out}}) {
      all.add(Tensor.randn(sizes).to(dtype).requiresGrad_());
    }
    return all;
  }

  private static Tensor linear(List<Tensor> layer) {
    return Functional.linear(layer.get(0), layer.get(1), layer.get(2));
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT32", "FLOAT64", "FLOAT16", "BFLOAT16"})
  void oneCallGivesTheGradientsOfWeightAndBiasThatRecordedOperationsGive(DType dtype) {
    double bound = dtype == DType.FLOAT64 ? 1e-12 : dtype == DType.FLOAT32 ? 1e-4 : 0.1;
    for (long[] sizes : new long[][] {{1, 1, 1}, {80, 1, 1}, {6, 5, 3}, {33, 70, 65}, {0, 4, 3}}) {
      List<Tensor> in = layer(dtype, sizes[0], sizes[1], sizes[2]);
      for (Tensor g :
          List.of(
              Tensor.randn(sizes[0], sizes[2]).to(dtype),
              Tensor.randn(sizes[2], sizes[0]).to(dtype).t(),
              Tensor.randn(1, 1).to(dtype).expand(sizes[0], sizes[2]))) {
        List<Tensor> once = Autograd.grad(List.of(linear(in)), in, List.of(g));
        List<Tensor> recorded =
            Autograd.grad(List.of(linear(in)), in, List.of(g), Backward.Option.CREATE_GRAPH);
        for (int i = 0; i < in.size(); i++) {
          assertEquals(in.get(i).shape(), once.get(i).shape());
          assertTrue(once.get(i).allclose(recorded.get(i), bound, bound), i + " of " + in);
        }
      }
    }
  }

  @Test
  void aBiasOfAnotherShapeGetsItsSums() {
    List<Tensor> in = layer(DType.FLOAT64, 4, 3, 2);
    for (long[] shape : new long[][] {{}, {1}, {1, 2}, {4, 1}, {4, 2}}) {
      Tensor bias = Tensor.zeros(shape).to(DType.FLOAT64).requiresGrad_();
      Tensor y = Functional.linear(in.get(0), in.get(1), bias);
      List<Tensor> found = Autograd.grad(y.square().sum(), List.of(in.get(1), bias));
      Tensor slope = y.detach().mul(2);
      assertTrue(found.get(0).allclose(slope.t().matmul(in.get(0).detach())));
      assertTrue(found.get(1).allclose(slope.sumToSize(shape)));
    }
  }

  /** The operations and kernels that a profiler sees. */
  private static Set<String> kernels(Supplier<List<Tensor>> body) {
    Set<String> names = new TreeSet<>();
    Profile profile = Profiler.run(() -> assertTrue(!body.get().isEmpty()));
    profile.rows().forEach(row -> row.kernels().forEach(kernel -> names.add(kernel.name())));
    return names;
  }

  @Test
  void onlyWhatIsAskedForIsComputed() {
    List<Tensor> in = layer(DType.FLOAT32, 4, 3, 2);
    Tensor y = linear(in);
    Tensor g = Tensor.ones(4, 2);
    var keep = Backward.Option.RETAIN_GRAPH;
    assertEquals(
        Set.of("matmul"),
        kernels(() -> Autograd.grad(List.of(y), in.subList(0, 1), List.of(g), keep)));
    assertEquals(
        Set.of("matmul"),
        kernels(() -> Autograd.grad(List.of(y), in.subList(1, 2), List.of(g), keep)));
    assertEquals(
        Set.of("sum"),
        kernels(() -> Autograd.grad(List.of(y), in.subList(2, 3), List.of(g), keep)));
    assertTrue(
        kernels(() -> Autograd.grad(List.of(y), in, List.of(g), keep)).contains("weightBackward"));
  }

  @Test
  void aBlockComputesNoGradientsOfParametersForThatOfItsInput() {
    List<Tensor> first = layer(DType.FLOAT32, 4, 3, 5);
    List<Tensor> second = layer(DType.FLOAT32, 4, 5, 2);
    Tensor y =
        TensorPrimitives.INSTANCE.feedForward(
            first.get(0),
            new Affine<>(first.get(1), first.get(2)),
            Activation.RELU,
            new Affine<>(second.get(1), second.get(2)));
    Set<String> seen =
        kernels(() -> Autograd.grad(List.of(y), first.subList(0, 1), List.of(Tensor.ones(4, 2))));
    assertTrue(seen.contains("linearReluBackward"), seen.toString());
    assertTrue(!seen.contains("weightBackward"), seen.toString());
  }

  @Test
  void aFrozenWeightKeepsNoInputs() {
    Tensor x = Tensor.randn(4, 3).requiresGrad_();
    Tensor weight = Tensor.randn(2, 3);
    Tensor bias = Tensor.randn(2).requiresGrad_();
    Tensor hidden = x.mul(2);
    Tensor y = Functional.linear(hidden, weight, bias);
    hidden.mul_(3); // An error of backward, had the layer kept it
    y.sum().backward();
    assertTrue(bias.grad().equal(Tensor.full(Shape.of(2), 4.0)));
    assertTrue(x.grad().allclose(weight.sum(0).mul(2).expand(4, 3)));
  }

  @Test
  void aPassWithinAPassLeavesTheChoiceOfTheOuterOne() {
    List<Tensor> in = layer(DType.FLOAT32, 4, 3, 2);
    Tensor inner = Tensor.randn(3).requiresGrad_();
    Tensor loss = inner.square().sum();
    Tensor y = linear(in);
    List<Tensor> found = new ArrayList<>();
    y.registerHook(
        g -> {
          found.addAll(Autograd.grad(loss, List.of(inner)));
          return g;
        });
    Tensor z =
        Functional.linear(y, Tensor.randn(5, 2).requiresGrad_(), Tensor.randn(5).requiresGrad_());
    Set<String> seen =
        kernels(() -> Autograd.grad(List.of(z), in.subList(0, 1), List.of(Tensor.ones(4, 5))));
    assertEquals(1, found.size());
    assertTrue(!seen.contains("weightBackward"), seen.toString());
  }
}
