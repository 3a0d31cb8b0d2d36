package dev.chagres.tensor;

import static dev.chagres.check.Given.given;
import static dev.chagres.check.Named.named;

import dev.chagres.core.DType;
import dev.chagres.primitive.AutocastFunction;

/**
 * Lengths and distances of order p: {@code sum(|x|^p)^(1/p)}; the number of elements that are not 0
 * for p = 0, the greatest magnitude for infinity, the least for minus infinity. Frobenius' norm is
 * that of order 2. As in PyTorch the gradient of a length of 0 is 0. Floating dtypes only.
 */
public sealed interface Norms permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Returns the Euclidean norm of all elements. */
  default Tensor norm() {
    return norm(2);
  }

  /** Returns the norm of order p over the dimensions (none: all). */
  default Tensor norm(double p, int... dims) {
    return norm(p, Keep.DROPDIM, dims);
  }

  /** Returns the norm of order p over the dimensions. */
  default Tensor norm(double p, Keep keep, int... dims) {
    return NormOps.norm(
        "norm",
        Autocast.cast(AutocastFunction.NORM, self()),
        p,
        given("norm", "dims", dims),
        given("norm", "keep", keep));
  }

  /**
   * Returns the norm of order p over the dimensions of the elements converted to a dtype, which can
   * hold all values of theirs.
   */
  default Tensor norm(DType dtype, double p, Keep keep, int... dims) {
    given("norm", "keep", keep);
    given("norm", "dims", dims);
    Tensor x = NormOps.widened(self(), given("norm", "dtype", dtype));
    return NormOps.norm("norm", x, p, dims, keep);
  }

  /** Returns the Euclidean norm of the difference of two tensors, which broadcast. */
  default Tensor dist(Tensor other) {
    return dist(other, 2);
  }

  /** Returns the norm of order p of the difference of two tensors, which broadcast. */
  default Tensor dist(Tensor other, double p) {
    return named(
        "dist",
        () ->
            NormOps.dist(
                Autocast.cast(AutocastFunction.DIST, self()),
                Autocast.cast(AutocastFunction.DIST, given("dist", "other", other)),
                p));
  }

  /**
   * Returns this tensor with those slices along a dimension shortened to {@code most} whose norms
   * of order p, which is positive, are greater.
   */
  default Tensor renorm(double p, int dim, double most) {
    return NormOps.renorm("renorm", Autocast.cast(AutocastFunction.RENORM, self()), p, dim, most);
  }

  /** Returns the Euclidean distances (…, m, n) of the rows of (…, m, k) from those of (…, n, k). */
  default Tensor cdist(Tensor other) {
    return cdist(other, 2);
  }

  /** Returns the distances of order p, at least 0, of the rows from those of another matrix. */
  default Tensor cdist(Tensor other, double p) {
    return cdist(other, p, DistanceMode.USE_MM_FOR_EUCLID_DIST_IF_NECESSARY);
  }

  /**
   * Returns the distances of order p, at least 0, of the rows from those of another matrix; the
   * mode says whether Euclidean ones come of a product of matrices. Leading dimensions broadcast.
   */
  default Tensor cdist(Tensor other, double p, DistanceMode mode) {
    given("cdist", "other", other);
    given("cdist", "mode", mode);
    return Autocast.applies(AutocastFunction.CDIST, self())
        ? Autocast.call(
            AutocastFunction.CDIST, self(), other, (a, b) -> Distances.cdist(a, b, p, mode))
        : Distances.cdist(self(), other, p, mode);
  }

  /** Returns the Euclidean distances of each row of a matrix from those below it, 1-d. */
  default Tensor pdist() {
    return pdist(2);
  }

  /** Returns the distances of order p of each row of a matrix from those below it, 1-d. */
  default Tensor pdist(double p) {
    return Distances.pdist(Autocast.cast(AutocastFunction.PDIST, self()), p);
  }
}
