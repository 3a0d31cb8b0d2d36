package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import org.junit.jupiter.api.Test;

/** Norms of windows; numbers are PyTorch's. */
@OnEveryDevice
class LpPoolingTest {
  private static final Tensor LINE = Tensor.of(new float[] {-1, 2, -3, 4, 5}).view(1, 1, 5);

  private static void assertNear(Tensor got, double... wanted) {
    assertArrayEquals(wanted, got.flatten().toDoubleArray(), 2e-5, got::toString);
  }

  @Test
  void windowsHaveNorms() {
    assertNear(Functional.lpPool1d(LINE, 2, 2), 2.236068, 5);
    assertNear(
        Functional.lpPool1d(LINE, 3, 2, 2, Rounding.CEIL), 1.912931203842163, 3.33222, 6.299605);
    assertNear(Functional.lpPool1d(LINE, Double.NEGATIVE_INFINITY, 2), 1, 3);
    assertNear(Functional.lpPool1d(LINE, Double.POSITIVE_INFINITY, 2), 2, 4);
    assertNear(
        Functional.lpPool2d(LINE.view(1, 1, 5, 1), 2, new Pair(2, 1), Pair.of(1), Rounding.FLOOR),
        2.236068,
        3.605551,
        5,
        6.403124);
    Tensor cube = Tensor.full(Shape.of(1, 1, 2, 2, 2), 3);
    assertNear(Functional.lpPool3d(cube.toFloat(), 2, 2), Math.sqrt(72));
    assertNear(new LPPool2d(1, 2).call(Tensor.ones(1, 2, 2)), 4);
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new LPPool1d(2, 0));
    assertThrows(
        IllegalArgumentException.class,
        () -> new LPPool2d(2, Pair.of(1), Pair.of(0), Rounding.FLOOR));
    assertThrows(IllegalArgumentException.class, () -> Functional.lpPool2d(LINE, 2, 9));
    assertEquals(
        "LPPool3d(norm_type=2.0, kernel_size=3, stride=None, ceil_mode=False)",
        new LPPool3d(2, 3).toString());
  }

  @Test
  void bordersAreMadeOfWhatImagesHold() {
    var options = Conv2d.options().padding(new Pair(0, 1)).paddingMode(PadMode.CIRCULAR);
    Tensor image = Tensor.of(new float[] {1, 2, 4}).view(1, 1, 1, 3);
    Tensor kernel = Tensor.of(new float[] {100, 10, 1}).view(1, 1, 1, 3);
    assertNear(Functional.conv2d(image, kernel, null, options), 412, 124, 241);
    var line = Conv1d.options().padding(Conv2d.Padding.SAME).paddingMode(PadMode.REPLICATE);
    Tensor even = Tensor.of(new float[] {10, 1}).view(1, 1, 2);
    assertNear(Functional.conv1d(image.squeeze(0), even, null, line), 12, 24, 44);
    String text =
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    new Conv2d(1, 1, 3, Conv2d.options().padding(4).paddingMode(PadMode.REFLECT))
                        .call(image))
            .getMessage();
    assertTrue(text.contains("a border of 4 cannot be made"), text);
  }
}
