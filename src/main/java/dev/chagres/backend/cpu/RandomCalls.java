package dev.chagres.backend.cpu;

import static dev.chagres.ffi.kernels.KernelsLibrary.*;

import dev.chagres.backend.Distribution;
import dev.chagres.backend.Strided;
import dev.chagres.backend.Trial;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;

/**
 * The door to the C kernels of random numbers: PyTorch's generator and numpy's, each with a state
 * in memory of the caller's. The rules are those of {@link Kernels}.
 */
final class RandomCalls {
  private RandomCalls() {}

  // ---- PyTorch's generator

  /** Bytes of what {@link #generatorExport} writes. */
  static long torchStateBytes() {
    return CH_TORCH_STATE_BYTES();
  }

  static long generatorBytes() {
    Kernels.require();
    return ch_generator_bytes();
  }

  static void generatorSeed(MemorySegment state, long seed) {
    Kernels.require();
    ch_generator_seed(state, seed);
  }

  static long generatorInitialSeed(MemorySegment state) {
    Kernels.require();
    return ch_generator_initial_seed(state);
  }

  static void generatorExport(MemorySegment state, MemorySegment torchState) {
    Kernels.require();
    ch_generator_export(state, torchState);
  }

  static void generatorImport(MemorySegment state, MemorySegment torchState) {
    Kernels.require();
    Kernels.check(ch_generator_import(state, torchState));
  }

  static void randomUniform(
      MemorySegment state, DType dtype, long n, double low, double high, MemorySegment y) {
    Kernels.require();
    Kernels.check(ch_random_uniform(state, dtype.ordinal(), n, low, high, y));
  }

  static void randomNormal(
      MemorySegment state, DType dtype, long n, double mean, double std, MemorySegment y) {
    Kernels.require();
    Kernels.check(ch_random_normal(state, dtype.ordinal(), n, mean, std, y));
  }

  static void randomFill(
      MemorySegment state, Distribution distribution, double a, double b, Strided y) {
    int code =
        switch (distribution) {
          case EXPONENTIAL -> CH_EXPONENTIAL();
          case GEOMETRIC -> CH_GEOMETRIC();
          case LOG_NORMAL -> CH_LOG_NORMAL();
          case CAUCHY -> CH_CAUCHY();
        };
    Kernels.require();
    int dtype = y.dtype().ordinal();
    Kernels.check(ch_random_fill(state, code, dtype, y.numel(), a, b, y.pointer()));
  }

  static void randomEach(MemorySegment state, Trial trial, Strided a, Strided b, Strided y) {
    int code =
        switch (trial) {
          case BERNOULLI -> CH_BERNOULLI();
          case POISSON -> CH_POISSON();
          case BINOMIAL -> CH_BINOMIAL();
        };
    Kernels.require();
    int dtype = y.dtype().ordinal();
    Kernels.check(
        ch_random_each(state, code, dtype, y.numel(), a.pointer(), b.pointer(), y.pointer()));
    Reference.reachabilityFence(a);
    Reference.reachabilityFence(b);
  }

  static void randomChoices(MemorySegment state, Strided weights, Strided y) {
    Kernels.require();
    Layout from = weights.layout();
    Kernels.check(
        ch_random_choices(
            state,
            weights.dtype().ordinal(),
            from.size(0),
            from.size(1),
            weights.pointer(),
            y.layout().size(1),
            y.pointer()));
    Reference.reachabilityFence(weights);
  }

  static void randomWords(MemorySegment state, DType dtype, long n, MemorySegment y) {
    Kernels.require();
    Kernels.check(ch_random_words(state, dtype.ordinal(), n, y));
  }

  static void randomInteger(
      MemorySegment state, DType dtype, long n, long low, long high, MemorySegment y) {
    Kernels.require();
    Kernels.check(ch_random_integer(state, dtype.ordinal(), n, low, high, y));
  }

  static void randomBernoulli(MemorySegment state, DType dtype, long n, double p, MemorySegment y) {
    Kernels.require();
    Kernels.check(ch_random_bernoulli(state, dtype.ordinal(), n, p, y));
  }

  static void randomPermutation(MemorySegment state, long n, MemorySegment y) {
    Kernels.require();
    Kernels.check(ch_random_permutation(state, n, y));
  }

  // ---- numpy's RandomState

  static long numpyBytes() {
    Kernels.require();
    return ch_numpy_bytes();
  }

  static void numpySeed(MemorySegment state, long seed) {
    Kernels.require();
    ch_numpy_seed(state, seed);
  }

  static void numpyUniform(MemorySegment state, long n, MemorySegment y) {
    Kernels.require();
    ch_numpy_uniform(state, n, y);
  }

  static void numpyNormal(MemorySegment state, long n, double mean, double std, MemorySegment y) {
    Kernels.require();
    ch_numpy_normal(state, n, mean, std, y);
  }

  static void numpyInteger(MemorySegment state, long n, long low, long high, MemorySegment y) {
    Kernels.require();
    Kernels.check(ch_numpy_integer(state, n, low, high, y));
  }

  static void numpyShuffle(MemorySegment state, long n, MemorySegment y) {
    Kernels.require();
    ch_numpy_shuffle(state, n, y);
  }
}
