package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Pair;
import dev.chagres.core.Shape;
import dev.chagres.core.Triple;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Located;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Convolutions and pooling of volumes, and windows of which so many are wanted. */
@OnEveryDevice
class VolumesTest {
  private static Tensor random(long... sizes) {
    return Tensor.randn(DType.FLOAT64, sizes);
  }

  @Test
  void convolutionsHaveDerivativesOfAnyOrder() {
    var options =
        Conv3d.options()
            .stride(new Triple(2, 1, 1))
            .padding(new Triple(1, 0, 1))
            .dilation(new Triple(2, 1, 1))
            .groups(2);
    List<Tensor> in =
        List.of(
            random(1, 2, 4, 2, 3).requiresGrad_(),
            random(2, 1, 2, 2, 3).requiresGrad_(),
            random(2).requiresGrad_());
    GradCheck.gradcheck(x -> List.of(Functional.conv3d(x.get(0), x.get(1), x.get(2), options)), in);
    GradCheck.gradgradcheck(
        x -> List.of(Functional.conv3d(x.get(0), x.get(1), x.get(2), options)), in);
  }

  @Test
  void transposedOnesHaveThemToo() {
    var options = ConvTranspose3d.options().stride(2).padding(1).outputPadding(1).groups(2);
    List<Tensor> in =
        List.of(
            random(1, 2, 2, 1, 2).requiresGrad_(),
            random(2, 1, 2, 3, 2).requiresGrad_(),
            random(2).requiresGrad_());
    GradCheck.gradcheck(
        x -> List.of(Functional.convTranspose3d(x.get(0), x.get(1), x.get(2), options)), in);
    GradCheck.gradgradcheck(
        x -> List.of(Functional.convTranspose3d(x.get(0), x.get(1), x.get(2), options)), in);
  }

  @Test
  void theTransposedOneIsTheGradient() {
    Tensor x = random(2, 4, 5, 7, 3).requiresGrad_();
    Tensor weight = random(6, 2, 3, 2, 1);
    var sides = new Triple(2, 1, 1);
    var dilated = new Triple(1, 2, 1);
    Tensor y =
        Functional.conv3d(
            x, weight, null, Conv3d.options().stride(sides).dilation(dilated).groups(2));
    Tensor g = random(y.shape().toArray());
    y.backward(g);
    Tensor back =
        Functional.convTranspose3d(
            g, weight, null, ConvTranspose3d.options().stride(sides).dilation(dilated).groups(2));
    assertTrue(back.allclose(Objects.requireNonNull(x.grad())));
  }

  @Test
  void aVolumeOfOnePlaneIsAnImage() {
    Tensor x = Tensor.randn(2, 4, 6, 5);
    Tensor weight = Tensor.randn(6, 2, 3, 2);
    Tensor bias = Tensor.randn(6);
    Tensor wanted =
        Functional.conv2d(x, weight, bias, Conv2d.options().stride(2).padding(1).groups(2));
    Tensor got =
        Functional.conv3d(
            x.unsqueeze(2),
            weight.unsqueeze(2),
            bias,
            Conv3d.options().stride(new Triple(1, 2, 2)).padding(new Triple(0, 1, 1)).groups(2));
    assertTrue(got.squeeze(2).equal(wanted));
  }

  @Test
  void ofEqualElementsTheFirstIsTheGreatestAndOfNansTheLast() {
    Tensor x = Tensor.zeros(1, 1, 2, 2, 2);
    var options = MaxPool3d.options(2);
    Located found = Functional.maxPool3dWithIndices(x, Triple.of(2), options);
    assertEquals(0, found.indices().itemLong());
    x.flatten().narrow(0, 3, 1).fill_(Float.NaN);
    x.flatten().narrow(0, 6, 1).fill_(Float.NaN);
    found = Functional.maxPool3dWithIndices(x, Triple.of(2), options);
    assertEquals(6, found.indices().itemLong());
    assertTrue(Double.isNaN(found.values().item()));
  }

  @Test
  void aWindowThatMeetsNothingHasNoPosition() {
    Tensor x = Tensor.ones(1, 1, 1, 1, 1);
    var options = MaxPool3d.options(2).stride(1).padding(1).dilation(2);
    Located found = Functional.maxPool3dWithIndices(x, Triple.of(2), options);
    assertEquals(-1, found.indices().itemLong());
    assertEquals(Double.NEGATIVE_INFINITY, found.values().item());
  }

  @Test
  void unpoolingPutsBackWhatPoolingTook() {
    Tensor x = Tensor.randn(2, 3, 4, 6, 2);
    Located found = Functional.maxPool3dWithIndices(x, Triple.of(2), MaxPool3d.options(2));
    Tensor back = new MaxUnpool3d(2).call(found.values(), found.indices());
    Tensor kept = Tensor.where(back.ne(0), x, 0);
    assertEquals(x.shape(), back.shape());
    assertTrue(back.equal(kept));
    assertEquals(2 * 3 * 2 * 3, back.countNonzero().itemLong());
    assertTrue(Functional.maxPool3d(back.maskedFill(back.eq(0), -100), 2).equal(found.values()));
  }

  @Test
  void adaptiveMaximaAreThoseOfTheirWindows() {
    Tensor x = Tensor.randn(2, 3, 7, 5);
    Located found = Functional.adaptiveMaxPool2dWithIndices(x, new Pair(3, 2));
    for (long row = 0; row < 3; row++) {
      for (long column = 0; column < 2; column++) {
        long top = row * 7 / 3;
        long left = column * 5 / 2;
        Tensor window =
            x.narrow(2, top, Math.ceilDiv((row + 1) * 7, 3) - top)
                .narrow(3, left, Math.ceilDiv((column + 1) * 5, 2) - left);
        Tensor got = found.values().select(3, column).select(2, row);
        assertTrue(got.equal(window.amax(2, 3)));
      }
    }
    Tensor read = x.flatten(2).gather(2, found.indices().flatten(2));
    assertTrue(read.equal(found.values().flatten(2)));
    Tensor none = Tensor.full(Shape.of(1, 1, 3), Double.NEGATIVE_INFINITY);
    Tensor first = Functional.adaptiveMaxPool1dWithIndices(none, 2).indices();
    assertArrayEquals(new long[] {0, 1}, first.flatten().toLongArray());
  }

  @Test
  void meansOfAreasAreAdaptiveMeans() {
    Tensor x = Tensor.randn(1, 2, 5, 4, 7);
    Tensor y = Functional.interpolate(x, Upsample.to(2, 3, 4).mode(Upsample.Mode.AREA));
    assertTrue(y.equal(Functional.adaptiveAvgPool3d(x, new Triple(2, 3, 4))));
  }

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @Test
  void refuseWhatDoesNotFit() {
    Tensor x = Tensor.ones(1, 2, 3, 3, 3);
    refused(
        "conv3d: kernels (2, 3, 1, 1, 1) in 1 groups do not fit volumes (1, 2, 3, 3, 3)",
        () -> Functional.conv3d(x, Tensor.ones(2, 3, 1, 1, 1)));
    refused(
        "conv3d: kernels (2, 2, 4, 1, 1) are larger than padded volumes (1, 2, 3, 3, 3)",
        () -> Functional.conv3d(x, Tensor.ones(2, 2, 4, 1, 1)));
    refused(
        "convTranspose3d: the result of (1, 2, 3, 3, 3) would have -1 planes",
        () ->
            Functional.convTranspose3d(
                x, Tensor.ones(2, 2, 1, 1, 1), null, ConvTranspose3d.options().padding(2)));
    refused(
        "maxPool3d: the padding (2, 2, 2) is more than half the kernel (2, 2, 2)",
        () -> Functional.maxPool3d(x, 2, MaxPool3d.options(2).padding(2)));
    refused(
        "avgPool3d: the kernel (4, 4, 4) is larger than the padded volumes (1, 2, 3, 3, 3)",
        () -> Functional.avgPool3d(x, 4));
    refused(
        "Conv3d: padding to the same size needs the stride 1, not (2, 2, 2)",
        () -> Conv3d.options().stride(2).padding(Conv2d.Padding.SAME));
    refused(
        "maxUnpool1d: needs int64 positions of the input's shape (1, 1, 2), not int64 (1, 1, 1)",
        () -> Functional.maxUnpool1d(Tensor.ones(1, 1, 2), Tensor.zeros(DType.INT64, 1, 1, 1), 4));
    Tensor pixel = Tensor.ones(1, 1, 1);
    Tensor position = Tensor.zeros(DType.INT64, 1, 1, 1);
    refused(
        "maxUnpool2d: too many elements: (3, 9223372036854775807)",
        () -> Functional.maxUnpool2d(pixel, position, Pair.of(3, Long.MAX_VALUE)));
  }
}
