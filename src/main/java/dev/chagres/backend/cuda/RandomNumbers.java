package dev.chagres.backend.cuda;

import dev.chagres.backend.Distribution;
import dev.chagres.backend.Strided;
import dev.chagres.backend.Trial;
import dev.chagres.memory.Storage;

/** Random numbers, drawn from a {@link Philox} state. */
final class RandomNumbers {
  private final CudaDevice device;

  RandomNumbers(CudaDevice device) {
    this.device = device;
  }

  void uniform(Storage generator, double low, double high, Strided y) {
    throw NotYet.on("uniform", device);
  }

  void normal(Storage generator, double mean, double std, Strided y) {
    throw NotYet.on("normal", device);
  }

  void integers(Storage generator, long low, long high, Strided y) {
    throw NotYet.on("integers", device);
  }

  void bernoulli(Storage generator, double p, Strided y) {
    throw NotYet.on("bernoulli", device);
  }

  void words(Storage generator, Strided y) {
    throw NotYet.on("words", device);
  }

  void fill(Storage generator, Distribution distribution, double a, double b, Strided y) {
    throw NotYet.on("fill", device);
  }

  void each(Storage generator, Trial trial, Strided a, Strided b, Strided y) {
    throw NotYet.on("each", device);
  }

  void choices(Storage generator, Strided weights, Strided y) {
    throw NotYet.on("choices", device);
  }

  void permutation(Storage generator, Strided y) {
    throw NotYet.on("permutation", device);
  }
}
