package dev.chagres.tensor;

import static dev.chagres.autograd.Backward.Option.CREATE_GRAPH;
import static dev.chagres.tensor.Accumulate.ACCUMULATE;
import static dev.chagres.tensor.IncludeSelf.EXCLUDE_SELF;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.testing.Cells;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Writing at positions: types, memory that is shared, and what is refused. */
@OnEveryDevice(blocking = true)
class ScatterTest {
  private static Tensor doubles(double... values) {
    return Cells.tensor(DType.FLOAT64, new long[] {values.length}, values);
  }

  private static double[] gradient(Tensor x) {
    Tensor gradient = x.grad();
    assertNotNull(gradient);
    return gradient.toDoubleArray();
  }

  // ---- types

  @Test
  void whatIsNotIncludedDoesNotLimitAnExtremum() {
    Tensor index = Tensor.of(0L, 0L);
    for (DType dtype : DType.values()) {
      double least = dtype == DType.BOOL || dtype == DType.UINT8 ? 0 : -100;
      double greatest = dtype == DType.BOOL ? 1 : 100;
      Tensor low = Cells.tensor(dtype, new long[] {2}, least, least);
      Tensor high = Cells.tensor(dtype, new long[] {2}, greatest, greatest);
      Tensor most = high.scatterReduce(0, index, low, Reduce.AMAX, EXCLUDE_SELF);
      Tensor fewest = low.scatterReduce(0, index, high, Reduce.AMIN, EXCLUDE_SELF);
      assertArrayEquals(new double[] {least, greatest}, Cells.doubles(most), dtype::toString);
      assertArrayEquals(new double[] {greatest, least}, Cells.doubles(fewest), dtype::toString);
    }
  }

  @Test
  void meansOfIntegersAreRoundedDown() {
    Tensor x = Tensor.of(1L, -2L, 3L);
    Tensor source = Tensor.of(2L, -3L, -5L);
    Tensor index = Tensor.of(1L, 1L, 2L);
    assertArrayEquals(
        new long[] {1, -1, -1}, x.indexReduce(0, index, source, Reduce.MEAN).toLongArray());
    assertArrayEquals(
        new long[] {1, -1, -5},
        x.scatterReduce(0, index, source, Reduce.MEAN, EXCLUDE_SELF).toLongArray());
  }

  /** In steps of half precision the sum would stop at 512, of which 0.25 is half a step. */
  @Test
  void halvesAreRoundedOnce() {
    Tensor x = Tensor.zeros(DType.FLOAT16, 1);
    Tensor source = Tensor.full(Shape.of(4096), 0.25, DType.FLOAT16);
    Tensor index = Tensor.zeros(DType.INT64, 4096);
    assertEquals(0.25, x.scatterReduce(0, index, source, Reduce.MEAN, EXCLUDE_SELF).item(), 0);
    for (Tensor y :
        List.of(
            x.scatterReduce(0, index, source, Reduce.SUM),
            x.scatterAdd(0, index, source),
            x.indexAdd(0, index, source),
            x.putFlat(index, source, ACCUMULATE),
            x.clone().indexPut_(source, ACCUMULATE, Index.of(index)))) {
      assertEquals(1024, y.item(), 0);
    }
    Tensor products = x.add(1).scatterReduce(0, index, source.mul(4), Reduce.PROD);
    assertEquals(1, products.item(), 0);
    Tensor grown = x.add(1).indexReduce(0, index, source.mul(4).add(0.001), Reduce.PROD);
    assertEquals(Math.pow(1.0009765625, 4096), grown.item(), 0.02);
  }

  @Test
  void boolsAreJoined() {
    Tensor x = Tensor.of(true, false, true, true);
    Tensor source = Tensor.of(false, true, false, true);
    Tensor index = Tensor.of(0L, 1L, 2L, 3L);
    boolean[] either = {true, true, true, true};
    boolean[] both = {false, false, false, true};
    for (Reduce reduce : List.of(Reduce.SUM, Reduce.AMAX)) {
      assertArrayEquals(either, x.scatterReduce(0, index, source, reduce).toBooleanArray());
      assertArrayEquals(either, x.indexReduce(0, index, source, reduce).toBooleanArray());
    }
    for (Reduce reduce : List.of(Reduce.PROD, Reduce.AMIN)) {
      assertArrayEquals(both, x.scatterReduce(0, index, source, reduce).toBooleanArray());
      assertArrayEquals(both, x.indexReduce(0, index, source, reduce).toBooleanArray());
    }
    assertThrows(
        IllegalArgumentException.class, () -> x.scatterReduce(0, index, source, Reduce.MEAN));
    assertArrayEquals(either, x.indexAdd(0, index, source, 2).toBooleanArray());
    assertArrayEquals(x.toBooleanArray(), x.indexAdd(0, index, source, 0).toBooleanArray());
    assertArrayEquals(either, x.indexPut(source, ACCUMULATE, Index.of(index)).toBooleanArray());
  }

  @Test
  void takesIndicesOfInt32() {
    Tensor x = doubles(1, 2, 3);
    Tensor index = Tensor.of(2L, 0L).to(DType.INT32);
    Tensor wide = index.to(DType.INT64);
    Tensor source = doubles(10, 20);
    List<UnaryOperator<Tensor>> calls =
        List.of(
            i -> x.take(i),
            i -> x.putFlat(i, source),
            i -> x.takeAlongDim(i, 0),
            i -> x.indexFill(0, i, 7),
            i -> x.indexReduce(0, i, source, Reduce.PROD),
            i -> x.scatterReduce(0, i, source, Reduce.MEAN),
            i -> x.scatter(0, i, 5),
            i -> x.indexPut(source, ACCUMULATE, Index.of(i)));
    for (UnaryOperator<Tensor> call : calls) {
      assertArrayEquals(call.apply(wide).toDoubleArray(), call.apply(index).toDoubleArray());
      Tensor short16 = index.to(DType.INT16);
      assertThrows(IllegalArgumentException.class, () -> call.apply(short16));
    }
  }

  @Test
  void integersAreScaledByIntegers() {
    Tensor x = Tensor.of(1L, 2L);
    assertArrayEquals(
        new long[] {3, 2}, x.indexAdd(0, Tensor.of(0L), Tensor.of(2L), 1.5).toLongArray());
    assertArrayEquals(
        new long[] {-3, 2}, x.indexAdd_(0, Tensor.of(0L), Tensor.of(2L), -2).toLongArray());
  }

  // ---- in place

  private static final Tensor ROWS = Tensor.of(2L, 0L, 2L);
  private static final Tensor PLACES = Tensor.of(new long[][] {{2, 0, 1, 3}, {0, 0, 3, 3}});
  private static final Tensor MASK = Tensor.of(new boolean[][] {{true}, {false}, {true}, {false}});

  /** Each form in place, beside the one that makes a copy; of a (4, 4) tensor. */
  private static Map<String, List<UnaryOperator<Tensor>>> forms() {
    Tensor slices = Tensor.arange(12).reshape(3, 4).to(DType.FLOAT64).add(0.5);
    Tensor elements = slices.narrow(0, 0, 2);
    Tensor value = Tensor.scalar(3, DType.FLOAT64);
    Map<String, List<UnaryOperator<Tensor>>> forms = new LinkedHashMap<>();
    forms.put(
        "indexAdd", List.of(x -> x.indexAdd(0, ROWS, slices), x -> x.indexAdd_(0, ROWS, slices)));
    forms.put(
        "indexAdd with alpha",
        List.of(x -> x.indexAdd(0, ROWS, slices, 2), x -> x.indexAdd_(0, ROWS, slices, 2)));
    forms.put(
        "indexCopy",
        List.of(x -> x.indexCopy(0, ROWS, slices), x -> x.indexCopy_(0, ROWS, slices)));
    forms.put("indexFill", List.of(x -> x.indexFill(1, ROWS, 7), x -> x.indexFill_(1, ROWS, 7)));
    forms.put(
        "indexFill with a tensor",
        List.of(x -> x.indexFill(0, ROWS, value), x -> x.indexFill_(0, ROWS, value)));
    forms.put(
        "scatter",
        List.of(x -> x.scatter(0, PLACES, elements), x -> x.scatter_(0, PLACES, elements)));
    forms.put(
        "scatter a number", List.of(x -> x.scatter(1, PLACES, 5), x -> x.scatter_(1, PLACES, 5)));
    forms.put(
        "scatter a number that multiplies",
        List.of(
            x -> x.scatter(1, PLACES, 5, Reduce.PROD), x -> x.scatter_(1, PLACES, 5, Reduce.PROD)));
    forms.put(
        "scatter that adds",
        List.of(
            x -> x.scatter(1, PLACES, elements, Reduce.SUM),
            x -> x.scatter_(1, PLACES, elements, Reduce.SUM)));
    forms.put(
        "scatterAdd",
        List.of(x -> x.scatterAdd(0, PLACES, elements), x -> x.scatterAdd_(0, PLACES, elements)));
    for (Reduce reduce : Reduce.values()) {
      for (IncludeSelf self : IncludeSelf.values()) {
        forms.put(
            "scatterReduce " + reduce + self,
            List.of(
                x -> x.scatterReduce(0, PLACES, elements, reduce, self),
                x -> x.scatterReduce_(0, PLACES, elements, reduce, self)));
        forms.put(
            "indexReduce " + reduce + self,
            List.of(
                x -> x.indexReduce(1, ROWS, slices.t(), reduce, self),
                x -> x.indexReduce_(1, ROWS, slices.t(), reduce, self)));
      }
    }
    forms.put(
        "putFlat", List.of(x -> x.putFlat(PLACES, elements), x -> x.putFlat_(PLACES, elements)));
    forms.put(
        "putFlat that adds",
        List.of(
            x -> x.putFlat(PLACES, elements, ACCUMULATE),
            x -> x.putFlat_(PLACES, elements, ACCUMULATE)));
    forms.put(
        "maskedFill", List.of(x -> x.maskedFill(MASK, value), x -> x.maskedFill_(MASK, value)));
    forms.put(
        "maskedScatter",
        List.of(x -> x.maskedScatter(MASK, slices), x -> x.maskedScatter_(MASK, slices)));
    forms.put(
        "indexPut",
        List.of(
            x -> x.indexPut(value, Index.of(ROWS), Index.every(-2)),
            x -> x.indexPut_(value, Index.of(ROWS), Index.every(-2))));
    forms.put(
        "indexPut that adds",
        List.of(
            x -> x.indexPut(slices.select(0, 1), ACCUMULATE, Index.of(PLACES), Index.of(PLACES)),
            x -> x.indexPut_(slices.select(0, 1), ACCUMULATE, Index.of(PLACES), Index.of(PLACES))));
    return forms;
  }

  private static Tensor square() {
    return Tensor.arange(16).reshape(4, 4).to(DType.FLOAT64).sub(6);
  }

  @TestFactory
  Stream<DynamicTest> formsInPlaceWriteWhatTheOthersReturn() {
    return forms().entrySet().stream()
        .map(
            form ->
                DynamicTest.dynamicTest(
                    form.getKey(),
                    () -> {
                      UnaryOperator<Tensor> apart = form.getValue().get(0);
                      UnaryOperator<Tensor> inPlace = form.getValue().get(1);
                      compare(apart, inPlace, square());
                      compare(apart, inPlace, square().t());
                      compare(apart, inPlace, Tensor.zeros(DType.FLOAT64, 4, 9).slice(1, 1, 9, 2));
                      compareGradients(apart, inPlace);
                    }));
  }

  private static void compare(
      UnaryOperator<Tensor> apart, UnaryOperator<Tensor> inPlace, Tensor x) {
    double[] before = x.toDoubleArray();
    double[] expected = apart.apply(x).toDoubleArray();
    assertArrayEquals(before, x.toDoubleArray());
    long version = x.storage().version();
    assertSame(x, inPlace.apply(x));
    assertArrayEquals(expected, x.toDoubleArray());
    assertTrue(x.storage().version() > version);
  }

  private static void compareGradients(UnaryOperator<Tensor> apart, UnaryOperator<Tensor> inPlace) {
    Tensor cotangent = square();
    Tensor x = square().requiresGrad_();
    apart.apply(x.mul(2)).backward(cotangent);
    Tensor z = square().requiresGrad_();
    Tensor whole = z.mul(2);
    assertThrows(IllegalStateException.class, () -> inPlace.apply(z));
    assertSame(whole, inPlace.apply(whole));
    whole.backward(cotangent);
    assertArrayEquals(gradient(x), gradient(z));
    Tensor expanded = Tensor.zeros(DType.FLOAT64, 4, 1).expand(4, 4);
    assertThrows(IllegalArgumentException.class, () -> inPlace.apply(expanded));
  }

  @Test
  void writesIntoItsOwnIndexOrSource() {
    Tensor x = Tensor.of(1L, 2L, 0L);
    assertArrayEquals(new long[] {0, 1, 2}, x.clone().scatter_(0, x, x).toLongArray());
    Tensor y = x.clone();
    assertArrayEquals(new long[] {0, 1, 2}, y.scatter_(0, y, y).toLongArray());
    Tensor z = Tensor.of(1L, 2L, 0L);
    assertArrayEquals(new long[] {1, 3, 2}, z.indexAdd_(0, z, z).toLongArray());
    Tensor v = Tensor.of(1L, 2L, 0L, 5L);
    v.narrow(0, 0, 3).putFlat_(Tensor.of(0L, 1L, 2L), v.narrow(0, 1, 3));
    assertArrayEquals(new long[] {2, 0, 5, 5}, v.toLongArray());
    Tensor w = Tensor.of(1L, 2L, 0L, 5L);
    w.narrow(0, 1, 3).maskedScatter_(Tensor.of(true, true, true), w.narrow(0, 0, 3));
    assertArrayEquals(new long[] {1, 1, 2, 0}, w.toLongArray());
    Tensor u = Tensor.of(2L, 2L, 1L);
    u.scatterReduce_(0, u, u, Reduce.MEAN, EXCLUDE_SELF);
    assertArrayEquals(new long[] {2, 1, 2}, u.toLongArray());
  }

  // ---- much at once

  @OnCpu("CUDA's atomics add in any order, as PyTorch's do")
  @Test
  void addsManyValuesInTheirOrder() {
    int n = 600_000;
    Random random = new Random(1);
    float[] values = new float[n];
    long[] rows = new long[n];
    long[] columns = new long[n];
    float[] expected = new float[6];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextFloat() - 0.25f;
      rows[i] = random.nextInt(4) - 2;
      columns[i] = random.nextInt(6) - 3;
      expected[Math.floorMod(rows[i], 2) * 3 + Math.floorMod(columns[i], 3)] += values[i];
    }
    Tensor x = Tensor.zeros(2, 3);
    Tensor source = Tensor.of(values);
    Index[] items = {Index.of(Tensor.of(rows)), Index.of(Tensor.of(columns))};
    assertArrayEquals(expected, x.indexPut(source, ACCUMULATE, items).flatten().toFloatArray());
    Tensor flat = Tensor.of(rows).remainder(2).mul(3).add(Tensor.of(columns).remainder(3));
    assertArrayEquals(expected, x.putFlat(flat, source, ACCUMULATE).flatten().toFloatArray());
    assertArrayEquals(
        expected, x.flatten().scatterReduce(0, flat, source, Reduce.SUM).toFloatArray());
    rows[n - 1] = 2;
    Index bad = Index.of(Tensor.of(rows));
    assertThrows(
        IndexOutOfBoundsException.class, () -> x.indexPut_(source, ACCUMULATE, bad, items[1]));
    assertArrayEquals(new float[6], x.flatten().toFloatArray());
  }

  @Test
  void reducesManySlicesOnSeveralThreads() {
    long outer = 40;
    long inner = 300;
    Tensor source = new Generator(DefaultDevice.get(), 3).randn(DType.FLOAT32, outer, 64, inner);
    Tensor x = new Generator(DefaultDevice.get(), 4).randn(DType.FLOAT32, outer, 3, inner);
    long[] positions = new long[64];
    Arrays.setAll(positions, i -> i % 2 * 2);
    Tensor y = x.indexReduce(1, Tensor.of(positions), source, Reduce.AMAX, EXCLUDE_SELF);
    Tensor even = source.slice(1, 0, 64, 2).amax(1);
    assertArrayEquals(even.flatten().toFloatArray(), y.select(1, 0).flatten().toFloatArray());
    assertArrayEquals(
        x.select(1, 1).flatten().toFloatArray(), y.select(1, 1).flatten().toFloatArray());
  }

  // ---- what is refused

  @OnCpu("a kernel of CUDA leaves out the bad element alone")
  @Test
  void writesNothingWhereAPositionIsOutOfRange() {
    Tensor rows = Tensor.of(0L, 4L, 1L);
    Tensor places = Tensor.of(new long[][] {{0, 1, 2, -5}});
    Tensor slices = Tensor.ones(DType.FLOAT64, 3, 4);
    Tensor line = Tensor.ones(DType.FLOAT64, 1, 4);
    List<UnaryOperator<Tensor>> calls =
        List.of(
            x -> x.indexAdd_(0, rows, slices),
            x -> x.indexCopy_(0, rows, slices),
            x -> x.indexFill_(0, rows, 1),
            x -> x.indexFill(0, rows, 1),
            x -> x.indexReduce_(0, rows, slices, Reduce.PROD, EXCLUDE_SELF),
            x -> x.scatter_(0, places, 1),
            x -> x.scatter_(0, places, line),
            x -> x.scatterReduce_(1, places, line, Reduce.MEAN, EXCLUDE_SELF),
            x -> x.putFlat_(Tensor.of(0L, 16L), slices.get(0).narrow(0, 0, 2)),
            x -> x.take(Tensor.of(0L, -17L)),
            x -> x.takeAlongDim(places, 0),
            x -> x.indexPut_(Tensor.scalar(1, DType.FLOAT64), Index.of(rows)),
            x ->
                x.indexPut_(
                    Tensor.scalar(1, DType.FLOAT64), ACCUMULATE, Index.of(rows), Index.of(rows)));
    for (UnaryOperator<Tensor> call : calls) {
      for (Tensor x : List.of(square(), square().t())) {
        double[] before = x.toDoubleArray();
        var e = assertThrows(IndexOutOfBoundsException.class, () -> call.apply(x));
        assertTrue(e.getMessage().contains("is out of range"), e::getMessage);
        assertArrayEquals(before, x.toDoubleArray());
      }
    }
  }

  private static void assertRefused(String message, Runnable code) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, code::run).getMessage());
  }

  @Test
  void namesWhatDoesNotFit() {
    Tensor x = Tensor.zeros(2, 3);
    Tensor mask = Tensor.ones(DType.BOOL, 2, 3);
    Tensor index = Tensor.of(0L, 1L);
    assertRefused(
        "maskedScatter: the mask is true 6 times, but the source has only 2 elements",
        () -> x.maskedScatter(mask, Tensor.zeros(2)));
    assertRefused(
        "maskedScatter_: a mask of shape (2, 2, 3) does not broadcast to (2, 3)",
        () -> x.maskedScatter_(Tensor.ones(DType.BOOL, 2, 2, 3), Tensor.zeros(12)));
    assertRefused(
        "maskedScatter: a source of int64 for a tensor of float32",
        () -> x.maskedScatter(mask, Tensor.arange(6)));
    assertRefused(
        "maskedFill: the value must be a tensor without dimensions, not of shape (1,)",
        () -> x.maskedFill(mask, Tensor.zeros(1)));
    assertRefused(
        "putFlat: the source has shape (3,), but (2,) is written",
        () -> x.putFlat(index, Tensor.zeros(3)));
    assertRefused(
        "indexPut: values of int64 for a tensor of float32",
        () -> x.indexPut(Tensor.of(1L), Index.of(index)));
    assertRefused(
        "indexReduce: the source has shape (2, 2), but (2, 3) is written",
        () -> x.indexReduce(0, index, Tensor.zeros(2, 2), Reduce.AMAX));
    assertRefused(
        "scatterReduce: the index has shape (2,) and the source only (1,)",
        () -> x.get(0).scatterReduce(0, index, Tensor.zeros(1), Reduce.AMAX));
    assertRefused(
        "takeAlongDim: an index of shape (2,) needs a tensor with as many dimensions, at least one,"
            + " not (2, 3)",
        () -> x.takeAlongDim(index, 0));
    assertRefused(
        "takeAlongDim: shapes (2, 3) and (3, 1) do not broadcast outside dim 1",
        () -> x.takeAlongDim(Tensor.zeros(DType.INT64, 3, 1), 1));
  }

  @Test
  void anEmptyIndexWritesNothing() {
    Tensor none = Tensor.empty(DType.INT64, 0);
    Tensor x = Tensor.ones(2, 3);
    for (Tensor y :
        List.of(
            x.indexFill(0, none, 5),
            x.scatter(0, none, 5),
            x.clone().scatterReduce_(0, none, Tensor.zeros(0), Reduce.AMAX, EXCLUDE_SELF),
            x.putFlat(none, Tensor.zeros(0)),
            x.maskedScatter(Tensor.zeros(DType.BOOL, 2, 3), Tensor.zeros(0)),
            x.indexReduce(1, none, Tensor.zeros(2, 0), Reduce.MEAN))) {
      assertArrayEquals(new float[] {1, 1, 1, 1, 1, 1}, y.flatten().toFloatArray());
    }
    assertEquals(Shape.of(0), Tensor.zeros(0).take(none).shape());
    assertThrows(IndexOutOfBoundsException.class, () -> Tensor.zeros(0).take(Tensor.of(0L)));
  }

  /** An index without elements fits a tensor of any shape, and nothing is written. */
  @Test
  void anEmptyIndexFitsAnyShape() {
    Tensor x = Tensor.of(new long[] {5, 6}).reshape(2, 1);
    Tensor none = Tensor.zeros(DType.INT64, 0, 2);
    for (int dim = 0; dim < 2; dim++) {
      assertArrayEquals(new long[] {5, 6}, x.scatter(dim, none, 7).toLongArray());
      assertArrayEquals(new long[] {5, 6}, x.scatter(dim, none, 7, Reduce.AMAX).toLongArray());
      Tensor source = Tensor.zeros(DType.INT64, 0, 2);
      assertArrayEquals(new long[] {5, 6}, x.scatterAdd(dim, none, source).toLongArray());
      assertArrayEquals(
          new long[] {5, 6},
          x.clone().scatterReduce_(dim, none, source, Reduce.PROD).toLongArray());
      assertEquals(0, x.gather(dim, none).numel());
    }
  }

  // ---- ties, of which TorchEdgesTest has more

  private static double[] values(double... values) {
    return values;
  }

  @Test
  void aNaNWinsInHalvesToo() {
    Tensor x = doubles(1, Double.NaN, 2);
    Tensor source = doubles(Double.NaN, 1, 5);
    Tensor index = Tensor.of(0L, 1L, 2L);
    for (Reduce reduce : List.of(Reduce.AMAX, Reduce.AMIN)) {
      double[] expected = {Double.NaN, Double.NaN, reduce == Reduce.AMAX ? 5 : 2};
      for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16)) {
        Tensor into = x.to(dtype);
        Tensor from = source.to(dtype);
        assertArrayEquals(expected, into.scatterReduce(0, index, from, reduce).toDoubleArray());
        assertArrayEquals(expected, into.indexReduce(0, index, from, reduce).toDoubleArray());
      }
    }
  }

  @Test
  void nodesHavePyTorchsNames() {
    Tensor x = doubles(1, 2).requiresGrad_();
    Tensor index = Tensor.of(0L, 1L);
    Tensor elements = x.scatterReduce(0, index, x, Reduce.SUM);
    Tensor slices = x.indexReduce(0, index, x, Reduce.PROD);
    assertEquals("ScatterReduceBackward", elements.gradFn().name());
    assertEquals("IndexReduceBackward", slices.gradFn().name());
  }

  /** f = x0 s0 + x1 s1 s2 with s1 = 0: the derivatives of the sum of its own. */
  @Test
  void aProductWithOneZeroIsDifferentiableTwice() {
    Tensor x = doubles(2, 3).requiresGrad_();
    Tensor source = doubles(2, 0, 4).requiresGrad_();
    Tensor y = x.scatterReduce(0, Tensor.of(0L, 1L, 1L), source, Reduce.PROD);
    List<Tensor> first = Autograd.grad(y.sum(), List.of(x, source), CREATE_GRAPH);
    assertArrayEquals(values(2, 0), first.get(0).toDoubleArray());
    assertArrayEquals(values(2, 12, 0), first.get(1).toDoubleArray());
    first.get(0).sum().add(first.get(1).sum()).backward();
    assertArrayEquals(values(1, 4), gradient(x));
    assertArrayEquals(values(1, 7, 3), gradient(source));
  }

  @Test
  void aProductWithTwoZerosIsDifferentiableOnce() {
    Tensor x = doubles(2, 3).requiresGrad_();
    Tensor source = doubles(2, 0, 0).requiresGrad_();
    Tensor y = x.scatterReduce(0, Tensor.of(0L, 1L, 1L), source, Reduce.PROD);
    List<Tensor> first = Autograd.grad(y.sum(), List.of(source), CREATE_GRAPH);
    assertArrayEquals(values(2, 0, 0), first.getFirst().toDoubleArray());
    Tensor sum = first.getFirst().sum();
    assertThrows(IllegalStateException.class, sum::backward);
  }
}
