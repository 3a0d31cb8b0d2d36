package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Losses of how far the wanted classes' scores are above the others'. */
final class MarginLosses {
  private MarginLosses() {}

  private static void checkInput(String name, Tensor x) {
    Checks.floating(name, "input", x);
    if (x.dim() > 2 || x.dim() > 0 && x.size(-1) == 0) {
      throw new IllegalArgumentException(
          name + ": needs scores (n, classes) or (classes), not " + x.shape());
    }
  }

  static Tensor multiMargin(Tensor x, Tensor target, MultiMarginLoss.Options options) {
    String name = "multiMarginLoss";
    given(name, "input", x);
    given(name, "target", target);
    given(name, "options", options);
    checkInput(name, x);
    if (x.dim() < 2) {
      if (target.numel() != 1 || target.dim() > 1) {
        throw new IllegalArgumentException(
            name + ": a target " + target.shape() + " for scores " + x.shape());
      }
      Tensor loss = multiMargin(x.reshape(1, x.numel()), target.reshape(1), options);
      return options.reduction() == Reduction.NONE && target.dim() == 0 ? loss.squeeze(0) : loss;
    }
    long classes = x.size(1);
    if (target.dtype() != DType.INT64 || !target.shape().equals(Shape.of(x.size(0)))) {
      throw new IllegalArgumentException(
          name
              + ": needs an int64 target ("
              + x.size(0)
              + "), not "
              + target.dtype()
              + " "
              + target.shape());
    }
    Tensor weight = options.weight();
    if (weight != null && (weight.numel() != classes || weight.dtype() != x.dtype())) {
      throw new IllegalArgumentException(
          name
              + ": a weight of "
              + weight.dtype()
              + " "
              + weight.shape()
              + " for "
              + classes
              + " classes of "
              + x.dtype());
    }
    if (x.size(0) == 0) {
      return options.reduction().of(x.sum(1));
    }
    Tensor at = inside(name, target, classes).unsqueeze(1);
    Tensor gaps = x.sub(x.gather(1, at)).add(options.margin()).clampMin(0);
    Tensor losses = options.p() == 1 ? gaps : gaps.square();
    if (weight != null) {
      losses = losses.mul(weight.flatten().indexSelect(0, at.squeeze(1)).unsqueeze(1));
    }
    return options.reduction().of(losses.scatter(1, at, 0).sum(1).div(classes));
  }

  /** On a GPU gather reports what is no class. */
  private static Tensor inside(String name, Tensor target, long classes) {
    if (!target.isCpu()) {
      return target;
    }
    long least = target.min().itemLong();
    long greatest = target.max().itemLong();
    if (least < 0 || greatest >= classes) {
      throw new IndexOutOfBoundsException(
          name
              + ": target "
              + (least < 0 ? least : greatest)
              + " is not one of "
              + classes
              + " classes");
    }
    return target;
  }

  static Tensor multilabelMargin(Tensor x, Tensor target, Reduction reduction) {
    String name = "multilabelMarginLoss";
    given(name, "input", x);
    given(name, "target", target);
    given(name, "reduction", reduction);
    checkInput(name, x);
    if (target.dtype() != DType.INT64 || !target.shape().equals(x.shape())) {
      throw new IllegalArgumentException(
          name
              + ": needs an int64 target "
              + x.shape()
              + ", not "
              + target.dtype()
              + " "
              + target.shape());
    }
    if (x.dim() < 2) {
      Tensor loss =
          multilabelMargin(x.reshape(1, x.numel()), target.reshape(1, x.numel()), reduction);
      return reduction == Reduction.NONE ? loss.squeeze(0) : loss;
    }
    if (x.size(0) == 0) {
      return reduction.of(x.sum(1));
    }
    long classes = x.size(1);
    // What follows the first -1 does not count.
    Tensor counts = target.ge(0).toLong().cumprod(1).ne(0);
    Tensor at = inside(name, target.maskedFill(counts.logicalNot(), 0), classes);
    Tensor wanted =
        x.newZeros(x.shape().toArray()).detach().scatterAdd(1, at, counts.to(x.dtype())).ne(0);
    // (n, wanted, others)
    Tensor gaps = x.unsqueeze(1).sub(x.gather(1, at).unsqueeze(2)).add(1).clampMin(0);
    Tensor none = counts.logicalNot().unsqueeze(2).logicalOr(wanted.unsqueeze(1));
    return reduction.of(gaps.maskedFill(none, 0).sum(1, 2).div(classes));
  }

  static Tensor multilabelSoftMargin(
      Tensor x, Tensor target, @Nullable Tensor weight, Reduction reduction) {
    String name = "multilabelSoftMarginLoss";
    given(name, "input", x);
    given(name, "target", target);
    given(name, "reduction", reduction);
    if (!x.dtype().isFloating() || x.dim() == 0) {
      throw new IllegalArgumentException(
          name + ": needs floating scores (…, classes), not " + x.dtype() + " " + x.shape());
    }
    Tensor yes = target.mul(Activations.logsigmoid(x));
    Tensor no = target.rsub(1).mul(Activations.logsigmoid(x.neg()));
    Tensor losses = yes.add(no).neg();
    Tensor weighted = weight == null ? losses : losses.mul(weight);
    return reduction.of(weighted.sum(-1).div(x.size(-1)));
  }
}
