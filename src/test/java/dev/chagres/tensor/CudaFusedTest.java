package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Cuda;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.testing.OnCuda;
import java.util.List;
import java.util.function.BinaryOperator;
import org.junit.jupiter.api.Test;

/** Fused functions on a GPU, where each is a kernel that is written for it. */
@OnCuda
class CudaFusedTest {
  private static final Device GPU = Device.cuda(0);

  /** Few, as each is compiled. */
  @Test
  void aFusedProgramHasTheSameElements() {
    int computed = 0;
    for (int seed = 0; seed < 40 && computed < 16; seed++) {
      FusedPrograms.Sample sample = FusedPrograms.sample(seed);
      List<Tensor> there = sample.operands().stream().map(x -> x.to(GPU)).toList();
      boolean done = FusedPrograms.check(new FusedPrograms.Sample(sample.program(), there), seed);
      computed += done ? 1 : 0;
    }
    assertEquals(16, computed);
  }

  @Test
  void gradientsAreComputedThereToo() {
    BinaryOperator<Tensor> function = (x, w) -> x.mul(w.exp()).sigmoid().mul(x);
    Tensor x = Tensor.randn(DType.FLOAT64, 5, 40).to(GPU).requiresGrad_();
    Tensor w = Tensor.randn(DType.FLOAT64, 40).to(GPU).requiresGrad_();
    Fused.of(function).apply(x, w).sum().backward();
    List<Tensor> expected = Autograd.grad(function.apply(x, w).sum(), List.of(x, w));
    assertTrue(expected.get(0).cpu().allclose(x.grad().cpu()));
    assertTrue(expected.get(1).cpu().allclose(w.grad().cpu()));
  }

  @Test
  void numbersOfTheCpuJoinAndLayoutsDiffer() {
    Fused.Ternary function = (a, b, c) -> Tensor.where(a.gt(b), a.mul(c), b.sub(0.5).pow(2));
    Tensor a = Tensor.randn(33, 17);
    Tensor b = Tensor.randn(17, 33).t();
    Tensor c = Tensor.scalar(1.5f);
    Tensor y = Fused.of(function).apply(a.to(GPU), b.to(GPU), c);
    assertEquals(GPU, y.device());
    assertTrue(y.cpu().equal(function.apply(a, b, c)));
  }

  @Test
  void anIntegerDividedByZeroIsReported() {
    BinaryOperator<Tensor> fused = Fused.of((Tensor a, Tensor b) -> a.floorDivide(b).add(1));
    Tensor a = Tensor.arange(0, 10).to(GPU);
    var _ = fused.apply(a, a);
    var error = assertThrows(ArithmeticException.class, Cuda::synchronize);
    assertEquals("floorDivide: integer division by zero, int64 of shape (10,)", error.getMessage());
  }
}
