package dev.chagres.backend;

/**
 * The elementwise operations of one operand, named and ordered as in {@code native/include/ops.def}
 * (compared at load). Each says for which dtypes it has a kernel, what type its result has, and
 * what an element costs.
 */
public enum UnaryOp implements ElementwiseOp {
  NEG(Domain.NUMERIC, Result.SAME, Cost.CHEAP),
  ABS(Domain.NUMERIC, Result.SAME, Cost.CHEAP),
  SIGN(Domain.NUMERIC, Result.SAME, Cost.CHEAP),
  SQUARE(Domain.NUMERIC, Result.SAME, Cost.CHEAP),
  RECIPROCAL(Domain.FLOATING, Result.SAME, Cost.CHEAP),
  SQRT(Domain.FLOATING, Result.SAME, Cost.CHEAP),
  RSQRT(Domain.FLOATING, Result.SAME, Cost.CHEAP),
  EXP(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  EXP2(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  EXPM1(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  LOG(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  LOG2(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  LOG10(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  LOG1P(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  SIN(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  COS(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  TAN(Domain.FLOATING, Result.SAME, Cost.COSTLY),
  ASIN(Domain.FLOATING, Result.SAME, Cost.COSTLY),
  ACOS(Domain.FLOATING, Result.SAME, Cost.COSTLY),
  ATAN(Domain.FLOATING, Result.SAME, Cost.COSTLY),
  SINH(Domain.FLOATING, Result.SAME, Cost.COSTLY),
  COSH(Domain.FLOATING, Result.SAME, Cost.COSTLY),
  TANH(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  ASINH(Domain.FLOATING, Result.SAME, Cost.COSTLY),
  ACOSH(Domain.FLOATING, Result.SAME, Cost.COSTLY),
  ATANH(Domain.FLOATING, Result.SAME, Cost.COSTLY),
  ERF(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  ERFC(Domain.FLOATING, Result.SAME, Cost.COSTLY),
  ERFINV(Domain.FLOATING, Result.SAME, Cost.COSTLY),
  ERFCX(Domain.FLOATING, Result.SAME, Cost.COSTLY),
  NDTR(Domain.FLOATING, Result.SAME, Cost.COSTLY),
  NDTRI(Domain.FLOATING, Result.SAME, Cost.COSTLY),
  LOG_NDTR(Domain.FLOATING, Result.SAME, Cost.COSTLY),
  ENTR(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  LGAMMA(Domain.FLOATING, Result.SAME, Cost.COSTLY),
  DIGAMMA(Domain.FLOATING, Result.SAME, Cost.COSTLY),
  SIGMOID(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  SOFTPLUS(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  LOGIT(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  SILU(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  GELU(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  GELU_TANH(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  RELU(Domain.NUMERIC, Result.SAME, Cost.CHEAP),
  FLOOR(Domain.FLOATING, Result.SAME, Cost.CHEAP),
  CEIL(Domain.FLOATING, Result.SAME, Cost.CHEAP),
  ROUND(Domain.FLOATING, Result.SAME, Cost.CHEAP),
  TRUNC(Domain.FLOATING, Result.SAME, Cost.CHEAP),
  FRAC(Domain.REAL, Result.SAME, Cost.CHEAP),
  FREXP_MANTISSA(Domain.REAL, Result.SAME, Cost.CHEAP),
  FREXP_EXPONENT(Domain.REAL, Result.SAME, Cost.CHEAP),
  BITWISE_NOT(Domain.INTEGRAL, Result.SAME, Cost.CHEAP),
  LOGICAL_NOT(Domain.ANY, Result.PREDICATE, Cost.CHEAP),
  ISNAN(Domain.FLOATING, Result.PREDICATE, Cost.CHEAP),
  ISINF(Domain.FLOATING, Result.PREDICATE, Cost.CHEAP),
  ISFINITE(Domain.FLOATING, Result.PREDICATE, Cost.CHEAP),
  ISPOSINF(Domain.FLOATING, Result.PREDICATE, Cost.CHEAP),
  ISNEGINF(Domain.FLOATING, Result.PREDICATE, Cost.CHEAP),
  SIGNBIT(Domain.ANY, Result.PREDICATE, Cost.CHEAP);

  private final Domain domain;
  private final Result result;
  private final Cost cost;

  UnaryOp(Domain domain, Result result, Cost cost) {
    this.domain = domain;
    this.result = result;
    this.cost = cost;
  }

  @Override
  public Domain domain() {
    return domain;
  }

  @Override
  public Result result() {
    return result;
  }

  @Override
  public Cost cost() {
    return cost;
  }
}
