package dev.chagres.linalg;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Up to where a singular or eigenvalue counts as 0: the greater of an absolute tolerance and of a
 * relative one times the greatest value. Without a relative one that is the precision of the dtype
 * times the longer side of the matrix, or 0 where there is an absolute one above 0.
 */
public final class Tolerance {
  /** The precision of the dtype. */
  public static final Tolerance DEFAULT = new Tolerance(null, null);

  private final @Nullable Tensor atol;
  private final @Nullable Tensor rtol;

  private Tolerance(@Nullable Tensor atol, @Nullable Tensor rtol) {
    this.atol = atol;
    this.rtol = rtol;
  }

  /** Returns an absolute tolerance. */
  public static Tolerance absolute(double atol) {
    return new Tolerance(Tensor.scalar(atol, DType.FLOAT64), null);
  }

  /** Returns an absolute tolerance for each matrix of a batch. */
  public static Tolerance absolute(Tensor atol) {
    return new Tolerance(given("absolute", "atol", atol), null);
  }

  /** Returns a tolerance relative to the greatest value. */
  public static Tolerance relative(double rtol) {
    return new Tolerance(null, Tensor.scalar(rtol, DType.FLOAT64));
  }

  /** Returns a relative tolerance for each matrix of a batch. */
  public static Tolerance relative(Tensor rtol) {
    return new Tolerance(null, given("relative", "rtol", rtol));
  }

  /** Returns the greater of two tolerances. */
  public static Tolerance of(double atol, double rtol) {
    return new Tolerance(Tensor.scalar(atol, DType.FLOAT64), Tensor.scalar(rtol, DType.FLOAT64));
  }

  /** Returns the greater of two tolerances for each matrix of a batch. */
  public static Tolerance of(Tensor atol, Tensor rtol) {
    return new Tolerance(given("of", "atol", atol), given("of", "rtol", rtol));
  }

  /**
   * Returns which of the values, none below 0, of matrices with this longer side are above the
   * tolerance.
   */
  Tensor above(Tensor values, long side) {
    double eps = values.dtype() == DType.FLOAT32 ? Math.ulp(1f) : Math.ulp(1.0);
    double usual = eps * side;
    Tensor greatest = values.size(-1) == 0 ? values.sum(-1) : values.detach().amax(-1);
    Tensor relative;
    if (rtol != null) {
      relative = matching(values, rtol).mul(greatest);
    } else if (atol != null) {
      Tensor zero = values.newZeros();
      relative = Tensor.where(matching(values, atol).gt(0), zero, greatest.mul(usual));
    } else {
      relative = greatest.mul(usual);
    }
    Tensor bound = atol == null ? relative : matching(values, atol).maximum(relative);
    return values.detach().gt(bound.unsqueeze(-1));
  }

  /** A tolerance in the dtype of the values, which may have more or fewer digits. */
  private static Tensor matching(Tensor values, Tensor tolerance) {
    return tolerance.detach().to(values.dtype());
  }
}
