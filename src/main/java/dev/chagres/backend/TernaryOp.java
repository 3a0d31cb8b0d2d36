package dev.chagres.backend;

/**
 * The elementwise operations of three operands and a number, named and ordered as in {@code
 * native/include/ops.def} (compared at load).
 */
public enum TernaryOp implements ElementwiseOp {
  /** From a to b by c, from the nearer end. */
  LERP(Domain.REAL, Cost.CHEAP),
  /** {@code a + v * b * c}. */
  ADDCMUL(Domain.NUMERIC, Cost.CHEAP),
  /** {@code a + v * b / c}. */
  ADDCDIV(Domain.REAL, Cost.CHEAP),
  /** a, at least b and at most c; a NaN wins, and the upper bound over the lower one. */
  CLAMP(Domain.NUMERIC, Cost.CHEAP),
  /** {@code v * (a - b) * c}: of SQUARED_DIFFERENCE for a v of 2, where c is the gradient. */
  SQUARED_DIFFERENCE_BACKWARD(Domain.REAL, Cost.CHEAP);

  private final Domain domain;
  private final Cost cost;

  TernaryOp(Domain domain, Cost cost) {
    this.domain = domain;
    this.cost = cost;
  }

  @Override
  public Domain domain() {
    return domain;
  }

  @Override
  public Result result() {
    return Result.SAME;
  }

  @Override
  public Cost cost() {
    return cost;
  }
}
