package dev.chagres.backend;

import static dev.chagres.backend.Operands.areAlike;
import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isIndex;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.require;
import static dev.chagres.backend.Operands.requireResult;

import dev.chagres.memory.Storage;

/** Random numbers, with operands that are looked at before. */
record CheckedRandom(RandomKernels device) implements RandomKernels {
  @Override
  public void uniform(Storage generator, double low, double high, Strided y) {
    requireResult("uniform_", y);
    device.uniform(generator, low, high, y);
  }

  @Override
  public void normal(Storage generator, double mean, double std, Strided y) {
    requireResult("normal_", y);
    device.normal(generator, mean, std, y);
  }

  @Override
  public void integers(Storage generator, long low, long high, Strided y) {
    requireResult("random_", y);
    device.integers(generator, low, high, y);
  }

  @Override
  public void bernoulli(Storage generator, double p, Strided y) {
    requireResult("bernoulli_", y);
    device.bernoulli(generator, p, y);
  }

  @Override
  public void words(Storage generator, Strided y) {
    requireResult("random_", y);
    device.words(generator, y);
  }

  @Override
  public void fill(Storage generator, Distribution distribution, double a, double b, Strided y) {
    requireResult("fill", y);
    device.fill(generator, distribution, a, b, y);
  }

  @Override
  public void each(Storage generator, Trial trial, Strided a, Strided b, Strided y) {
    boolean agree = areAlike(a, y) && areAlike(b, y) && isDense(a) && isDense(b) && isDense(y);
    require(agree && isWritable(y), "each", a, b, y);
    device.each(generator, trial, a, b, y);
  }

  @Override
  public void choices(Storage generator, Strided weights, Strided y) {
    boolean agree =
        weights.layout().dim() == 2
            && y.layout().dim() == 2
            && isIndex(y)
            && weights.dtype().isFloating()
            && weights.layout().size(0) == y.layout().size(0)
            && isDense(weights)
            && isDense(y)
            && isWritable(y);
    require(agree, "multinomial", weights, y);
    requireResult("multinomial", weights);
    device.choices(generator, weights, y);
  }

  @Override
  public void permutation(Storage generator, Strided y) {
    require(isIndex(y) && isDense(y) && isWritable(y), "randperm", y);
    device.permutation(generator, y);
  }
}
