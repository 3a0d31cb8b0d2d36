package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.core.Shape;
import dev.chagres.core.Triple;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.GoldenFile;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers and losses have PyTorch's parameters, results and texts. */
@OnEveryDevice
class LayersGoldenTest {
  private static final GoldenFile EXPECTED = GoldenFile.open("layers.safetensors");
  private static final Map<String, Supplier<Module>> LAYERS = new TreeMap<>();

  static {
    LAYERS.put("LeakyReLU", () -> new LeakyReLU(0.2));
    LAYERS.put("ELU", ELU::new);
    LAYERS.put("CELU", () -> new CELU(0.5));
    LAYERS.put("SELU", SELU::new);
    LAYERS.put("Hardtanh", Hardtanh::new);
    LAYERS.put("ReLU6", ReLU6::new);
    LAYERS.put("Hardsigmoid", Hardsigmoid::new);
    LAYERS.put("Hardswish", Hardswish::new);
    LAYERS.put("Softplus", () -> new Softplus(2, 1.5));
    LAYERS.put("LogSigmoid", LogSigmoid::new);
    LAYERS.put("Mish", Mish::new);
    LAYERS.put("Softsign", Softsign::new);
    LAYERS.put("Tanhshrink", Tanhshrink::new);
    LAYERS.put("Hardshrink", Hardshrink::new);
    LAYERS.put("Softshrink", () -> new Softshrink(0.25));
    LAYERS.put("Threshold", () -> new Threshold(0.1, 20));
    LAYERS.put("Softmin", () -> new Softmin(1));
    LAYERS.put("GLU", GLU::new);
    LAYERS.put("PReLU", () -> new PReLU(4, 0.1));
    LAYERS.put(
        "Conv1d", () -> new Conv1d(4, 6, 3, Conv1d.options().stride(2).padding(1).groups(2)));
    LAYERS.put("Conv1d same", () -> new Conv1d(4, 2, 4, same()));
    LAYERS.put("ConvTranspose1d", () -> new ConvTranspose1d(4, 6, 3, grouped()));
    LAYERS.put("ConvTranspose2d", () -> new ConvTranspose2d(4, 6, new Pair(3, 2), dilated()));
    LAYERS.put("MaxPool1d", () -> new MaxPool1d(3, MaxPool1d.options(3).stride(2).padding(1)));
    LAYERS.put("AvgPool1d", () -> new AvgPool1d(3, AvgPool1d.options(3).stride(2).padding(1)));
    LAYERS.put("Conv3d", () -> new Conv3d(4, 6, new Triple(2, 3, 2), dilatedVolumes()));
    LAYERS.put("Conv3d same", () -> new Conv3d(4, 2, new Triple(4, 2, 3), sameVolumes()));
    LAYERS.put(
        "ConvTranspose3d", () -> new ConvTranspose3d(4, 6, new Triple(3, 2, 2), groupedVolumes()));
    LAYERS.put(
        "MaxPool3d",
        () -> new MaxPool3d(new Triple(2, 3, 2), MaxPool3d.options(2).stride(2).padding(1)));
    LAYERS.put(
        "AvgPool3d",
        () -> new AvgPool3d(3, AvgPool3d.options(3).stride(2).padding(1).rounding(Rounding.CEIL)));
    LAYERS.put(
        "AdaptiveAvgPool3d", () -> new AdaptiveAvgPool3d(new Triple(3, AdaptiveAvgPool2d.SAME, 4)));
    LAYERS.put("AdaptiveMaxPool1d", () -> new AdaptiveMaxPool1d(4));
    LAYERS.put(
        "AdaptiveMaxPool2d", () -> new AdaptiveMaxPool2d(new Pair(AdaptiveAvgPool2d.SAME, 4)));
    LAYERS.put("AdaptiveMaxPool3d", () -> new AdaptiveMaxPool3d(new Triple(3, 2, 4)));
    LAYERS.put("InstanceNorm1d", () -> new InstanceNorm1d(4));
    LAYERS.put(
        "InstanceNorm2d",
        () ->
            new InstanceNorm2d(
                4,
                InstanceNorm.options()
                    .affine(LayerNorm.Affine.LEARNED)
                    .runningStats(BatchNorm.RunningStats.TRACKED)));
    LAYERS.put("InstanceNorm3d", () -> new InstanceNorm3d(4, InstanceNorm.options().eps(0.5)));
    LAYERS.put("LocalResponseNorm", () -> new LocalResponseNorm(3, 0.5, 0.75, 1));
    LAYERS.put("Dropout1d", () -> new Dropout1d(0.25));
    LAYERS.put("Dropout2d", Dropout2d::new);
    LAYERS.put("Dropout3d", Dropout3d::new);
    LAYERS.put("AlphaDropout", () -> new AlphaDropout(0.25));
    LAYERS.put("FeatureAlphaDropout", FeatureAlphaDropout::new);
    LAYERS.put("RReLU", RReLU::new);
    LAYERS.put("Bilinear", () -> new Bilinear(3, 4, 2));
    LAYERS.put(
        "EmbeddingBag",
        () ->
            new EmbeddingBag(
                5,
                3,
                EmbeddingBag.options()
                    .mode(EmbeddingBag.Mode.MAX)
                    .table(Embedding.options().paddingIdx(1))));
    LAYERS.put("EmbeddingBag matrix", () -> new EmbeddingBag(5, 3));
    LAYERS.put("MaxUnpool1d", () -> new MaxUnpool1d(2));
    LAYERS.put("MaxUnpool2d", () -> new MaxUnpool2d(new Pair(1, 2), Pair.of(2), Pair.of(0)));
    LAYERS.put("MaxUnpool3d", () -> new MaxUnpool3d(2));
    LAYERS.put(
        "MultiMarginLoss", () -> new MultiMarginLoss(MultiMarginLoss.options().p(2).margin(0.5)));
    LAYERS.put("MultiLabelMarginLoss", MultiLabelMarginLoss::new);
    LAYERS.put("MultiLabelSoftMarginLoss", MultiLabelSoftMarginLoss::new);
    LAYERS.put("CTCLoss", () -> new CTCLoss(CTCLoss.options().blank(1)));
    LAYERS.put("Unfold", () -> new Unfold(new Pair(2, 3), Unfold.options().padding(1)));
    LAYERS.put("Fold", () -> new Fold(new Pair(4, 5), Pair.of(2)));
    LAYERS.put("PixelShuffle", () -> new PixelShuffle(2));
    LAYERS.put("PixelUnshuffle", () -> new PixelUnshuffle(3));
    LAYERS.put("ChannelShuffle", () -> new ChannelShuffle(2));
    LAYERS.put("CosineSimilarity", CosineSimilarity::new);
    LAYERS.put("CosineSimilarity last", () -> new CosineSimilarity(-1, 0.5));
    LAYERS.put("PairwiseDistance", PairwiseDistance::new);
    LAYERS.put("PairwiseDistance kept", () -> new PairwiseDistance(1.5, 0.25, Keep.KEEPDIM));
    LAYERS.put(
        "FractionalMaxPool2d", () -> new FractionalMaxPool2d(2, FractionalMaxPool2d.by(0.5, 0.7)));
    LAYERS.put(
        "FractionalMaxPool3d",
        () -> new FractionalMaxPool3d(new Triple(2, 1, 2), FractionalMaxPool3d.to(2, 3, 4)));
    LAYERS.put("LPPool1d", () -> new LPPool1d(4, 3, 2L, Rounding.CEIL));
    LAYERS.put("LPPool2d", () -> new LPPool2d(2, 2));
    LAYERS.put(
        "LPPool3d",
        () ->
            new LPPool3d(
                Double.POSITIVE_INFINITY,
                new Triple(2, 3, 2),
                new Triple(1, 2, 1),
                Rounding.FLOOR));
    LAYERS.put(
        "Conv1d replicate",
        () ->
            new Conv1d(
                4, 2, 3, Conv1d.options().padding(2).dilation(2).paddingMode(PadMode.REPLICATE)));
    LAYERS.put("Conv2d circular", () -> new Conv2d(4, 2, 3, circular()));
    LAYERS.put("Conv3d reflect", () -> new Conv3d(4, 2, new Triple(3, 2, 4), reflecting()));
    LAYERS.put("Upsample", () -> new Upsample(Upsample.by(2)));
    LAYERS.put(
        "Upsample size",
        () -> new Upsample(Upsample.to(7, 4).mode(Upsample.Mode.BILINEAR).alignCorners()));
    LAYERS.put("KLDivLoss", () -> new KLDivLoss(KLDivLoss.options().mean(KLDivLoss.Mean.OF_BATCH)));
    LAYERS.put("BCELoss", BCELoss::new);
    LAYERS.put("HingeEmbeddingLoss", HingeEmbeddingLoss::new);
    LAYERS.put("SoftMarginLoss", SoftMarginLoss::new);
    LAYERS.put(
        "PoissonNLLLoss",
        () -> new PoissonNLLLoss(PoissonNLLLoss.options().terms(PoissonNLLLoss.Terms.ALL)));
    LAYERS.put("GaussianNLLLoss", GaussianNLLLoss::new);
    LAYERS.put("TripletMarginLoss", TripletMarginLoss::new);
    LAYERS.put("TripletMarginWithDistanceLoss", TripletMarginWithDistanceLoss::new);
    LAYERS.put(
        "TripletMarginWithDistanceLoss own",
        () -> new TripletMarginWithDistanceLoss((x, y) -> x.sub(y).abs().amax(1), swapped()));
    LAYERS.put("LinearCrossEntropyLoss", () -> new LinearCrossEntropyLoss(3, 5));
    LAYERS.put("LinearCrossEntropyLoss single", () -> new LinearCrossEntropyLoss(3, 5));
    LAYERS.put("LinearCrossEntropyLoss weighted", LayersGoldenTest::weighted);
    LAYERS.put(
        "LinearCrossEntropyLoss places",
        () ->
            new LinearCrossEntropyLoss(
                3,
                5,
                LinearCrossEntropyLoss.options()
                    .outFeatures(2, 3)
                    .bias(Bias.LEARNED)
                    .reduction(Reduction.NONE)));
    LAYERS.put(
        "LinearCrossEntropyLoss probabilities",
        () -> new LinearCrossEntropyLoss(3, 5, LinearCrossEntropyLoss.options().outFeatures(2)));
    LAYERS.put("MarginRankingLoss", () -> new MarginRankingLoss(0.5, Reduction.MEAN));
    LAYERS.put("CosineEmbeddingLoss", () -> new CosineEmbeddingLoss(0.1, Reduction.MEAN));
  }

  /** The sizes that results are wanted in, as PyTorch's {@code output_size}. */
  private static final Map<String, Shape> SIZES =
      Map.of(
          "ConvTranspose1d sized", Shape.of(27),
          "ConvTranspose2d sized", Shape.of(2, 2, 11, 14),
          "ConvTranspose3d sized", Shape.of(14, 6, 12),
          "MaxUnpool2d sized", Shape.of(3, 5));

  static {
    LAYERS.put(
        "ConvTranspose1d sized",
        () -> new ConvTranspose1d(4, 2, 3, ConvTranspose1d.options().stride(3).padding(1)));
    LAYERS.put("ConvTranspose2d sized", () -> new ConvTranspose2d(4, 2, new Pair(3, 2), dilated()));
    LAYERS.put(
        "ConvTranspose3d sized",
        () ->
            new ConvTranspose3d(
                4, 2, new Triple(3, 2, 2), ConvTranspose3d.options().stride(new Triple(3, 1, 2))));
    LAYERS.put("MaxUnpool2d sized", () -> new MaxUnpool2d(2));
    AdaptiveLogSoftmaxTest.LOSSES.forEach((name, maker) -> LAYERS.put(name, maker::get));
  }

  private static Tensor called(String name, Module layer, List<Tensor> inputs) {
    Shape size = SIZES.get(name);
    return switch (layer) {
      case TransposedLayer transposed when size != null -> transposed.call(inputs.getFirst(), size);
      case MaxUnpool unpool when size != null -> unpool.call(inputs.get(0), inputs.get(1), size);
      default ->
          inputs.size() == 1
              ? layer.call(inputs.getFirst())
              : layer.call(inputs.toArray(Tensor[]::new));
    };
  }

  private static TripletMarginWithDistanceLoss.Options swapped() {
    return TripletMarginWithDistanceLoss.options()
        .margin(0.25)
        .swap(TripletMarginLoss.Swap.SWAPPED)
        .reduction(Reduction.NONE);
  }

  private static Module weighted() {
    return new LinearCrossEntropyLoss(
        3,
        5,
        LinearCrossEntropyLoss.options()
            .bias(Bias.LEARNED)
            .weight(Tensor.rand(5))
            .ignoreIndex(2)
            .labelSmoothing(0.25)
            .reduction(Reduction.SUM));
  }

  private static Conv1d.Options same() {
    return Conv1d.options().padding(Conv2d.Padding.SAME).dilation(2).bias(Bias.NONE);
  }

  private static ConvTranspose1d.Options grouped() {
    return ConvTranspose1d.options().stride(2).padding(1).outputPadding(1).groups(2);
  }

  private static Conv3d.Options dilatedVolumes() {
    return Conv3d.options()
        .stride(new Triple(1, 2, 1))
        .padding(1)
        .dilation(new Triple(2, 1, 1))
        .groups(2);
  }

  private static Conv3d.Options sameVolumes() {
    return Conv3d.options().padding(Conv2d.Padding.SAME).bias(Bias.NONE);
  }

  private static ConvTranspose3d.Options groupedVolumes() {
    return ConvTranspose3d.options()
        .stride(2)
        .padding(new Triple(1, 0, 1))
        .outputPadding(1)
        .groups(2);
  }

  private static Conv2d.Options circular() {
    return Conv2d.options().padding(new Pair(2, 1)).stride(2).paddingMode(PadMode.CIRCULAR);
  }

  private static Conv3d.Options reflecting() {
    return Conv3d.options().padding(Conv2d.Padding.SAME).paddingMode(PadMode.REFLECT);
  }

  private static ConvTranspose2d.Options dilated() {
    return ConvTranspose2d.options().stride(2).padding(new Pair(1, 0)).outputPadding(1).dilation(2);
  }

  @Test
  void everyCaseOfPyTorchIsCompared() {
    Set<String> theirs = new TreeSet<>(EXPECTED.described());
    theirs.remove("torch");
    assertEquals(theirs, LAYERS.keySet());
  }

  static Set<String> layers() {
    return LAYERS.keySet();
  }

  @ParameterizedTest
  @MethodSource("layers")
  void areAsInPyTorch(String name) {
    Chagres.manualSeed(42);
    Module layer = Objects.requireNonNull(LAYERS.get(name)).get();
    layer
        .stateDict()
        .forEach(
            (key, value) -> {
              Tensor expected = EXPECTED.get(name + "/parameter/" + key);
              assertTrue(value.isCpu() ? value.equal(expected) : true, key);
              assertEquals(expected.shape(), value.shape());
              value.copy_(expected);
            });
    List<Tensor> inputs = new ArrayList<>();
    for (int i = 0; EXPECTED.has(name + "/input/" + i); i++) {
      inputs.add(EXPECTED.get(name + "/input/" + i));
    }
    Chagres.manualSeed(43);
    Tensor output = called(name, layer, inputs);
    Tensor expected = EXPECTED.get(name + "/output");
    assertEquals(expected.shape(), output.shape());
    boolean drawn =
        name.contains("Dropout") || name.startsWith("Fractional") || name.equals("RReLU");
    // A GPU draws other numbers
    assertTrue(
        drawn && !output.isCpu() || output.allclose(expected, 1e-5, 1e-6),
        () -> output + " is not " + expected);
    assertEquals(EXPECTED.text(name), layer.toString());
  }

  @Test
  void transposedConvolutionsHaveDerivativesOfAnyOrder() {
    Tensor x = Tensor.randn(DType.FLOAT64, 1, 2, 3, 2).requiresGrad_();
    Tensor weight = Tensor.randn(DType.FLOAT64, 2, 2, 2, 3).requiresGrad_();
    Tensor bias = Tensor.randn(DType.FLOAT64, 2).requiresGrad_();
    var options = ConvTranspose2d.options().stride(2).padding(1).outputPadding(1);
    GradCheck.gradcheck(
        in -> List.of(Functional.convTranspose2d(in.get(0), in.get(1), in.get(2), options)),
        List.of(x, weight, bias));
    GradCheck.gradgradcheck(
        in -> List.of(Functional.convTranspose2d(in.get(0), in.get(1), in.get(2), options)),
        List.of(x, weight, bias));
  }

  @Test
  void itIsTheGradientOfTheConvolution() {
    Tensor images = Tensor.randn(DType.FLOAT64, 2, 3, 7, 6).requiresGrad_();
    Tensor weight = Tensor.randn(DType.FLOAT64, 4, 3, 3, 2);
    var forth = Conv2d.options().stride(2).padding(1);
    Tensor y = Functional.conv2d(images, weight, null, forth);
    Tensor g = Tensor.randn(DType.FLOAT64, y.shape().toArray());
    y.backward(g);
    var back = ConvTranspose2d.options().stride(2).padding(1);
    Tensor size = Functional.convTranspose2d(g, weight, null, back);
    Tensor grad = Objects.requireNonNull(images.grad());
    assertTrue(size.allclose(grad.narrow(2, 0, size.size(2)).narrow(3, 0, size.size(3))));
  }

  @Test
  void sixteenBitsAreRoundedOnce() {
    Tensor x = Tensor.linspace(-4, 4, 101).to(DType.BFLOAT16);
    for (Module layer : List.of(new Mish(), new Hardswish(), new ELU(), new Softplus())) {
      Tensor wide = layer.call(x.toFloat()).to(DType.BFLOAT16);
      assertTrue(layer.call(x).equal(wide), layer::toString);
    }
  }

  /** As with PyTorch's {@code output_size}. */
  @Test
  void aTransposedConvolutionMakesResultsOfTheSizesThatAConvolutionTakes() {
    var layer = new ConvTranspose2d(1, 1, 3, ConvTranspose2d.options().stride(2).padding(1));
    Tensor x = Tensor.rand(1, 1, 3, 3);
    assertEquals(Shape.of(1, 1, 5, 6), layer.call(x, Shape.of(5, 6)).shape());
    assertEquals(Shape.of(1, 6, 6), layer.call(x.squeeze(0), Shape.of(1, 6, 6)).shape());
    assertTrue(layer.call(x, Shape.of(9, 9, 5, 5)).equal(layer.call(x)));
    String sizes =
        "ConvTranspose2d: results of (1, 1, 3, 3) have sizes from (5, 5) to (6, 6), not ";
    refused(sizes + "(7, 6)", () -> layer.call(x, Shape.of(7, 6)));
    refused(sizes + "(5, 4)", () -> layer.call(x, Shape.of(5, 4)));
    refused(
        "ConvTranspose2d: the result of (1, 1, 3, 3) has a size of 2 or 4 numbers, not (1, 6, 6)",
        () -> layer.call(x, Shape.of(1, 6, 6)));
    refused(
        "ConvTranspose2d: needs an input of 3 or 4 dimensions, not (3, 3)",
        () -> layer.call(x.squeeze(0).squeeze(0), Shape.of(6, 6)));
    layer.bias().orElseThrow().detach().zero_();
    Tensor before = layer.call(x, Shape.of(6, 6));
    layer.registerForwardPreHook((_, inputs) -> List.of(inputs.getFirst().mul(2)));
    layer.registerForwardHook((_, _, output) -> output.neg());
    assertTrue(layer.call(x, Shape.of(6, 6)).allclose(before.mul(-2)));
  }

  @Test
  void unpoolingMakesResultsOfTheSizesThatPoolingTakes() {
    var layer = new MaxUnpool2d(2);
    Tensor image = Tensor.rand(1, 1, 5, 5);
    var found = Functional.maxPool2dWithIndices(image, Pair.of(2), MaxPool2d.options(2));
    Tensor whole = layer.call(found.values(), found.indices(), image.shape());
    assertEquals(image.shape(), whole.shape());
    assertTrue(
        whole.flatten().gather(0, found.indices().flatten()).equal(found.values().flatten()));
    refused(
        "MaxUnpool2d: a result (6, 5) of (1, 1, 2, 2) differs from (4, 4) by the stride (2, 2) or"
            + " more",
        () -> layer.call(found.values(), found.indices(), Shape.of(6, 5)));
    refused(
        "MaxUnpool2d: needs an input of 3 or 4 dimensions, not (2, 2)",
        () -> layer.call(Tensor.ones(2, 2), Tensor.zeros(DType.INT64, 2, 2)));
    refused("MaxUnpool2d: the stride (1, 0) is less than 1", () -> unpool(new Pair(1, 0)));
    refused(
        "MaxUnpool2d: the stride (1, 4294967296) is more than 2^31 - 1",
        () -> unpool(new Pair(1, 1L << 32)));
  }

  private static MaxUnpool2d unpool(Pair stride) {
    return new MaxUnpool2d(Pair.of(1), stride, Pair.of(0));
  }

  private static void refused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @Test
  void aDistanceMayBeLearned() {
    var distance =
        new Module() {
          final Parameter scale = registerParameter("scale", Tensor.ones(4));

          @Override
          public Tensor forward(Tensor... inputs) {
            return inputs[0].sub(inputs[1]).mul(scale).abs().sum(1);
          }
        };
    var loss = new TripletMarginWithDistanceLoss(distance);
    assertEquals(Set.of("distance_function.scale"), loss.stateDict().keySet());
    Tensor x = Tensor.of(new float[][] {{1, 2, 3, 4}});
    loss.call(x, x.add(2), x.sub(1)).backward();
    assertTrue(distance.scale.grad().equal(Tensor.ones(4)), () -> "" + distance.scale.grad());
  }

  @Test
  void refuseWhatDoesNotFit() {
    Tensor x = Tensor.ones(1, 2, 4);
    refused(
        "pad: a border of 4 cannot be made of dim 2 of (1, 2, 4): 3 is the most",
        () -> Functional.pad(x, new long[] {4, 0}, PadMode.REFLECT));
    refused(
        "pad: needs two numbers for each of the last dimensions of (1, 2, 4), not 3",
        () -> Functional.pad(x, 1, 2, 3));
    refused("pad: -3 and -2 leave nothing of dim 2 of (1, 2, 4)", () -> Functional.pad(x, -3, -2));
    refused(
        "interpolate: bilinear is for 2 dimensions, not for (1, 2, 4)",
        () -> Functional.interpolate(x, Upsample.by(2).mode(Upsample.Mode.BILINEAR)));
    refused(
        "ConvTranspose1d: the output's padding 2 is neither below the stride 2 nor below the"
            + " dilation 1",
        () -> new ConvTranspose1d(1, 1, 2, ConvTranspose1d.options().stride(2).outputPadding(2)));
    refused(
        "convTranspose1d: the output's padding 1 is neither below the stride 1 nor below the"
            + " dilation 1",
        () ->
            Functional.convTranspose1d(
                x, Tensor.ones(2, 1, 2), null, ConvTranspose1d.options().outputPadding(1)));
    refused(
        "convTranspose3d: the output's padding 2 is neither below the stride 1 nor below the"
            + " dilation 1",
        () ->
            Functional.convTranspose3d(
                Tensor.ones(1, 1, 3, 3, 3),
                Tensor.ones(1, 1, 2, 2, 2),
                null,
                ConvTranspose3d.options().outputPadding(new Triple(2, 0, 0))));
    refused("glu: the size 3 of dim -1 of (2, 3) is odd", () -> new GLU().call(Tensor.ones(2, 3)));
    refused(
        "conv1d: needs sequences (n, c, length) or (c, length), not (4,)",
        () -> new Conv1d(1, 1, 2).call(Tensor.ones(4)));
    refused(
        "TripletMarginLoss: takes anchors, positives and negatives, not 2 tensors",
        () -> new TripletMarginLoss().call(x, x));
    refused(
        "tripletMarginWithDistanceLoss: needs as many dimensions of each, not (1, 2, 4), (1, 2, 4)"
            + " and (2, 4)",
        () -> new TripletMarginWithDistanceLoss().call(x, x, x.get(0)));
    refused(
        "TripletMarginWithDistanceLoss: the margin 0.0 is not positive",
        () -> TripletMarginWithDistanceLoss.options().margin(0));
    refused(
        "LinearCrossEntropyLoss: a weight (4,) for 5 classes",
        () ->
            new LinearCrossEntropyLoss(
                3, 5, LinearCrossEntropyLoss.options().weight(Tensor.ones(4))));
    refused(
        "LinearCrossEntropyLoss: too many elements: (4611686018427387904,)",
        () -> new LinearCrossEntropyLoss(1, 1L << 62));
    refused(
        "LinearCrossEntropyLoss: a size may not be negative: (-2,)",
        () -> LinearCrossEntropyLoss.options().outFeatures(-2));
    refused("LinearCrossEntropyLoss: -1 classes", () -> new LinearCrossEntropyLoss(3, -1));
    refused(
        "LinearCrossEntropyLoss: the label smoothing 1.5 is not between 0 and 1",
        () -> LinearCrossEntropyLoss.options().labelSmoothing(1.5));
  }
}
