package dev.chagres.nn;

import static dev.chagres.check.Named.named;

import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** The losses of {@link Functional} of several classes at once, and of sequences. */
abstract sealed class MarginFunctions extends LossFunctions permits Functional {
  MarginFunctions() {}

  /** Returns the mean of these losses with the margin 1. */
  public static Tensor multiMarginLoss(Tensor input, Tensor target) {
    return multiMarginLoss(input, target, MultiMarginLoss.options());
  }

  /**
   * Returns the mean over classes of {@code max(0, margin - input[target] + input[i])^p} for all
   * other classes i, of scores (n, classes) or (classes) and int64 classes (n) or 0-d, reduced.
   *
   * @throws IndexOutOfBoundsException if a target is no class; on a GPU when the program next waits
   *     for it
   */
  public static Tensor multiMarginLoss(
      Tensor input, Tensor target, MultiMarginLoss.Options options) {
    return named("multiMarginLoss", () -> MarginLosses.multiMargin(input, target, options));
  }

  /**
   * Returns the sum of {@code max(0, 1 - input[j] + input[i])} for all wanted classes j and all
   * others i, divided by the number of classes, reduced. Of each row of int64 targets, which have
   * the shape of the scores (n, classes) or (classes), those before the first -1 are wanted.
   *
   * @throws IndexOutOfBoundsException if a target is no class; on a GPU when the program next waits
   *     for it
   */
  public static Tensor multilabelMarginLoss(Tensor input, Tensor target, Reduction reduction) {
    return named(
        "multilabelMarginLoss", () -> MarginLosses.multilabelMargin(input, target, reduction));
  }

  /**
   * Returns the mean over classes of each one's cross entropy, given scores and truths (…,
   * classes), times a weight or null, reduced.
   */
  public static Tensor multilabelSoftMarginLoss(
      Tensor input, Tensor target, @Nullable Tensor weight, Reduction reduction) {
    return named(
        "multilabelSoftMarginLoss",
        () -> MarginLosses.multilabelSoftMargin(input, target, weight, reduction));
  }

  /** Returns the mean of these losses with the blank 0. */
  public static Tensor ctcLoss(
      Tensor logProbs, Tensor targets, Tensor inputLengths, Tensor targetLengths) {
    return ctcLoss(logProbs, targets, inputLengths, targetLengths, CTCLoss.options());
  }

  /**
   * Returns the negative log-likelihood of targets in sequences whose steps have log-probabilities
   * (steps, n, classes) or (steps, classes), however the classes and blanks are aligned (Graves et
   * al., 2006), reduced. Targets are (n, length), or one after the other. The gradient is the
   * derivative: behind {@code logSoftmax} it is PyTorch's, which has another for log-probabilities
   * themselves.
   *
   * @throws IllegalArgumentException if shapes, dtypes or lengths do not fit
   */
  public static Tensor ctcLoss(
      Tensor logProbs,
      Tensor targets,
      Tensor inputLengths,
      Tensor targetLengths,
      CTCLoss.Options options) {
    return named(
        "ctcLoss", () -> CtcLosses.loss(logProbs, targets, inputLengths, targetLengths, options));
  }
}
