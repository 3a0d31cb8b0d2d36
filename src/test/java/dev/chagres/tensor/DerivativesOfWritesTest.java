package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.testing.OnEveryDevice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Derivatives of functions that write in place, to whole tensors and through their views. */
@OnEveryDevice
class DerivativesOfWritesTest {
  private static final double STEP = 1e-5;

  private static Map<String, UnaryOperator<Tensor>> functions() {
    Map<String, UnaryOperator<Tensor>> functions = new LinkedHashMap<>();
    functions.put("whole", x -> x.mul(2).exp_().mul_(x).add_(x, 3));
    functions.put(
        "rows",
        x -> {
          Tensor y = x.clone();
          y.select(0, 0).mul_(x.select(0, 1));
          y.select(0, 1).sin_();
          return y.mul(y);
        });
    functions.put(
        "views of views",
        x -> {
          Tensor y = x.square();
          y.t().narrow(0, 1, 2).select(1, 0).copy_(x.select(0, 1).narrow(0, 0, 2).exp());
          y.diagonal().mul_(y.sum());
          return y.t();
        });
    functions.put(
        "a view that is read after the write",
        x -> {
          Tensor y = x.mul(3);
          Tensor column = y.select(1, 1);
          y.tanh_();
          return column.mul(x.select(1, 0));
        });
    functions.put(
        "positions",
        x -> {
          Tensor y = x.mul(x);
          y.indexAdd_(1, Tensor.of(0L, 0L, 2L), x.exp());
          return y.maskedFill_(x.gt(1), 0.5).mul(x);
        });
    functions.put("what is left of nothing", x -> x.mul(x).zero_().add_(x));
    return functions;
  }

  private static Tensor point() {
    return Tensor.of(0.3, -0.7, 1.2, 0.9, 0.1, -1.1).to(DType.FLOAT64).view(2, 3);
  }

  private static Tensor direction() {
    return Tensor.of(1, -2, 0.5, 0.25, 3, -1).to(DType.FLOAT64).view(2, 3);
  }

  private static void close(Tensor expected, Tensor found, double slack) {
    assertTrue(
        found.shape().equals(expected.shape()) && found.allclose(expected, slack, slack),
        () -> found + " instead of " + expected);
  }

  private static Tensor change(UnaryOperator<Tensor> function) {
    Tensor after = function.apply(point().add(direction(), STEP));
    return after.sub(function.apply(point().sub(direction(), STEP))).div(2 * STEP);
  }

  @TestFactory
  Stream<DynamicTest> productsWithJacobiansAreThoseOfDifferences() {
    return functions().entrySet().stream()
        .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> compare(entry.getValue())));
  }

  private static void compare(UnaryOperator<Tensor> function) {
    Tensor change = change(function);
    Product<Tensor, Tensor> pushed = Autograd.jvp(function, point(), direction());
    close(function.apply(point()), pushed.value(), 0);
    close(change, pushed.product(), 1e-7);
    Tensor rows = Autograd.jacobian(function, point());
    Tensor columns = Autograd.jacobian(function, point(), DerivativeOption.FORWARD);
    close(rows, columns, 1e-12);
    Tensor flat = rows.reshape(change.numel(), 6);
    close(change.flatten(), flat.mv(direction().flatten()), 1e-7);
    Tensor v = function.apply(point()).cos();
    Tensor pulled = Autograd.vjp(function, point(), v).product();
    close(flat.t().mv(v.flatten()).view(2, 3), pulled, 1e-12);
  }

  @TestFactory
  Stream<DynamicTest> productsWithHessiansAreThoseOfDifferences() {
    return functions().entrySet().stream()
        .map(entry -> DynamicTest.dynamicTest(entry.getKey(), () -> curve(entry.getValue())));
  }

  private static void curve(UnaryOperator<Tensor> function) {
    UnaryOperator<Tensor> total = x -> function.apply(x).sin().sum();
    Tensor change = change(Autograd.grad(total));
    close(change, Autograd.hvp(total, point(), direction()).product(), 1e-6);
    close(change, Autograd.vhp(total, point(), direction()).product(), 1e-6);
    Tensor hessian = Autograd.hessian(total, point()).view(6, 6);
    close(change.flatten(), hessian.mv(direction().flatten()), 1e-6);
  }

  @Test
  void vmapOfAFunctionThatWritesIsTheLoop() {
    UnaryOperator<Tensor> function = functions().get("rows");
    Tensor points = Tensor.stack(List.of(point(), direction()));
    Tensor mapped = Autograd.vmap(function).apply(points);
    close(function.apply(point()), mapped.select(0, 0), 0);
    close(function.apply(direction()), mapped.select(0, 1), 0);
  }

  @Test
  void theInputItselfIsNotWrittenTo() {
    Tensor x = Tensor.zeros(DType.FLOAT64, 2);
    UnaryOperator<Tensor> function = y -> y.add_(1);
    assertThrows(
        IllegalStateException.class, () -> Autograd.jvp(function, x, x.onesLike()).product());
    assertTrue(x.eq(Tensor.zeros(DType.FLOAT64, Shape.of(2))).all().isTrue());
  }
}
