package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

/** The static methods of {@link Tensor} that make one of several. */
abstract sealed class Combinations extends Factories permits Tensor {
  Combinations() {}

  /** Returns the tensors one after the other along an existing dimension. */
  public static Tensor cat(Iterable<Tensor> tensors, int dim) {
    return Joining.cat(given("cat", "tensors", tensors), dim);
  }

  /** Returns the tensors one after the other along the first dimension. */
  public static Tensor cat(Iterable<Tensor> tensors) {
    return cat(tensors, 0);
  }

  /** Returns the tensors side by side along a new first dimension. */
  public static Tensor stack(Iterable<Tensor> tensors) {
    return stack(tensors, 0);
  }

  /** Returns the tensors side by side along a new dimension put in before {@code dim}. */
  public static Tensor stack(Iterable<Tensor> tensors, int dim) {
    return Joining.stack(given("stack", "tensors", tensors), dim);
  }

  /** Returns {@code condition ? a : b}, element by element, with broadcasting and promotion. */
  public static Tensor where(Tensor condition, Tensor a, Tensor b) {
    return Elementwise.where("where", condition, a, b);
  }
}
