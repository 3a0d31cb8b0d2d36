package dev.chagres.backend;

/**
 * The elementwise operations of two operands, named and ordered as in {@code
 * native/include/ops.def} (compared at load). The {@code …_BACKWARD} ones are fused gradient
 * formulas: the first operand is the incoming gradient, the second what the forward operation
 * saved.
 */
public enum BinaryOp implements ElementwiseOp {
  ADD(Domain.ANY, Result.SAME),
  SUB(Domain.NUMERIC, Result.SAME),
  MUL(Domain.ANY, Result.SAME),
  DIV(Domain.FLOATING, Result.SAME),
  FLOOR_DIVIDE(Domain.NUMERIC, Result.SAME),
  TRUNC_DIVIDE(Domain.NUMERIC, Result.SAME),
  REMAINDER(Domain.NUMERIC, Result.SAME),
  FMOD(Domain.NUMERIC, Result.SAME),
  POW(Domain.NUMERIC, Result.SAME),
  MAXIMUM(Domain.ANY, Result.SAME),
  MINIMUM(Domain.ANY, Result.SAME),
  ATAN2(Domain.FLOATING, Result.SAME),
  EQ(Domain.ANY, Result.PREDICATE),
  NE(Domain.ANY, Result.PREDICATE),
  LT(Domain.ANY, Result.PREDICATE),
  LE(Domain.ANY, Result.PREDICATE),
  GT(Domain.ANY, Result.PREDICATE),
  GE(Domain.ANY, Result.PREDICATE),
  LOGICAL_AND(Domain.ANY, Result.PREDICATE),
  LOGICAL_OR(Domain.ANY, Result.PREDICATE),
  LOGICAL_XOR(Domain.ANY, Result.PREDICATE),
  BITWISE_AND(Domain.INTEGRAL, Result.SAME),
  BITWISE_OR(Domain.INTEGRAL, Result.SAME),
  BITWISE_XOR(Domain.INTEGRAL, Result.SAME),
  RELU_BACKWARD(Domain.NUMERIC, Result.SAME),
  SIGMOID_BACKWARD(Domain.FLOATING, Result.SAME),
  TANH_BACKWARD(Domain.FLOATING, Result.SAME),
  SILU_BACKWARD(Domain.FLOATING, Result.SAME),
  GELU_BACKWARD(Domain.FLOATING, Result.SAME),
  GELU_TANH_BACKWARD(Domain.FLOATING, Result.SAME);

  private final Domain domain;
  private final Result result;

  BinaryOp(Domain domain, Result result) {
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
