package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

/** The products of matrices and vectors of {@link Out}. */
abstract sealed class ProductsOut extends ComparisonsOut permits ReductionsOut {
  ProductsOut() {}

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

  /** Writes {@code x + a[0] b[0] + a[1] b[1] + …} to {@code out}. */
  public static Tensor addbmm(Tensor x, Tensor a, Tensor b, Tensor out) {
    return Writing.stored("addbmm", "x a b", out, () -> x.addbmm(a, b), x, a, b);
  }

  /** Writes {@code x + a b} of batches of matrices to {@code out}. */
  public static Tensor baddbmm(Tensor x, Tensor a, Tensor b, Tensor out) {
    return Writing.stored("baddbmm", "x a b", out, () -> x.baddbmm(a, b), x, a, b);
  }

  /** Writes {@code x + a v} of a matrix and a vector to {@code out}. */
  public static Tensor addmv(Tensor x, Tensor a, Tensor v, Tensor out) {
    return Writing.stored("addmv", "x a v", out, () -> x.addmv(a, v), x, a, v);
  }

  /** Writes {@code x +} all products of an element of the vector a and one of b to {@code out}. */
  public static Tensor addr(Tensor x, Tensor a, Tensor b, Tensor out) {
    return Writing.stored("addr", "x a b", out, () -> x.addr(a, b), x, a, b);
  }

  /** Writes all products of an element of a vector and one of another to {@code out}. */
  public static Tensor outer(Tensor a, Tensor b, Tensor out) {
    return Writing.stored("outer", "a b", out, () -> a.outer(given("outer", "b", b)), a, b);
  }

  /** Writes the sums of products over the last dimension of both to {@code out}. */
  public static Tensor inner(Tensor a, Tensor b, Tensor out) {
    return Writing.stored("inner", "a b", out, () -> a.inner(given("inner", "b", b)), a, b);
  }

  /** Writes the inner product of two vectors to {@code out}. */
  public static Tensor vdot(Tensor a, Tensor b, Tensor out) {
    return Writing.stored("vdot", "a b", out, () -> a.vdot(given("vdot", "b", b)), a, b);
  }

  /** Writes Kronecker's product to {@code out}. */
  public static Tensor kron(Tensor a, Tensor b, Tensor out) {
    return Writing.stored("kron", "a b", out, () -> a.kron(given("kron", "b", b)), a, b);
  }

  /** Writes the cross products of vectors along a dimension of size 3 to {@code out}. */
  public static Tensor cross(Tensor a, Tensor b, int dim, Tensor out) {
    return Writing.stored("cross", "a b", out, () -> a.cross(given("cross", "b", b), dim), a, b);
  }

  /** Writes the sums of products over dimensions of both to {@code out}. */
  public static Tensor tensordot(Tensor a, Tensor b, int[] dimsA, int[] dimsB, Tensor out) {
    return Writing.stored(
        "tensordot", "a b", out, () -> Tensor.tensordot(a, b, dimsA, dimsB), a, b);
  }

  /** Writes the product of several matrices to {@code out}. */
  public static Tensor chainMatmul(Iterable<? extends Tensor> matrices, Tensor out) {
    given("chainMatmul", "matrices", matrices)
        .forEach(matrix -> Writing.unrecorded("chainMatmul", "a matrix", matrix));
    return Writing.stored("chainMatmul", out, () -> Tensor.chainMatmul(matrices));
  }
}
