package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Shape;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/** Losses of probabilities, of pairs, and of distributions, composed. */
final class MoreLosses {
  private MoreLosses() {}

  private static void operands(String name, Tensor input, Tensor target, Reduction reduction) {
    given(name, "input", input);
    given(name, "target", target);
    given(name, "reduction", reduction);
  }

  // ---- probabilities

  static Tensor binaryCrossEntropy(
      Tensor input, Tensor target, @Nullable Tensor weight, Reduction reduction) {
    String name = "binaryCrossEntropy";
    operands(name, input, target, reduction);
    if (!input.shape().equals(target.shape())) {
      throw new IllegalArgumentException(
          name + ": the target has shape " + target.shape() + ", the input " + input.shape());
    }
    Checks.oneFloatingDtype(name, input, target);
    if (input.isCpu()) {
      checkBetween(name, "input", input);
      checkBetween(name, "target", target);
    }
    Tensor losses =
        new BinaryCrossEntropy()
            .call(Checks.widened(input), Checks.widened(target))
            .to(input.dtype());
    return reduction.of(weight == null ? losses : losses.mul(factor(name, weight, input)));
  }

  private static void checkBetween(String name, String what, Tensor x) {
    if (x.ge(0).logicalAnd(x.le(1)).logicalNot().any().isTrue()) {
      throw new IllegalArgumentException(name + ": the " + what + " is not everywhere from 0 to 1");
    }
  }

  private static Tensor factor(String name, Tensor weight, Tensor input) {
    if (!input.shape().equals(Shape.broadcast(weight.shape(), input.shape()))) {
      throw new IllegalArgumentException(
          name + ": a weight " + weight.shape() + " for an input " + input.shape());
    }
    return weight;
  }

  static Tensor klDiv(Tensor input, Tensor target, KLDivLoss.Options options) {
    operands("klDiv", input, target, given("klDiv", "options", options).reduction());
    Checks.floating("klDiv", "input", input);
    Checks.floating("klDiv", "target", target);
    Tensor losses =
        switch (options.targets()) {
          case PROBABILITIES -> target.xlogy(target).sub(target.mul(input));
          case LOGARITHMS -> target.exp().mul(target.sub(input));
        };
    boolean mean = options.mean() == KLDivLoss.Mean.OF_BATCH && input.dim() > 0;
    return options.reduction() == Reduction.MEAN && mean
        ? losses.sum().div(input.size(0))
        : options.reduction().of(losses);
  }

  // ---- pairs and triplets

  static Tensor cosineEmbedding(
      Tensor x, Tensor y, Tensor target, double margin, Reduction reduction) {
    String name = "cosineEmbeddingLoss";
    given(name, "input1", x);
    given(name, "input2", y);
    given(name, "target", target);
    given(name, "reduction", reduction);
    if (target.dim() > 1 || x.dim() != target.dim() + 1 || y.dim() != x.dim()) {
      throw new IllegalArgumentException(
          name
              + ": needs vectors (n, size) and a target (n), or (size) and a 0-d one, not "
              + x.shape()
              + ", "
              + y.shape()
              + " and "
              + target.shape());
    }
    double tiny = 1e-12; // PyTorch's, which keeps the norm of 0 from dividing
    Tensor product = x.mul(y).sum(-1);
    Tensor squares = x.square().sum(-1).add(tiny).mul(y.square().sum(-1).add(tiny));
    Tensor cosine = product.div(squares.sqrt());
    Tensor zero = cosine.zerosLike();
    Tensor alike = Tensor.where(target.eq(1), cosine.rsub(1), zero);
    Tensor apart = Tensor.where(target.eq(-1), cosine.sub(margin).clampMin(0), zero);
    return reduction.of(alike.add(apart));
  }

  static Tensor marginRanking(
      Tensor x, Tensor y, Tensor target, double margin, Reduction reduction) {
    String name = "marginRankingLoss";
    given(name, "input1", x);
    given(name, "input2", y);
    given(name, "target", target);
    given(name, "reduction", reduction);
    Checks.sameDims(name, x, y, target);
    return reduction.of(target.neg().mul(x.sub(y)).add(margin).clampMin(0));
  }

  static Tensor hingeEmbedding(Tensor x, Tensor target, double margin, Reduction reduction) {
    operands("hingeEmbeddingLoss", x, target, reduction);
    Tensor zero = x.zerosLike();
    Tensor apart = Tensor.where(target.ne(1), x.rsub(margin).clampMin(0), zero);
    Tensor alike = Tensor.where(target.ne(-1), x, zero);
    return reduction.of(apart.add(alike).to(x.dtype()));
  }

  static Tensor softMargin(Tensor x, Tensor target, Reduction reduction) {
    operands("softMarginLoss", x, target, reduction);
    Checks.floating("softMarginLoss", "input", x);
    return reduction.of(target.to(x.dtype()).neg().mul(x).exp().log1p());
  }

  static Tensor tripletMargin(
      Tensor anchor, Tensor positive, Tensor negative, TripletMarginLoss.Options options) {
    String name = "tripletMarginLoss";
    given(name, "options", options);
    return triplet(
        name,
        anchor,
        positive,
        negative,
        (x, y) -> Distances.between(name, x, y, options.p(), options.eps(), Keep.DROPDIM),
        new TripletMarginWithDistanceLoss.Options(
            options.margin(), options.swap(), options.reduction()));
  }

  static Tensor tripletMarginWithDistance(
      Tensor anchor,
      Tensor positive,
      Tensor negative,
      BinaryOperator<Tensor> distance,
      TripletMarginWithDistanceLoss.Options options) {
    String name = "tripletMarginWithDistanceLoss";
    given(name, "distance", distance);
    given(name, "options", options);
    return triplet(
        name,
        anchor,
        positive,
        negative,
        (x, y) -> given(name, "what the distance returned", distance.apply(x, y)),
        options);
  }

  private static Tensor triplet(
      String name,
      Tensor anchor,
      Tensor positive,
      Tensor negative,
      BinaryOperator<Tensor> distance,
      TripletMarginWithDistanceLoss.Options options) {
    given(name, "anchor", anchor);
    given(name, "positive", positive);
    given(name, "negative", negative);
    Checks.sameDims(name, anchor, positive, negative);
    Tensor near = distance.apply(anchor, positive);
    Tensor far = distance.apply(anchor, negative);
    if (options.swap() == TripletMarginLoss.Swap.SWAPPED) {
      far = far.minimum(distance.apply(positive, negative));
    }
    return options.reduction().of(near.add(options.margin()).sub(far).clampMin(0));
  }

  // ---- distributions

  static Tensor poissonNll(Tensor x, Tensor target, PoissonNLLLoss.Options options) {
    String name = "poissonNllLoss";
    operands(name, x, target, given(name, "options", options).reduction());
    Tensor losses =
        switch (options.inputs()) {
          case LOGARITHMS -> x.exp().sub(target.mul(x));
          case RATES -> x.sub(target.mul(x.add(options.eps()).log()));
        };
    if (options.terms() == PoissonNLLLoss.Terms.ALL) {
      // Stirling's approximation of the logarithm of the factorial
      Tensor stirling =
          target.mul(target.log()).sub(target).add(target.mul(2 * Math.PI).log().mul(0.5));
      losses = losses.add(stirling.maskedFill(target.le(1), 0).to(losses.dtype()));
    }
    return options.reduction().of(losses);
  }

  static Tensor gaussianNll(
      Tensor x, Tensor target, Tensor variance, GaussianNLLLoss.Options options) {
    String name = "gaussianNllLoss";
    operands(name, x, target, given(name, "options", options).reduction());
    Checks.floating(name, "variance", variance);
    if (variance.isCpu() && variance.lt(0).any().isTrue()) {
      throw new IllegalArgumentException(name + ": a variance is negative");
    }
    Tensor spread = spread(name, x, variance);
    // What is raised to eps has the gradient of what it was.
    Tensor raised = spread.sub(spread.detach()).add(options.eps());
    Tensor safe = Tensor.where(spread.lt(options.eps()), raised, spread);
    Tensor losses = safe.log().add(x.sub(target).square().div(safe)).mul(0.5);
    return options
        .reduction()
        .of(
            options.terms() == GaussianNLLLoss.Terms.ALL
                ? losses.add(0.5 * Math.log(2 * Math.PI))
                : losses);
  }

  private static Tensor spread(String name, Tensor x, Tensor variance) {
    Shape shape = variance.shape();
    if (shape.equals(x.shape())) {
      return variance;
    }
    if (x.dim() > 0 && shape.equals(x.shape().remove(x.dim() - 1))) {
      return variance.unsqueeze(-1);
    }
    int ones = 0;
    boolean fits = shape.dim() == x.dim();
    for (int dim = 0; fits && dim < x.dim(); dim++) {
      if (shape.size(dim) != x.size(dim)) {
        ones++;
        fits = shape.size(dim) == 1;
      }
    }
    if (!fits || ones != 1) {
      throw new IllegalArgumentException(
          name + ": a variance " + shape + " for an input " + x.shape());
    }
    return variance;
  }
}
