package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.backend.TernaryOp;
import dev.chagres.core.DType;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The kernels of three operands against the operations of two that they stand for, to the bit. */
@OnEveryDevice
class TernaryOpsTest {
  /** Several pieces for the worker team, the last of them short. */
  private static final long MANY = 300_001;

  private static Tensor fused(TernaryOp op, List<Tensor> in) {
    Tensor a = in.get(0);
    return switch (op) {
      case LERP -> a.lerp(in.get(1), in.get(2));
      case ADDCMUL -> a.addcmul(in.get(1), in.get(2), 0.7);
      case ADDCDIV -> a.addcdiv(in.get(1), in.get(2), 0.7);
      case CLAMP -> a.clamp(in.get(1), in.get(2));
      case SQUARED_DIFFERENCE_BACKWARD -> Elementwise.ternary("slope", op, 0.7, in);
    };
  }

  private static Tensor composed(TernaryOp op, List<Tensor> in) {
    Tensor a = in.get(0);
    Tensor b = in.get(1);
    Tensor c = in.get(2);
    return switch (op) {
      case LERP -> {
        Tensor span = b.sub(a);
        yield Tensor.where(c.abs().lt(0.5), a.add(span.mul(c)), b.sub(span.mul(c.rsub(1))));
      }
      case ADDCMUL -> a.add(b.mul(0.7).mul(c));
      case ADDCDIV -> a.add(b.mul(0.7).div(c));
      case CLAMP -> a.maximum(b).minimum(c);
      case SQUARED_DIFFERENCE_BACKWARD -> a.sub(b).mul(0.7).mul(c);
    };
  }

  private static List<Tensor> operands(DType dtype, long... shape) {
    return List.of(
        Tensor.randn(shape).to(dtype),
        Tensor.randn(shape).to(dtype),
        Tensor.randn(shape).to(dtype));
  }

  private static void same(TernaryOp op, List<Tensor> in) {
    assertTrue(fused(op, in).equal(composed(op, in)), op.name());
  }

  @ParameterizedTest
  @EnumSource(TernaryOp.class)
  void theFusedKernelHasTheBitsOfItsParts(TernaryOp op) {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      same(op, operands(dtype, MANY));
      same(op, operands(dtype, 7, 9).stream().map(x -> x.transpose(0, 1)).toList());
      List<Tensor> mixed = operands(dtype, 33, 40);
      Tensor turned = Tensor.randn(40, 33).to(dtype).transpose(0, 1);
      Tensor row = Tensor.randn(40).to(dtype);
      Tensor column = Tensor.randn(33, 1).to(dtype);
      Tensor number = Tensor.randn().to(dtype);
      same(op, List.of(turned, mixed.get(1), row));
      same(op, List.of(mixed.get(0), column, number));
      same(op, List.of(number, row, column));
      same(op, List.of(mixed.get(0), number, number));
    }
  }

  @ParameterizedTest
  @EnumSource(TernaryOp.class)
  void halvesAreComputedInFloat32AndRoundedOnce(TernaryOp op) {
    for (DType dtype : List.of(DType.FLOAT16, DType.BFLOAT16)) {
      List<Tensor> in = operands(dtype, 1000);
      List<Tensor> wide = in.stream().map(x -> x.to(DType.FLOAT32)).toList();
      assertTrue(fused(op, in).equal(composed(op, wide).to(dtype)), op + " of " + dtype);
    }
  }

  @Test
  void integersKeepAllTheirDigits() {
    Tensor x = Tensor.of(new long[] {(1L << 60) + 1, -5});
    Tensor y = x.addcmul(Tensor.of(new long[] {3, 2}), Tensor.of(new long[] {5, 7}), 1L << 40);
    assertArrayEquals(new long[] {(1L << 60) + 1 + (15L << 40), -5 + (14L << 40)}, y.toLongArray());
  }

  @Test
  void boundsByNumbersAreOneResultInPlaceToo() {
    Tensor x = Tensor.randn(MANY);
    Tensor expected = x.maximum(-0.5).minimum(0.5);
    assertTrue(x.clamp(-0.5, 0.5).equal(expected));
    x.clamp_(-0.5, 0.5);
    assertTrue(x.equal(expected));
    assertEquals(0.5, Tensor.scalar(0.2).clamp(2, 0.5).item());
    assertTrue(Double.isNaN(Tensor.scalar(0.2).clamp(0, Double.NaN).item()));
  }
}
