package dev.chagres.observe;

import dev.chagres.backend.Distribution;
import dev.chagres.backend.ElementwiseOp;
import dev.chagres.backend.RandomKernels;
import dev.chagres.backend.Strided;
import dev.chagres.backend.Trial;
import dev.chagres.memory.Storage;

/** Random numbers, which an observer is shown. */
record ObservedRandom(RandomKernels device, Observer observer) implements RandomKernels {
  @Override
  public void uniform(Storage generator, double low, double high, Strided y) {
    draw("uniform", () -> device.uniform(generator, low, high, y), y);
  }

  @Override
  public void normal(Storage generator, double mean, double std, Strided y) {
    draw("normal", () -> device.normal(generator, mean, std, y), y);
  }

  @Override
  public void integers(Storage generator, long low, long high, Strided y) {
    draw("integers", () -> device.integers(generator, low, high, y), y);
  }

  @Override
  public void bernoulli(Storage generator, double p, Strided y) {
    draw("bernoulli", () -> device.bernoulli(generator, p, y), y);
  }

  @Override
  public void words(Storage generator, Strided y) {
    draw("words", () -> device.words(generator, y), y);
  }

  @Override
  public void fill(Storage generator, Distribution distribution, double a, double b, Strided y) {
    draw(
        ElementwiseOp.methodName(distribution.name()),
        () -> device.fill(generator, distribution, a, b, y),
        y);
  }

  @Override
  public void each(Storage generator, Trial trial, Strided a, Strided b, Strided y) {
    observer.kernel(
        () -> device.each(generator, trial, a, b, y),
        () -> {
          Work work = Work.of(ElementwiseOp.methodName(trial.name()), a).touches(a);
          return (trial == Trial.BINOMIAL ? work.touches(b) : work).touches(y);
        });
  }

  @Override
  public void choices(Storage generator, Strided weights, Strided y) {
    observer.kernel(
        () -> device.choices(generator, weights, y),
        () -> Work.of("choices", weights).updates(weights).touches(y));
  }

  @Override
  public void permutation(Storage generator, Strided y) {
    draw("permutation", () -> device.permutation(generator, y), y);
  }

  private void draw(String name, Runnable kernel, Strided y) {
    observer.kernel(kernel, () -> Work.of(name, y).touches(y));
  }
}
