package dev.chagres.benchmarks.side;

import static dev.chagres.benchmarks.side.Inputs.WITH;
import static dev.chagres.core.DType.FLOAT64;
import static dev.chagres.core.DType.INT32;

import dev.chagres.benchmarks.protocol.Operands;
import dev.chagres.benchmarks.protocol.Recipes;
import dev.chagres.nn.Functional;
import dev.chagres.tensor.Fused;
import dev.chagres.tensor.Out;
import dev.chagres.tensor.Tensor;
import java.util.List;

/** Operations on each element by itself, alone and in chains. */
final class Elementwise {

  private Elementwise() {}

  static void in(Recipes<Tensor> recipes) {
    recipes
        .add("add", WITH.two(Tensor::add))
        .add("add, into out", WITH.intoOut(Out::add))
        .add("add a number", WITH.one(x -> x.add(1.5)))
        .add("sub", WITH.two(Tensor::sub))
        .add("mul", WITH.two(Tensor::mul))
        .add("div", WITH.twoPositive(Tensor::div))
        .add("pow", WITH.twoPositive(Tensor::pow))
        .add("maximum", WITH.two(Tensor::maximum))
        .add("lt", WITH.two(Tensor::lt))
        .add("where", WITH.two((x, y) -> Tensor.where(x.lt(0), x, y)))
        .add("lerp", WITH.two((x, y) -> x.lerp(y, 0.3)))
        .add("addcmul", WITH.two((x, y) -> x.addcmul(x, y)))
        .add("exp", WITH.one(Tensor::exp))
        .add("log", WITH.onePositive(Tensor::log))
        .add("tanh", WITH.one(Tensor::tanh))
        .add("gelu", WITH.one(Functional::gelu))
        .add("erf", WITH.one(Tensor::erf))
        .add("sin", WITH.one(Tensor::sin))
        .add("sigmoid", WITH.one(Tensor::sigmoid))
        .add("sqrt", WITH.onePositive(Tensor::sqrt))
        .add("neg", WITH.one(Tensor::neg))
        .add("abs", WITH.one(Tensor::abs))
        .add("relu", WITH.one(Tensor::relu))
        .add("floor", WITH.one(Tensor::floor))
        .add("square", WITH.one(Tensor::square))
        .add("clamp", WITH.one(x -> x.clamp(-0.5, 0.5)))
        .add("to float64", WITH.one(x -> x.to(FLOAT64)))
        .add("to int32", WITH.one(x -> x.mul(100).to(INT32)))
        .add("chain: (a + b) * c - d", WITH.four((a, b, c, d) -> a.add(b).mul(c).sub(d)))
        .add("chain: exp(-(a - b)^2 / 2)", WITH.two((a, b) -> a.sub(b).square().mul(-0.5).exp()))
        .add("chain: gelu written out", WITH.one(Elementwise::gelu))
        .add("chain: (a + b) * c - d, fused", WITH.four(fusedArithmetic()))
        .add(
            "chain: exp(-(a - b)^2 / 2), fused",
            WITH.two(Fused.of((a, b) -> a.sub(b).square().mul(-0.5).exp())))
        .add("chain: gelu written out, fused", WITH.one(Fused.of(Elementwise::gelu)));
  }

  private static Operands.Four<Tensor> fusedArithmetic() {
    var fused =
        Fused.ofLists(in -> List.of(in.get(0).add(in.get(1)).mul(in.get(2)).sub(in.get(3))));
    return (a, b, c, d) -> fused.apply(List.of(a, b, c, d)).getFirst();
  }

  private static Tensor gelu(Tensor x) {
    return x.mul(0.5).mul(x.mul(Math.sqrt(0.5)).erf().add(1));
  }
}
