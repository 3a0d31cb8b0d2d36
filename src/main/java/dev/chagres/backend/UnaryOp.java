package dev.chagres.backend;

/**
 * The elementwise operations of one operand, named and ordered as in {@code native/include/ops.def}
 * (compared at load). Each says for which dtypes it has a kernel and what type its result has.
 */
public enum UnaryOp implements ElementwiseOp {
  NEG(Domain.NUMERIC, Result.SAME),
  ABS(Domain.NUMERIC, Result.SAME),
  SIGN(Domain.NUMERIC, Result.SAME),
  SQUARE(Domain.NUMERIC, Result.SAME),
  RECIPROCAL(Domain.FLOATING, Result.SAME),
  SQRT(Domain.FLOATING, Result.SAME),
  RSQRT(Domain.FLOATING, Result.SAME),
  EXP(Domain.FLOATING, Result.SAME),
  EXP2(Domain.FLOATING, Result.SAME),
  EXPM1(Domain.FLOATING, Result.SAME),
  LOG(Domain.FLOATING, Result.SAME),
  LOG2(Domain.FLOATING, Result.SAME),
  LOG10(Domain.FLOATING, Result.SAME),
  LOG1P(Domain.FLOATING, Result.SAME),
  SIN(Domain.FLOATING, Result.SAME),
  COS(Domain.FLOATING, Result.SAME),
  TAN(Domain.FLOATING, Result.SAME),
  ASIN(Domain.FLOATING, Result.SAME),
  ACOS(Domain.FLOATING, Result.SAME),
  ATAN(Domain.FLOATING, Result.SAME),
  SINH(Domain.FLOATING, Result.SAME),
  COSH(Domain.FLOATING, Result.SAME),
  TANH(Domain.FLOATING, Result.SAME),
  ASINH(Domain.FLOATING, Result.SAME),
  ACOSH(Domain.FLOATING, Result.SAME),
  ATANH(Domain.FLOATING, Result.SAME),
  ERF(Domain.FLOATING, Result.SAME),
  ERFC(Domain.FLOATING, Result.SAME),
  SIGMOID(Domain.FLOATING, Result.SAME),
  SOFTPLUS(Domain.FLOATING, Result.SAME),
  SILU(Domain.FLOATING, Result.SAME),
  GELU(Domain.FLOATING, Result.SAME),
  GELU_TANH(Domain.FLOATING, Result.SAME),
  RELU(Domain.NUMERIC, Result.SAME),
  FLOOR(Domain.FLOATING, Result.SAME),
  CEIL(Domain.FLOATING, Result.SAME),
  ROUND(Domain.FLOATING, Result.SAME),
  TRUNC(Domain.FLOATING, Result.SAME),
  BITWISE_NOT(Domain.INTEGRAL, Result.SAME),
  LOGICAL_NOT(Domain.ANY, Result.PREDICATE),
  ISNAN(Domain.FLOATING, Result.PREDICATE),
  ISINF(Domain.FLOATING, Result.PREDICATE),
  ISFINITE(Domain.FLOATING, Result.PREDICATE);

  private final Domain domain;
  private final Result result;

  UnaryOp(Domain domain, Result result) {
    this.domain = domain;
    this.result = result;
  }

  @Override
  public Domain domain() {
    return domain;
  }

  @Override
  public Result result() {
    return result;
  }
}
