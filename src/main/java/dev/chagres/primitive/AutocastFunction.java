package dev.chagres.primitive;

import dev.chagres.core.Device;

/**
 * The functions for which autocast chooses a dtype, with PyTorch's choice on CPUs and on GPUs. What
 * is not here computes in the dtypes that it is given.
 */
public enum AutocastFunction {
  // ---- products
  MATMUL(Choice.LOW, Choice.LOW),
  MM(Choice.LOW, Choice.LOW),
  BMM(Choice.LOW, Choice.LOW),
  MV(Choice.AS_GIVEN, Choice.LOW),
  ADDMM(Choice.LOW, Choice.LOW),
  BADDBMM(Choice.LOW, Choice.LOW),
  ADDBMM(Choice.LOW, Choice.LOW),
  ADDMV(Choice.AS_GIVEN, Choice.LOW),
  ADDR(Choice.AS_GIVEN, Choice.LOW),
  LINEAR(Choice.LOW, Choice.LOW),
  CONV2D(Choice.LOW, Choice.LOW),
  VECDOT(Choice.LOW, Choice.LOW),
  SCALED_DOT_PRODUCT_ATTENTION(Choice.LOW, Choice.LOW),
  CHAIN_MATMUL(Choice.LOW, Choice.LOW),
  /** PyTorch's on CPUs is made of products of matrices, which are LOW there. */
  EINSUM(Choice.LOW, Choice.LOW),
  /** Likewise. */
  TENSORDOT(Choice.LOW, Choice.WIDEST),
  DOT(Choice.AS_GIVEN, Choice.WIDEST),
  VDOT(Choice.AS_GIVEN, Choice.WIDEST),
  CROSS(Choice.AS_GIVEN, Choice.WIDEST),

  // ---- elementwise
  ACOS(Choice.AS_GIVEN, Choice.FLOAT32),
  ASIN(Choice.AS_GIVEN, Choice.FLOAT32),
  COSH(Choice.AS_GIVEN, Choice.FLOAT32),
  ERFINV(Choice.AS_GIVEN, Choice.FLOAT32),
  EXP(Choice.AS_GIVEN, Choice.FLOAT32),
  EXPM1(Choice.AS_GIVEN, Choice.FLOAT32),
  LOG(Choice.AS_GIVEN, Choice.FLOAT32),
  LOG10(Choice.AS_GIVEN, Choice.FLOAT32),
  LOG2(Choice.AS_GIVEN, Choice.FLOAT32),
  LOG1P(Choice.AS_GIVEN, Choice.FLOAT32),
  RECIPROCAL(Choice.AS_GIVEN, Choice.FLOAT32),
  RSQRT(Choice.AS_GIVEN, Choice.FLOAT32),
  SINH(Choice.AS_GIVEN, Choice.FLOAT32),
  TAN(Choice.AS_GIVEN, Choice.FLOAT32),
  SOFTPLUS(Choice.AS_GIVEN, Choice.FLOAT32),
  POW(Choice.AS_GIVEN, Choice.FLOAT32),
  ATAN2(Choice.AS_GIVEN, Choice.WIDEST),
  ADDCMUL(Choice.AS_GIVEN, Choice.WIDEST),
  ADDCDIV(Choice.AS_GIVEN, Choice.WIDEST),

  // ---- reductions and scans
  SUM(Choice.AS_GIVEN, Choice.FLOAT32),
  PROD(Choice.FLOAT32, Choice.FLOAT32),
  TRACE(Choice.FLOAT32, Choice.AS_GIVEN),
  QUANTILE(Choice.FLOAT32, Choice.AS_GIVEN),
  LOGSUMEXP(Choice.AS_GIVEN, Choice.FLOAT32),
  SOFTMAX(Choice.AS_GIVEN, Choice.FLOAT32),
  CUMSUM(Choice.AS_GIVEN, Choice.FLOAT32),
  CUMPROD(Choice.AS_GIVEN, Choice.FLOAT32),
  NORM(Choice.AS_GIVEN, Choice.FLOAT32),
  DIST(Choice.AS_GIVEN, Choice.FLOAT32),
  RENORM(Choice.AS_GIVEN, Choice.FLOAT32),
  CDIST(Choice.FLOAT32, Choice.FLOAT32),
  PDIST(Choice.AS_GIVEN, Choice.FLOAT32),

  // ---- joining and writing
  CAT(Choice.WIDEST, Choice.AS_GIVEN),
  INDEX_COPY(Choice.WIDEST, Choice.AS_GIVEN),
  INDEX_PUT(Choice.AS_GIVEN, Choice.WIDEST),
  SCATTER_ADD(Choice.AS_GIVEN, Choice.WIDEST),

  // ---- layers and losses
  LAYER_NORM(Choice.AS_GIVEN, Choice.FLOAT32),
  GROUP_NORM(Choice.AS_GIVEN, Choice.FLOAT32),
  RMS_NORM(Choice.AS_GIVEN, Choice.FLOAT32),
  MSE_LOSS(Choice.FLOAT32, Choice.FLOAT32),
  L1_LOSS(Choice.FLOAT32, Choice.FLOAT32),
  SMOOTH_L1_LOSS(Choice.FLOAT32, Choice.FLOAT32),
  HUBER_LOSS(Choice.FLOAT32, Choice.FLOAT32),
  NLL_LOSS(Choice.FLOAT32, Choice.FLOAT32),
  /** PyTorch's on GPUs is made of a softmax and a loss, which are FLOAT32 there. */
  CROSS_ENTROPY(Choice.FLOAT32, Choice.FLOAT32),
  BINARY_CROSS_ENTROPY_WITH_LOGITS(Choice.FLOAT32, Choice.FLOAT32),

  // ---- recurrent layers
  /** PyTorch's on CPUs is made of linear layers, which are LOW there. */
  RNN_TANH_CELL(Choice.LOW, Choice.LOW),
  /** Likewise. */
  RNN_RELU_CELL(Choice.LOW, Choice.LOW),
  LSTM_CELL(Choice.AS_GIVEN, Choice.LOW),
  GRU_CELL(Choice.AS_GIVEN, Choice.LOW),
  /** A whole layer. */
  LSTM(Choice.LOW, Choice.LOW),

  // ---- linear algebra
  /** Factorisations, and what is made of them. PyTorch's on GPUs refuse halves. */
  FACTORISATION(Choice.FLOAT32, Choice.FLOAT32);

  /** Of which dtype floating operands of at most 32 bits are made. */
  public enum Choice {
    /** They are left alone. */
    AS_GIVEN,
    /** Autocast's own: what is fast in 16 bits, and does not overflow. */
    LOW,
    /** What loses too much in 16 bits. */
    FLOAT32,
    /** Autocast's own, but float32 if one operand is: what needs one dtype. */
    WIDEST
  }

  private final Choice onCpus;
  private final Choice onGpus;

  AutocastFunction(Choice onCpus, Choice onGpus) {
    this.onCpus = onCpus;
    this.onGpus = onGpus;
  }

  /** Returns the choice on a sort of device. */
  public Choice on(Device.Type type) {
    return switch (type) {
      case CPU -> onCpus;
      case CUDA -> onGpus;
      case TRACED -> Choice.AS_GIVEN;
    };
  }
}
