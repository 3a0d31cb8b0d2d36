package dev.chagres.backend;

/**
 * The elementwise operations of two operands, named and ordered as in {@code
 * native/include/ops.def} (compared at load). The {@code …_BACKWARD} ones are fused gradient
 * formulas: the first operand is the incoming gradient, the second what the forward operation
 * saved.
 */
public enum BinaryOp implements ElementwiseOp {
  ADD(Domain.ANY, Result.SAME, Cost.CHEAP),
  SUB(Domain.NUMERIC, Result.SAME, Cost.CHEAP),
  MUL(Domain.ANY, Result.SAME, Cost.CHEAP),
  DIV(Domain.FLOATING, Result.SAME, Cost.CHEAP),
  FLOOR_DIVIDE(Domain.NUMERIC, Result.SAME, Cost.MEDIUM),
  TRUNC_DIVIDE(Domain.NUMERIC, Result.SAME, Cost.MEDIUM),
  REMAINDER(Domain.NUMERIC, Result.SAME, Cost.MEDIUM),
  FMOD(Domain.NUMERIC, Result.SAME, Cost.MEDIUM),
  POW(Domain.NUMERIC, Result.SAME, Cost.COSTLY),
  MAXIMUM(Domain.ANY, Result.SAME, Cost.CHEAP),
  MINIMUM(Domain.ANY, Result.SAME, Cost.CHEAP),
  ATAN2(Domain.FLOATING, Result.SAME, Cost.COSTLY),
  COPYSIGN(Domain.FLOATING, Result.SAME, Cost.CHEAP),
  FMAX(Domain.ANY, Result.SAME, Cost.CHEAP),
  FMIN(Domain.ANY, Result.SAME, Cost.CHEAP),
  HEAVISIDE(Domain.ANY, Result.SAME, Cost.CHEAP),
  HYPOT(Domain.REAL, Result.SAME, Cost.MEDIUM),
  NEXTAFTER(Domain.REAL, Result.SAME, Cost.COSTLY),
  LOGADDEXP(Domain.REAL, Result.SAME, Cost.COSTLY),
  LOGADDEXP2(Domain.REAL, Result.SAME, Cost.COSTLY),
  XLOGY(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  XLOG1PY(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  IGAMMA(Domain.REAL, Result.SAME, Cost.COSTLY),
  IGAMMAC(Domain.REAL, Result.SAME, Cost.COSTLY),
  POLYGAMMA(Domain.FLOATING, Result.SAME, Cost.COSTLY),
  SQUARED_DIFFERENCE(Domain.REAL, Result.SAME, Cost.CHEAP),
  GCD(Domain.INTEGER, Result.SAME, Cost.COSTLY),
  LCM(Domain.INTEGER, Result.SAME, Cost.COSTLY),
  EQ(Domain.ANY, Result.PREDICATE, Cost.CHEAP),
  NE(Domain.ANY, Result.PREDICATE, Cost.CHEAP),
  LT(Domain.ANY, Result.PREDICATE, Cost.CHEAP),
  LE(Domain.ANY, Result.PREDICATE, Cost.CHEAP),
  GT(Domain.ANY, Result.PREDICATE, Cost.CHEAP),
  GE(Domain.ANY, Result.PREDICATE, Cost.CHEAP),
  LOGICAL_AND(Domain.ANY, Result.PREDICATE, Cost.CHEAP),
  LOGICAL_OR(Domain.ANY, Result.PREDICATE, Cost.CHEAP),
  LOGICAL_XOR(Domain.ANY, Result.PREDICATE, Cost.CHEAP),
  BITWISE_AND(Domain.INTEGRAL, Result.SAME, Cost.CHEAP),
  BITWISE_OR(Domain.INTEGRAL, Result.SAME, Cost.CHEAP),
  BITWISE_XOR(Domain.INTEGRAL, Result.SAME, Cost.CHEAP),
  BITWISE_LEFT_SHIFT(Domain.INTEGER, Result.SAME, Cost.CHEAP),
  BITWISE_RIGHT_SHIFT(Domain.INTEGER, Result.SAME, Cost.CHEAP),
  RELU_BACKWARD(Domain.NUMERIC, Result.SAME, Cost.CHEAP),
  SIGMOID_BACKWARD(Domain.FLOATING, Result.SAME, Cost.CHEAP),
  TANH_BACKWARD(Domain.FLOATING, Result.SAME, Cost.CHEAP),
  SILU_BACKWARD(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  GELU_BACKWARD(Domain.FLOATING, Result.SAME, Cost.MEDIUM),
  GELU_TANH_BACKWARD(Domain.FLOATING, Result.SAME, Cost.MEDIUM);

  private final Domain domain;
  private final Result result;
  private final Cost cost;

  BinaryOp(Domain domain, Result result, Cost cost) {
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
