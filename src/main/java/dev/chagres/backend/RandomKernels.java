package dev.chagres.backend;

import dev.chagres.memory.Storage;

/** Random numbers into contiguous results; one call at a time on one generator. */
public interface RandomKernels {
  void uniform(Storage generator, double low, double high, Strided y);

  void normal(Storage generator, double mean, double std, Strided y);

  /** Integers from {@code low} (inclusive) to {@code high} (exclusive), in any dtype. */
  void integers(Storage generator, long low, long high, Strided y);

  void bernoulli(Storage generator, double p, Strided y);

  /** Integers from 0 on, as far as the dtype holds them all: PyTorch's {@code random_()}. */
  void words(Storage generator, Strided y);

  /** Numbers of a distribution, one for each element. */
  void fill(Storage generator, Distribution distribution, double a, double b, Strided y);

  /**
   * A draw for each element of {@code a} (and {@code b}, of the same shape, where the trial has two
   * parameters), all in one floating dtype.
   */
  void each(Storage generator, Trial trial, Strided a, Strided b, Strided y);

  /**
   * Positions in a row of {@code weights}, with replacement, for each row; float32 or float64. The
   * weights are overwritten.
   */
  void choices(Storage generator, Strided weights, Strided y);

  /** A permutation of 0 … n - 1 into a 1-d int64 array. */
  void permutation(Storage generator, Strided y);
}
