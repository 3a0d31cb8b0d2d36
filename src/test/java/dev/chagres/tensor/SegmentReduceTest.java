package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Reductions of segments; the numbers of the first tests are PyTorch 2.13's. */
@OnEveryDevice
class SegmentReduceTest {
  private static final double NaN = Double.NaN;
  private static final double INFINITY = Double.POSITIVE_INFINITY;

  /** Segments, and in each row a reduction, an initial value, the results and the gradient. */
  private static final String ROWS =
      """
      SUM  -   | NaN 0 8 5 0        | 1 1 1 100 100 100 1000 1000 10000 10000
      SUM  2   | NaN 2 10 7 2       | 1 1 1 100 100 100 1000 1000 10000 10000
      MEAN -   | NaN NaN 2.667 2.5 0 | .333 .333 .333 33.333 33.333 33.333 500 500 5000 5000
      MEAN 2   | NaN 2 3.333 3.5 1  | .333 .333 .333 33.333 33.333 33.333 500 500 5000 5000
      AMAX -   | NaN -Infinity 4 5 0 | 0 1 0 100 0 0 0 1000 5000 5000
      AMAX 2   | NaN 2 4 5 2        | 0 1 0 100 0 0 0 1000 0 0
      AMIN -   | NaN Infinity 2 0 0 | 0 1 0 0 50 50 1000 0 5000 5000
      AMIN 2   | NaN 2 2 0 0        | 0 1 0 0 50 50 1000 0 5000 5000
      PROD -   | NaN 1 16 0 0       | NaN 3 NaN 400 800 800 5000 0 0 0
      PROD 2   | NaN 2 32 0 0       | NaN 6 NaN 800 1600 1600 10000 0 0 0
      """;

  private static double[] numbers(String text) {
    return Stream.of(text.trim().split(" +")).mapToDouble(Double::parseDouble).toArray();
  }

  /** Of [1, NaN, 3], nothing, [4, 2, 2], [0, 5] and [0, 0]. */
  @Test
  void segmentsAreReducedAsPyTorchDoes() {
    for (String row : ROWS.lines().toList()) {
      String[] cells = row.split("\\|");
      String[] what = cells[0].trim().split(" +");
      Reduce reduce = Reduce.valueOf(what[0]);
      Tensor x = Tensor.of(1, NaN, 3, 4, 2, 2, 0, 5, 0, 0).toDouble().requiresGrad_();
      for (Segments segments :
          List.of(Segments.lengths(3, 0, 3, 2, 2), Segments.offsets(0, 3, 3, 6, 8, 10))) {
        Tensor y =
            what[1].equals("-")
                ? x.segmentReduce(reduce, segments)
                : x.segmentReduce(reduce, segments, Integer.valueOf(what[1]));
        assertEquals("SegmentReduceBackward", y.gradFn().name());
        assertArrayEquals(numbers(cells[1]), y.toDoubleArray(), 5e-4, row);
        Tensor g = Tensor.of(1, 10, 100, 1000, 10000).toDouble();
        Tensor found = Autograd.grad(List.of(y), List.of(x), List.of(g)).getFirst();
        assertArrayEquals(numbers(cells[2]), found.toDoubleArray(), 5e-4, row);
      }
    }
  }

  /** PyTorch's, for a 0 and then a NaN beside a NaN. */
  @Test
  void theGradientOfANanIsTheProductOfTheOthers() {
    Tensor x = Tensor.of(NaN, 0, NaN, NaN, 2, NaN, INFINITY).toDouble().requiresGrad_();
    x.segmentReduce(Reduce.PROD, Segments.lengths(2, 2, 3)).sum().backward();
    assertArrayEquals(
        new double[] {0, NaN, NaN, NaN, NaN, INFINITY, NaN}, x.grad().toDoubleArray());
  }

  @Test
  void derivativesOfFirstAndSecondOrder() {
    Tensor x = Tensor.of(1.5, -2, 0.5, 3, 2.5, -1, 4, 0.25, 7, -3, 6, 1).toDouble().view(6, 2);
    for (Reduce reduce : Reduce.values()) {
      Segments segments = Segments.offsets(1, 3, 3, 5);
      GradCheck.gradcheck(t -> t.segmentReduce(reduce, segments, 0.7), x.requiresGrad_());
      GradCheck.gradgradcheck(
          t -> t.square().segmentReduce(reduce, Segments.lengths(2, 1, 3), 0.7), x);
    }
  }

  @Test
  void whatIsInNoSegmentHasNoPart() {
    Tensor x = Tensor.arange(10.0).view(5, 2).requiresGrad_();
    Tensor y = x.segmentReduce(Reduce.SUM, Segments.offsets(1, 2, 4));
    assertEquals(List.of(List.of(2.0, 3.0), List.of(10.0, 12.0)), y.tolist());
    y.sum().backward();
    assertArrayEquals(new double[] {0, 1, 1, 1, 0}, x.grad().select(1, 0).toDoubleArray());
    assertEquals(Shape.of(0, 2), x.segmentReduce(Reduce.AMAX, Segments.offsets(3)).shape());
  }

  @Test
  void rowsHaveSegmentsOfTheirOwn() {
    Tensor x = Tensor.arange(6.0).view(3, 2);
    Segments segments = Segments.lengths(Tensor.of(new int[][] {{1, 1}, {0, 2}, {2, 0}}));
    assertEquals(
        List.of(List.of(0.0, 1.0), List.of(0.0, 5.0), List.of(9.0, 0.0)),
        x.segmentReduce(Reduce.SUM, segments).tolist());
    Tensor cube = Tensor.arange(12.0).view(2, 3, 2);
    Segments two = Segments.offsets(Tensor.of(new int[][] {{0, 1, 3}, {0, 3, 3}}).toInt());
    assertEquals(
        List.of(
            List.of(List.of(0.0, 1.0), List.of(3.0, 4.0)),
            List.of(List.of(8.0, 9.0), List.of(NaN, NaN))),
        cube.segmentReduce(Reduce.MEAN, two).tolist());
  }

  @Test
  void ofNothing() {
    Tensor none = Tensor.zeros(0, 2);
    Tensor y = none.segmentReduce(Reduce.AMAX, Segments.lengths(0, 0));
    assertEquals(Shape.of(2, 2), y.shape());
    assertTrue(y.eq(-INFINITY).all().isTrue());
    assertEquals(Shape.of(0, 2), none.segmentReduce(Reduce.SUM, Segments.lengths()).shape());
    assertEquals(
        DType.FLOAT16, none.half().segmentReduce(Reduce.MEAN, Segments.lengths(0)).dtype());
  }

  @Test
  void segmentsThatDoNotFitAreRefused() {
    Tensor x = Tensor.zeros(3, 2);
    refused(x, Segments.lengths(1, 1), "together be the 3 positions of dim 0");
    refused(x, Segments.lengths(4, -1), "must not be negative");
    refused(x, Segments.lengths(Long.MAX_VALUE, Long.MAX_VALUE, 5), "together be the 3");
    refused(x, Segments.offsets(0, 2, 1, 3), "must ascend");
    refused(x, Segments.offsets(-1, 2), "must ascend, from 0 on");
    refused(x, Segments.offsets(0, 4), "at most the 3 positions");
    refused(x, Segments.offsets(), "at least one number");
    refused(x, Segments.lengths(Tensor.of(new int[][] {{1, 1}})), "must be equal");
    refused(Tensor.scalar(1.0), Segments.lengths(1), "for a tensor of shape ()");
    refused(x.toLong(), Segments.lengths(3), "not defined for int64");
    var e = assertThrows(IllegalArgumentException.class, () -> Segments.lengths(Tensor.of(3.0)));
    assertTrue(e.getMessage().startsWith("lengths: int64 or int32"), e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> Segments.offsets(Tensor.scalar(3)));
  }

  private static void refused(Tensor x, Segments segments, String part) {
    var e =
        assertThrows(IllegalArgumentException.class, () -> x.segmentReduce(Reduce.SUM, segments));
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }
}
