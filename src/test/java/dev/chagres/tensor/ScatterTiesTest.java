package dev.chagres.tensor;

import static dev.chagres.autograd.Backward.Option.CREATE_GRAPH;
import static dev.chagres.tensor.IncludeSelf.EXCLUDE_SELF;
import static dev.chagres.tensor.IncludeSelf.INCLUDE_SELF;
import static dev.chagres.tensor.ScatterTest.doubles;
import static dev.chagres.tensor.ScatterTest.gradient;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.core.DType;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Writing at positions: what elements that are equal, 0 or NaN give, and their gradients. */
@OnEveryDevice(blocking = true)
class ScatterTiesTest {
  private static final Tensor INDEX = Tensor.of(0L, 1L, 1L, 2L, 3L, 3L, 2L);
  private static final double[] SELF = {2, 0, 3, 5, 1};
  private static final double[] SOURCE = {2, 0, 0, 3, 4, 4, 0};
  private static final double[] COTANGENT = {1, 10, 100, 1000, 10000};

  /** What PyTorch 2.13 gives. */
  private record Tie(
      Reduce reduce, IncludeSelf self, double[] value, double[] ofSelf, double[] ofSource) {}

  private static double[] of(double... values) {
    return values;
  }

  private static List<Tie> ties() {
    double third = 1.0 / 3;
    return List.of(
        new Tie(
            Reduce.SUM,
            INCLUDE_SELF,
            of(4, 0, 6, 13, 1),
            of(1, 10, 100, 1000, 10000),
            of(1, 10, 10, 100, 1000, 1000, 100)),
        new Tie(
            Reduce.SUM,
            EXCLUDE_SELF,
            of(2, 0, 3, 8, 1),
            of(0, 0, 0, 0, 10000),
            of(1, 10, 10, 100, 1000, 1000, 100)),
        new Tie(
            Reduce.PROD,
            INCLUDE_SELF,
            of(4, 0, 0, 80, 1),
            of(2, 0, 0, 16000, 10000),
            of(2, 0, 0, 0, 20000, 20000, 900)),
        new Tie(
            Reduce.PROD,
            EXCLUDE_SELF,
            of(2, 0, 0, 16, 1),
            of(0, 0, 0, 0, 10000),
            of(1, 0, 0, 0, 4000, 4000, 300)),
        new Tie(
            Reduce.MEAN,
            INCLUDE_SELF,
            of(2, 0, 2, 13 * third, 1),
            of(0.5, 10 * third, 100 * third, 1000 * third, 10000),
            of(0.5, 10 * third, 10 * third, 100 * third, 1000 * third, 1000 * third, 100 * third)),
        new Tie(
            Reduce.MEAN,
            EXCLUDE_SELF,
            of(2, 0, 1.5, 4, 1),
            of(0, 0, 0, 0, 10000),
            of(1, 5, 5, 50, 500, 500, 50)),
        new Tie(
            Reduce.AMAX,
            INCLUDE_SELF,
            of(2, 0, 3, 5, 1),
            of(0.5, 10 * third, 50, 1000, 10000),
            of(0.5, 10 * third, 10 * third, 50, 0, 0, 0)),
        new Tie(
            Reduce.AMAX,
            EXCLUDE_SELF,
            of(2, 0, 3, 4, 1),
            of(0, 0, 0, 0, 10000),
            of(0.5, 10 * third, 10 * third, 50, 500, 500, 0)),
        new Tie(
            Reduce.AMIN,
            INCLUDE_SELF,
            of(2, 0, 0, 4, 1),
            of(0.5, 10 * third, 0, 0, 10000),
            of(0.5, 10 * third, 10 * third, 0, 500, 500, 100)),
        new Tie(
            Reduce.AMIN,
            EXCLUDE_SELF,
            of(2, 0, 0, 4, 1),
            of(0, 0, 0, 0, 10000),
            of(0.5, 10 * third, 10 * third, 0, 500, 500, 100)));
  }

  @TestFactory
  Stream<DynamicTest> sharesGradientsAsPyTorchDoes() {
    return ties().stream()
        .map(
            tie ->
                DynamicTest.dynamicTest(
                    tie.reduce + " " + tie.self,
                    () -> {
                      compare(tie, "ScatterReduceBackward");
                      compare(tie, "IndexReduceBackward");
                    }));
  }

  private static void compare(Tie tie, String node) {
    Tensor x = doubles(SELF).requiresGrad_();
    Tensor source = doubles(SOURCE).requiresGrad_();
    boolean elements = node.startsWith("Scatter");
    Tensor y =
        elements
            ? x.scatterReduce(0, INDEX, source, tie.reduce, tie.self)
            : x.indexReduce(0, INDEX, source, tie.reduce, tie.self);
    assertNotNull(y.gradFn());
    assertEquals(node, y.gradFn().name());
    assertArrayEquals(tie.value, y.toDoubleArray(), 1e-12);
    y.backward(doubles(COTANGENT));
    assertArrayEquals(tie.ofSelf, gradient(x), 1e-9);
    assertArrayEquals(tie.ofSource, gradient(source), 1e-9);
  }

  @Test
  void aNaNWins() {
    Tensor x = doubles(1, Double.NaN, 2);
    Tensor source = doubles(Double.NaN, 1, 5);
    Tensor index = Tensor.of(0L, 1L, 2L);
    for (Reduce reduce : List.of(Reduce.AMAX, Reduce.AMIN)) {
      double last = reduce == Reduce.AMAX ? 5 : 2;
      double[] expected = {Double.NaN, Double.NaN, last};
      assertArrayEquals(expected, x.scatterReduce(0, index, source, reduce).toDoubleArray());
      assertArrayEquals(expected, x.indexReduce(0, index, source, reduce).toDoubleArray());
      for (DType half : List.of(DType.FLOAT16, DType.BFLOAT16)) {
        Tensor y = x.to(half).scatterReduce(0, index, source.to(half), reduce);
        assertArrayEquals(expected, y.toDoubleArray());
      }
    }
  }

  /** f = x0 s0 + x1 s1 s2 with s1 = 0: the derivatives of the sum of its own. */
  @Test
  void aProductWithOneZeroIsDifferentiableTwice() {
    Tensor x = doubles(2, 3).requiresGrad_();
    Tensor source = doubles(2, 0, 4).requiresGrad_();
    Tensor y = x.scatterReduce(0, Tensor.of(0L, 1L, 1L), source, Reduce.PROD);
    List<Tensor> first = Autograd.grad(y.sum(), List.of(x, source), CREATE_GRAPH);
    assertArrayEquals(of(2, 0), first.get(0).toDoubleArray());
    assertArrayEquals(of(2, 12, 0), first.get(1).toDoubleArray());
    first.get(0).sum().add(first.get(1).sum()).backward();
    assertArrayEquals(of(1, 4), gradient(x));
    assertArrayEquals(of(1, 7, 3), gradient(source));
  }

  @Test
  void aProductWithTwoZerosIsDifferentiableOnce() {
    Tensor x = doubles(2, 3).requiresGrad_();
    Tensor source = doubles(2, 0, 0).requiresGrad_();
    Tensor y = x.scatterReduce(0, Tensor.of(0L, 1L, 1L), source, Reduce.PROD);
    List<Tensor> first = Autograd.grad(y.sum(), List.of(source), CREATE_GRAPH);
    assertArrayEquals(of(2, 0, 0), first.getFirst().toDoubleArray());
    Tensor sum = first.getFirst().sum();
    assertThrows(IllegalStateException.class, sum::backward);
  }
}
