package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.primitive.AutocastFunction;
import java.util.List;

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

  /** Returns {@code x + a[0] b[0] + a[1] b[1] + …} of batches of matrices, with x broadcast. */
  default Tensor addbmm(Tensor a, Tensor b) {
    return addbmm(a, b, 1, 1);
  }

  /**
   * Returns {@code beta * x + alpha * (a[0] b[0] + a[1] b[1] + …)}; a beta of 0 does not read x.
   */
  default Tensor addbmm(Tensor a, Tensor b, double beta, double alpha) {
    return Products.addbmm(
        "addbmm",
        Autocast.cast(AutocastFunction.ADDBMM, self()),
        Autocast.cast(AutocastFunction.ADDBMM, given("addbmm", "a", a)),
        Autocast.cast(AutocastFunction.ADDBMM, given("addbmm", "b", b)),
        beta,
        alpha);
  }

  /** Returns {@code x + a b} of batches of matrices, with x broadcast to the products' shape. */
  default Tensor baddbmm(Tensor a, Tensor b) {
    return baddbmm(a, b, 1, 1);
  }

  /** Returns {@code beta * x + alpha * a b} of batches; a beta of 0 does not read x. */
  default Tensor baddbmm(Tensor a, Tensor b, double beta, double alpha) {
    return Matrices.baddbmm(
        self(), given("baddbmm", "a", a), given("baddbmm", "b", b), beta, alpha);
  }

  /** Returns {@code x + a v} of a matrix and a vector, with x broadcast to a vector. */
  default Tensor addmv(Tensor a, Tensor v) {
    return addmv(a, v, 1, 1);
  }

  /** Returns {@code beta * x + alpha * a v}; a beta of 0 does not read x. */
  default Tensor addmv(Tensor a, Tensor v, double beta, double alpha) {
    return Products.addmv(
        "addmv",
        Autocast.cast(AutocastFunction.ADDMV, self()),
        Autocast.cast(AutocastFunction.ADDMV, given("addmv", "a", a)),
        Autocast.cast(AutocastFunction.ADDMV, given("addmv", "v", v)),
        beta,
        alpha);
  }

  /** Returns {@code x +} all products of an element of the vector a and one of b. */
  default Tensor addr(Tensor a, Tensor b) {
    return addr(a, b, 1, 1);
  }

  /**
   * Returns {@code beta * x + alpha *} all products of an element of the vector a and one of b; a
   * beta of 0 does not read x. Dtypes promote; integers take no floating factors.
   */
  default Tensor addr(Tensor a, Tensor b, Number beta, Number alpha) {
    return Products.addr(
        "addr",
        Autocast.cast(AutocastFunction.ADDR, self()),
        Autocast.cast(AutocastFunction.ADDR, given("addr", "a", a)),
        Autocast.cast(AutocastFunction.ADDR, given("addr", "b", b)),
        List.of(given("addr", "beta", beta), given("addr", "alpha", alpha)));
  }

  /**
   * Returns the sums of products over the last dimension of both tensors, which is of one size; of
   * a 0-d tensor and another their product.
   */
  default Tensor inner(Tensor other) {
    return Products.inner(self(), given("inner", "other", other));
  }

  /** Returns the inner product, 0-d, of two vectors: of real numbers the same as {@link #dot}. */
  default Tensor vdot(Tensor other) {
    return Matrices.vdot(self(), given("vdot", "other", other));
  }

  /**
   * Returns Kronecker's product: each element times the whole other tensor, side by side. Missing
   * dimensions in front are of size 1; dtypes promote.
   */
  default Tensor kron(Tensor other) {
    return Products.kron(self(), given("kron", "other", other));
  }

  /** Returns the cross products of vectors along the first dimension of size 3. */
  default Tensor cross(Tensor other) {
    return Products.cross(self(), given("cross", "other", other));
  }

  /** Returns the cross products of vectors along a dimension of size 3; the others broadcast. */
  default Tensor cross(Tensor other, int dim) {
    return Products.cross(self(), given("cross", "other", other), dim);
  }
}
