package dev.chagres.data;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Tensor;
import java.util.PrimitiveIterator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Some samples, each once, in a new random order for each pass, as PyTorch's sampler of this name
 * draws them.
 */
public final class SubsetRandomSampler implements Sampler {
  private final long[] indices;
  private final Supplier<Generator> source;

  /** Makes one of the samples at these indices, by the default generator. */
  public SubsetRandomSampler(long... indices) {
    this(indices, Generator::standard);
  }

  /** Makes one of the samples at these indices, by a generator. */
  public SubsetRandomSampler(Generator generator, long... indices) {
    this(indices, () -> generator);
    given("SubsetRandomSampler", "generator", generator);
  }

  private SubsetRandomSampler(long[] indices, Supplier<Generator> source) {
    this.indices = given("SubsetRandomSampler", "indices", indices).clone();
    this.source = source;
  }

  @Override
  public long size() {
    return indices.length;
  }

  @Override
  public PrimitiveIterator.OfLong iterator() {
    var places =
        new DrawnIndices() {
          private boolean isDrawn;

          @Override
          @Nullable Tensor draw() {
            if (isDrawn) {
              return null;
            }
            isDrawn = true;
            return source.get().randperm(indices.length);
          }
        };
    return new PrimitiveIterator.OfLong() {
      @Override
      public boolean hasNext() {
        return places.hasNext();
      }

      @Override
      public long nextLong() {
        return indices[(int) places.nextLong()];
      }
    };
  }
}
