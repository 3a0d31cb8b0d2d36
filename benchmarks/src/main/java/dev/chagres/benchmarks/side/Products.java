package dev.chagres.benchmarks.side;

import static dev.chagres.benchmarks.side.Inputs.WITH;
import static dev.chagres.benchmarks.side.Inputs.signed;
import static dev.chagres.core.DType.BFLOAT16;
import static dev.chagres.core.DType.FLOAT16;

import dev.chagres.Cuda;
import dev.chagres.benchmarks.protocol.Recipe;
import dev.chagres.benchmarks.protocol.Recipes;
import dev.chagres.benchmarks.protocol.Task;
import dev.chagres.core.DType;
import dev.chagres.tensor.Out;
import dev.chagres.tensor.Tensor;

/** Matrix products: square, of any shape, transposed, in batches. */
final class Products {

  private Products() {}

  static void in(Recipes<Tensor> recipes) {
    recipes
        .add("matmul", WITH.product(Tensor::matmul))
        .add("matmul, tf32", s -> inTf32(WITH.product(Tensor::matmul).prepare(s)))
        .add("matmul, bfloat16", of(BFLOAT16))
        .add("matmul, float16", of(FLOAT16))
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

  private static Recipe<Tensor> of(DType dtype) {
    return s -> product(signed(1, s[0], s[0]).to(dtype), signed(2, s[0], s[0]).to(dtype));
  }

  /** Lets products and convolutions of a GPU take their operands in TF32, for this task alone. */
  static Task<Tensor> inTf32(Task<Tensor> task) {
    return () -> {
      Cuda.allowTf32(true);
      try {
        return task.run();
      } finally {
        Cuda.allowTf32(false);
      }
    };
  }

  private static Task<Tensor> product(Tensor a, Tensor b) {
    return () -> a.matmul(b);
  }
}
