package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.chagres.backend.Backend;
import dev.chagres.backend.Strided;
import dev.chagres.backend.Window;
import dev.chagres.core.DType;
import dev.chagres.core.Rounding;
import dev.chagres.core.Shape;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Convolution, its gradients and pooling against their definition. */
class ConvolutionTest {
  private final Backend backend = CpuBackend.on(new WorkerTeam(3));
  private final Random random = new Random(9);

  /** One geometry. */
  record Case(
      DType dtype,
      long images,
      long channels,
      long height,
      long width,
      long features,
      int groups,
      Window window) {
    Shape image() {
      return Shape.of(images, channels, height, width);
    }

    Shape weight() {
      return Shape.of(features, channels / groups, window.kernelHeight(), window.kernelWidth());
    }

    Shape result() {
      return Shape.of(
          images,
          features,
          window.outputHeight(height, Rounding.FLOOR),
          window.outputWidth(width, Rounding.FLOOR));
    }
  }

  static Stream<Case> cases() {
    Window plain = new Window(3, 3, 1, 1, 0, 0, 1, 1);
    return Stream.of(
        new Case(DType.FLOAT32, 2, 3, 8, 9, 4, 1, plain),
        new Case(DType.FLOAT64, 1, 1, 5, 5, 1, 1, plain),
        new Case(DType.FLOAT64, 3, 4, 9, 7, 6, 2, new Window(3, 2, 2, 1, 1, 1, 1, 2)),
        new Case(DType.FLOAT32, 2, 6, 8, 8, 6, 6, new Window(3, 3, 1, 1, 1, 1, 1, 1)),
        new Case(DType.FLOAT32, 5, 8, 6, 6, 12, 1, new Window(1, 1, 1, 1, 0, 0, 1, 1)),
        new Case(DType.FLOAT64, 4, 6, 6, 6, 9, 3, new Window(1, 1, 1, 1, 0, 0, 1, 1)),
        new Case(DType.FLOAT64, 2, 2, 7, 7, 3, 1, new Window(1, 1, 2, 2, 0, 0, 1, 1)),
        new Case(DType.FLOAT64, 2, 2, 5, 6, 3, 1, new Window(5, 6, 1, 1, 0, 0, 1, 1)),
        new Case(DType.FLOAT32, 20, 8, 16, 16, 16, 1, new Window(3, 3, 1, 1, 1, 1, 1, 1)),
        new Case(DType.FLOAT64, 2, 2, 9, 11, 3, 1, new Window(4, 3, 2, 3, 2, 1, 3, 4)),
        new Case(DType.FLOAT32, 17, 16, 14, 14, 21, 1, new Window(3, 3, 1, 1, 1, 1, 1, 1)),
        new Case(DType.FLOAT32, 1, 80, 20, 33, 70, 1, new Window(3, 3, 1, 1, 2, 0, 1, 1)),
        new Case(DType.FLOAT64, 5, 40, 9, 30, 30, 2, new Window(2, 3, 1, 1, 0, 2, 2, 1)),
        new Case(DType.FLOAT32, 18, 40, 12, 11, 16, 2, new Window(3, 2, 2, 1, 1, 1, 1, 2)),
        new Case(DType.FLOAT32, 1, 2, 1, 2, 3, 1, new Window(2, 1, 1, 1, 1, 0, 2, 1)),
        // Images that make one matrix, in two blocks, and without windows
        new Case(DType.FLOAT32, 17, 64, 7, 7, 480, 2, new Window(3, 3, 2, 2, 1, 1, 1, 1)),
        new Case(DType.FLOAT32, 3, 256, 2, 2, 256, 1, new Window(1, 1, 1, 1, 0, 0, 1, 1)),
        // Images side by side, in whole vectors and not, with taps that are joined and not
        new Case(DType.FLOAT32, 48, 12, 5, 5, 40, 2, new Window(3, 3, 2, 2, 1, 1, 1, 1)),
        new Case(DType.FLOAT64, 23, 40, 2, 3, 33, 1, new Window(3, 3, 1, 1, 1, 1, 1, 1)),
        new Case(DType.FLOAT32, 16, 3, 21, 19, 11, 1, new Window(7, 7, 2, 2, 3, 3, 1, 1)),
        new Case(DType.FLOAT64, 9, 9, 8, 7, 17, 1, new Window(3, 2, 1, 2, 2, 1, 2, 3)),
        new Case(DType.FLOAT32, 70, 20, 3, 3, 24, 1, new Window(1, 1, 2, 2, 0, 0, 1, 1)),
        new Case(DType.FLOAT16, 2, 3, 6, 6, 2, 1, plain),
        new Case(DType.BFLOAT16, 2, 2, 5, 5, 2, 1, plain));
  }

  /** A pair of positions that meet: one of the image, one of the weight, one of the result. */
  @FunctionalInterface
  private interface Meeting {
    void at(long[] image, long[] weight, long[] result);
  }

  private static void forEachMeeting(Case c, Meeting meeting) {
    Window w = c.window;
    long perGroup = c.channels / c.groups;
    long features = c.features / c.groups;
    TestArrays.forEach(
        c.result(),
        r -> {
          for (long channel = 0; channel < perGroup; channel++) {
            for (long i = 0; i < w.kernelHeight(); i++) {
              for (long j = 0; j < w.kernelWidth(); j++) {
                long row = r[2] * w.strideHeight() - w.paddingHeight() + i * w.dilationHeight();
                long column = r[3] * w.strideWidth() - w.paddingWidth() + j * w.dilationWidth();
                if (row >= 0 && row < c.height && column >= 0 && column < c.width) {
                  long from = r[1] / features * perGroup + channel;
                  meeting.at(
                      new long[] {r[0], from, row, column}, new long[] {r[1], channel, i, j}, r);
                }
              }
            }
          }
        });
  }

  private static Strided zeros(Shape shape) {
    Strided zeros = Strided.allocate(shape, DType.FLOAT64);
    TestArrays.forEach(shape, i -> TestArrays.set(zeros, 0, i));
    return zeros;
  }

  private static void add(Strided sum, double value, long[] index) {
    TestArrays.set(sum, TestArrays.get(sum, index) + value, index);
  }

  private static void assertClose(Strided expected, Strided actual) {
    double tolerance =
        switch (actual.dtype()) {
          case FLOAT16 -> 0.02;
          case BFLOAT16 -> 0.3;
          case FLOAT32 -> 1e-3;
          default -> 1e-9;
        };
    TestArrays.forEach(
        expected.shape(),
        i -> {
          double value = TestArrays.get(expected, i);
          assertEquals(
              value, TestArrays.get(actual, i), tolerance * Math.max(1, Math.abs(value) / 16));
        });
  }

  @ParameterizedTest
  @MethodSource("cases")
  void convolutionAndItsGradients(Case c) {
    Strided x = TestArrays.random(random, c.dtype, c.image().toArray());
    Strided weight = TestArrays.random(random, c.dtype, c.weight().toArray());
    Strided g = TestArrays.random(random, c.dtype, c.result().toArray());
    Strided expected = zeros(c.result());
    Strided expectedX = zeros(c.image());
    Strided expectedWeight = zeros(c.weight());
    forEachMeeting(
        c,
        (i, w, r) -> {
          add(expected, TestArrays.get(x, i) * TestArrays.get(weight, w), r);
          add(expectedX, TestArrays.get(g, r) * TestArrays.get(weight, w), i);
          add(expectedWeight, TestArrays.get(g, r) * TestArrays.get(x, i), w);
        });
    Strided y = Strided.allocate(c.result(), c.dtype);
    backend.images().conv2d(x, weight, null, c.window, c.groups, y);
    assertClose(expected, y);
    Strided bias = TestArrays.random(random, c.dtype, c.features);
    TestArrays.forEach(c.result(), i -> add(expected, TestArrays.get(bias, i[1]), i));
    backend.images().conv2d(x, weight, bias, c.window, c.groups, y);
    assertClose(expected, y);
    Strided gx = Strided.allocate(c.image(), c.dtype);
    backend.images().conv2dInput(g, weight, c.window, c.groups, gx);
    assertClose(expectedX, gx);
    Strided gw = Strided.allocate(c.weight(), c.dtype);
    backend.images().conv2dWeight(g, x, c.window, c.groups, gw);
    assertClose(expectedWeight, gw);
  }

  @Test
  void noImagesGiveNoGradient() {
    Window window = new Window(3, 3, 1, 1, 0, 0, 1, 1);
    Strided none = TestArrays.empty(DType.FLOAT32, 0, 2, 5, 5);
    Strided g = TestArrays.empty(DType.FLOAT32, 0, 3, 3, 3);
    Strided gw = TestArrays.random(random, DType.FLOAT32, 3, 2, 3, 3);
    backend.images().conv2dWeight(g, none, window, 1, gw);
    TestArrays.forEach(gw.shape(), i -> assertEquals(0, TestArrays.get(gw, i)));
    backend.images().conv2d(none, gw, null, window, 1, g);
  }

  @Test
  void theGradientOfAWeightDoesNotDependOnThreads() {
    Window window = new Window(3, 3, 1, 1, 1, 1, 1, 1);
    Strided x = TestArrays.random(random, DType.FLOAT32, 13, 8, 20, 20);
    Strided g = TestArrays.random(random, DType.FLOAT32, 13, 6, 20, 20);
    Strided shared = TestArrays.empty(DType.FLOAT32, 6, 8, 3, 3);
    Strided alone = TestArrays.empty(DType.FLOAT32, 6, 8, 3, 3);
    backend.images().conv2dWeight(g, x, window, 1, shared);
    CpuBackend.on(new WorkerTeam(1)).images().conv2dWeight(g, x, window, 1, alone);
    TestArrays.forEach(
        shared.shape(), i -> assertEquals(TestArrays.get(alone, i), TestArrays.get(shared, i)));
  }

  @Test
  void whatImagesSideBySideGiveDoesNotDependOnThreads() {
    Window window = new Window(3, 3, 2, 2, 1, 1, 1, 1);
    Case c = new Case(DType.FLOAT32, 45, 64, 6, 6, 70, 1, window);
    Strided x = TestArrays.random(random, c.dtype, c.image().toArray());
    Strided weight = TestArrays.random(random, c.dtype, c.weight().toArray());
    Strided y = Strided.allocate(c.result(), c.dtype);
    Strided alone = Strided.allocate(c.result(), c.dtype);
    backend.images().conv2d(x, weight, null, window, 1, y);
    CpuBackend.on(new WorkerTeam(1)).images().conv2d(x, weight, null, window, 1, alone);
    TestArrays.forEach(
        y.shape(), i -> assertEquals(TestArrays.get(alone, i), TestArrays.get(y, i)));
    Strided gw = Strided.allocate(c.weight(), c.dtype);
    Strided gwAlone = Strided.allocate(c.weight(), c.dtype);
    backend.images().conv2dWeight(y, x, window, 1, gw);
    CpuBackend.on(new WorkerTeam(1)).images().conv2dWeight(y, x, window, 1, gwAlone);
    TestArrays.forEach(
        gw.shape(), i -> assertEquals(TestArrays.get(gwAlone, i), TestArrays.get(gw, i)));
  }

  /** One sum of all places would be off by some 20 steps here. */
  @Test
  void theGradientOfAWeightIsAsAccurateForLargeImages() {
    Window window = new Window(3, 3, 1, 1, 1, 1, 1, 1);
    Strided x = fractions(2, 16, 112, 112);
    Strided g = fractions(2, 4, 112, 112);
    Strided gw = TestArrays.empty(DType.FLOAT32, 4, 16, 3, 3);
    backend.images().conv2dWeight(g, x, window, 1, gw);
    Strided exact = TestArrays.empty(DType.FLOAT64, 4, 16, 3, 3);
    backend.images().conv2dWeight(inFloat64(g), inFloat64(x), window, 1, exact);
    TestArrays.forEach(
        gw.shape(),
        i -> {
          double value = TestArrays.get(exact, i);
          assertEquals(value, TestArrays.get(gw, i), 8 * DType.FLOAT32.eps() * value);
        });
  }

  /** Numbers of [0, 1) whose products are rounded. */
  private Strided fractions(long... sizes) {
    Strided x = TestArrays.empty(DType.FLOAT32, sizes);
    TestArrays.forEach(x.shape(), i -> TestArrays.set(x, random.nextFloat(), i));
    return x;
  }

  private Strided inFloat64(Strided x) {
    Strided y = Strided.allocate(x.shape(), DType.FLOAT64);
    backend.elements().copy(x, y);
    return y;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void pooling(Case c) {
    Window w = c.window;
    Strided x = TestArrays.random(random, c.dtype, c.image().toArray());
    Shape shape = Shape.of(c.images, c.channels, c.result().size(2), c.result().size(3));
    Strided y = Strided.allocate(shape, c.dtype);
    Strided positions = Strided.allocate(shape, DType.INT64);
    backend.images().maxPool2d(x, w, y, positions);
    TestArrays.forEach(
        shape,
        i -> {
          double best = Double.NEGATIVE_INFINITY;
          long at = -1;
          for (long row = 0; row < w.kernelHeight(); row++) {
            for (long column = 0; column < w.kernelWidth(); column++) {
              long h = i[2] * w.strideHeight() - w.paddingHeight() + row * w.dilationHeight();
              long v = i[3] * w.strideWidth() - w.paddingWidth() + column * w.dilationWidth();
              boolean inside = h >= 0 && h < c.height && v >= 0 && v < c.width;
              if (inside && TestArrays.get(x, i[0], i[1], h, v) > best) {
                best = TestArrays.get(x, i[0], i[1], h, v);
                at = h * c.width + v;
              }
            }
          }
          assertEquals(best, TestArrays.get(y, i));
          assertEquals((double) at, TestArrays.get(positions, i));
        });
  }
}
