package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

/** Products of matrices and vectors. Operands have one dtype; errors name both shapes. */
public sealed interface MatrixOps permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /**
   * Returns the matrix product by the operands' dimensions: of two vectors the inner product, of a
   * matrix (m, k) and a vector (k) or a matrix (k, n) their product; more dimensions in front are
   * batches, and broadcast.
   */
  default Tensor matmul(Tensor other) {
    return Matrices.matmul(self(), given("matmul", "other", other));
  }

  /** Returns the product (m, n) of a matrix (m, k) and a matrix (k, n). */
  default Tensor mm(Tensor other) {
    return Matrices.mm(self(), given("mm", "other", other));
  }

  /** Returns the products (b, m, n) of b matrices (m, k) and (k, n). */
  default Tensor bmm(Tensor other) {
    return Matrices.bmm(self(), given("bmm", "other", other));
  }

  /** Returns the product (m) of a matrix (m, k) and a vector (k). */
  default Tensor mv(Tensor vector) {
    return Matrices.mv(self(), given("mv", "vector", vector));
  }

  /** Returns the inner product, 0-d, of two vectors. */
  default Tensor dot(Tensor other) {
    return Matrices.dot(self(), given("dot", "other", other));
  }

  /** Returns all products (m, n) of an element of a vector (m) and one of a vector (n). */
  default Tensor outer(Tensor other) {
    given("outer", "other", other);
    if (self().dim() != 1 || other.dim() != 1) {
      throw new IllegalArgumentException(
          "outer: needs two vectors, not " + self().shape() + " and " + other.shape());
    }
    return self().unsqueeze(1).mul(other.unsqueeze(0));
  }

  /** Returns {@code x + a b}, with x broadcast to the shape of the product. */
  default Tensor addmm(Tensor a, Tensor b) {
    return Matrices.addmm(self(), given("addmm", "a", a), given("addmm", "b", b), 1, 1);
  }

  /** Returns {@code beta * x + alpha * a b}, with x broadcast to the shape of the product. */
  default Tensor addmm(Tensor a, Tensor b, double beta, double alpha) {
    return Matrices.addmm(self(), given("addmm", "a", a), given("addmm", "b", b), beta, alpha);
  }
}
