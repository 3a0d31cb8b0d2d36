package dev.chagres.backend.cpu;

import dev.chagres.backend.Distribution;
import dev.chagres.backend.RandomKernels;
import dev.chagres.backend.Strided;
import dev.chagres.backend.Trial;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;

/** Random numbers, one after the other of a generator's stream, by the thread that asks. */
final class RandomNumbers implements RandomKernels {
  @Override
  public void uniform(Storage generator, double low, double high, Strided y) {
    if (y.numel() > 0) {
      RandomCalls.randomUniform(
          RawMemory.of(generator), y.dtype(), y.numel(), low, high, y.pointer());
    }
  }

  @Override
  public void normal(Storage generator, double mean, double std, Strided y) {
    if (y.numel() > 0) {
      RandomCalls.randomNormal(
          RawMemory.of(generator), y.dtype(), y.numel(), mean, std, y.pointer());
    }
  }

  @Override
  public void integers(Storage generator, long low, long high, Strided y) {
    if (y.numel() > 0) {
      RandomCalls.randomInteger(
          RawMemory.of(generator), y.dtype(), y.numel(), low, high, y.pointer());
    }
  }

  @Override
  public void bernoulli(Storage generator, double p, Strided y) {
    if (y.numel() > 0) {
      RandomCalls.randomBernoulli(RawMemory.of(generator), y.dtype(), y.numel(), p, y.pointer());
    }
  }

  @Override
  public void words(Storage generator, Strided y) {
    RandomCalls.randomWords(RawMemory.of(generator), y.dtype(), y.numel(), y.pointer());
  }

  @Override
  public void fill(Storage generator, Distribution distribution, double a, double b, Strided y) {
    RandomCalls.randomFill(RawMemory.of(generator), distribution, a, b, y);
  }

  @Override
  public void each(Storage generator, Trial trial, Strided a, Strided b, Strided y) {
    RandomCalls.randomEach(RawMemory.of(generator), trial, a, b, y);
  }

  @Override
  public void choices(Storage generator, Strided weights, Strided y) {
    RandomCalls.randomChoices(RawMemory.of(generator), weights, y);
  }

  @Override
  public void permutation(Storage generator, Strided y) {
    RandomCalls.randomPermutation(RawMemory.of(generator), y.numel(), y.pointer());
  }
}
