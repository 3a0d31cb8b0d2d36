package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

/** The reductions and products of matrices of {@link Out}. */
abstract sealed class ReductionsOut extends PointwiseOut permits Out {
  ReductionsOut() {}

  // ---- reductions: over these dimensions (none: all), which go

  /** Writes the sum over the dimensions to {@code out}. */
  public static Tensor sum(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("sum", "x", out, () -> x.sum(dims), x);
  }

  /** Writes the product over the dimensions to {@code out}. */
  public static Tensor prod(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("prod", "x", out, () -> x.prod(dims), x);
  }

  /** Writes the mean over the dimensions to {@code out}. */
  public static Tensor mean(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("mean", "x", out, () -> x.mean(dims), x);
  }

  /** Writes the greatest elements over the dimensions to {@code out}. */
  public static Tensor amax(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("amax", "x", out, () -> x.amax(dims), x);
  }

  /** Writes the least elements over the dimensions to {@code out}. */
  public static Tensor amin(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("amin", "x", out, () -> x.amin(dims), x);
  }

  /** Writes whether any element is not zero over the dimensions to {@code out}. */
  public static Tensor any(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("any", "x", out, () -> x.any(dims), x);
  }

  /** Writes whether all elements are not zero over the dimensions to {@code out}. */
  public static Tensor all(Tensor x, int[] dims, Tensor out) {
    return Writing.stored("all", "x", out, () -> x.all(dims), x);
  }

  /** Writes the positions of the greatest elements along a dimension to {@code out}. */
  public static Tensor argmax(Tensor x, int dim, Tensor out) {
    return Writing.stored("argmax", "x", out, () -> x.argmax(dim), x);
  }

  /** Writes the positions of the least elements along a dimension to {@code out}. */
  public static Tensor argmin(Tensor x, int dim, Tensor out) {
    return Writing.stored("argmin", "x", out, () -> x.argmin(dim), x);
  }

  /** Writes {@code exp(x)} divided by its sum along a dimension to {@code out}. */
  public static Tensor softmax(Tensor x, int dim, Tensor out) {
    return Writing.stored("softmax", "x", out, () -> x.softmax(dim), x);
  }

  /** Writes the logarithm of {@link #softmax} along a dimension to {@code out}. */
  public static Tensor logSoftmax(Tensor x, int dim, Tensor out) {
    return Writing.stored("logSoftmax", "x", out, () -> x.logSoftmax(dim), x);
  }

  // ---- matrices

  /** Writes the product of two matrices to {@code out}. */
  public static Tensor mm(Tensor a, Tensor b, Tensor out) {
    return Matrices.productOut("mm", a, b, out);
  }

  /**
   * Writes the matrix product, by the operands' dimensions as {@link MatrixOps#matmul}, to {@code
   * out}.
   */
  public static Tensor matmul(Tensor a, Tensor b, Tensor out) {
    if (given("matmul", "a", a).dim() == 2 && given("matmul", "b", b).dim() == 2) {
      return Matrices.productOut("matmul", a, b, out);
    }
    return Writing.stored("matmul", "a b", out, () -> Matrices.matmul(a, b), a, b);
  }

  /** Writes the products of b matrices to {@code out}. */
  public static Tensor bmm(Tensor a, Tensor b, Tensor out) {
    return Writing.stored("bmm", "a b", out, () -> Matrices.bmm(a, b), a, b);
  }

  /** Writes the product of a matrix and a vector to {@code out}. */
  public static Tensor mv(Tensor a, Tensor b, Tensor out) {
    return Writing.stored("mv", "a b", out, () -> Matrices.mv(a, b), a, b);
  }

  /** Writes the inner product of two vectors to {@code out}. */
  public static Tensor dot(Tensor a, Tensor b, Tensor out) {
    return Writing.stored("dot", "a b", out, () -> Matrices.dot(a, b), a, b);
  }

  /** Writes {@code x + a b}, with x broadcast to the shape of the product, to {@code out}. */
  public static Tensor addmm(Tensor x, Tensor a, Tensor b, Tensor out) {
    return Writing.stored("addmm", "x a b", out, () -> Matrices.addmm(x, a, b, 1, 1), x, a, b);
  }
}
