package dev.chagres.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.tensor.Fused;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Every pointwise function of the op database can be fused, with its gradient. */
class FusedRowsTest {
  private static Tensor values(double... around) {
    Random random = new Random(5);
    double[] all = new double[60];
    for (int i = 0; i < all.length; i++) {
      all[i] = around[i % around.length] + 0.01 * random.nextDouble();
    }
    return Tensor.of(all, DType.FLOAT64).reshape(5, 12);
  }

  private static void assertSame(String name, Tensor expected, Tensor y) {
    assertEquals(expected.dtype(), y.dtype(), name);
    assertEquals(expected.tolist(), y.tolist(), name);
  }

  @Test
  void operationsOfOneOperand() {
    for (OpDb.Unary row : UnaryRows.ROWS) {
      UnaryOperator<Tensor> call = row.call()::of;
      UnaryOperator<Tensor> fused = Fused.of(call);
      boolean isSmooth = row.smooth().length > 0;
      Tensor x = isSmooth ? values(row.smooth()) : Tensor.arange(-6, 6);
      assertSame(row.toString(), call.apply(x), fused.apply(x));
      if (isSmooth) {
        assertSame(row.toString(), gradient(call, x), gradient(fused, x));
      }
    }
  }

  private static Tensor gradient(UnaryOperator<Tensor> call, Tensor at) {
    Tensor x = at.detach().requiresGrad_();
    call.apply(x).sum().backward();
    return x.grad();
  }

  @Test
  void operationsOfTwoOperands() {
    int floating = 0;
    for (OpDb.Binary row : BinaryRows.ROWS) {
      BinaryOperator<Tensor> call = row.call()::of;
      boolean isFloating = row.op().domain().holds(DType.FLOAT64);
      Tensor a = isFloating ? values(0.4, 1.3, 2.2, 5.1) : Tensor.arange(1, 61).reshape(5, 12);
      Tensor b = isFloating ? values(0.7, 1.6) : Tensor.arange(0, 12).remainder(5).add(1);
      assertSame(row.toString(), call.apply(a, b), Fused.of(call).apply(a, b));
      floating += isFloating ? 1 : 0;
    }
    assertTrue(floating > 20 && floating < BinaryRows.ROWS.size());
  }

  @Test
  void functionsThatAreComposed() {
    for (OpDb.Row row : PointwiseRows.ROWS) {
      Random random = new Random(6);
      List<Tensor> inputs = new ArrayList<>();
      for (long[] shape : row.shapes()) {
        double[] all = random.doubles(Tensor.ones(shape).numel(), row.low(), row.high()).toArray();
        inputs.add(Tensor.of(all, DType.FLOAT64).reshape(shape));
      }
      Tensor y = Fused.ofLists(in -> List.of(row.call().of(in))).apply(inputs).getFirst();
      assertSame(row.name(), row.call().of(inputs), y);
    }
  }
}
