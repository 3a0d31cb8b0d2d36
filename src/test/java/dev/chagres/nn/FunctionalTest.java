package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.chagres.Chagres;
import dev.chagres.autograd.Backward;
import dev.chagres.core.DType;
import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.core.Shape;
import dev.chagres.io.Safetensors;
import dev.chagres.nn.GoldenCases.Case;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@OnEveryDevice(blocking = true)
class FunctionalTest {
  /** PyTorch's name to the function here, as one of a case. */
  private static final Map<String, Function<Inputs, Tensor>> OPERATIONS =
      Map.ofEntries(
          Map.entry("linear", c -> Functional.linear(c.at(0), c.at(1), c.atOrNull(2))),
          Map.entry("conv2d", FunctionalTest::conv2d),
          Map.entry("max_pool2d", FunctionalTest::maxPool2d),
          Map.entry("avg_pool2d", FunctionalTest::avgPool2d),
          Map.entry("softmax", c -> Functional.softmax(c.at(0), (int) c.of.number("dim", 0))),
          Map.entry(
              "log_softmax", c -> Functional.logSoftmax(c.at(0), (int) c.of.number("dim", 0))),
          Map.entry("layer_norm", FunctionalTest::layerNorm),
          Map.entry("embedding", FunctionalTest::embedding),
          Map.entry("scaled_dot_product_attention", FunctionalTest::attention),
          Map.entry("cross_entropy", FunctionalTest::crossEntropy),
          Map.entry("nll_loss", FunctionalTest::nllLoss),
          Map.entry("mse_loss", c -> Functional.mseLoss(c.at(0), c.at(1), c.of.reduction())),
          Map.entry("l1_loss", c -> Functional.l1Loss(c.at(0), c.at(1), c.of.reduction())),
          Map.entry(
              "smooth_l1_loss",
              c ->
                  Functional.smoothL1Loss(
                      c.at(0), c.at(1), c.of.number("beta", 1), c.of.reduction())),
          Map.entry(
              "huber_loss",
              c ->
                  Functional.huberLoss(
                      c.at(0), c.at(1), c.of.number("delta", 1), c.of.reduction())),
          Map.entry("binary_cross_entropy_with_logits", FunctionalTest::withLogits));

  /**
   * What PyTorch computed there and this library does not do: it must refuse, or have no option for
   * it.
   */
  private static final Set<String> WITHOUT_OPTION =
      Set.of("avg_pool2d/ceil", "avg_pool2d/ceil_padding", "avg_pool2d/padding_excluded");

  /** The operands of one case, those that a gradient is known for ready to be differentiated. */
  private record Inputs(Case of, List<Tensor> leaves) {
    Tensor at(int i) {
      return leaves.get(i);
    }

    Tensor atOrNull(int i) {
      return i < leaves.size() ? leaves.get(i) : null;
    }
  }

  private static Tensor conv2d(Inputs c) {
    Pair padding =
        c.of.args().get("padding") instanceof String
            ? new Pair((c.at(1).size(2) - 1) / 2, (c.at(1).size(3) - 1) / 2)
            : c.of.pair("padding", 0);
    return Functional.conv2d(
        c.at(0),
        c.at(1),
        c.atOrNull(2),
        Conv2d.options()
            .stride(c.of.pair("stride", 1))
            .padding(padding)
            .dilation(c.of.pair("dilation", 1))
            .groups((int) c.of.number("groups", 1)));
  }

  private static Tensor maxPool2d(Inputs c) {
    Pair kernel = c.of.pair("kernel_size", 1);
    var options =
        MaxPool2d.options(kernel)
            .padding(c.of.pair("padding", 0))
            .dilation(c.of.pair("dilation", 1));
    options = c.of.args().containsKey("stride") ? options.stride(c.of.pair("stride", 1)) : options;
    options = c.of.flag("ceil_mode") ? options.rounding(Rounding.CEIL) : options;
    return Functional.maxPool2d(c.at(0), kernel, options);
  }

  private static Tensor avgPool2d(Inputs c) {
    Pair kernel = c.of.pair("kernel_size", 1);
    var options = AvgPool2d.options(kernel).padding(c.of.pair("padding", 0));
    options = c.of.args().containsKey("stride") ? options.stride(c.of.pair("stride", 1)) : options;
    return Functional.avgPool2d(c.at(0), kernel, options);
  }

  private static Tensor layerNorm(Inputs c) {
    Object sizes = c.of.args().get("normalized_shape");
    long[] shape = ((List<?>) sizes).stream().mapToLong(n -> ((Number) n).longValue()).toArray();
    return Functional.layerNorm(
        c.at(0), Shape.of(shape), c.atOrNull(1), c.atOrNull(2), c.of.number("eps", 1e-5));
  }

  private static Tensor crossEntropy(Inputs c) {
    var options =
        CrossEntropyLoss.options()
            .reduction(c.of.reduction())
            .ignoreIndex((long) c.of.number("ignore_index", -100))
            .labelSmoothing(c.of.number("label_smoothing", 0));
    options = c.leaves.size() > 2 ? options.weight(c.at(2).detach()) : options;
    return Functional.crossEntropy(c.at(0), c.at(1), options);
  }

  private static Tensor embedding(Inputs c) {
    var options = Embedding.options();
    if (c.of.args().containsKey("padding_idx")) {
      options = options.paddingIdx((long) c.of.number("padding_idx", 0));
    }
    if (c.of.flag("scale_grad_by_freq")) {
      options = options.scaleGrad(Embedding.ScaleGrad.BY_FREQ);
    }
    return Functional.embedding(c.at(0), c.at(1), options);
  }

  private static Tensor attention(Inputs c) {
    var options = Attention.options();
    options = c.of.flag("is_causal") ? options.isCausal() : options;
    options = c.of.flag("enable_gqa") ? options.enableGqa() : options;
    if (c.of.args().containsKey("scale")) {
      options = options.scale(c.of.number("scale", 0));
    }
    options = c.leaves.size() > 3 ? options.attnMask(c.at(3)) : options;
    return Functional.scaledDotProductAttention(c.at(0), c.at(1), c.at(2), options);
  }

  private static Tensor nllLoss(Inputs c) {
    var options =
        NLLLoss.options()
            .reduction(c.of.reduction())
            .ignoreIndex((long) c.of.number("ignore_index", -100));
    options = c.leaves.size() > 2 ? options.weight(c.at(2).detach()) : options;
    return Functional.nllLoss(c.at(0), c.at(1), options);
  }

  private static Tensor withLogits(Inputs c) {
    var options = BCEWithLogitsLoss.options().reduction(c.of.reduction());
    options = c.leaves.size() > 2 ? options.posWeight(c.at(2).detach()) : options;
    return Functional.binaryCrossEntropyWithLogits(c.at(0), c.at(1), options);
  }

  @TestFactory
  Stream<DynamicTest> givesPyTorchsValuesAndGradients() throws IOException {
    return GoldenCases.of(OPERATIONS.keySet().stream().sorted().toArray(String[]::new)).stream()
        .filter(c -> !WITHOUT_OPTION.contains(c.op() + "/" + c.name()))
        .map(c -> dynamicTest(c.op() + " " + c.name(), () -> check(c)));
  }

  private static void check(Case c) {
    List<Tensor> leaves = new ArrayList<>();
    for (int i = 0; i < c.in().size(); i++) {
      leaves.add(c.leaf(i));
    }
    Tensor result = OPERATIONS.get(c.op()).apply(new Inputs(c, leaves));
    GoldenCases.assertClose(c.out().getFirst(), result, "result");
    if (c.all().containsKey("cotangent")) {
      result.backward(c.all().get("cotangent"));
      for (int i = 0; i < leaves.size(); i++) {
        Tensor expected = c.all().get("grad" + i);
        if (expected != null) {
          GoldenCases.assertClose(expected, leaves.get(i).grad(), "gradient " + i);
        }
      }
    }
    for (int i = 0; i < leaves.size(); i++) {
      Tensor input = c.in().get(i);
      GoldenCases.assertClose(input, leaves.get(i).detach(), "operand " + i + " afterwards");
    }
  }

  @Test
  void everyCaseIsThere() throws IOException {
    for (String op : OPERATIONS.keySet()) {
      assertFalse(GoldenCases.of(op).isEmpty(), op);
    }
  }

  @Test
  void lossesAreDifferentiableTwice() {
    Chagres.manualSeed(1);
    Tensor x = Tensor.randn(DType.FLOAT64, 3, 4).requiresGrad_();
    Tensor target = Tensor.of(0, 3, 1L);
    GradCheck.gradgradcheck(t -> Functional.crossEntropy(t, target), x);
    Tensor other = Tensor.randn(DType.FLOAT64, 3, 4);
    GradCheck.gradgradcheck(t -> Functional.mseLoss(t, other), x);
    GradCheck.gradgradcheck(t -> Functional.binaryCrossEntropyWithLogits(t, other.sigmoid()), x);
  }

  @Test
  void theLossOfLogitsHasBothDerivativesAtZeroAndFarAway() {
    Tensor x = Tensor.of(new double[] {0, -0.0, 200, -200}, DType.FLOAT64).requiresGrad_();
    Tensor target = Tensor.of(new double[] {0, 1, 0, 1}, DType.FLOAT64);
    var options = BCEWithLogitsLoss.options().reduction(Reduction.SUM);
    Tensor loss = Functional.binaryCrossEntropyWithLogits(x, target, options);
    Tensor first = Autograd.grad(loss, x, Backward.Option.CREATE_GRAPH);
    assertArrayEquals(new double[] {0.5, -0.5, 1, -1}, first.toDoubleArray(), 1e-15);
    Tensor second = Autograd.grad(first.sum(), x);
    assertArrayEquals(new double[] {0.25, 0.25, 0, 0}, second.toDoubleArray(), 1e-15);
    UnaryOperator<Tensor> function =
        t -> Functional.binaryCrossEntropyWithLogits(t, target, options);
    GradCheck.gradgradcheck(function, x);
    GradCheck.gradgradcheck(
        t ->
            Functional.binaryCrossEntropyWithLogits(
                t,
                target,
                BCEWithLogitsLoss.options().posWeight(Tensor.full(Shape.of(4), 3, DType.FLOAT64))),
        x);
  }

  @Test
  void linearTakesAnyNumberOfLeadingDimensions() {
    Chagres.manualSeed(2);
    Tensor w = Tensor.randn(5, 3);
    Tensor b = Tensor.randn(5);
    Tensor x = Tensor.randn(2, 4, 3);
    Tensor y = Functional.linear(x, w, b);
    assertEquals(Shape.of(2, 4, 5), y.shape());
    assertTrue(y.get(1).allclose(Functional.linear(x.get(1), w, b)));
    assertTrue(y.get(1, 2).allclose(Functional.linear(x.get(1, 2), w, b)));
    var error =
        assertThrows(
            IllegalArgumentException.class, () -> Functional.linear(Tensor.ones(2, 4), w, b));
    assertTrue(
        error.getMessage().contains("a weight (5, 3) needs inputs (..., 3), not (2, 4)"),
        error.getMessage());
  }

  @Test
  void targetsThatAreNoClassesAreRefused() {
    Tensor x = Tensor.zeros(2, 3);
    assertThrows(
        IndexOutOfBoundsException.class, () -> Functional.crossEntropy(x, Tensor.of(0, 3L)));
    assertThrows(
        IndexOutOfBoundsException.class, () -> Functional.crossEntropy(x, Tensor.of(0, -1L)));
    assertThrows(
        IllegalArgumentException.class, () -> Functional.crossEntropy(x, Tensor.of(0, 1, 2L)));
    assertThrows(
        IllegalArgumentException.class, () -> Functional.crossEntropy(x, Tensor.of(true, false)));
    assertThrows(IllegalArgumentException.class, () -> Functional.crossEntropy(x, Tensor.zeros(2)));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Functional.crossEntropy(
                x, Tensor.of(0, 1L), CrossEntropyLoss.options().weight(Tensor.ones(2))));
    assertThrows(
        IllegalArgumentException.class, () -> CrossEntropyLoss.options().labelSmoothing(1.5));
  }

  @Test
  void dropoutKeepsTheMeanAndDrawsFromTheDefaultGenerator() {
    Tensor x = Tensor.ones(1000, 100);
    Chagres.manualSeed(3);
    Tensor y = Functional.dropout(x, 0.3);
    Chagres.manualSeed(3);
    assertTrue(y.equal(Functional.dropout(x, 0.3)));
    assertEquals(1, y.mean().item(), 0.01);
    assertEquals(1 / 0.7, y.max().item(), 1e-6);
    assertEquals(0.3, y.eq(0).toFloat().mean().item(), 0.01);
    assertEquals(0, Functional.dropout(x, 1).sum().item());
    assertTrue(Functional.dropout(x, 0) == x);
    assertThrows(IllegalArgumentException.class, () -> Functional.dropout(x, -0.1));
    assertThrows(IllegalArgumentException.class, () -> new Dropout(Double.NaN));
  }

  @OnCpu("a GPU draws other numbers than PyTorch's CPU")
  @Test
  void dropoutDropsWhatPyTorchDrops() throws IOException {
    var golden =
        Safetensors.load(Path.of("src", "test", "resources", "golden", "random.safetensors"));
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      String key = "torch/42/dropout(" + (dtype == DType.FLOAT32 ? "f32" : "f64") + ",40,0.3)";
      Chagres.manualSeed(42);
      assertTrue(golden.get(key).equal(Functional.dropout(Tensor.ones(dtype, 40), 0.3)), key);
    }
  }

  @Test
  void dropoutsGradientIsZeroWhereItDropped() {
    Tensor x = Tensor.ones(50).requiresGrad_();
    Tensor y = Functional.dropout(x, 0.5);
    y.sum().backward();
    assertTrue(x.grad().equal(y.detach()));
    assertTrue(Autograd.isGradEnabled());
  }

  @Test
  void shortFormsTakePyTorchsDefaults() {
    Chagres.manualSeed(42);
    Tensor images = Tensor.randn(2, 3, 7, 7);
    Tensor kernels = Tensor.randn(4, 3, 2, 2);
    Tensor bias = Tensor.randn(4);
    Tensor none = Functional.conv2d(images, kernels, null, Conv2d.options());
    assertTrue(Functional.conv2d(images, kernels).equal(none));
    Tensor biased = Functional.conv2d(images, kernels, bias, Conv2d.options());
    assertTrue(Functional.conv2d(images, kernels, bias).equal(biased));
    assertFalse(biased.equal(none));
    Tensor greatest = Functional.maxPool2d(images, Pair.of(3), MaxPool2d.options(3));
    assertEquals(Shape.of(2, 3, 2, 2), greatest.shape());
    assertTrue(Functional.maxPool2d(images, 3).equal(greatest));
    Tensor means = Functional.avgPool2d(images, Pair.of(3), AvgPool2d.options(3));
    assertTrue(Functional.avgPool2d(images, 3).equal(means));
    Tensor x = Tensor.of(0, 3.0);
    Tensor y = Tensor.of(0.5, 0);
    assertEquals((0.125 + 2.5) / 2, Functional.smoothL1Loss(x, y).item());
    assertEquals((0.125 + 2.5) / 2, Functional.huberLoss(x, y).item());
    assertEquals((0.125 + 4) / 2, Functional.huberLoss(x, y, 2).item());
    assertEquals((0.0625 + 2) / 2, Functional.smoothL1Loss(x, y, 2).item());
    assertEquals(
        List.of(6.0),
        Functional.linear(Tensor.of(0, 3.0), Tensor.of(new double[][] {{1, 2}})).tolist());
  }

  @Test
  void oneHotPutsAOneWhereTheClassIs() {
    assertTrue(
        Functional.oneHot(Tensor.of(new long[][] {{0, 2}, {1, 1}}), 3)
            .equal(Tensor.of(new long[][][] {{{1, 0, 0}, {0, 0, 1}}, {{0, 1, 0}, {0, 1, 0}}})));
    assertThrows(IndexOutOfBoundsException.class, () -> Functional.oneHot(Tensor.of(0, 3L), 3));
    assertThrows(IndexOutOfBoundsException.class, () -> Functional.oneHot(Tensor.of(0, -1L), 3));
  }

  @Test
  void oneHotHasAsManyClassesAsItNeeds() {
    Tensor expected = Tensor.of(new long[][] {{0, 0, 1}, {1, 0, 0}});
    assertTrue(Functional.oneHot(Tensor.of(2L, 0L)).equal(expected));
    assertTrue(Functional.oneHot(Tensor.scalar(1)).equal(Tensor.of(0L, 1L)));
    Tensor none = Tensor.of(new long[0]);
    assertThrows(IllegalArgumentException.class, () -> Functional.oneHot(none));
    assertThrows(IndexOutOfBoundsException.class, () -> Functional.oneHot(Tensor.of(-1L, 2L)));
    assertThrows(
        IllegalArgumentException.class, () -> Functional.oneHot(Tensor.of(Long.MAX_VALUE)));
  }

  @Test
  void shorterFormsAreThoseWithPyTorchsDefaults() {
    Tensor x = Tensor.of(new double[][] {{1, -2}, {3, 0.5}});
    Tensor y = Tensor.of(new double[][] {{2, 2}, {-1, 4}});
    assertTrue(Functional.normalize(x, 1, 0).equal(Functional.normalize(x, 1, 0, 1e-12)));
    assertTrue(
        Functional.cosineSimilarity(x, y, 0).equal(Functional.cosineSimilarity(x, y, 0, 1e-8)));
    assertTrue(x.histc(3).equal(x.histc(3, 0, 0)));
    assertTrue(x.slice(1, -1, 9).equal(x.at(":, -1:")));
    assertSame(x, Functional.dropout(x, 0.5, false));
    Chagres.manualSeed(3);
    Tensor dropped = Functional.dropout(x, 0.5, true);
    Chagres.manualSeed(3);
    assertTrue(dropped.equal(Functional.dropout(x, 0.5)));
    assertThrows(IllegalArgumentException.class, () -> Functional.dropout(x, 2, false));
    var chain = new Sequential(new ReLU()).append(new Tanh());
    assertEquals(2, chain.size());
    assertTrue(chain.call(x).equal(x.relu().tanh()));
  }
}
