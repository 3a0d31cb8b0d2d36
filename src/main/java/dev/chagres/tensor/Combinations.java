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

  /** Returns {@code condition ? a : b}, where the number is weak, as in arithmetic. */
  public static Tensor where(Tensor condition, Tensor a, Number b) {
    given("where", "a", a);
    return where(
        condition, a, Creation.scalar("where", given("where", "b", b), Promotion.of(a, b)));
  }

  /** Returns {@code condition ? a : b}, where the number is weak, as in arithmetic. */
  public static Tensor where(Tensor condition, Number a, Tensor b) {
    given("where", "b", b);
    return where(
        condition, Creation.scalar("where", given("where", "a", a), Promotion.of(b, a)), b);
  }

  /** Returns {@code condition ? a : b}: int64 of two integers, else float32. */
  public static Tensor where(Tensor condition, Number a, Number b) {
    return where(condition, scalar(given("where", "a", a)), scalar(given("where", "b", b)));
  }
}
