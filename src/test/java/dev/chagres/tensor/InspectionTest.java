package dev.chagres.tensor;

import static dev.chagres.core.DType.BFLOAT16;
import static dev.chagres.core.DType.BOOL;
import static dev.chagres.core.DType.FLOAT16;
import static dev.chagres.core.DType.FLOAT32;
import static dev.chagres.core.DType.FLOAT64;
import static dev.chagres.core.DType.INT16;
import static dev.chagres.core.DType.INT32;
import static dev.chagres.core.DType.INT64;
import static dev.chagres.core.DType.INT8;
import static dev.chagres.core.DType.UINT8;
import static dev.chagres.tensor.Keep.KEEPDIM;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What a tensor says of itself, its other dtypes, and calls as users write them. */
@OnEveryDevice
class InspectionTest {
  @OnCpu("it says where the CPU is")
  @Test
  void whereElementsLie() {
    Tensor x = Tensor.zeros(FLOAT64, 3, 4);
    Tensor part = x.t().narrow(0, 1, 2);
    assertArrayEquals(new long[] {1, 4}, part.stride());
    assertEquals(4, part.stride(-1));
    assertEquals(1, part.storageOffset());
    assertEquals(8, part.elementSize());
    assertEquals(48, part.nbytes());
    assertEquals(-1, part.getDevice());
    assertTrue(x.isSameSize(Tensor.zeros(3, 4)));
    assertFalse(x.isSameSize(part));
    assertTrue(x.isSetTo(x.view(3, 4)));
    assertFalse(x.isSetTo(x.clone()));
    assertFalse(x.isSetTo(x.view(4, 3)));
    assertFalse(x.isSetTo(x.view(INT64)));
    assertThrows(IndexOutOfBoundsException.class, () -> x.stride(2));
  }

  @Test
  void whatElementsAre() {
    for (DType dtype : DType.values()) {
      Tensor x = Tensor.zeros(dtype, 1);
      assertEquals(dtype.isFloating(), x.isFloatingPoint());
      assertEquals(dtype != UINT8 && dtype != BOOL, x.isSigned());
    }
  }

  @Test
  void everyTypeHasACast() {
    Tensor x = Tensor.of(0, 1.5, 200);
    assertEquals(BOOL, x.bool().dtype());
    assertEquals(UINT8, x.toByte().dtype());
    assertEquals(INT8, x.toChar().dtype());
    assertEquals(INT16, x.toShort().dtype());
    assertEquals(INT32, x.toInt().dtype());
    assertEquals(INT64, x.toLong().dtype());
    assertEquals(FLOAT16, x.half().dtype());
    assertEquals(BFLOAT16, x.bfloat16().dtype());
    assertEquals(FLOAT32, x.toFloat().dtype());
    assertEquals(FLOAT64, x.toDouble().dtype());
    assertEquals(INT16, x.typeAs(Tensor.zeros(INT16, 2)).dtype());
    assertEquals(INT16, x.to(Tensor.zeros(INT16, 2)).dtype());
    assertSame(x, x.to(Tensor.zeros(2)));
  }

  @Test
  void listsAreAsDeepAsTheTensor() {
    assertEquals(
        List.of(List.of(1L, 2L, 3L), List.of(4L, 5L, 6L)),
        Tensor.arange(1, 7)
            .view(3, 2)
            .t()
            .contiguous()
            .view(2, 3)
            .flatten()
            .sort()
            .values()
            .view(2, 3)
            .tolist());
    assertEquals(
        List.of(List.of(0L, 2L), List.of(1L, 3L)), Tensor.arange(4).view(2, 2).t().tolist());
    assertEquals(List.of(true, false), Tensor.of(true, false).tolist());
    assertEquals(0.5, Tensor.scalar(0.5).tolist());
    assertEquals(List.of(List.of(), List.of()), Tensor.zeros(2, 0).tolist());
    assertEquals(List.of(), Tensor.zeros(0, 2).tolist());
    refused("tolist: a list holds up to", () -> Tensor.zeros(1L << 40, 0).tolist());
  }

  /** What torch.promote_types, torch.result_type and torch.can_cast say. */
  @Test
  void whatTypeFollows() {
    assertEquals(FLOAT16, Tensor.promoteTypes(INT64, FLOAT16));
    assertEquals(INT16, Tensor.promoteTypes(UINT8, INT8));
    Tensor narrow = Tensor.zeros(FLOAT16, 2);
    assertEquals(FLOAT16, Tensor.resultType(narrow, Tensor.scalar(1.0, FLOAT64)));
    assertEquals(FLOAT64, Tensor.resultType(narrow, Tensor.zeros(FLOAT64, 1)));
    assertEquals(FLOAT16, Tensor.resultType(narrow, 1.5));
    assertEquals(FLOAT32, Tensor.resultType(1.5, Tensor.zeros(INT32, 2)));
    assertEquals(INT32, Tensor.resultType(1, Tensor.zeros(INT32, 2)));
    assertTrue(Tensor.canCast(FLOAT64, FLOAT16));
    assertTrue(Tensor.canCast(INT64, UINT8));
    assertTrue(Tensor.canCast(BOOL, INT8));
    assertFalse(Tensor.canCast(FLOAT16, INT64));
    assertFalse(Tensor.canCast(UINT8, BOOL));
  }

  @Test
  void theDiagonalIsFilled() {
    Tensor tall = Tensor.zeros(4, 2);
    assertSame(tall, tall.fillDiagonal_(5));
    assertArrayEquals(new float[] {5, 0, 0, 5, 0, 0, 0, 0}, tall.toFloatArray());
    Tensor cube = Tensor.zeros(3, 3, 3).fillDiagonal_(1);
    assertEquals(3, cube.sum().item());
    assertEquals(3, cube.get(0, 0, 0).add(cube.get(1, 1, 1)).add(cube.get(2, 2, 2)).item());
    Tensor x = Tensor.ones(2, 2).requiresGrad_();
    x.mul(2).fillDiagonal_(7).sum().backward();
    assertArrayEquals(new float[] {0, 2, 2, 0}, Objects.requireNonNull(x.grad()).toFloatArray());
    refused("fillDiagonal_: needs two dimensions", () -> Tensor.zeros(3).fillDiagonal_(1));
    refused("fillDiagonal_: more than two", () -> Tensor.zeros(2, 2, 3).fillDiagonal_(1));
  }

  private static void refused(String start, org.junit.jupiter.api.function.Executable call) {
    String text =
        Objects.requireNonNull(assertThrows(IllegalArgumentException.class, call).getMessage());
    assertTrue(text.startsWith(start), text);
  }

  @Test
  void aGradientIsRetainedOnRequest() {
    Tensor x = Tensor.ones(2).requiresGrad_();
    Tensor y = x.mul(2);
    assertFalse(y.retainsGrad());
    y.retainGrad();
    assertTrue(y.retainsGrad());
    assertFalse(x.retainGrad().retainsGrad());
  }

  /** Defaults are PyTorch's. */
  @Test
  void callsWithoutTheirDefaults() {
    Tensor x = Tensor.arange(12).view(4, 3);
    assertEquals(List.of(2, 2), x.split(2).stream().map(part -> (int) part.size(0)).toList());
    assertEquals(
        List.of(1, 3),
        x.split(new long[] {1, 3}).stream().map(part -> (int) part.size(0)).toList());
    assertEquals(2, x.splitWithSizes(new long[] {1, 3}).size());
    assertEquals(3, x.tensorSplit(3).size());
    assertEquals(3, x.tensorSplit(new long[] {1, 2}).size());
    assertEquals(3, x.tensorSplit(Tensor.scalar(3)).size());
    assertEquals(Shape.of(2, 3), x.chunk(2).getLast().shape());
    assertEquals(Shape.of(3), x.unbind().getLast().shape());
    assertArrayEquals(new long[] {0, 4, 8}, x.diagonal().toLongArray());
    assertEquals(3, Tensor.trilIndices(2, 2).size(1));
    assertEquals(3, Tensor.triuIndices(2, 2).size(1));
    assertEquals(FLOAT64, Tensor.eye(FLOAT64, 2).dtype());
    assertArrayEquals(new float[] {0, 1, 2}, Tensor.arange(FLOAT32, 3).toFloatArray());
    assertArrayEquals(new float[] {1, 2}, Tensor.arange(FLOAT32, 1, 3).toFloatArray());
    assertArrayEquals(new double[] {1, 10}, Tensor.logspace(FLOAT64, 0, 1, 2).toDoubleArray());
    Tensor flat = Tensor.arange(4);
    assertArrayEquals(
        new long[] {0, 2},
        Tensor.arange(4).asStrided_(new long[] {2}, new long[] {2}).toLongArray());
    assertArrayEquals(
        new long[] {7, 1, 8, 3},
        flat.asStridedScatter(Tensor.of(7, 8), new long[] {2}, new long[] {2}).toLongArray());
  }

  /** Dimensions are dimensions, whatever stands before them. */
  @Test
  void callsAsUsersWriteThem() {
    Tensor x = Tensor.of(new double[][] {{1, 2, 4}, {3, 5, 9}}, FLOAT64);
    assertEquals(Shape.of(2, 1), x.var(KEEPDIM, 1).shape());
    assertEquals(Shape.of(2), x.std(Correction.NONE, 1).shape());
    assertEquals(Shape.of(1, 3), x.stdMean(KEEPDIM, 0).mean().shape());
    assertEquals(x.var(Correction.of(1), 1).get(0).item(), x.var(1).get(0).item());
    assertEquals(14.0 / 9, x.var(Correction.NONE, 1).get(0).item(), 1e-15);
    assertEquals(24, x.norm(1).item());
    assertEquals(Shape.of(3), x.norm(1, 0).shape());
    assertEquals(1.2, x.add(0.2).round(1).get(0, 0).item());
    assertEquals(7, x.sum(1).get(0).item());
    assertEquals(9, x.roll(1).get(0, 0).item());
    assertEquals(3, x.flip(0).get(0, 0).item());
    assertEquals(Shape.of(4, 9), x.repeat(2, 3).shape());
    assertEquals(3.5, x.quantile(0.5).item());
    assertEquals(2, x.quantile(KEEPDIM, 0.5, 1, Interpolation.LOWER).get(0, 0).item());
    assertEquals(2, x.nanquantile(KEEPDIM, 0.5, 1, Interpolation.LOWER).get(0, 0).item());
    assertEquals(1, x.clamp(0, 1).get(1, 2).item());
    assertArrayEquals(
        new long[] {0, 0, 1, 0, 1, 1}, Tensor.where(x.gt(3), 1, 0).flatten().toLongArray());
    Tensor y = Tensor.of(1.0, Double.NaN);
    assertEquals(FLOAT64, y.nansum(FLOAT64, 0).dtype());
    assertEquals(1, y.nanmean(FLOAT64, 0).item());
  }
}
