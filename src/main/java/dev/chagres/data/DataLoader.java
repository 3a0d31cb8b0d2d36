package dev.chagres.data;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Tensor;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A dataset in batches. Every iterator is one pass over all samples; shuffled, each in a new order.
 *
 * <p>Random numbers are drawn as PyTorch's loader (without workers) draws them: after the same
 * seed, the same model and the same passes, the batches are the same, and so are later draws.
 */
public final class DataLoader implements Iterable<Batch> {
  private final Dataset dataset;
  private final Options options;

  /** The order of the samples in a pass. */
  public enum Order {
    /** That of the dataset. */
    SEQUENTIAL,
    /** A new random one for each pass. */
    SHUFFLED
  }

  /** What becomes of the last samples if they do not fill a batch. */
  public enum Rest {
    /** They are a smaller batch. */
    KEEP,
    /** They are left out. */
    DROP
  }

  /**
   * How a dataset is divided.
   *
   * @param batchSize samples in a batch, at least 1
   * @param order of the samples
   * @param rest what becomes of the last samples
   * @param generator from which the order is drawn; null for the default one
   */
  public record Options(int batchSize, Order order, Rest rest, @Nullable Generator generator) {
    /** Checks the batch size. */
    public Options {
      given("DataLoader", "order", order);
      given("DataLoader", "rest", rest);
      if (batchSize < 1) {
        throw new IllegalArgumentException("DataLoader: a batch of " + batchSize + " samples");
      }
    }

    /** Returns these options with another number of samples in a batch. */
    public Options batchSize(int batchSize) {
      return new Options(batchSize, order, rest, generator);
    }

    /** Returns these options with a new random order for each pass. */
    public Options shuffle() {
      return new Options(batchSize, Order.SHUFFLED, rest, generator);
    }

    /** Returns these options without a smaller last batch. */
    public Options dropLast() {
      return new Options(batchSize, order, Rest.DROP, generator);
    }

    /** Returns these options with a generator of the loader's own, which starts from a seed. */
    public Options seed(long seed) {
      return generator(new Generator(seed));
    }

    /** Returns these options with a generator. */
    public Options generator(Generator generator) {
      given("DataLoader", "generator", generator);
      return new Options(batchSize, order, rest, generator);
    }
  }

  /** Returns PyTorch's defaults: one sample in a batch, in the dataset's order. */
  public static Options options() {
    return new Options(1, Order.SEQUENTIAL, Rest.KEEP, null);
  }

  /** Makes a loader with the defaults. */
  public DataLoader(Dataset dataset) {
    this(dataset, options());
  }

  /** Makes a loader. */
  public DataLoader(Dataset dataset, Options options) {
    this.dataset = given("DataLoader", "dataset", dataset);
    this.options = given("DataLoader", "options", options);
  }

  /** Returns the dataset. */
  public Dataset dataset() {
    return dataset;
  }

  /** Returns the number of batches in a pass. */
  public long size() {
    long samples = dataset.size();
    return options.rest == Rest.DROP
        ? samples / options.batchSize
        : Math.ceilDiv(samples, options.batchSize);
  }

  @Override
  public Iterator<Batch> iterator() {
    return new Pass();
  }

  /**
   * One pass. PyTorch draws a seed for its workers when a pass begins, and the order when the first
   * batch is asked for.
   */
  private final class Pass implements Iterator<Batch> {
    private final Generator generator =
        options.generator == null ? Generator.standard() : options.generator;
    private final long count = size();
    private @Nullable Tensor order;
    private long next;

    Pass() {
      drawSeed(generator);
    }

    @Override
    public boolean hasNext() {
      return next < count;
    }

    @Override
    public Batch next() {
      if (next >= count) {
        throw new NoSuchElementException("the pass over the data is over");
      }
      long start = next * options.batchSize;
      long end = Math.min(start + options.batchSize, dataset.size());
      next++;
      long[] chosen = indices(start, end);
      if (next == count && options.order == Order.SHUFFLED && options.generator != null) {
        // PyTorch's sampler asks for one more permutation before it finds that it needs none of it
        generator.randperm(dataset.size());
      }
      return dataset.batch(chosen);
    }

    private long[] indices(long start, long end) {
      if (options.order == Order.SEQUENTIAL) {
        return LongStream.range(start, end).toArray();
      }
      Tensor drawn = order;
      if (drawn == null) {
        Generator source =
            options.generator == null ? new Generator(drawSeed(generator)) : generator;
        drawn = source.randperm(dataset.size());
        // A scope around one step must not take the order of the next with it
        drawn.storage().escape();
        order = drawn;
      }
      return drawn.narrow(0, start, end - start).toLongArray();
    }
  }

  /** Draws what {@code torch.empty((), dtype=torch.int64).random_()} does: 63 bits. */
  private static long drawSeed(Generator generator) {
    Tensor drawn = generator.randint(Long.MIN_VALUE, Long.MAX_VALUE);
    return (drawn.itemLong() - Long.MIN_VALUE) & Long.MAX_VALUE;
  }
}
