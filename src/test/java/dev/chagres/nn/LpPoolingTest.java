package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.core.Shape;
import dev.chagres.core.Triple;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

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

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @Test
  void whatDoesNotFitIsRefused() {
    refused("LPPool1d: the kernel 0 is less than 1", () -> new LPPool1d(2, 0));
    refused(
        "LPPool2d: the stride (0, 0) is less than 1",
        () -> new LPPool2d(2, Pair.of(1), Pair.of(0), Rounding.FLOOR));
    refused(
        "lpPool2d: the kernel (9, 9) is larger than an input (1, 1, 5)",
        () -> Functional.lpPool2d(LINE, 2, 9));
    refused(
        "lpPool1d: the kernel (6,) is larger than an input (1, 1, 5)",
        () -> Functional.lpPool1d(LINE, Double.POSITIVE_INFINITY, 6));
    refused(
        "lpPool1d: the stride 0 is less than 1",
        () -> Functional.lpPool1d(LINE, 2, 2, 0, Rounding.FLOOR));
    refused(
        "lpPool3d: needs an input of 4 or 5 dimensions, not (1, 1, 5)",
        () -> Functional.lpPool3d(LINE, 2, 2));
    Tensor cube = Tensor.ones(1, 2, 2, 2);
    refused(
        "lpPool3d: the kernel (3, 3, 3) is larger than an input (1, 2, 2, 2)",
        () -> Functional.lpPool3d(cube, 2, Triple.of(3), Triple.of(2), Rounding.CEIL));
    assertEquals(
        "LPPool3d(norm_type=2.0, kernel_size=3, stride=None, ceil_mode=False)",
        new LPPool3d(2, 3).toString());
    assertEquals(
        "LPPool2d(norm_type=1.5, kernel_size=3, stride=(1, 2), ceil_mode=True)",
        new LPPool2d(1.5, Pair.of(3), new Pair(1, 2), Rounding.CEIL).toString());
  }

  /** Rounded up, one window begins within the input. */
  @Test
  void aWindowMayBeLargerThanWhatIsPooled() {
    Tensor three = Tensor.of(new float[] {-1, 2, 6}).view(1, 1, 3);
    var mean = AvgPool1d.options(4).stride(2).rounding(Rounding.CEIL);
    assertNear(Functional.avgPool1d(three, 4, mean), 7.0 / 3);
    var most = MaxPool1d.options(4).stride(3).rounding(Rounding.CEIL);
    assertNear(Functional.maxPool1d(three, 4, most), 6);
    assertEquals(6, Functional.maxPool1d(three.toLong(), 4, most).item());
    var volumes = MaxPool3d.options(4).stride(3).rounding(Rounding.CEIL);
    Tensor cube = Tensor.arange(27).toFloat().view(1, 3, 3, 3);
    assertNear(Functional.maxPool3d(cube, 4, volumes), 26);
    assertNear(Functional.lpPool1d(three, Double.POSITIVE_INFINITY, 4, 2, Rounding.CEIL), 6);
    // The mean of three, as if of four
    assertNear(Functional.lpPool1d(three, 2, 4, 2, Rounding.CEIL), Math.sqrt(41.0 / 3 * 4));
    refused(
        "avgPool1d: the kernel 4 is larger than the padded sequences (1, 1, 3)",
        () -> Functional.avgPool1d(three, 4, mean.stride(1)));
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
