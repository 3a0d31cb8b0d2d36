package dev.chagres.data;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Replacement;
import dev.chagres.tensor.Tensor;
import java.util.PrimitiveIterator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Samples of a dataset in a new random order for each pass, as PyTorch's sampler of this name draws
 * them: by a generator, or by one that starts from a seed which the default generator gives.
 */
public final class RandomSampler implements Sampler {
  /** How many PyTorch draws at once with replacement. */
  private static final long AT_ONCE = 32;

  private static final long ALL = -1;

  private final Dataset dataset;
  private final Replacement replacement;
  private final long count;
  private final Supplier<Generator> source;

  /** Makes one of all samples, each once. */
  public RandomSampler(Dataset dataset) {
    this(null, dataset, Replacement.WITHOUT_REPLACEMENT, ALL);
  }

  /**
   * Makes one of a number of samples. Without replacement, more than the dataset has are several
   * orders of all, one after the other.
   *
   * @throws IllegalArgumentException if the number is not positive
   */
  public RandomSampler(Dataset dataset, Replacement replacement, long count) {
    this(null, dataset, replacement, checked("RandomSampler", count));
  }

  /**
   * Makes one of a number of samples, drawn by a generator.
   *
   * @throws IllegalArgumentException if the number is not positive
   */
  public RandomSampler(Dataset dataset, Replacement replacement, long count, Generator generator) {
    this(
        given("RandomSampler", "generator", generator),
        dataset,
        replacement,
        checked("RandomSampler", count));
  }

  private RandomSampler(
      @Nullable Generator generator, Dataset dataset, Replacement replacement, long count) {
    this.dataset = given("RandomSampler", "dataset", dataset);
    this.replacement = given("RandomSampler", "replacement", replacement);
    this.count = count;
    source =
        generator == null
            ? () -> new Generator(DataLoader.drawSeed(Generator.standard()))
            : () -> generator;
  }

  /** Returns one of all samples, each once, by a generator if there is one. */
  static RandomSampler of(Dataset dataset, @Nullable Generator generator) {
    return new RandomSampler(generator, dataset, Replacement.WITHOUT_REPLACEMENT, ALL);
  }

  static long checked(String sampler, long count) {
    if (count < 1) {
      throw new IllegalArgumentException(sampler + ": " + count + " samples");
    }
    return count;
  }

  @Override
  public long size() {
    return count == ALL ? dataset.size() : count;
  }

  @Override
  public PrimitiveIterator.OfLong iterator() {
    return new Drawn(dataset.size(), size());
  }

  /** Draws when PyTorch does: the last time after the last index, if nothing is left. */
  private final class Drawn extends DrawnIndices {
    private final long samples;
    private final long atOnce;
    private long left;
    private boolean isDone;
    private @Nullable Generator generator;

    Drawn(long samples, long count) {
      this.samples = samples;
      left = count;
      atOnce = replacement == Replacement.WITH_REPLACEMENT ? AT_ONCE : samples;
      isDone = samples == 0;
    }

    @Override
    @Nullable Tensor draw() {
      if (isDone) {
        return null;
      }
      Generator from = generator;
      if (from == null) {
        from = source.get();
        generator = from;
      }
      long drawn = Math.min(atOnce, left);
      isDone = drawn < atOnce;
      left -= drawn;
      return replacement == Replacement.WITH_REPLACEMENT
          ? from.randint(0, samples, drawn)
          : from.randperm(samples).narrow(0, 0, drawn);
    }
  }
}
