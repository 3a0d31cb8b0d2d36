package dev.chagres.backend.cpu;

import dev.chagres.backend.Distribution;
import dev.chagres.backend.Strided;
import dev.chagres.backend.Trial;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;

/** Random numbers, one after the other of a generator's stream, by the thread that asks. */
final class RandomNumbers {
  private RandomNumbers() {}

  static Storage generator(long seed) {
    Storage state = Storage.allocate(RandomKernels.generatorBytes());
    state.escape();
    RandomKernels.generatorSeed(RawMemory.of(state), seed);
    return state;
  }

  static void seed(Storage generator, long seed) {
    RandomKernels.generatorSeed(RawMemory.of(generator), seed);
  }

  static long initialSeed(Storage generator) {
    return RandomKernels.generatorInitialSeed(RawMemory.of(generator));
  }

  /** The bytes of PyTorch's state. */
  static long stateBytes() {
    return RandomKernels.torchStateBytes();
  }

  static void exportState(Storage generator, Strided bytes) {
    RandomKernels.generatorExport(RawMemory.of(generator), bytes.pointer());
  }

  static void importState(Storage generator, Strided bytes) {
    RandomKernels.generatorImport(RawMemory.of(generator), bytes.pointer());
  }

  static void uniform(Storage generator, double low, double high, Strided y) {
    if (y.numel() > 0) {
      RandomKernels.randomUniform(
          RawMemory.of(generator), y.dtype(), y.numel(), low, high, y.pointer());
    }
  }

  static void normal(Storage generator, double mean, double std, Strided y) {
    if (y.numel() > 0) {
      RandomKernels.randomNormal(
          RawMemory.of(generator), y.dtype(), y.numel(), mean, std, y.pointer());
    }
  }

  static void integers(Storage generator, long low, long high, Strided y) {
    if (y.numel() > 0) {
      RandomKernels.randomInteger(
          RawMemory.of(generator), y.dtype(), y.numel(), low, high, y.pointer());
    }
  }

  static void bernoulli(Storage generator, double p, Strided y) {
    if (y.numel() > 0) {
      RandomKernels.randomBernoulli(RawMemory.of(generator), y.dtype(), y.numel(), p, y.pointer());
    }
  }

  static void words(Storage generator, Strided y) {
    RandomKernels.randomWords(RawMemory.of(generator), y.dtype(), y.numel(), y.pointer());
  }

  static void fill(Storage generator, Distribution distribution, double a, double b, Strided y) {
    RandomKernels.randomFill(RawMemory.of(generator), distribution, a, b, y);
  }

  static void each(Storage generator, Trial trial, Strided a, Strided b, Strided y) {
    RandomKernels.randomEach(RawMemory.of(generator), trial, a, b, y);
  }

  static void choices(Storage generator, Strided weights, Strided y) {
    RandomKernels.randomChoices(RawMemory.of(generator), weights, y);
  }

  static void permutation(Storage generator, Strided y) {
    RandomKernels.randomPermutation(RawMemory.of(generator), y.numel(), y.pointer());
  }
}
