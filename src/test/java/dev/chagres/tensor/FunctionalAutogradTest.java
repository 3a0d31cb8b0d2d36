package dev.chagres.tensor;

import static dev.chagres.tensor.DerivativeOption.CREATE_GRAPH;
import static dev.chagres.tensor.DerivativeOption.FORWARD;
import static dev.chagres.tensor.DerivativeOption.STRICT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.nn.Linear;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Derivatives as functions. The expected numbers are those of PyTorch 2.13 for the same programs,
 * or follow from the formula.
 */
@OnEveryDevice
class FunctionalAutogradTest {
  private static Tensor vector(double... values) {
    return Tensor.of(values, DType.FLOAT64);
  }

  private static void values(Tensor tensor, double... expected) {
    assertArrayEquals(expected, tensor.toDoubleArray(), 1e-12);
  }

  private static void close(Tensor expected, Tensor found) {
    assertEquals(expected.shape(), found.shape());
    assertArrayEquals(expected.toDoubleArray(), found.toDoubleArray(), 1e-10);
  }

  private static void fails(Class<? extends Exception> type, String part, Runnable code) {
    Exception e = assertThrows(type, code::run);
    assertTrue(String.valueOf(e.getMessage()).contains(part), () -> part + " is not in: " + e);
  }

  /** Uses a result that never comes. */
  private static void asked(Object result) {
    throw new AssertionError("there is a result: " + result);
  }

  /** x0 x1, x1^2, sin x2 */
  private static Tensor curved(Tensor x) {
    Tensor a = x.select(0, 0);
    Tensor b = x.select(0, 1);
    Tensor c = x.select(0, 2);
    return Tensor.stack(List.of(a.mul(b), b.mul(b), c.sin()), 0);
  }

  /** Two results of two tensors: a b (2, 3), and the sum of a (one element). */
  private static List<Tensor> two(List<Tensor> inputs) {
    Tensor a = inputs.get(0);
    Tensor b = inputs.get(1);
    return List.of(a.unsqueeze(1).mul(b), a.sum());
  }

  /** Independent of what was given, but of its shape. */
  private static Tensor constant(Tensor x) {
    return x.detach().onesLike();
  }

  // ---- products

  @Test
  void vjpIsAVectorTimesTheJacobian() {
    Tensor x = vector(2, 3, 0);
    Product<Tensor, Tensor> both =
        Autograd.vjp(FunctionalAutogradTest::curved, x, vector(1, 10, 100));
    values(both.value(), 6, 9, 0);
    values(both.product(), 3, 62, 100);
    assertFalse(both.product().requiresGrad() || both.value().requiresGrad());
    assertFalse(x.requiresGrad());
    values(Autograd.vjp(y -> y.square().sum(), x).product(), 4, 6, 0);
  }

  @Test
  void jvpIsTheJacobianTimesAVector() {
    Tensor x = vector(2, 3, 0);
    Product<Tensor, Tensor> both =
        Autograd.jvp(FunctionalAutogradTest::curved, x, vector(1, 10, 100));
    values(both.value(), 6, 9, 0);
    values(both.product(), 23, 60, 100);
    assertFalse(both.product().requiresGrad() || both.value().requiresGrad());
    values(
        Autograd.jvp(y -> y.mul(vector(1, 2, 3)).square(), Tensor.scalar(2.0, DType.FLOAT64))
            .product(),
        4,
        16,
        36);
  }

  @Test
  void bothTakeSeveralTensorsAndGiveSeveral() {
    List<Tensor> inputs = List.of(vector(1, 2), vector(3, 4, 5));
    Tensor v = Tensor.ones(DType.FLOAT64, 2, 3);
    Product<List<Tensor>, List<Tensor>> pulled =
        Autograd.vjp(
            FunctionalAutogradTest::two, inputs, List.of(v, Tensor.scalar(10.0, DType.FLOAT64)));
    values(pulled.product().get(0), 22, 22);
    values(pulled.product().get(1), 3, 3, 3);
    Product<List<Tensor>, List<Tensor>> pushed =
        Autograd.jvp(FunctionalAutogradTest::two, inputs, List.of(vector(1, 10), vector(0, 1, 0)));
    values(pushed.product().get(0), 3, 5, 5, 30, 42, 50);
    values(pushed.product().get(1), 11);
  }

  @Test
  void whatDoesNotDependIsZeroOrAnError() {
    Tensor x = vector(1, 2);
    UnaryOperator<Tensor> f = FunctionalAutogradTest::constant;
    values(Autograd.vjp(f, x, x).product(), 0, 0);
    values(Autograd.jvp(f, x, x).product(), 0, 0);
    close(Tensor.zeros(DType.FLOAT64, 2, 2), Autograd.jacobian(f, x));
    close(Tensor.zeros(DType.FLOAT64, 2, 2), Autograd.jacobian(f, x, FORWARD));
    fails(IllegalStateException.class, "output 0", () -> Autograd.vjp(f, x, x, STRICT));
    fails(IllegalStateException.class, "output 0", () -> Autograd.jvp(f, x, x, STRICT));
    fails(IllegalStateException.class, "output 0", () -> Autograd.jacobian(f, x, STRICT));
    Function<List<Tensor>, List<Tensor>> first = in -> List.of(in.getFirst().mul(2));
    fails(
        IllegalStateException.class,
        "output 0 does not depend on input 1",
        () -> Autograd.jacobian(first, List.of(x, x), STRICT));
    values(Autograd.jacobian(first, List.of(x, x)).getFirst().get(1), 0, 0, 0, 0);
    // the Jacobian of a linear function does not depend on x
    fails(
        IllegalStateException.class,
        "does not depend on the inputs",
        () -> Autograd.jacobian(y -> y.mul(2), x, STRICT, CREATE_GRAPH));
    fails(IllegalStateException.class, "gradient", () -> Autograd.hessian(Tensor::sum, x, STRICT));
    fails(
        IllegalArgumentException.class,
        "hessian: input 0 is int64",
        () -> Autograd.hessian(Tensor::sum, Tensor.of(1, 2)));
    fails(IllegalStateException.class, "gradient", () -> Autograd.hvp(Tensor::sum, x, x, STRICT));
    fails(
        IllegalArgumentException.class,
        "leave out FORWARD",
        () -> Autograd.jacobian(y -> y, x, STRICT, FORWARD));
  }

  @Test
  void aVectorHasTheRightShapeAndIsNeeded() {
    Tensor x = vector(1, 2);
    fails(IllegalArgumentException.class, "(3,)", () -> Autograd.vjp(y -> y, x, Tensor.ones(3)));
    fails(IllegalArgumentException.class, "(3,)", () -> Autograd.jvp(y -> y, x, Tensor.ones(3)));
    fails(IllegalArgumentException.class, "v is needed", () -> Autograd.vjp(y -> y, x));
    fails(IllegalArgumentException.class, "v is needed", () -> Autograd.jvp(y -> y, x));
    fails(
        IllegalArgumentException.class,
        "v has 1 tensors, where 2",
        () -> Autograd.vjp(FunctionalAutogradTest::two, List.of(x, x), List.of(x)));
    fails(
        IllegalArgumentException.class,
        "input 0 is int64",
        () -> Autograd.jacobian(y -> y, Tensor.of(1L, 2L)));
  }

  // ---- Jacobians

  @Test
  void theShapeOfAJacobianIsThatOfTheOutputAndOfTheInput() {
    Tensor x = Tensor.arange(6).to(DType.FLOAT64).view(2, 3);
    Tensor jacobian = Autograd.jacobian(y -> y.sum(0), x);
    assertEquals(Shape.of(3, 2, 3), jacobian.shape());
    assertEquals(6, jacobian.sum().item());
    assertEquals(1, jacobian.get(2, 1, 2).item());
    assertEquals(Shape.of(0, 3, 2, 3), Autograd.jacobian(y -> y.narrow(0, 0, 0), x).shape());
    assertEquals(DType.FLOAT32, Autograd.jacobian(y -> y.mul(y), Tensor.ones(2)).dtype());
  }

  @Test
  void rowsAndColumnsAreTheSame() {
    Tensor x = vector(2, 3, 0.5);
    values(
        Autograd.jacobian(FunctionalAutogradTest::curved, x),
        3,
        2,
        0,
        0,
        6,
        0,
        0,
        0,
        Math.cos(0.5));
    close(
        Autograd.jacobian(FunctionalAutogradTest::curved, x),
        Autograd.jacobian(FunctionalAutogradTest::curved, x, FORWARD));
    List<Tensor> inputs = List.of(vector(1, 2), vector(3, 4, 5));
    List<List<Tensor>> rows = Autograd.jacobian(FunctionalAutogradTest::two, inputs);
    List<List<Tensor>> columns = Autograd.jacobian(FunctionalAutogradTest::two, inputs, FORWARD);
    assertEquals(Shape.of(2, 3, 2), rows.get(0).get(0).shape());
    assertEquals(Shape.of(2, 3, 3), rows.get(0).get(1).shape());
    assertEquals(Shape.of(2), rows.get(1).get(0).shape());
    values(rows.get(1).get(1), 0, 0, 0);
    for (int o = 0; o < 2; o++) {
      for (int i = 0; i < 2; i++) {
        close(rows.get(o).get(i), columns.get(o).get(i));
      }
    }
  }

  @Test
  void theIdentityIsAFunctionToo() {
    Tensor x = vector(2, 3);
    Tensor v = vector(5, 7);
    for (DerivativeOption[] options :
        List.of(new DerivativeOption[] {}, new DerivativeOption[] {CREATE_GRAPH})) {
      close(Tensor.eye(2).to(DType.FLOAT64), Autograd.jacobian(y -> y, x, options));
      values(Autograd.vjp(y -> y, x, v, options).product(), 5, 7);
      values(Autograd.jvp(y -> y, x, v, options).product(), 5, 7);
    }
    close(Tensor.eye(2).to(DType.FLOAT64), Autograd.jacobian(y -> y, x, FORWARD));
    List<List<Tensor>> both = Autograd.jacobian(in -> List.of(in.get(1), in.get(0)), List.of(x, v));
    values(both.get(0).get(0), 0, 0, 0, 0);
    values(both.get(1).get(0), 1, 0, 0, 1);
  }

  @Test
  void emptyTensorsHaveEmptyJacobians() {
    Tensor none = Tensor.zeros(DType.FLOAT64, 0, 2);
    assertEquals(Shape.of(0, 2, 0, 2), Autograd.jacobian(y -> y.mul(2), none).shape());
    assertEquals(Shape.of(0, 2, 0, 2), Autograd.jacobian(y -> y.mul(2), none, FORWARD).shape());
    assertEquals(Shape.of(0, 2), Autograd.jacobian(Tensor::sum, none).shape());
    assertEquals(Shape.of(0, 2), Autograd.jacobian(Tensor::sum, none, FORWARD).shape());
  }

  @Test
  void recordedJacobiansAreDifferentiable() {
    for (DerivativeOption[] options :
        List.of(
            new DerivativeOption[] {CREATE_GRAPH},
            new DerivativeOption[] {CREATE_GRAPH, FORWARD})) {
      Tensor x = vector(2, 3).requiresGrad_();
      Tensor w = vector(5, 7).requiresGrad_();
      Tensor jacobian = Autograd.jacobian(y -> y.pow(3).mul(w), x, options);
      values(jacobian, 60, 0, 0, 189);
      jacobian.sum().backward();
      values(x.grad(), 60, 126);
      values(w.grad(), 12, 27);
    }
    Tensor x = vector(2).requiresGrad_();
    assertFalse(Autograd.jacobian(y -> y.pow(3), x).requiresGrad());
    assertNull(x.grad());
  }

  @Test
  void aFunctionMayBeDifferentiatedWithoutRecording() {
    try (var _ = Autograd.noGrad()) {
      values(Autograd.jacobian(y -> y.square(), vector(3)), 6);
      assertFalse(Autograd.isGradEnabled());
    }
  }

  // ---- second derivatives

  @Test
  void aHessianHasTheInputsShapeTwice() {
    UnaryOperator<Tensor> f = x -> x.select(0, 0).pow(3).mul(x.select(0, 1)).add(x.square().sum());
    Tensor x = vector(2, 5);
    values(Autograd.hessian(f, x), 62, 12, 12, 2);
    values(Autograd.hessian(f, x, FORWARD), 62, 12, 12, 2);
    values(Autograd.hessian(Tensor::sum, x), 0, 0, 0, 0);
    values(Autograd.hessian(y -> y.square().sum().reshape(1), x), 2, 0, 0, 2);
    fails(IllegalArgumentException.class, "one element", () -> Autograd.hessian(y -> y, x));
    assertEquals(
        Shape.of(2, 3, 2, 3), Autograd.hessian(y -> y.exp().sum(), Tensor.ones(2, 3)).shape());
  }

  @Test
  void aHessianOfSeveralTensorsHasBlocks() {
    List<List<Tensor>> blocks =
        Autograd.hessian(
            in -> in.get(0).square().mul(in.get(1)).sum(), List.of(vector(1, 2), vector(1, 2)));
    values(blocks.get(0).get(0), 2, 0, 0, 4);
    values(blocks.get(0).get(1), 2, 0, 0, 4);
    values(blocks.get(1).get(0), 2, 0, 0, 4);
    values(blocks.get(1).get(1), 0, 0, 0, 0);
  }

  @Test
  void productsWithAHessian() {
    UnaryOperator<Tensor> cube = x -> x.pow(3).sum();
    Tensor x = vector(1, 2);
    Product<Tensor, Tensor> both = Autograd.hvp(cube, x, vector(1, 10));
    values(both.value(), 9);
    values(both.product(), 6, 120);
    values(Autograd.vhp(cube, x, vector(1, 10)).product(), 6, 120);
    values(Autograd.hvp(Tensor::sum, x, x).product(), 0, 0);
    List<Tensor> inputs = List.of(vector(2), vector(3));
    Function<List<Tensor>, Tensor> f = in -> in.get(0).square().mul(in.get(1)).sum();
    List<Tensor> v = List.of(vector(1), vector(10));
    List<Tensor> found = Autograd.hvp(f, inputs, v).product();
    values(found.get(0), 46);
    values(found.get(1), 4);
    found = Autograd.vhp(f, inputs, v).product();
    values(found.get(0), 46);
    values(found.get(1), 4);
    Tensor p = vector(1, 2).requiresGrad_();
    Autograd.hvp(cube, p, vector(1, 10), CREATE_GRAPH).product().sum().backward();
    values(p.grad(), 6, 60);
    fails(IllegalArgumentException.class, "v is needed", () -> Autograd.vhp(f, inputs, null));
    fails(IllegalArgumentException.class, "one element", () -> Autograd.vhp(y -> y, x, x));
  }

  @Test
  void theHessianOfALayerIsTheProductsOfItsRows() {
    Chagres.manualSeed(3);
    Tensor w = Tensor.randn(DType.FLOAT64, 4, 3);
    UnaryOperator<Tensor> f = x -> w.mv(x).tanh().square().sum();
    Tensor x = Tensor.randn(DType.FLOAT64, 3);
    Tensor hessian = Autograd.hessian(f, x);
    close(hessian.t(), hessian);
    for (int i = 0; i < 3; i++) {
      Tensor unit = Tensor.eye(3).to(DType.FLOAT64).select(0, i);
      close(hessian.select(0, i), Autograd.vhp(f, x, unit).product());
      close(hessian.select(1, i), Autograd.hvp(f, x, unit).product());
    }
  }

  // ---- slices

  @Test
  void vmapIsTheLoopOverTheSlices() {
    Tensor x = Tensor.arange(6).to(DType.FLOAT64).view(2, 3);
    close(x.sum(1), Autograd.vmap(row -> row.sum()).apply(x));
    close(x.sum(0), Autograd.vmap(Tensor::sum, 1, 0).apply(x));
    close(x.sum(0), Autograd.vmap(Tensor::sum, -1, -1).apply(x));
    close(x.t(), Autograd.vmap(row -> row, 0, 1).apply(x));
    close(x.t(), Autograd.vmap(row -> row, 0, -1).apply(x));
    Tensor deep = Tensor.arange(24).to(DType.FLOAT64).view(2, 3, 4);
    assertEquals(Shape.of(2, 4, 3), Autograd.vmap(slice -> slice, 1, 2).apply(deep).shape());
  }

  @Test
  void vmapTakesSeveralTensorsWithTheirOwnDimensions() {
    Tensor a = Tensor.arange(6).to(DType.FLOAT64).view(2, 3);
    Tensor b = vector(1, 10, 100);
    Function<List<Tensor>, List<Tensor>> f =
        in -> List.of(in.get(0).mul(in.get(1)), in.get(0).sum());
    List<Tensor> rows =
        Autograd.vmap(f, new int[] {0, Autograd.UNMAPPED}, new int[] {1, 0}).apply(List.of(a, b));
    close(a.mul(b).t(), rows.get(0));
    close(a.sum(1), rows.get(1));
    List<Tensor> columns = Autograd.vmap(f, new int[] {1, 0}, new int[] {0}).apply(List.of(a, b));
    close(a.mul(b).t(), columns.get(0));
  }

  @Test
  void vmapOfFunctionsThatDifferentiate() {
    Tensor x = Tensor.arange(6).to(DType.FLOAT64).view(2, 3);
    UnaryOperator<Tensor> slope =
        row -> {
          Tensor leaf = row.detach().requiresGrad_();
          leaf.pow(3).sum().backward();
          return leaf.grad();
        };
    close(x.square().mul(3), Autograd.vmap(slope).apply(x));
    close(
        x.square().mul(3),
        Autograd.vmap(row -> Autograd.vjp(y -> y.pow(3).sum(), row).product()).apply(x));
    Tensor jacobians = Autograd.vmap(row -> Autograd.jacobian(y -> y.square(), row)).apply(x);
    assertEquals(Shape.of(2, 3, 3), jacobians.shape());
    values(jacobians.select(0, 1), 6, 0, 0, 0, 8, 0, 0, 0, 10);
    Tensor nested = Autograd.vmap(Autograd.vmap(cell -> cell.mul(cell))).apply(x);
    close(x.square(), nested);
  }

  @Test
  void gradientsFlowThroughVmap() {
    Tensor x = Tensor.arange(6).to(DType.FLOAT64).view(2, 3).requiresGrad_();
    Tensor w = vector(1, 2, 3).requiresGrad_();
    Autograd.vmap(row -> row.mul(w).sum().square()).apply(x).sum().backward();
    // rows times w: 8 and 26
    values(x.grad(), 16, 32, 48, 52, 104, 156);
    values(w.grad(), 156, 224, 292);
    Tensor inner = x.detach().requiresGrad_();
    UnaryOperator<Tensor> slope =
        row -> Autograd.vjp(y -> y.pow(3).sum(), row, CREATE_GRAPH).product();
    Autograd.vmap(slope).apply(inner).sum().backward();
    close(inner.detach().mul(6), inner.grad());
  }

  @Test
  void vmapOfTwoTensors() {
    Tensor a = Tensor.arange(6).to(DType.FLOAT64).view(2, 3);
    Tensor b = a.add(1);
    close(a.mul(b).sum(1), Autograd.vmap(Tensor::dot, 0, 0, 0).apply(a, b));
    values(
        Autograd.vmap((x, w) -> x.mul(w), 1, Autograd.UNMAPPED, 1).apply(a, vector(1, 10)),
        0,
        1,
        2,
        30,
        40,
        50);
    fails(
        IllegalArgumentException.class,
        "sizes 2 and 3",
        () -> asked(Autograd.vmap(Tensor::dot, 0, 0, 0).apply(a, b.t())));
  }

  /** A class with a method in two forms, one of them for any number of tensors, as a module has. */
  private static final class Scaled {
    private final double factor;

    Scaled(double factor) {
      this.factor = factor;
    }

    Tensor total(Tensor x) {
      return x.mul(factor).sum();
    }

    Tensor total(Tensor... all) {
      return total(Tensor.stack(List.of(all)));
    }

    Tensor cubes(Tensor x) {
      return x.pow(3).mul(factor).sum();
    }
  }

  /** Without casts, whether their methods have one form or several. */
  @Test
  void methodReferencesSayWhatTheyAre() {
    Tensor x = Tensor.arange(6).to(DType.FLOAT64).view(2, 3);
    var twice = new Scaled(2);
    close(x.sum(1).mul(2), Autograd.vmap(twice::total).apply(x));
    close(x.sum(0).mul(2), Autograd.vmap(twice::total, 1, 0).apply(x));
    close(x.add(x).sum(1).mul(2), Autograd.vmap(twice::total, 0, 0, 0).apply(x, x));
    close(x.sum(1), Autograd.vmap(Tensor::sum).apply(x));
    close(x.square().sum(1), Autograd.vmap(Tensor::dot, 0, 0, 0).apply(x, x));
    close(x.square().mul(6), Autograd.vmap(Autograd.grad(twice::cubes)).apply(x));
    close(x.square().mul(6), Autograd.grad(twice::cubes).apply(x));
    close(x.onesLike().mul(2), Autograd.grad(twice::total).apply(x));
    close(x.onesLike().mul(2), Autograd.grad(twice::total, 1).apply(x, x));
    close(x.square().mul(6), Autograd.vjp(twice::cubes, x).product());
    close(x.onesLike().mul(2), Autograd.jacobian(twice::total, x));
    close(x.mul(0), Autograd.hessian(twice::total, x).sum(2, 3));
    Linear layer = new Linear(3, 4);
    layer.to(DType.FLOAT64);
    close(layer.call(x), Autograd.vmap(layer::call).apply(x));
    assertEquals(
        Shape.of(2, 4, 3), Autograd.vmap(r -> Autograd.jacobian(layer::call, r)).apply(x).shape());
    close(layer.call(x), Autograd.checkpoint(layer::call, x));
  }

  // ---- gradients as functions

  @Test
  void gradIsTheGradientOfAFunctionOfAnyOrder() {
    UnaryOperator<Tensor> cube = Autograd.grad(x -> x.pow(3).sum());
    Tensor x = vector(1, 2, 3);
    values(cube.apply(x), 3, 12, 27);
    assertFalse(cube.apply(x).requiresGrad());
    Tensor two = Tensor.scalar(2.0, DType.FLOAT64);
    UnaryOperator<Tensor> f = t -> t.pow(4);
    values(Autograd.grad(Autograd.grad(f)).apply(two), 48);
    values(Autograd.grad(Autograd.grad(Autograd.grad(f))).apply(two), 48);
    values(Autograd.vmap(Autograd.grad(Autograd.grad(f))).apply(x), 12, 48, 108);
    values(Autograd.grad(t -> Tensor.scalar(1.0)).apply(two), 0);
    values(Autograd.noGrad(() -> cube.apply(x)), 3, 12, 27);
  }

  @Test
  void gradOfEachSample() {
    Tensor w = vector(1, -1, 2).requiresGrad_();
    Tensor x = Tensor.arange(6).to(DType.FLOAT64).view(2, 3);
    BinaryOperator<Tensor> slope = Autograd.grad((p, row) -> p.dot(row).square(), 0);
    Tensor each = Autograd.vmap(slope, Autograd.UNMAPPED, 0, 0).apply(w, x);
    // The products are 3 and 9.
    values(each, 0, 6, 12, 54, 72, 90);
    close(Autograd.grad(x.matmul(w).square().sum(), w), each.sum(0));
    BinaryOperator<Tensor> other = Autograd.grad((p, row) -> p.dot(row).square(), -1);
    // Twice the products of w.
    values(Autograd.vmap(other, Autograd.UNMAPPED, 0, 0).apply(w, x), 6, -6, 12, 18, -18, 36);
    assertTrue(each.requiresGrad());
    assertFalse(Autograd.vmap(slope, Autograd.UNMAPPED, 0, 0).apply(w.detach(), x).requiresGrad());
  }

  @Test
  void gradOfSeveralTensors() {
    Function<List<Tensor>, Tensor> f = in -> in.get(0).mul(in.get(1)).add(in.get(2)).sum();
    List<Tensor> inputs = List.of(vector(1, 2), vector(3, 4), Tensor.of(5, 6));
    List<Tensor> some = Autograd.grad(f, -2, 0).apply(inputs);
    values(some.get(0), 1, 2);
    values(some.get(1), 3, 4);
    assertEquals(3, Autograd.grad(f).apply(List.of(vector(1), vector(2), vector(3))).size());
    Class<IllegalArgumentException> wrong = IllegalArgumentException.class;
    fails(wrong, "only floating", () -> asked(Autograd.grad(f, 2).apply(inputs)));
    fails(wrong, "asked for twice", () -> asked(Autograd.grad(f, 0, -3).apply(inputs)));
    fails(
        IndexOutOfBoundsException.class,
        "no input 3",
        () -> asked(Autograd.grad(f, 3).apply(inputs)));
    fails(wrong, "is a 0-d tensor", () -> asked(Autograd.grad(x -> x.exp()).apply(vector(1))));
  }

  @Test
  void gradIsPartOfWhatIsRecordedAround() {
    Tensor x = vector(1, 2).requiresGrad_();
    Tensor w = vector(3, 5).requiresGrad_();
    UnaryOperator<Tensor> slope = Autograd.grad(t -> t.square().mul(w).sum());
    // 2 x w
    List<Tensor> both = Autograd.grad(slope.apply(x).sum(), List.of(x, w));
    values(both.get(0), 6, 10);
    values(both.get(1), 2, 4);
    values(Autograd.grad(slope.apply(x.detach()).sum(), w), 2, 4);
    assertNull(x.grad());
    assertNull(w.grad());
    assertFalse(Autograd.noGrad(() -> slope.apply(x)).requiresGrad());
    // The graph of what the function captures is still there.
    Tensor scale = w.square();
    Autograd.noGrad(() -> Autograd.grad(t -> t.mul(scale).sum()).apply(x));
    values(Autograd.grad(scale.sum(), w), 6, 10);
  }

  @Test
  void vmapOverNoSlices() {
    Tensor x = Tensor.ones(DType.FLOAT64, 0, 3).requiresGrad_();
    assertEquals(Shape.of(0, 3), Autograd.vmap(Tensor::sin).apply(x).shape());
    assertEquals(Shape.of(3, 0), Autograd.vmap(Tensor::sin, 0, 1).apply(x).shape());
    assertEquals(Shape.of(3, 0), Autograd.vmap(Tensor::sin, 0, -1).apply(x).shape());
    Tensor sums = Autograd.vmap(row -> row.sum()).apply(x);
    assertEquals(Shape.of(0), sums.shape());
    sums.sum().backward();
    assertEquals(x.shape(), x.grad().shape());
    for (DType dtype : new DType[] {DType.BOOL, DType.UINT8, DType.FLOAT16}) {
      Tensor none = Autograd.vmap(row -> row, 1, 0).apply(Tensor.ones(dtype, 4, 0));
      assertEquals(dtype, none.dtype());
      assertEquals(Shape.of(0, 4), none.shape());
    }
  }

  @Test
  void whatCannotBeMappedIsRefused() {
    Tensor x = Tensor.ones(2, 3);
    UnaryOperator<Tensor> same = row -> row;
    fails(
        IndexOutOfBoundsException.class,
        "dim 2",
        () -> assertNotNull(Autograd.vmap(same, 2, 0).apply(x)));
    fails(
        IndexOutOfBoundsException.class,
        "dim 2",
        () -> assertNotNull(Autograd.vmap(same, 0, 2).apply(x)));
    fails(
        IndexOutOfBoundsException.class,
        "dim 0",
        () -> assertNotNull(Autograd.vmap(same).apply(Tensor.scalar(1.0))));
    fails(
        IllegalArgumentException.class,
        "no input to map over",
        () -> assertNotNull(Autograd.vmap(same, Autograd.UNMAPPED, 0).apply(x)));
    Function<List<Tensor>, List<Tensor>> pair = in -> in;
    fails(
        IllegalArgumentException.class,
        "sizes 2 and 3",
        () ->
            assertNotNull(
                Autograd.vmap(pair, new int[] {0, 1}, new int[] {0}).apply(List.of(x, x))));
    fails(
        IllegalArgumentException.class,
        "2 inDims for 1 inputs",
        () ->
            assertNotNull(Autograd.vmap(pair, new int[] {0, 1}, new int[] {0}).apply(List.of(x))));
    Tensor lengths = Tensor.of(1L, 2L);
    fails(
        IllegalArgumentException.class,
        "slice 1",
        () -> assertNotNull(Autograd.vmap(n -> Tensor.ones(n.itemLong())).apply(lengths)));
  }
}
