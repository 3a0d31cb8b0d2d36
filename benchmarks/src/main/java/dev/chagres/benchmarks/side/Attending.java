package dev.chagres.benchmarks.side;

import static dev.chagres.benchmarks.side.Inputs.signed;

import dev.chagres.benchmarks.protocol.Recipe;
import dev.chagres.benchmarks.protocol.Recipes;
import dev.chagres.benchmarks.protocol.Task;
import dev.chagres.core.DType;
import dev.chagres.nn.Attention;
import dev.chagres.nn.Functional;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;
import java.util.List;
import java.util.function.Supplier;

/** Attention of each token to those before it; sizes are batch, heads, tokens, width of a head. */
final class Attending {

  private Attending() {}

  static void in(Recipes<Tensor> recipes) {
    recipes
        .add("attention", of(DType.FLOAT32, Attending::forward))
        .add("attention, bfloat16", of(DType.BFLOAT16, Attending::forward))
        .add("attention, forward and backward", of(DType.FLOAT32, Attending::gradients))
        .add("attention, bfloat16, forward and backward", of(DType.BFLOAT16, Attending::gradients));
  }

  /** Makes a task of query, key and value, and of the weights of the result's sum. */
  private interface Maker {
    Task<Tensor> make(List<Tensor> operands, Tensor weights);
  }

  private static Recipe<Tensor> of(DType dtype, Maker maker) {
    return s ->
        maker.make(
            List.of(signed(1, s).to(dtype), signed(2, s).to(dtype), signed(3, s).to(dtype)),
            signed(4, s).to(dtype));
  }

  private static Task<Tensor> forward(List<Tensor> operands, Tensor weights) {
    return attended(operands)::get;
  }

  /** The query's gradient is the result. */
  private static Task<Tensor> gradients(List<Tensor> operands, Tensor weights) {
    operands.forEach(Tensor::requiresGrad_);
    var attended = attended(operands);
    return () -> Autograd.grad(List.of(attended.get()), operands, List.of(weights)).getFirst();
  }

  private static Supplier<Tensor> attended(List<Tensor> operands) {
    var options = Attention.options().isCausal();
    return () ->
        Functional.scaledDotProductAttention(
            operands.get(0), operands.get(1), operands.get(2), options);
  }
}
