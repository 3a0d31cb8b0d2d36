package dev.chagres.data;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Replacement;
import dev.chagres.tensor.Tensor;
import java.util.PrimitiveIterator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Samples drawn in proportion to weights, for each pass anew, as PyTorch's sampler of this name
 * draws them: so that, for instance, rare classes come as often as the others.
 */
public final class WeightedRandomSampler implements Sampler {
  private final Tensor weights;
  private final long count;
  private final Replacement replacement;
  private final Supplier<Generator> source;

  /** Makes one that may draw a sample several times, by the default generator. */
  public WeightedRandomSampler(Tensor weights, long count) {
    this(weights, count, Replacement.WITH_REPLACEMENT);
  }

  /**
   * Makes one by the default generator.
   *
   * @param weights a vector of a weight for each sample, which need not add up to 1
   * @param count how many samples a pass has
   * @throws IllegalArgumentException if the weights are no vector, or the number is not positive
   */
  public WeightedRandomSampler(Tensor weights, long count, Replacement replacement) {
    this(weights, count, replacement, Generator::standard);
  }

  /** Makes one by a generator. */
  public WeightedRandomSampler(
      Tensor weights, long count, Replacement replacement, Generator generator) {
    this(weights, count, replacement, () -> generator);
    given("WeightedRandomSampler", "generator", generator);
  }

  private WeightedRandomSampler(
      Tensor weights, long count, Replacement replacement, Supplier<Generator> source) {
    this.weights = given("WeightedRandomSampler", "weights", weights);
    this.count = RandomSampler.checked("WeightedRandomSampler", count);
    this.replacement = given("WeightedRandomSampler", "replacement", replacement);
    this.source = source;
    if (weights.dim() != 1) {
      throw new IllegalArgumentException(
          "WeightedRandomSampler: the weights are a vector, not of shape " + weights.shape());
    }
  }

  @Override
  public long size() {
    return count;
  }

  @Override
  public PrimitiveIterator.OfLong iterator() {
    return new DrawnIndices() {
      private boolean isDrawn;

      @Override
      @Nullable Tensor draw() {
        if (isDrawn) {
          return null;
        }
        isDrawn = true;
        Generator generator = source.get();
        Tensor wide = weights.detach().to(generator.device()).to(DType.FLOAT64);
        return generator.multinomial(wide, count, replacement);
      }
    };
  }
}
