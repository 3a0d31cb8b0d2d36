package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import java.util.List;

/**
 * Products of matrices added to this tensor, {@code x}, which is overwritten and returned; its
 * shape is that of the product. A {@code beta} of 0 does not read it.
 */
public sealed interface ProductsInPlace permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Adds the product of two matrices. */
  default Tensor addmm_(Tensor a, Tensor b) {
    return addmm_(a, b, 1, 1);
  }

  /** Becomes {@code beta * x + alpha * a b} of two matrices. */
  default Tensor addmm_(Tensor a, Tensor b, double beta, double alpha) {
    given("addmm_", "a", a);
    return Matrices.sumInPlace("addmm_", self(), a, given("addmm_", "b", b), beta, alpha);
  }

  /** Adds the products of two batches of matrices. */
  default Tensor baddbmm_(Tensor a, Tensor b) {
    return baddbmm_(a, b, 1, 1);
  }

  /** Becomes {@code beta * x + alpha * a b} of two batches of matrices. */
  default Tensor baddbmm_(Tensor a, Tensor b, double beta, double alpha) {
    given("baddbmm_", "a", a);
    return Matrices.sumInPlace("baddbmm_", self(), a, given("baddbmm_", "b", b), beta, alpha);
  }

  /** Adds the sum of the products of two batches of matrices. */
  default Tensor addbmm_(Tensor a, Tensor b) {
    return addbmm_(a, b, 1, 1);
  }

  /** Becomes {@code beta * x + alpha * (a[0] b[0] + a[1] b[1] + …)}. */
  default Tensor addbmm_(Tensor a, Tensor b, double beta, double alpha) {
    given("addbmm_", "a", a);
    given("addbmm_", "b", b);
    return Copying.replaced(
        "addbmm_", self(), x -> Products.addbmm("addbmm_", x, a, b, beta, alpha));
  }

  /** Adds the product of a matrix and a vector. */
  default Tensor addmv_(Tensor a, Tensor v) {
    return addmv_(a, v, 1, 1);
  }

  /** Becomes {@code beta * x + alpha * a v} of a matrix and a vector. */
  default Tensor addmv_(Tensor a, Tensor v, double beta, double alpha) {
    given("addmv_", "a", a);
    given("addmv_", "v", v);
    return Copying.replaced("addmv_", self(), x -> Products.addmv("addmv_", x, a, v, beta, alpha));
  }

  /** Adds all products of an element of the vector a and one of b. */
  default Tensor addr_(Tensor a, Tensor b) {
    return addr_(a, b, 1, 1);
  }

  /** Becomes {@code beta * x + alpha *} all products of an element of a and one of b. */
  default Tensor addr_(Tensor a, Tensor b, Number beta, Number alpha) {
    given("addr_", "a", a);
    given("addr_", "b", b);
    var factors = List.of(given("addr_", "beta", beta), given("addr_", "alpha", alpha));
    return Copying.replaced("addr_", self(), x -> Products.addr("addr_", x, a, b, factors));
  }

  /** Shortens slices along a dimension, as {@link Norms#renorm}. */
  default Tensor renorm_(double p, int dim, double most) {
    return Copying.replaced("renorm_", self(), x -> NormOps.renorm("renorm_", x, p, dim, most));
  }
}
