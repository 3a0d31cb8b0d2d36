package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.nn.GridSample.Beyond;
import dev.chagres.nn.GridSample.Mode;
import dev.chagres.nn.Upsample.Corners;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is read at places, bags and steps, and dropped by channels; numbers are PyTorch's. */
@OnEveryDevice(blocking = true)
class SamplingTest {
  private static void assertNear(Tensor got, double... wanted) {
    assertArrayEquals(wanted, got.flatten().toDoubleArray(), 2e-5, got::toString);
  }

  private static double[] numbers(String text) {
    return Arrays.stream(text.trim().split(" ")).mapToDouble(Double::parseDouble).toArray();
  }

  private static GridSample.Options options(Mode mode, Beyond beyond, boolean aligned) {
    var options = GridSample.options().mode(mode).beyond(beyond);
    return aligned ? options.alignCorners() : options;
  }

  @ParameterizedTest
  @CsvSource({
    "BILINEAR, ZEROS, false, 2.625 0.0 0.0 6.65",
    "BILINEAR, ZEROS, true, 4.395 2.28 0.2125 7.8",
    "BILINEAR, BORDER, false, 3.75 3.4 0.0 6.65",
    "BILINEAR, BORDER, true, 4.395 3.8 0.25 7.8",
    "BILINEAR, REFLECTION, false, 3.75 3.89 0.0 6.65",
    "BILINEAR, REFLECTION, true, 4.395 5.32 0.85 7.8",
    "NEAREST, ZEROS, false, 6.0 0.0 0.0 9.0",
    "NEAREST, ZEROS, true, 6.0 3.0 0.0 9.0",
    "NEAREST, BORDER, false, 6.0 3.0 0.0 9.0",
    "NEAREST, REFLECTION, true, 6.0 3.0 0.0 9.0",
    "BICUBIC, ZEROS, false, 3.19006 -0.17921 -0.25742 7.9649",
    "BICUBIC, ZEROS, true, 5.44309 1.43395 -0.17403 8.95324",
    "BICUBIC, BORDER, false, 4.42008 2.95 -0.71593 7.65121",
    "BICUBIC, BORDER, true, 4.91899 2.67555 -0.13907 8.85152",
    "BICUBIC, REFLECTION, false, 4.43147 3.4439 -1.54641 7.65121",
    "BICUBIC, REFLECTION, true, 4.88856 4.76128 0.14873 8.72268"
  })
  void imagesAreReadAtPlaces(Mode mode, Beyond beyond, boolean aligned, String wanted) {
    Tensor x = Tensor.arange(12).mul(7).remainder(11).toFloat().view(1, 1, 3, 4);
    Tensor grid = Tensor.of(-0.9f, 0.3f, 0.2f, -1.4f, 1.1f, 0.95f, 0.45f, 0.1f).view(1, 2, 2, 2);
    Tensor y = Functional.gridSample(x, grid, options(mode, beyond, aligned));
    assertEquals(Shape.of(1, 1, 2, 2), y.shape());
    assertNear(y, numbers(wanted));
  }

  @ParameterizedTest
  @CsvSource({
    "BILINEAR, ZEROS, false, 1.6245 0.0",
    "BILINEAR, ZEROS, true, 3.897 2.64",
    "BILINEAR, BORDER, false, 5.415 4.3",
    "BILINEAR, BORDER, true, 4.33 4.4",
    "BILINEAR, REFLECTION, false, 5.415 4.312",
    "BILINEAR, REFLECTION, true, 4.684 4.552",
    "NEAREST, ZEROS, false, 0.0 0.0",
    "NEAREST, ZEROS, true, 1.0 5.0",
    "NEAREST, BORDER, false, 1.0 5.0"
  })
  void volumesAreReadAtPlaces(Mode mode, Beyond beyond, boolean aligned, String wanted) {
    Tensor x = Tensor.arange(12).mul(5).remainder(13).toFloat().view(1, 1, 2, 3, 2);
    Tensor grid = Tensor.of(-0.4f, 0.3f, 1.2f, 0.2f, -1.4f, -0.3f).view(1, 1, 1, 2, 3);
    assertNear(Functional.gridSample(x, grid, options(mode, beyond, aligned)), numbers(wanted));
  }

  @Test
  void matricesMoveGrids() {
    Tensor theta = Tensor.of(0.5f, -0.25f, 0.1f, 0.3f, 1f, -0.2f).view(1, 2, 3);
    assertNear(
        Functional.affineGrid(theta, Shape.of(1, 1, 2, 3), Corners.EDGES),
        numbers("-0.10833 -0.9 0.225 -0.7 0.55833 -0.5 -0.35833 0.1 -0.025 0.3 0.30833 0.5"));
    assertNear(
        Functional.affineGrid(theta, Shape.of(1, 1, 2, 3), Corners.ALIGNED),
        numbers("-0.15 -1.5 0.35 -1.2 0.85 -0.9 -0.65 0.5 -0.15 0.8 0.35 1.1"));
    Tensor volume = Tensor.arange(12).toFloat().div(10).sub(0.4).view(1, 3, 4);
    assertNear(
        Functional.affineGrid(volume, Shape.of(1, 1, 1, 2, 2), Corners.EDGES),
        numbers("0.25 0.25 0.25 -0.15 0.25 0.65 -0.05 0.35 0.75 -0.45 0.35 1.15"));
    Tensor x = Tensor.randn(1, 2, 4, 5);
    Tensor same = Tensor.of(1f, 0f, 0f, 0f, 1f, 0f).view(1, 2, 3);
    Tensor grid = Functional.affineGrid(same, x.shape(), Corners.EDGES);
    assertTrue(Functional.gridSample(x, grid).allclose(x, 1e-5, 1e-5));
  }

  /** Where nothing is moved, places are at kinks, of whose sides rounding decides. */
  @Test
  void gridsThatStayAreRoundedAsInPyTorch() {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      for (int n : new int[] {7, 20, 24}) {
        Tensor same = Tensor.eye(dtype, 2, 3).view(1, 2, 3);
        Tensor grid = Functional.affineGrid(same, Shape.of(1, 1, n, n), Corners.EDGES);
        Tensor wanted = Tensor.linspace(dtype, -1, 1, n).mul(n - 1).div(n);
        assertTrue(grid.at("0, 0, :, 0").equal(wanted), dtype + " " + n);
        assertTrue(grid.at("0, :, 0, 1").equal(wanted), dtype + " " + n);
      }
    }
  }

  @Test
  void placesHaveDerivatives() {
    Tensor x = Tensor.randn(DType.FLOAT64, 1, 2, 3, 4).requiresGrad_();
    Tensor grid =
        Tensor.of(new double[] {-0.93, 0.31, 0.22, -1.37, 0.51, 0.12}, DType.FLOAT64)
            .view(1, 1, 3, 2)
            .requiresGrad_();
    for (Beyond beyond : Beyond.values()) {
      for (Mode mode : List.of(Mode.BILINEAR, Mode.BICUBIC)) {
        var options = options(mode, beyond, false);
        GradCheck.gradcheck(
            in -> List.of(Functional.gridSample(in.get(0), in.get(1), options)), List.of(x, grid));
      }
    }
  }

  // ---- sequences

  private static Tensor scores() {
    return Tensor.arange(48).mul(5).remainder(17).toDouble().div(8).sub(1).view(6, 2, 4);
  }

  private static final Tensor LENGTHS = Tensor.of(new long[] {6, 4});

  private static Tensor classes(long... classes) {
    return Tensor.of(classes, DType.INT64).view(2, -1);
  }

  @Test
  void alignmentsAreAddedUp() {
    Tensor scores = scores().requiresGrad_();
    Tensor logs = scores.logSoftmax(2);
    Tensor targets = classes(1, 2, 2, 3, 1, 0);
    Tensor lengths = Tensor.of(new long[] {3, 2}, DType.INT64);
    var each = CTCLoss.options().reduction(Reduction.NONE);
    Tensor losses = Functional.ctcLoss(logs, targets, LENGTHS, lengths, each);
    assertNear(losses, 6.004481230820774, 3.792636363329495);
    assertNear(Functional.ctcLoss(logs, targets, LENGTHS, lengths), 1.9489059626358363);
    Tensor inARow = Tensor.of(new long[] {1, 2, 2, 3, 1}, DType.INT64);
    assertTrue(Functional.ctcLoss(logs, inARow, LENGTHS, lengths, each).allclose(losses));
    for (long behind : new long[] {-1, -100, 4}) { // what is behind the second's length
      Tensor padded = classes(1, 2, 2, 3, 1, behind);
      assertTrue(Functional.ctcLoss(logs, padded, LENGTHS, lengths, each).equal(losses));
    }
    // Behind a log softmax the gradient is PyTorch's.
    Tensor gradient = Autograd.grad(losses.sum(), scores);
    assertArrayEquals(
        new double[] {
          -0.002502617914797099,
          -0.7747972432598936,
          0.2710018152943073,
          0.5062980458803834,
          -0.2623357907906847,
          0.2617547922267395,
          0.48902233241611737,
          -0.48844133385217214
        },
        gradient.flatten().narrow(0, 0, 8).toDoubleArray(),
        1e-10);
  }

  @Test
  void whatCannotBeReadIsInfiniteOrNothing() {
    Tensor scores = scores().requiresGrad_();
    Tensor targets = classes(1, 2, 2, 3, 3, 3);
    Tensor lengths = Tensor.of(new long[] {3, 3}, DType.INT64);
    var each = CTCLoss.options().reduction(Reduction.NONE);
    Tensor kept = Functional.ctcLoss(scores.logSoftmax(2), targets, LENGTHS, lengths, each);
    assertNear(kept, 6.004481230820774, Double.POSITIVE_INFINITY);
    var zero = each.infinite(CTCLoss.Infinite.ZERO);
    Tensor losses = Functional.ctcLoss(scores.logSoftmax(2), targets, LENGTHS, lengths, zero);
    assertNear(losses, 6.004481230820774, 0);
    Tensor gradient = Autograd.grad(losses.sum(), scores);
    assertTrue(gradient.isfinite().all().isTrue());
    assertEquals(0, gradient.select(1, 1).abs().sum().item());
  }

  @Test
  void emptyTargetsAreAllBlanks() {
    Tensor logs = scores().logSoftmax(2);
    Tensor targets = classes(1, 2, 2, 3, 3, 3);
    var each = CTCLoss.options().reduction(Reduction.NONE);
    Tensor inputs = Tensor.of(new long[] {6, 0}, DType.INT64);
    assertNear(
        Functional.ctcLoss(logs, targets, inputs, Tensor.of(new long[] {0, 0}), each), 10.2453, 0);
    assertNear(
        Functional.ctcLoss(logs, targets, inputs, Tensor.of(new long[] {0, 1}), each),
        10.2453,
        Double.POSITIVE_INFINITY);
    var error =
        assertThrows(
            IllegalArgumentException.class,
            () -> Functional.ctcLoss(logs, targets, inputs, Tensor.of(new long[] {4, 0})));
    assertEquals("ctcLoss: the length 4 of a target of 3", error.getMessage());
  }

  // ---- bags

  @Test
  void bagsOfPretrainedRowsAreNotTrained() {
    Tensor table = Tensor.arange(6).toFloat().view(3, 2);
    var bags =
        EmbeddingBag.fromPretrained(table, EmbeddingBag.options().mode(EmbeddingBag.Mode.SUM));
    assertNear(bags.call(Tensor.of(new long[] {0, 2, 1, 1}).view(2, 2)), 4, 6, 4, 6);
    assertTrue(bags.parameters().stream().noneMatch(Tensor::requiresGrad));
    var means = EmbeddingBag.fromPretrained(table);
    assertNear(means.call(Tensor.of(new long[] {0, 2, 1, 1}).view(2, 2)), 2, 3, 2, 3);
    table.fill_(1);
    assertNear(bags.weight(), 1, 1, 1, 1, 1, 1);
    assertThrows(
        IllegalArgumentException.class,
        () -> EmbeddingBag.fromPretrained(Tensor.ones(3), EmbeddingBag.options()));
  }

  @Test
  void bagsWithoutRowsAreZero() {
    Tensor weight = Tensor.of(new float[] {1, -2, 3, -4, 5, -6}).view(3, 2).requiresGrad_();
    Tensor rows = Tensor.of(new long[] {0, 2, 2, 1}, DType.INT64);
    Tensor offsets = Tensor.of(new long[] {0, 3, 3}, DType.INT64);
    for (EmbeddingBag.Mode mode : EmbeddingBag.Mode.values()) {
      var options = EmbeddingBag.options().mode(mode);
      Tensor y = Functional.embeddingBag(rows, weight, offsets, null, options);
      switch (mode) {
        case SUM -> assertNear(y, 11, -14, 0, 0, 3, -4);
        case MEAN -> assertNear(y, 11 / 3.0, -14 / 3.0, 0, 0, 3, -4);
        case MAX -> {
          assertNear(y, 5, -2, 0, 0, 3, -4);
          assertNear(Autograd.grad(y.sum(), weight), 0, 1, 1, 1, 1, 0);
        }
      }
    }
  }

  // ---- channels

  @Test
  void wholeChannelsAreDropped() {
    Chagres.manualSeed(3);
    Tensor y = Functional.dropout2d(Tensor.ones(4, 8, 3, 5), 0.5);
    Tensor first = y.select(3, 0).select(2, 0).unsqueeze(-1).unsqueeze(-1);
    assertTrue(y.equal(first.expandAs(y)));
    assertTrue(y.eq(0).logicalOr(y.eq(2)).all().isTrue());
    assertTrue(y.eq(0).any().isTrue() && y.eq(2).any().isTrue());
    Tensor x = Tensor.ones(2, 3);
    assertEquals(0, Functional.featureAlphaDropout(x, 1).sum().item());
    assertSame(x, new Dropout3d().eval().call(x));
  }

  @Test
  void alphaDropoutKeepsMeanAndVariance() {
    Chagres.manualSeed(3);
    Tensor y = Functional.alphaDropout(Tensor.randn(200_000), 0.3);
    assertEquals(0, y.mean().item(), 0.02);
    assertEquals(1, y.std().item(), 0.02);
  }

  @OnCpu("a GPU draws other numbers than PyTorch's CPU")
  @Test
  void categoriesAreDrawnAsTorchDrawsThem() {
    Tensor x = Tensor.arange(6).toFloat().view(2, 3).div(2);
    Chagres.manualSeed(3);
    assertNear(
        Functional.gumbelSoftmax(x, 0.7, Choice.SOFT, 1),
        numbers("0.910215 0.071997 0.017788 0.643866 0.07652 0.279615"));
    Chagres.manualSeed(3);
    Tensor leaf = x.clone().requiresGrad_();
    Tensor hard = Functional.gumbelSoftmax(leaf, 2, Choice.HARD, 0);
    assertNear(hard, 1, 0, 0, 0, 1, 1);
    hard.mul(x.mul(2)).sum().backward();
    assertNear(leaf.grad(), numbers("-0.373947 -0.374876 -0.297726 0.373947 0.374876 0.297727"));
    Chagres.manualSeed(3);
    assertNear(Functional.gumbelSoftmax(x).sum(-1), 1, 1);
  }

  @Test
  void slopesLieBetweenTheirBounds() {
    Chagres.manualSeed(3);
    Tensor x = Tensor.of(new float[] {-1, 2, -1, 0, -1});
    Tensor y = Functional.rrelu(x, 0.25, 0.5);
    assertNear(y.narrow(0, 1, 1), 2);
    Tensor below = y.indexSelect(0, Tensor.of(new long[] {0, 2, 4}, DType.INT64));
    assertTrue(below.le(-0.25).logicalAnd(below.ge(-0.5)).all().isTrue(), below::toString);
  }

  // ---- samples

  @Test
  void runningStatisticsAreMeansOfThoseOfSamples() {
    Tensor x = Tensor.randn(3, 2, 4, 5);
    var layer =
        new InstanceNorm2d(2, InstanceNorm.options().runningStats(BatchNorm.RunningStats.TRACKED));
    Tensor y = layer.call(x);
    assertTrue(y.allclose(Functional.groupNorm(x, 2), 1e-4, 1e-5));
    Tensor mean = layer.runningMean().orElseThrow();
    Tensor variance = layer.runningVar().orElseThrow();
    assertTrue(mean.allclose(x.mean(2, 3).mean(0).mul(0.1), 1e-4, 1e-5));
    Tensor wanted = x.flatten(2).var(2).mean(0).mul(0.1).add(0.9);
    assertTrue(variance.allclose(wanted, 1e-4, 1e-5));
    layer.eval();
    Tensor kept = x.sub(mean.view(2, 1, 1)).div(variance.add(1e-5).sqrt().view(2, 1, 1));
    assertTrue(layer.call(x).allclose(kept, 1e-4, 1e-5));
  }
}
