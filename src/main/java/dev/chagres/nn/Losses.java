package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.AutocastFunction;
import dev.chagres.primitive.CrossEntropyForm;
import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The losses. Classes are in dimension 1 of the input, or 0 if it has one dimension. */
final class Losses {
  private static final BroadcastWarnings BROADCASTS = new BroadcastWarnings();

  private Losses() {}

  // ---- regression

  /** An operand as autocast, if there is any, has a loss compute with it. */
  private static Tensor autocast(AutocastFunction function, Tensor x) {
    return Primitives.of(x).autocast(function, x);
  }

  static Tensor mse(Tensor given, Tensor wanted, Reduction reduction) {
    BROADCASTS.check("mseLoss", given, wanted);
    given("mseLoss", "reduction", reduction);
    Tensor input = autocast(AutocastFunction.MSE_LOSS, given);
    Tensor target = autocast(AutocastFunction.MSE_LOSS, wanted);
    Tensor losses =
        input.dtype().isFloating() && target.dtype().isFloating()
            ? Primitives.of(input).squaredDifference(input, target)
            : difference(input, target).square();
    return Primitives.of(input).named("MseLossBackward", reduction.of(losses), input);
  }

  static Tensor l1(Tensor given, Tensor wanted, Reduction reduction) {
    BROADCASTS.check("l1Loss", given, wanted);
    given("l1Loss", "reduction", reduction);
    Tensor input = autocast(AutocastFunction.L1_LOSS, given);
    Tensor target = autocast(AutocastFunction.L1_LOSS, wanted);
    return reduction.of(input.sub(target).abs());
  }

  /** As in PyTorch, a bool beside another dtype is promoted before it is subtracted. */
  private static Tensor difference(Tensor input, Tensor target) {
    Tensor x = input.dtype() == DType.BOOL ? input.to(target.dtype()) : input;
    return x.sub(target.dtype() == DType.BOOL ? target.to(input.dtype()) : target);
  }

  static Tensor smoothL1(Tensor given, Tensor wanted, double beta, Reduction reduction) {
    if (!(beta >= 0)) {
      throw new IllegalArgumentException("smoothL1Loss: beta " + beta + " is negative");
    }
    if (beta == 0) {
      return l1(given, wanted, reduction);
    }
    BROADCASTS.check("smoothL1Loss", given, wanted);
    given("smoothL1Loss", "reduction", reduction);
    Tensor input = autocast(AutocastFunction.SMOOTH_L1_LOSS, given);
    Tensor target = autocast(AutocastFunction.SMOOTH_L1_LOSS, wanted);
    Tensor distance = difference(input, target).abs();
    Tensor losses =
        Tensor.where(
            distance.ge(beta),
            distance.sub(0.5 * beta),
            near(distance, beta).square().mul(0.5 / beta));
    return Primitives.of(input).named("SmoothL1LossBackward", reduction.of(losses), input);
  }

  static Tensor huber(Tensor given, Tensor wanted, double delta, Reduction reduction) {
    if (!(delta > 0)) {
      throw new IllegalArgumentException("huberLoss: delta " + delta + " is not positive");
    }
    BROADCASTS.check("huberLoss", given, wanted);
    given("huberLoss", "reduction", reduction);
    Tensor input = autocast(AutocastFunction.HUBER_LOSS, given);
    Tensor target = autocast(AutocastFunction.HUBER_LOSS, wanted);
    Tensor distance = difference(input, target).abs();
    Tensor losses =
        Tensor.where(
            distance.gt(delta),
            distance.sub(0.5 * delta).mul(delta),
            near(distance, delta).square().mul(0.5));
    return Primitives.of(input).named("HuberLossBackward", reduction.of(losses), input);
  }

  /** The distance where it is near, so that the square of an infinite one is not computed. */
  private static Tensor near(Tensor distance, double limit) {
    return Tensor.where(distance.gt(limit), limit, distance);
  }

  // ---- two classes

  static Tensor binaryCrossEntropyWithLogits(
      Tensor logits, Tensor wanted, BCEWithLogitsLoss.Options options) {
    String name = "binaryCrossEntropyWithLogits";
    given(name, "input", logits);
    given(name, "target", wanted);
    given(name, "reduction", given(name, "options", options).reduction());
    Tensor input = autocast(AutocastFunction.BINARY_CROSS_ENTROPY_WITH_LOGITS, logits);
    Tensor target = autocast(AutocastFunction.BINARY_CROSS_ENTROPY_WITH_LOGITS, wanted);
    if (!input.shape().equals(target.shape())) {
      throw new IllegalArgumentException(
          "binaryCrossEntropyWithLogits: the target has shape "
              + target.shape()
              + ", the input "
              + input.shape());
    }
    Tensor positive = options.posWeight();
    var function = new BinaryCrossEntropyWithLogits();
    Tensor losses =
        positive == null
            ? function.call(input, target)
            : function.call(input, target, positive.expandAs(input));
    Tensor weight = options.weight();
    Tensor loss = options.reduction().of(weight == null ? losses : losses.mul(weight));
    return Primitives.of(input).named("BinaryCrossEntropyWithLogitsBackward", loss, input);
  }

  // ---- many classes

  /** Classes are easily swapped with the input; a text names which argument is which. */
  private static void checkScores(String name, Tensor input, Tensor target, String scores) {
    given(name, "input", input);
    given(name, "target", target);
    if (!input.dtype().isFloating()) {
      throw new IllegalArgumentException(
          name
              + ": the first argument is the input, "
              + scores
              + " of a floating dtype, not "
              + input.dtype()
              + ", and the second the target"
              + (target.dtype().isFloating() ? "; they look swapped" : ""));
    }
  }

  static Tensor nll(Tensor input, Tensor target, NLLLoss.Options options) {
    checkScores("nllLoss", input, target, "log-probabilities");
    given("nllLoss", "reduction", given("nllLoss", "options", options).reduction());
    Tensor logs = autocast(AutocastFunction.NLL_LOSS, input);
    return new Classes("nllLoss", logs, target, options.weight(), options.ignoreIndex())
        .nll(options.reduction());
  }

  static Tensor crossEntropy(Tensor scores, Tensor wanted, CrossEntropyLoss.Options options) {
    checkScores("crossEntropy", scores, wanted, "scores");
    Tensor input = autocast(AutocastFunction.CROSS_ENTROPY, scores);
    Tensor target = autocast(AutocastFunction.CROSS_ENTROPY, wanted);
    Reduction reduction = given("crossEntropy", "options", options).reduction();
    given("crossEntropy", "reduction", reduction);
    if (input.dim() == 0) {
      throw new IllegalArgumentException(
          "crossEntropy: the input needs a dimension for the classes");
    }
    if (input.dim() > 1 && !target.dtype().isFloating() && target.shape().equals(input.shape())) {
      throw new IllegalArgumentException(
          "crossEntropy: a target of the input's shape "
              + input.shape()
              + " holds class probabilities, which must be floating, not "
              + target.dtype()
              + "; convert it by target.to(input.dtype()), or give class indices, without the"
              + " dimension of the classes");
    }
    if (isPlain(input, target, options)) {
      CrossEntropyForm form = new CrossEntropyForm(options.ignoreIndex(), reduction.total());
      return Primitives.of(input)
          .crossEntropy(input, target.to(DType.INT64), options.weight(), form);
    }
    Tensor logs = input.logSoftmax(classDim(input));
    if (target.dtype().isFloating()) {
      return ofProbabilities(logs, target, options);
    }
    Classes classes =
        new Classes("crossEntropy", logs, target, options.weight(), options.ignoreIndex());
    double smoothing = options.labelSmoothing();
    Tensor sharp = classes.nll(options.reduction());
    if (smoothing == 0) {
      return sharp;
    }
    return sharp
        .mul(1 - smoothing)
        .add(classes.uniform(options.reduction()).mul(smoothing / logs.size(classDim(logs))));
  }

  static Tensor linearCrossEntropy(
      Tensor input,
      Tensor weight,
      Tensor target,
      @Nullable Tensor bias,
      CrossEntropyLoss.Options options) {
    String name = "linearCrossEntropy";
    given(name, "input", input);
    given(name, "weight", weight);
    given(name, "target", target);
    given(name, "options", options);
    if (input.dim() != 1 && input.dim() != 2
        || weight.dim() < 2
        || weight.dim() > 2 && input.dim() == 1
        || weight.size(-1) != input.size(-1)) {
      throw new IllegalArgumentException(
          name
              + ": needs an input (n, in) or (in) and a weight (classes, in) or (classes, …, in),"
              + " not "
              + input.shape()
              + " and "
              + weight.shape());
    }
    Shape outputs = weight.shape().slice(0, weight.dim() - 1);
    if (bias != null && !bias.shape().equals(outputs)) {
      throw new IllegalArgumentException(
          name + ": a bias " + bias.shape() + " for outputs " + outputs);
    }
    Tensor flat = bias == null ? null : bias.flatten();
    Tensor scores = Functional.linear(input, weight.flatten(0, -2), flat);
    return crossEntropy(scores.unflatten(-1, outputs.toArray()), target, options);
  }

  /**
   * Whether there is a kernel for this; where there is none, or an error, operations are composed.
   */
  private static boolean isPlain(Tensor input, Tensor target, CrossEntropyLoss.Options options) {
    Tensor weight = options.weight();
    return (input.dtype() == DType.FLOAT32 || input.dtype() == DType.FLOAT64)
        && input.dim() == 2
        && input.numel() > 0
        && target.dtype().isInteger()
        && target.shape().equals(Shape.of(input.size(0)))
        && options.labelSmoothing() == 0
        && (weight == null
            || (weight.dtype() == input.dtype()
                && weight.shape().equals(Shape.of(input.size(1)))
                && !weight.requiresGrad()));
  }

  private static Tensor ofProbabilities(
      Tensor logs, Tensor target, CrossEntropyLoss.Options options) {
    if (!target.shape().equals(logs.shape())) {
      throw new IllegalArgumentException(
          "crossEntropy: class probabilities have the input's shape "
              + logs.shape()
              + ", not "
              + target.shape()
              + "; class indices are int64");
    }
    if (options.ignoreIndex() >= 0) {
      throw new IllegalArgumentException(
          "crossEntropy: ignoreIndex is for class indices, the target has class probabilities");
    }
    int dim = classDim(logs);
    long count = logs.size(dim);
    double smoothing = options.labelSmoothing();
    Tensor wanted = smoothing == 0 ? target : target.mul(1 - smoothing).add(smoothing / count);
    Tensor weight = checkedWeight("crossEntropy", options.weight(), count);
    Tensor products = logs.mul(wanted);
    if (weight != null) {
      products = products.mul(alongClasses(weight, logs));
    }
    Tensor losses = products.sum(dim).neg();
    return options.reduction() == Reduction.MEAN
        ? losses.sum().div(losses.numel())
        : options.reduction().of(losses);
  }

  static Tensor oneHot(Tensor classes) {
    checkClasses(classes);
    if (classes.numel() == 0) {
      throw new IllegalArgumentException(
          "oneHot: without elements the number of classes must be given");
    }
    long greatest = classes.max().itemLong();
    if (greatest == Long.MAX_VALUE) {
      throw new IllegalArgumentException("oneHot: there are too many classes");
    }
    return oneHot(classes, greatest + 1);
  }

  private static void checkClasses(Tensor classes) {
    if (!given("oneHot", "classes", classes).dtype().isInteger()) {
      throw new IllegalArgumentException("oneHot: classes are integers, not " + classes.dtype());
    }
  }

  static Tensor oneHot(Tensor classes, long count) {
    checkClasses(classes);
    if (!classes.isCpu()) {
      // Not read here, for which the program would wait: scatter_ reports what is no class.
      Tensor wide = classes.toLong().unsqueeze(-1);
      long[] sizes = classes.shape().concat(Shape.of(count)).toArray();
      return Tensor.zeros(classes.device(), DType.INT64, sizes).scatter_(-1, wide, 1);
    }
    if (classes.numel() > 0) {
      long least = classes.min().itemLong();
      if (least < 0) {
        throw new IndexOutOfBoundsException(
            "oneHot: class " + least + " is negative; classes count from 0");
      }
      long greatest = classes.max().itemLong();
      if (greatest >= count) {
        throw new IndexOutOfBoundsException(
            "oneHot: class " + greatest + " is not one of " + count + ", which count from 0");
      }
    }
    return classes.unsqueeze(-1).eq(Tensor.arange(classes.device(), count)).toLong();
  }

  static int classDim(Tensor input) {
    return input.dim() == 1 ? 0 : 1;
  }

  private static @Nullable Tensor checkedWeight(
      String name, @Nullable Tensor weight, long classes) {
    if (weight != null && !weight.shape().equals(Shape.of(classes))) {
      throw new IllegalArgumentException(
          name + ": a weight " + weight.shape() + " for " + classes + " classes");
    }
    return weight;
  }

  /** Gives a vector over the classes the dimensions of the input. */
  private static Tensor alongClasses(Tensor weight, Tensor input) {
    if (input.dim() == 1) {
      return weight;
    }
    long[] sizes = new long[input.dim() - 1];
    Arrays.fill(sizes, 1);
    sizes[0] = weight.numel();
    return weight.reshape(sizes);
  }

  /** Log-probabilities, the class that each place should have, and which places count. */
  private static final class Classes {
    private final Tensor logs;
    private final int dim;
    private final Tensor target;
    private final @Nullable Tensor ignored;
    private final @Nullable Tensor weight;

    Classes(String name, Tensor logs, Tensor target, @Nullable Tensor weight, long ignoreIndex) {
      if (logs.dim() == 0) {
        throw new IllegalArgumentException(name + ": the input needs a dimension for the classes");
      }
      this.logs = logs;
      this.dim = classDim(logs);
      long count = logs.size(dim);
      if (!target.shape().equals(logs.shape().remove(dim))) {
        throw new IllegalArgumentException(
            name
                + ": the target has shape "
                + target.shape()
                + ", but the input "
                + logs.shape()
                + " needs "
                + logs.shape().remove(dim));
      }
      if (!target.dtype().isInteger()) {
        throw new IllegalArgumentException(
            name + ": the target must be of integers, not " + target.dtype());
      }
      Tensor indices = target.to(DType.INT64);
      if (indices.isCpu()) {
        long[] ends = ends(indices);
        this.ignored =
            ends[0] <= ignoreIndex && ignoreIndex <= ends[1] ? indices.eq(ignoreIndex) : null;
        this.target = ignored == null ? indices : indices.maskedFill(ignored, 0);
        check(name, ignored == null ? ends : ends(this.target), count);
      } else {
        // Not read here, for which the program would wait: gather reports what is no class.
        this.ignored = indices.eq(ignoreIndex);
        this.target = indices.maskedFill(ignored, 0);
      }
      this.weight = checkedWeight(name, weight, count);
      if (weight != null) {
        Checks.sameDtype(name, "weight", weight, logs);
      }
    }

    /** Returns the least and the greatest class, read at once. */
    private static long[] ends(Tensor indices) {
      return indices.numel() == 0
          ? new long[] {0, -1}
          : Tensor.stack(List.of(indices.amin(), indices.amax())).toLongArray();
    }

    private static void check(String name, long[] ends, long count) {
      if (ends[0] < 0 || ends[1] >= count) {
        throw new IndexOutOfBoundsException(
            name
                + ": target "
                + (ends[0] < 0 ? ends[0] : ends[1])
                + " is not one of "
                + count
                + " classes");
      }
    }

    Tensor nll(Reduction reduction) {
      return Primitives.of(logs).named("NllLossBackward", reduced(reduction), logs);
    }

    private Tensor reduced(Reduction reduction) {
      Tensor losses = logs.gather(dim, target.unsqueeze(dim)).squeeze(dim).neg();
      Tensor weights = weights();
      if (weights == null) {
        return reduction.of(losses);
      }
      Tensor weighted = mask(losses.mul(weights));
      return reduction == Reduction.MEAN
          ? weighted.sum().div(weights.sum())
          : reduction.of(weighted);
    }

    /**
     * The part of label smoothing: the loss if every class were wanted equally, times the number of
     * classes.
     */
    Tensor uniform(Reduction reduction) {
      Tensor scaled = weight == null ? logs : logs.mul(alongClasses(weight, logs));
      Tensor losses = mask(scaled.sum(dim).neg());
      Tensor weights = weights();
      if (reduction == Reduction.MEAN && weights != null) {
        return losses.sum().div(weights.sum());
      }
      return reduction.of(losses);
    }

    /**
     * Weights of the places: those of their classes, 0 where they are ignored; null if all are 1.
     */
    private @Nullable Tensor weights() {
      if (weight == null) {
        return ignored == null ? null : ignored.logicalNot().to(logs.dtype());
      }
      Tensor own = weight.indexSelect(0, target.flatten()).reshape(target.shape());
      return mask(own);
    }

    private Tensor mask(Tensor values) {
      return ignored == null ? values : values.maskedFill(ignored, 0);
    }
  }
}
