package dev.chagres.tensor;

import dev.chagres.core.DType;

/** New random tensors that follow from this one, drawn by the default {@link Generator}. */
public sealed interface Drawing permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Returns for each of these probabilities 1 or, else, 0, in this dtype; its gradient is 0. */
  default Tensor bernoulli() {
    return Generator.standard(self().device()).bernoulli(self());
  }

  /** Returns ones, each with probability p, and zeros, of this shape and dtype. */
  default Tensor bernoulli(double p) {
    return Generator.standard(self().device()).bernoulli(self(), p);
  }

  /**
   * Returns for each of these rates how many events happen where so many are expected, in this
   * dtype; its gradient is 0.
   */
  default Tensor poisson() {
    return Generator.standard(self().device()).poisson(self());
  }

  /**
   * Returns for each of these numbers of trials how many succeed, each with the probability at the
   * same place in p, broadcast.
   */
  default Tensor binomial(Tensor p) {
    return Generator.standard(self().device()).binomial(self(), p);
  }

  /**
   * Returns {@code count} positions in this vector, or in each row of this matrix, drawn without
   * replacement in proportion to the weights there.
   */
  default Tensor multinomial(long count) {
    return Generator.standard(self().device()).multinomial(self(), count);
  }

  /**
   * Returns {@code count} positions in this vector, or in each row of this matrix, drawn in
   * proportion to the weights there.
   */
  default Tensor multinomial(long count, Replacement replacement) {
    return Generator.standard(self().device()).multinomial(self(), count, replacement);
  }

  /**
   * Returns numbers of this shape and dtype, in this order in memory, drawn uniformly from [0, 1).
   */
  default Tensor randLike() {
    return randLike(self().dtype());
  }

  /** Returns numbers of this shape drawn uniformly from [0, 1). */
  default Tensor randLike(DType dtype) {
    return Generator.standard(self().device()).randLike(self(), dtype);
  }

  /** Returns numbers of this shape and dtype drawn from the standard normal distribution. */
  default Tensor randnLike() {
    return randnLike(self().dtype());
  }

  /** Returns numbers of this shape drawn from the standard normal distribution. */
  default Tensor randnLike(DType dtype) {
    return Generator.standard(self().device()).randnLike(self(), dtype);
  }

  /** Returns integers of this shape and dtype drawn uniformly from 0 to before {@code high}. */
  default Tensor randintLike(long high) {
    return randintLike(0, high);
  }

  /** Returns integers of this shape and dtype drawn uniformly from low (inclusive) to high. */
  default Tensor randintLike(long low, long high) {
    return randintLike(self().dtype(), low, high);
  }

  /** Returns integers of this shape drawn uniformly from low (inclusive) to high. */
  default Tensor randintLike(DType dtype, long low, long high) {
    return Generator.standard(self().device()).randintLike(self(), dtype, low, high);
  }
}
