package dev.chagres.benchmarks.side;

import static dev.chagres.benchmarks.side.Inputs.WITH;
import static dev.chagres.benchmarks.side.Inputs.below;
import static dev.chagres.benchmarks.side.Inputs.gradient;
import static dev.chagres.benchmarks.side.Inputs.positive;
import static dev.chagres.benchmarks.side.Inputs.signed;

import dev.chagres.benchmarks.protocol.Recipe;
import dev.chagres.benchmarks.protocol.Recipes;
import dev.chagres.benchmarks.protocol.Task;
import dev.chagres.nn.Functional;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;

/** Reductions by axis and layout, softmax, losses and layer norm. */
final class Reducing {

  private static final double EPS = 1e-5;

  private Reducing() {}

  static void in(Recipes<Tensor> recipes) {
    recipes
        .add("sum", WITH.onePositive(Tensor::sum))
        .add("mean", WITH.onePositive(Tensor::mean))
        .add("var", WITH.one(x -> x.var()))
        .add("norm", WITH.one(Tensor::norm))
        .add("max", WITH.one(Tensor::max))
        .add("argmax", WITH.one(Tensor::argmax))
        .add("sum rows", WITH.one(x -> x.sum(1)))
        .add("sum columns", WITH.one(x -> x.sum(0)))
        .add("sum rows of the transposed", WITH.one(x -> x.t().sum(1)))
        .add("sum the middle", WITH.one(x -> x.sum(1)))
        .add("sum all but the channels", WITH.one(x -> x.sum(0, 2, 3)))
        .add(
            "sum every second",
            s -> {
              var x = positive(1, 2 * s[0]).at("::2");
              return x::sum;
            })
        .add("var of rows", WITH.one(x -> x.var(1)))
        .add("max of rows", WITH.one(x -> x.amax(1)))
        .add("max of columns", WITH.one(x -> x.amax(0)))
        .add("argmax of rows", WITH.one(x -> x.argmax(1)))
        .add("logsumexp of rows", WITH.one(x -> x.logsumexp(1)))
        .add("softmax", WITH.one(x -> x.softmax(1)))
        .add("softmax of columns", WITH.one(x -> x.softmax(0)))
        .add("log softmax", WITH.one(x -> x.logSoftmax(1)))
        .add("softmax, forward and backward", gradient(x -> x.softmax(1)))
        .add("log softmax, forward and backward", gradient(x -> x.logSoftmax(1)))
        .add("cross entropy", Reducing::crossEntropy)
        .add("cross entropy, forward and backward", Reducing::crossEntropyGradient)
        .add("squared error, forward and backward", Reducing::squaredErrorGradient)
        .add("layer norm", normed(false))
        .add("layer norm, forward and backward", normed(true));
  }

  private static Task<Tensor> crossEntropy(long... s) {
    var x = signed(1, s);
    var classes = below(2, s[1], s[0]);
    return () -> Functional.crossEntropy(x, classes);
  }

  private static Task<Tensor> crossEntropyGradient(long... s) {
    var x = signed(1, s).requiresGrad_();
    var classes = below(2, s[1], s[0]);
    return () -> Autograd.grad(Functional.crossEntropy(x, classes), x);
  }

  private static Task<Tensor> squaredErrorGradient(long... s) {
    var x = signed(1, s).requiresGrad_();
    var y = signed(2, s);
    return () -> Autograd.grad(Functional.mseLoss(x, y), x);
  }

  private static Recipe<Tensor> normed(boolean backward) {
    return s -> {
      var weight = positive(3, s[1]);
      var bias = signed(4, s[1]);
      return (backward
              ? gradient(x -> norm(x, weight, bias))
              : WITH.one(x -> norm(x, weight, bias)))
          .prepare(s);
    };
  }

  private static Tensor norm(Tensor x, Tensor weight, Tensor bias) {
    return Functional.layerNorm(x, weight.shape(), weight, bias, EPS);
  }
}
