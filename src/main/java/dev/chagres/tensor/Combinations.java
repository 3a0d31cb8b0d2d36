package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import java.util.Arrays;

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

  /**
   * Returns the sum of products that an equation in Einstein's notation says: {@code "ij,jk->ik"}.
   * Letters, of either case, name the dimensions of each operand; those that the result after
   * {@code ->} has not are summed over; one that an operand has twice is its diagonal; {@code ...}
   * stands for any dimensions, which broadcast. Without an arrow the result has the dimensions of
   * the ellipsis, then the letters that are there once, capitals first. Dtypes are equal.
   *
   * <p>The operands are multiplied two at a time, in the order with the fewest multiplications (of
   * more than eight operands, one that is not far from it).
   */
  public static Tensor einsum(String equation, Iterable<Tensor> tensors) {
    return Einsum.of(given("einsum", "equation", equation), given("einsum", "tensors", tensors));
  }

  /** The same of tensors one by one. */
  public static Tensor einsum(String equation, Tensor... tensors) {
    return einsum(equation, Arrays.asList(given("einsum", "tensors", tensors)));
  }

  /** Returns the sums of products over the last dimensions of a and as many first ones of b. */
  public static Tensor tensordot(Tensor a, Tensor b, int dims) {
    return Products.tensordot(given("tensordot", "a", a), given("tensordot", "b", b), dims);
  }

  /**
   * Returns the sums of products over dimensions of a and those of b that stand at the same place;
   * they are of one size, or of size 1, which broadcasts. What is left of a comes before that of b.
   */
  public static Tensor tensordot(Tensor a, Tensor b, int[] dimsA, int[] dimsB) {
    return Products.tensordot(
        "tensordot",
        given("tensordot", "a", a),
        given("tensordot", "b", b),
        given("tensordot", "dimsA", dimsA),
        given("tensordot", "dimsB", dimsB));
  }

  /** Returns the product of matrices, multiplied in the order with the fewest multiplications. */
  public static Tensor chainMatmul(Iterable<Tensor> matrices) {
    return MatrixChain.product("chainMatmul", given("chainMatmul", "matrices", matrices));
  }
}
