package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Pair;
import dev.chagres.core.Shape;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

@OnEveryDevice
class AdaptivePoolingTest {
  private static Tensor random(long... sizes) {
    return new Generator(DefaultDevice.get(), 1).randn(DType.FLOAT64, sizes);
  }

  @Test
  void windowsOverlapWhereSizesDoNotDivide() {
    Tensor x = Tensor.of(0, 1, 2, 3, 4.0).view(1, 5);
    // Windows [0, 2), [1, 4), [3, 5)
    assertArrayEquals(
        new double[] {0.5, 2, 3.5}, new AdaptiveAvgPool1d(3).call(x).toDoubleArray(), 1e-12);
  }

  @Test
  void aWindowIsTheMeanOfItsPixels() {
    Tensor x = random(2, 3, 5, 6);
    Tensor y = new AdaptiveAvgPool2d(new Pair(2, 3)).call(x);
    assertEquals(Shape.of(2, 3, 2, 3), y.shape());
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 3; j++) {
        Tensor window = x.narrow(2, 2 * i, 3).narrow(3, 2 * j, 2).mean(2, 3);
        assertTrue(y.select(3, j).select(2, i).allclose(window));
      }
    }
    Tensor all = new AdaptiveAvgPool2d(1).call(x);
    assertTrue(all.allclose(x.mean(2, 3).view(2, 3, 1, 1)));
    Tensor same = new AdaptiveAvgPool2d(AdaptiveAvgPool2d.SAME).call(x);
    assertTrue(same.equal(x));
    assertNotSame(same, x);
    assertEquals(
        Shape.of(2, 3, 0, 6),
        Functional.adaptiveAvgPool2d(x, new Pair(0, AdaptiveAvgPool2d.SAME)).shape());
    assertEquals(
        Shape.of(0, 3, 2, 2), Functional.adaptiveAvgPool2d(random(0, 3, 4, 4), Pair.of(2)).shape());
  }

  @Test
  void gradientsCanBeDifferentiated() {
    Tensor x = random(2, 2, 4, 5).requiresGrad_();
    for (Pair size : new Pair[] {Pair.of(1), new Pair(2, 3), new Pair(4, 7)}) {
      GradCheck.gradcheck(t -> Functional.adaptiveAvgPool2d(t, size).square(), x);
      GradCheck.gradgradcheck(t -> Functional.adaptiveAvgPool2d(t, size).square(), x);
    }
  }

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @Test
  void printsAsPyTorchDoesAndRefusesTheRest() {
    assertEquals("AdaptiveAvgPool2d(output_size=1)", new AdaptiveAvgPool2d(1).toString());
    assertEquals(
        "AdaptiveAvgPool2d(output_size=(None, 2))",
        new AdaptiveAvgPool2d(new Pair(AdaptiveAvgPool2d.SAME, 2)).toString());
    assertEquals("AdaptiveAvgPool1d(output_size=3)", new AdaptiveAvgPool1d(3).toString());
    refused("AdaptiveAvgPool2d: the size -2 is negative", () -> new AdaptiveAvgPool2d(-2));
    refused("AdaptiveAvgPool1d: the size -1 is negative", () -> new AdaptiveAvgPool1d(-1));
    refused(
        "adaptiveAvgPool2d: an input (1, 3, 0, 4) has nothing to take means of",
        () -> new AdaptiveAvgPool2d(2).call(Tensor.ones(1, 3, 0, 4)));
    refused(
        "adaptiveAvgPool2d: needs images (n, c, h, w) or (c, h, w), not (4,)",
        () -> new AdaptiveAvgPool2d(2).call(Tensor.ones(4)));
    refused(
        "adaptiveAvgPool1d: needs sequences (n, c, length) or (c, length), not (4,)",
        () -> new AdaptiveAvgPool1d(2).call(Tensor.ones(4)));
    refused(
        "adaptiveAvgPool1d: not defined for int64; convert to a floating dtype first",
        () -> new AdaptiveAvgPool1d(2).call(Tensor.ones(DType.INT64, 3, 4)));
  }
}
