package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.core.Shape;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What layers and losses refuse, and what they leave alone. */
@OnEveryDevice(blocking = true)
class LayerChecksTest {

  private static void refused(String message, Executable call) {
    Exception error = assertThrows(IllegalArgumentException.class, call);
    assertEquals(message, error.getMessage());
  }

  @Test
  void convertingALossLeavesTheUsersWeightAlone() {
    Tensor weight = Tensor.of(1.0, 2.0, 3.0);
    Tensor input = Tensor.of(new double[][] {{1, 2, 3}, {3, 1, 0}}, DType.FLOAT64);
    Tensor target = Tensor.of(0, 1);
    var crossEntropy = new CrossEntropyLoss(CrossEntropyLoss.options().weight(weight));
    var nll = new NLLLoss(NLLLoss.options().weight(weight));
    var bce = new BCEWithLogitsLoss(BCEWithLogitsLoss.options().weight(weight).posWeight(weight));
    for (Loss loss : List.of(crossEntropy, nll, bce)) {
      loss.to(DType.FLOAT64);
      assertEquals(DType.FLOAT32, weight.dtype());
      loss.buffers().forEach(buffer -> assertEquals(DType.FLOAT64, buffer.dtype()));
    }
    // torch.nn.CrossEntropyLoss(weight=torch.tensor([1., 2., 3.])).double()
    assertEquals(2.249099334518984, crossEntropy.call(input, target).item(), 1e-7);
    assertEquals(-1, nll.call(input, target).item(), 1e-7);
    assertEquals(DType.FLOAT64, bce.call(input, input).dtype());
  }

  @Test
  void anUnconvertedLossSeesItsWeightChange() {
    Tensor weight = Tensor.of(1.0, 1.0);
    var loss = new NLLLoss(NLLLoss.options().weight(weight).reduction(Reduction.SUM));
    Tensor input = Tensor.of(new double[][] {{-1, -2}});
    assertEquals(1, loss.call(input, Tensor.of(new long[] {0})).item());
    weight.mul_(3);
    assertEquals(3, loss.call(input, Tensor.of(new long[] {0})).item());
  }

  @Test
  void lossesRefuseWhatPyTorchRefuses() {
    Tensor input = Tensor.ones(2, 3);
    Tensor classes = Tensor.of(0, 1);
    Tensor doubles = Tensor.ones(DType.FLOAT64, 3);
    Tensor longs = Tensor.ones(DType.INT64, 3);
    refused(
        "crossEntropy: ignoreIndex is for class indices, the target has class probabilities",
        () ->
            Functional.crossEntropy(
                input, input.softmax(1), CrossEntropyLoss.options().ignoreIndex(1)));
    refused(
        "crossEntropy: a weight of float64 for an input of float32",
        () -> Functional.crossEntropy(input, classes, CrossEntropyLoss.options().weight(doubles)));
    refused(
        "crossEntropy: a weight of int64 for an input of float32",
        () -> Functional.crossEntropy(input, classes, CrossEntropyLoss.options().weight(longs)));
    refused(
        "nllLoss: a weight of float64 for an input of float32",
        () -> Functional.nllLoss(input, classes, NLLLoss.options().weight(doubles)));
    // Of class probabilities PyTorch promotes
    Tensor promoted =
        Functional.crossEntropy(
            input, input.softmax(1), CrossEntropyLoss.options().weight(doubles).ignoreIndex(-5));
    assertEquals(DType.FLOAT64, promoted.dtype());
    assertEquals(Math.log(3), promoted.item(), 1e-6);
  }

  @Test
  void shapesThatDoNotFitAreNamed() {
    Tensor input = Tensor.ones(2, 3);
    refused(
        "linear: a weight (4, 5) needs inputs (..., 5), not (2, 3)",
        () -> new Linear(5, 4).call(input));
    refused(
        "linear: a weight is (out, in), not (3,)",
        () -> Functional.linear(input, Tensor.ones(3), null));
    refused(
        "conv2d: kernels (8, 3, 3, 3) need images of 3 channels, not (2, 1, 8, 8)",
        () -> new Conv2d(3, 8, 3).call(Tensor.ones(2, 1, 8, 8)));
    Tensor images = Tensor.ones(2, 4, 8, 8);
    var two = Conv2d.options().groups(2);
    refused(
        "conv2d: kernels (6, 3, 3, 3) in 2 groups need images of 2 * 3 channels, not (2, 4, 8, 8)",
        () -> Functional.conv2d(images, Tensor.ones(6, 3, 3, 3), null, two));
    refused(
        "conv2d: kernels (6, 2, 3, 3) in 2 groups need images of 2 * 2 channels, not (2, 5, 8, 8)",
        () -> Functional.conv2d(Tensor.ones(2, 5, 8, 8), Tensor.ones(6, 2, 3, 3), null, two));
    refused(
        "conv2d: kernels (5, 2, 3, 3) for images (2, 4, 8, 8) do not divide into 2 groups: the"
            + " number of groups is 1 or more and divides that of the kernels, 5",
        () -> Functional.conv2d(images, Tensor.ones(5, 2, 3, 3), null, two));
    refused(
        "Conv2d: 4 input and 6 output channels do not divide into 3 groups",
        () -> new Conv2d(4, 6, Pair.of(3), Conv2d.options().groups(3)));
    refused(
        "crossEntropy: class probabilities have the input's shape (2, 3), not (2,); class indices"
            + " are int64",
        () -> Functional.crossEntropy(input, Tensor.ones(2)));
    refused(
        "crossEntropy: a target of the input's shape (2, 3) holds class probabilities, which must"
            + " be floating, not int64; convert it by target.to(input.dtype()), or give class"
            + " indices, without the dimension of the classes",
        () -> Functional.crossEntropy(input, Tensor.ones(DType.INT64, 2, 3)));
    refused(
        "LSTM: needs an input whose last dimension is its inputSize 4, not 3",
        () -> new LSTM(4, 6).call(Tensor.ones(2, 3)));
    refused(
        "GRUCell: needs an input whose last dimension is its inputSize 4, not 3",
        () -> new GRUCell(4, 6).call(Tensor.ones(2, 3)));
    refused(
        "of: an array of java.lang.Double holds no primitive numbers; make it an array of them, as"
            + " double[], or a list, as Arrays.asList(array)",
        () -> Tensor.of(new Double[] {1.0}));
  }

  @Test
  void bordersOfKernelsThatNoLongCountsNameTheConvolution() {
    var options =
        Conv2d.options()
            .padding(Conv2d.Padding.SAME)
            .paddingMode(PadMode.REPLICATE)
            .dilation(Long.MAX_VALUE);
    refused(
        "conv2d: a kernel of 3 elements with dilation 9223372036854775807 is too long to count",
        () -> Functional.conv2d(Tensor.ones(1, 1, 4, 4), Tensor.ones(1, 1, 3, 3), null, options));
  }

  @Test
  void lossesNameThemselvesWhereArgumentsDoNotFit() {
    Tensor input = Tensor.ones(3, 4);
    Tensor three = Tensor.ones(3);
    String rest =
        "Loss: the target has shape (3,), the input (3, 4); they should be equal, and do not"
            + " broadcast";
    refused("mse" + rest, () -> new MSELoss().call(input, three));
    refused("l1" + rest, () -> new L1Loss().call(input, three));
    refused("smoothL1" + rest, () -> new SmoothL1Loss().call(input, three));
    refused("huber" + rest, () -> new HuberLoss().call(input, three));
    Tensor classes = Tensor.of(0, 1, 2);
    refused(
        "crossEntropy: the first argument is the input, scores of a floating dtype, not int64, and"
            + " the second the target; they look swapped",
        () -> new CrossEntropyLoss().call(classes, input));
    refused(
        "crossEntropy: the first argument is the input, scores of a floating dtype, not int64, and"
            + " the second the target",
        () -> Functional.crossEntropy(Tensor.ones(DType.INT64, 3, 4), classes));
    refused(
        "nllLoss: the first argument is the input, log-probabilities of a floating dtype, not"
            + " int64, and the second the target; they look swapped",
        () -> new NLLLoss().call(classes, input));
    refused("MSELoss: takes an input and a target, not 1 tensor", () -> new MSELoss().call(input));
    refused(
        "PairwiseDistance: takes two inputs, not 1 tensor",
        () -> new PairwiseDistance().call(input));
    Tensor number = Tensor.scalar(1.5);
    refused(
        "tripletMarginLoss: needs vectors, not numbers",
        () -> new TripletMarginLoss().call(number, number, number));
    refused(
        "pairwiseDistance: needs vectors, not numbers",
        () -> new PairwiseDistance().call(number, number));
    refused(
        "CosineSimilarity: takes two inputs, not 3 tensors",
        () -> new CosineSimilarity().call(input, input, input));
    refused("ChannelShuffle: the number of groups 0 is less than 1", () -> new ChannelShuffle(0));
  }

  private static void missing(String message, Executable call) {
    Exception error = assertThrows(NullPointerException.class, call);
    assertEquals(message, error.getMessage());
  }

  @Test
  void whatIsNullIsNamed() {
    Tensor none = absent();
    Tensor one = Tensor.ones(1);
    missing("Linear: input is null", () -> new Linear(1, 1).call(none));
    missing("Linear: inputs is null", () -> new Linear(1, 1).call((Tensor[]) absent()));
    missing("linear: weight is null", () -> Functional.linear(one, none, null));
    missing("relu: input is null", () -> Functional.relu(none));
    missing("logSoftmax: input is null", () -> Functional.logSoftmax(none, 0));
    missing("gelu: approximate is null", () -> Functional.gelu(one, absent()));
    missing("dropout: input is null", () -> Functional.dropout(none, 0.5));
    missing("conv2d: input is null", () -> Functional.conv2d(none, one, null, Conv2d.options()));
    missing(
        "maxPool2d: kernel is null",
        () -> Functional.maxPool2d(one, absent(), MaxPool2d.options(1)));
    missing("avgPool2d: options is null", () -> Functional.avgPool2d(one, Pair.of(1), absent()));
    missing("oneHot: classes is null", () -> Functional.oneHot(none, 1));
    missing("oneHot: classes is null", () -> Functional.oneHot(none));
    missing("mseLoss: target is null", () -> Functional.mseLoss(one, none));
    missing("mseLoss: reduction is null", () -> Functional.mseLoss(one, one, absent()));
    missing("L1Loss: an input is null", () -> new L1Loss().call(none, one));
    missing("HuberLoss: an input is null", () -> new HuberLoss().call(none, one));
    missing("SmoothL1Loss: an input is null", () -> new SmoothL1Loss().call(one, none));
    missing("CrossEntropyLoss: an input is null", () -> new CrossEntropyLoss().call(none, one));
    missing("crossEntropy: target is null", () -> Functional.crossEntropy(one, none));
    missing("nllLoss: target is null", () -> Functional.nllLoss(one, none));
    missing("BCEWithLogitsLoss: an input is null", () -> new BCEWithLogitsLoss().call(one, none));
    missing(
        "CrossEntropyLoss: options is null",
        () -> new CrossEntropyLoss((CrossEntropyLoss.Options) absent()));
    missing("MSELoss: reduction is null", () -> new MSELoss((Reduction) absent()));
    missing(
        "Sequential: module \"1\" is null", () -> new Sequential(new ReLU(), (Module) absent()));
    missing("loadStateDict: state is null", () -> new ReLU().loadStateDict(absent()));
    var part =
        new Module() {
          void registersAModule() {
            register("a", (Module) absent());
          }

          void registersWithoutAName() {
            registerParameter(absent(), one);
          }

          void registersAParameter() {
            registerParameter("a", absent());
          }

          void registersABuffer() {
            registerBuffer("a", absent());
          }
        };
    missing("register: module \"a\" is null", part::registersAModule);
    missing("registerParameter: tensor \"a\" is null", part::registersAParameter);
    missing("registerBuffer: tensor \"a\" is null", part::registersABuffer);
    missing("register: name is null", part::registersWithoutAName);
  }

  /** Null where the annotations forbid it, as from a caller who does not check them. */
  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T absent() {
    return null;
  }

  @Test
  void aParameterIsFloating() {
    refused(
        "Parameter: only floating tensors can require gradients, not int64",
        () -> new Parameter(Tensor.of(1, 2)));
    assertTrue(new Parameter(Tensor.ones(DType.FLOAT64, 2)).requiresGrad());
  }

  @Test
  void averagePoolingIsASumDivided() {
    for (int size : new int[] {2, 3, 5, 7}) {
      Tensor twelve = Tensor.full(dev.chagres.core.Shape.of(2, 3, 7, 7), 12, DType.FLOAT32);
      Tensor mean = new AvgPool2d(size, AvgPool2d.options(size).stride(1)).call(twelve);
      assertTrue(mean.eq(12).all().item() == 1, size + ": " + mean);
    }
    Tensor x = Tensor.rand(DType.FLOAT64, 1, 2, 4, 5).requiresGrad_();
    var pool = new AvgPool2d(2, AvgPool2d.options(2).padding(1));
    GradCheck.gradcheck((Tensor t) -> pool.call(t), x);
    GradCheck.gradgradcheck((Tensor t) -> pool.call(t), x);
  }

  @Test
  void aStrideMayBeGreaterThanAnyImage() {
    Tensor x = Tensor.arange(16.0).reshape(1, 1, 4, 4).requiresGrad_();
    for (long stride : new long[] {5, Integer.MAX_VALUE}) {
      Tensor mean = new AvgPool2d(2, AvgPool2d.options(2).stride(stride)).call(x);
      Tensor padded = new AvgPool2d(2, AvgPool2d.options(2).stride(stride).padding(1)).call(x);
      Tensor greatest = new MaxPool2d(2, MaxPool2d.options(2).stride(stride)).call(x);
      assertEquals(2.5, mean.item());
      assertEquals(0, padded.item());
      assertEquals(5, greatest.item());
      mean.backward();
    }
  }

  @Test
  void averagePoolingNamesItself() {
    var two = new AvgPool2d(2);
    refused(
        "avgPool2d: needs images (n, c, h, w) or (c, h, w), not (4, 4)",
        () -> two.call(Tensor.ones(4, 4)));
    refused(
        "avgPool2d: not defined for int32; convert to a floating dtype first",
        () -> two.call(Tensor.ones(DType.INT32, 1, 4, 4)));
    refused(
        "avgPool2d: the kernel (2, 2) is larger than the padded images (1, 1, 4)",
        () -> two.call(Tensor.ones(1, 1, 4)));
    refused(
        "avgPool2d: the kernel (0, 2) is less than 1",
        () -> Functional.avgPool2d(Tensor.ones(1, 4, 4), new Pair(0, 2), AvgPool2d.options(2)));
    refused("avgPool2d: images (0, 4, 4) have no channels", () -> two.call(Tensor.ones(0, 4, 4)));
  }

  @Test
  void aPaddingIsAtMostHalfTheKernel() {
    Pair three = Pair.of(3);
    Tensor x = Tensor.ones(1, 1, 6, 6);
    var max = MaxPool2d.options(3).padding(2).dilation(2);
    var mean = AvgPool2d.options(3).padding(new Pair(1, 2));
    String half = " is more than half the kernel (3, 3)";
    refused("MaxPool2d: the padding (2, 2)" + half, () -> new MaxPool2d(three, max));
    refused("maxPool2d: the padding (2, 2)" + half, () -> Functional.maxPool2d(x, three, max));
    refused("AvgPool2d: the padding (1, 2)" + half, () -> new AvgPool2d(three, mean));
    refused("avgPool2d: the padding (1, 2)" + half, () -> Functional.avgPool2d(x, three, mean));
    Pair huge = Pair.of(1L << 62);
    refused(
        "MaxPool2d: the padding " + huge + half,
        () -> new MaxPool2d(three, MaxPool2d.options(3).padding(huge)));
    refused(
        "AvgPool2d: the padding " + huge + half,
        () -> new AvgPool2d(three, AvgPool2d.options(3).padding(huge)));
    assertEquals(
        dev.chagres.core.Shape.of(1, 1, 2, 2),
        Functional.avgPool2d(x, three, AvgPool2d.options(3).padding(1)).shape());
  }

  @Test
  void layersRefuseNonsenseWhenTheyAreMade() {
    refused("MaxPool2d: the kernel (0, 0) is less than 1", () -> new MaxPool2d(0));
    refused("AvgPool2d: the kernel (0, 0) is less than 1", () -> new AvgPool2d(0));
    refused(
        "MaxPool2d: the kernel (2, 0) is less than 1",
        () -> new MaxPool2d(new Pair(2, 0), MaxPool2d.options(2)));
    refused("MaxPool2d: the stride (0, 0) is less than 1", () -> MaxPool2d.options(2).stride(0));
    refused("MaxPool2d: the padding (-1, -1) is negative", () -> MaxPool2d.options(2).padding(-1));
    refused(
        "MaxPool2d: the dilation (0, 0) is less than 1", () -> MaxPool2d.options(2).dilation(0));
    refused("AvgPool2d: the stride (0, 0) is less than 1", () -> AvgPool2d.options(2).stride(0));
    refused("AvgPool2d: the padding (-1, -1) is negative", () -> AvgPool2d.options(2).padding(-1));
    refused("Conv2d: the kernel (0, 0) is less than 1", () -> new Conv2d(1, 2, 0));
    refused("Conv2d: -1 input and 2 output channels", () -> new Conv2d(-1, 2, 3));
    refused(
        "Conv2d: the stride (1, 0) is less than 1", () -> Conv2d.options().stride(new Pair(1, 0)));
    refused("Conv2d: the padding (-1, -1) is negative", () -> Conv2d.options().padding(-1));
    refused("Conv2d: the dilation (0, 0) is less than 1", () -> Conv2d.options().dilation(0));
    refused("Conv2d: 0 groups are less than 1", () -> Conv2d.options().groups(0));
    refused("Linear: -1 input and 3 output features", () -> new Linear(-1, 3));
  }

  /** As {@code Sequential(OrderedDict([("1", ReLU())])).append(Tanh())} does. */
  @Test
  void aNamedModuleIsReplacedInItsPlace() {
    var chain = new Sequential().addModule("1", new ReLU()).add(new Tanh());
    assertEquals("Sequential(\n  (1): Tanh()\n)", chain.toString());
    assertEquals(1, chain.size());
    assertEquals(0, chain.call(Tensor.zeros(1)).item());
    var mixed = new Sequential(new ReLU()).addModule("act", new GELU()).add(new Tanh());
    assertEquals(List.of("0", "act", "2"), List.copyOf(mixed.namedChildren().keySet()));
    var last = new Sigmoid();
    mixed.addModule("act", last);
    assertSame(last, mixed.get(1));
    assertEquals(
        Math.tanh(1 / (1 + Math.exp(-2))), mixed.call(Tensor.of(new double[] {2})).item(), 1e-6);
    assertThrows(IllegalArgumentException.class, () -> mixed.addModule("a.b", last));
  }

  /** One class, 1, does not count, so that among those of the targets it may be any. */
  @Test
  void targetsAreClassesOrIgnored() {
    Tensor scores = Tensor.zeros(4, 3);
    var ignoring = NLLLoss.options().ignoreIndex(1);
    for (long[] good : new long[][] {{0, 1, 2, 0}, {1, 1, 1, 2}, {0, 2, 2, 0}}) {
      assertEquals(0, Functional.nllLoss(scores, Tensor.of(good), ignoring).item());
    }
    assertTrue(Double.isNaN(Functional.nllLoss(scores, Tensor.of(1L, 1, 1, 1), ignoring).item()));
    assertEquals(
        0, Functional.nllLoss(scores, Tensor.of(-100L, 1, 2, -100), NLLLoss.options()).item());
    wrongClass("-1", new long[] {0, -1, 1, 2}, NLLLoss.options());
    wrongClass("3", new long[] {0, -100, 3, 2}, NLLLoss.options());
    wrongClass("-7", new long[] {5, 5, -7, 2}, NLLLoss.options().ignoreIndex(5));
    wrongClass("9", new long[] {-7, 9, -7, 2}, NLLLoss.options().ignoreIndex(-7));
    Tensor none = Functional.nllLoss(Tensor.zeros(0, 3), Tensor.zeros(DType.INT64, 0));
    assertTrue(Double.isNaN(none.item()));
  }

  private static void wrongClass(String named, long[] target, NLLLoss.Options options) {
    Exception refused =
        assertThrows(
            IndexOutOfBoundsException.class,
            () -> Functional.nllLoss(Tensor.zeros(4, 3), Tensor.of(target), options));
    if (DefaultDevice.get().isCpu()) { // on CUDA gather finds it, when it comes there
      assertEquals("nllLoss: target " + named + " is not one of 3 classes", refused.getMessage());
    }
  }

  @Test
  void classesOfOneHotAreChecked() {
    assertThrows(IndexOutOfBoundsException.class, () -> Functional.oneHot(Tensor.of(0, 3), 3));
    Exception negative =
        assertThrows(IndexOutOfBoundsException.class, () -> Functional.oneHot(Tensor.of(5, -1), 3));
    if (DefaultDevice.get().isCpu()) { // on CUDA the kernel that writes the ones finds it
      assertEquals("oneHot: class -1 is negative; classes count from 0", negative.getMessage());
    }
    assertEquals(
        dev.chagres.core.Shape.of(0, 3),
        Functional.oneHot(Tensor.zeros(DType.INT64, 0), 3).shape());
  }

  @Test
  void aConvolutionMayKeepTheSizeOfItsImages() {
    var same = Conv2d.options().padding(Conv2d.Padding.SAME).dilation(3);
    var layer = new Conv2d(2, 3, new Pair(2, 3), same);
    assertEquals(Shape.of(1, 3, 5, 4), layer.call(Tensor.rand(1, 2, 5, 4)).shape());
    assertEquals(Shape.of(3, 5, 4), layer.call(Tensor.rand(2, 5, 4)).shape());
    assertEquals(
        "Conv2d(2, 3, kernel_size=(2, 3), stride=(1, 1), padding=same, dilation=(3, 3))",
        layer.toString());
    refused(
        "Conv2d: padding to the same size needs the stride 1, not (2, 2)",
        () -> Conv2d.options().stride(2).padding(Conv2d.Padding.SAME));
    // An odd row of zeros is below.
    Tensor two = Tensor.of(1.0, 1.0).reshape(1, 1, 2, 1);
    Tensor column = Tensor.of(1.0, 2.0, 3.0).reshape(1, 1, 3, 1);
    Tensor sums =
        Functional.conv2d(column, two, null, Conv2d.options().padding(Conv2d.Padding.SAME));
    assertArrayEquals(new double[] {3, 5, 3}, sums.toDoubleArray());
    GradCheck.gradcheck(
        (x, weight) ->
            Functional.conv2d(x, weight, null, Conv2d.options().padding(Conv2d.Padding.SAME)),
        Tensor.rand(DType.FLOAT64, 1, 1, 3, 2).requiresGrad_(),
        Tensor.rand(DType.FLOAT64, 1, 1, 2, 2).requiresGrad_());
    refused(
        "conv2d: a bias of float64 for images of float32",
        () -> Functional.conv2d(column, two, Tensor.ones(DType.FLOAT64, 1), Conv2d.options()));
  }

  @Test
  void averagesMayLeavePaddingOutOrHaveADivisorOfTheirOwn() {
    Tensor x = Tensor.of(1.0, 2.0, 3.0, 4.0, 5.0).reshape(1, 1, 5);
    var kernel = new Pair(1, 2);
    var options = AvgPool2d.options(kernel);
    assertArrayEquals(
        new double[] {1.5, 3.5, 5},
        Functional.avgPool2d(x, kernel, options.rounding(Rounding.CEIL)).toDoubleArray());
    var padded = options.padding(new Pair(0, 1));
    assertArrayEquals(
        new double[] {0.5, 2.5, 4.5}, Functional.avgPool2d(x, kernel, padded).toDoubleArray());
    assertArrayEquals(
        new double[] {1, 2.5, 4.5},
        Functional.avgPool2d(x, kernel, padded.counting(AvgPool2d.Padding.LEFT_OUT))
            .toDoubleArray());
    assertArrayEquals(
        new double[] {3, 7},
        Functional.avgPool2d(x, kernel, options.divisorOverride(1)).toDoubleArray());
    refused("AvgPool2d: the divisor must not be 0", () -> options.divisorOverride(0));
    Tensor negative = Tensor.of(-1L, -2, 3, 4).reshape(1, 1, 4);
    assertArrayEquals(
        new long[] {-1, 3}, Functional.avgPool2d(negative, kernel, options).toLongArray());
  }
}
