package dev.chagres.benchmarks.side;

import static dev.chagres.benchmarks.side.Inputs.WITH;
import static dev.chagres.benchmarks.side.Inputs.signed;

import dev.chagres.benchmarks.protocol.Recipes;
import dev.chagres.benchmarks.protocol.Task;
import dev.chagres.tensor.Out;
import dev.chagres.tensor.Tensor;

/** Matrix products: square, of any shape, transposed, in batches. */
final class Products {

  private Products() {}

  static void in(Recipes<Tensor> recipes) {
    recipes
        .add("matmul", WITH.product(Tensor::matmul))
        .add(
            "matmul, into out",
            s -> {
              var a = signed(1, s[0], s[0]);
              var b = signed(2, s[0], s[0]);
              var out = Tensor.empty(s[0], s[0]);
              return () -> Out.matmul(a, b, out);
            })
        .add(
            "matmul, first transposed",
            s -> product(signed(1, s[0], s[0]).t(), signed(2, s[0], s[0])))
        .add(
            "matmul, second transposed",
            s -> product(signed(1, s[0], s[0]), signed(2, s[0], s[0]).t()))
        .add("matmul by a vector", s -> product(signed(1, s[0], s[0]), signed(2, s[0])))
        .add("batched matmul", WITH.batchedProduct(Tensor::matmul));
  }

  private static Task<Tensor> product(Tensor a, Tensor b) {
    return () -> a.matmul(b);
  }
}
