package dev.chagres.benchmarks.side;

import static dev.chagres.benchmarks.side.Inputs.intoOut;
import static dev.chagres.benchmarks.side.Inputs.one;
import static dev.chagres.benchmarks.side.Inputs.onePositive;
import static dev.chagres.benchmarks.side.Inputs.signed;
import static dev.chagres.benchmarks.side.Inputs.two;
import static dev.chagres.benchmarks.side.Inputs.twoPositive;
import static dev.chagres.core.DType.FLOAT64;
import static dev.chagres.core.DType.INT32;

import dev.chagres.benchmarks.protocol.Recipes;
import dev.chagres.benchmarks.protocol.Task;
import dev.chagres.nn.Functional;
import dev.chagres.tensor.Out;
import dev.chagres.tensor.Tensor;

/** Operations on each element by itself, alone and in chains. */
final class Elementwise {

  private Elementwise() {}

  static void in(Recipes<Tensor> recipes) {
    recipes
        .add("add", two(Tensor::add))
        .add("add, into out", intoOut(Out::add))
        .add("add a number", one(x -> x.add(1.5)))
        .add("sub", two(Tensor::sub))
        .add("mul", two(Tensor::mul))
        .add("div", twoPositive(Tensor::div))
        .add("pow", twoPositive(Tensor::pow))
        .add("maximum", two(Tensor::maximum))
        .add("lt", two(Tensor::lt))
        .add("where", two((x, y) -> Tensor.where(x.lt(0), x, y)))
        .add("lerp", two((x, y) -> x.lerp(y, 0.3)))
        .add("addcmul", two((x, y) -> x.addcmul(x, y)))
        .add("exp", one(Tensor::exp))
        .add("log", onePositive(Tensor::log))
        .add("tanh", one(Tensor::tanh))
        .add("gelu", one(Functional::gelu))
        .add("erf", one(Tensor::erf))
        .add("sin", one(Tensor::sin))
        .add("sigmoid", one(Tensor::sigmoid))
        .add("sqrt", onePositive(Tensor::sqrt))
        .add("neg", one(Tensor::neg))
        .add("abs", one(Tensor::abs))
        .add("relu", one(Tensor::relu))
        .add("floor", one(Tensor::floor))
        .add("square", one(Tensor::square))
        .add("clamp", one(x -> x.clamp(-0.5, 0.5)))
        .add("to float64", one(x -> x.to(FLOAT64)))
        .add("to int32", one(x -> x.mul(100).to(INT32)))
        .add("chain: (a + b) * c - d", Elementwise::arithmetic)
        .add("chain: exp(-(a - b)^2 / 2)", two((a, b) -> a.sub(b).square().mul(-0.5).exp()))
        .add("chain: gelu written out", one(Elementwise::gelu));
  }

  private static Task<Tensor> arithmetic(long... shape) {
    var a = signed(1, shape);
    var b = signed(2, shape);
    var c = signed(3, shape);
    var d = signed(4, shape);
    return () -> a.add(b).mul(c).sub(d);
  }

  private static Tensor gelu(Tensor x) {
    return x.mul(0.5).mul(x.mul(Math.sqrt(0.5)).erf().add(1));
  }
}
