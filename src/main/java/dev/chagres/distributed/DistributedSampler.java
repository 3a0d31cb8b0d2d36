package dev.chagres.distributed;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Device;
import dev.chagres.data.DataLoader;
import dev.chagres.data.Dataset;
import dev.chagres.data.Sampler;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Tensor;
import java.util.NoSuchElementException;
import java.util.PrimitiveIterator;
import org.jspecify.annotations.Nullable;

/**
 * Which samples of a dataset a rank gets in a pass: PyTorch's {@code DistributedSampler}, with its
 * order for the same seed.
 *
 * <pre>{@code
 * var sampler = new DistributedSampler(dataset, group);
 * var loader = new DataLoader(dataset, DataLoader.options().batchSize(64).sampler(sampler));
 * for (int epoch = 0; epoch < 10; epoch++) {
 *   sampler.setEpoch(epoch); // another order, the same on all ranks
 *   for (var batch : loader) { ... }
 * }
 * }</pre>
 *
 * <p>All ranks get equally many samples: where they do not divide evenly, a few come twice or, with
 * {@link Options#dropLast}, are left out.
 */
public final class DistributedSampler implements Sampler {
  /** The order of the samples in a pass. */
  public enum Order {
    /** That of the dataset. */
    SEQUENTIAL,
    /** A random one, another for each epoch. */
    SHUFFLED
  }

  /** How many indices are read at once. */
  private static final long CHUNK = 1024;

  private final Dataset dataset;
  private final int rank;
  private final int worldSize;
  private final Options options;
  private long epoch;
  private @Nullable Tensor indices;

  /**
   * How samples are shared out.
   *
   * @param order whether each pass has a random order
   * @param rest what becomes of samples that do not divide evenly; kept, others come twice
   * @param seed the same on all ranks; a pass has that and its number
   */
  public record Options(Order order, DataLoader.Rest rest, long seed) {
    /** Checks that all are there. */
    public Options {
      given("Options", "order", order);
      given("Options", "rest", rest);
    }

    /** Returns these options with the dataset's own order. */
    public Options sequential() {
      return new Options(Order.SEQUENTIAL, rest, seed);
    }

    /** Returns these options without samples that come twice. */
    public Options dropLast() {
      return new Options(order, DataLoader.Rest.DROP, seed);
    }

    /** Returns these options with another seed. */
    public Options seed(long seed) {
      return new Options(order, rest, seed);
    }
  }

  /** Returns PyTorch's defaults: a random order of seed 0, and all samples. */
  public static Options options() {
    return new Options(Order.SHUFFLED, DataLoader.Rest.KEEP, 0);
  }

  /** Makes a group's rank's sampler, with the defaults. */
  public DistributedSampler(Dataset dataset, ProcessGroup group) {
    this(dataset, group, options());
  }

  /** Makes a group's rank's sampler. */
  public DistributedSampler(Dataset dataset, ProcessGroup group, Options options) {
    this(
        given("DistributedSampler", "dataset", dataset),
        given("DistributedSampler", "group", group).rank(),
        group.worldSize(),
        options);
  }

  /**
   * Makes the sampler of one of so many ranks.
   *
   * @throws IllegalArgumentException if there is no such rank
   */
  public DistributedSampler(Dataset dataset, int rank, int worldSize, Options options) {
    this.dataset = given("DistributedSampler", "dataset", dataset);
    this.options = given("DistributedSampler", "options", options);
    if (rank < 0 || rank >= worldSize) {
      throw new IllegalArgumentException(
          "DistributedSampler: there is no rank " + rank + " of " + worldSize);
    }
    this.rank = rank;
    this.worldSize = worldSize;
  }

  /** Sets the number of the pass that comes next, for its random order. */
  public synchronized void setEpoch(long epoch) {
    this.epoch = epoch;
    indices = null;
  }

  /** Returns the number of samples of a pass on one rank. */
  @Override
  public long size() {
    long all = dataset.size();
    return options.rest() == DataLoader.Rest.DROP ? all / worldSize : Math.ceilDiv(all, worldSize);
  }

  /** Returns the samples of the pass, as positions in the dataset, in the order of the pass. */
  public long[] indices() {
    return current().toLongArray();
  }

  private synchronized Tensor current() {
    Tensor known = indices;
    if (known == null || known.numel() != size()) {
      known = drawn();
      // A scope around one step must not take the order of the next with it
      known.storage().escape();
      indices = known;
    }
    return known;
  }

  private Tensor drawn() {
    long all = dataset.size();
    long count = all == 0 ? 0 : size();
    Tensor order =
        options.order() == Order.SEQUENTIAL
            ? Tensor.arange(Device.cpu(), all)
            : new Generator(Device.cpu(), options.seed() + epoch).randperm(all);
    Tensor places = Tensor.arange(Device.cpu(), count).mul(worldSize).add(rank);
    return count == 0 ? places : order.indexSelect(0, places.remainder(all));
  }

  @Override
  public PrimitiveIterator.OfLong iterator() {
    Tensor all = current();
    return new PrimitiveIterator.OfLong() {
      private long[] chunk = {};
      private long read;
      private int next;

      @Override
      public boolean hasNext() {
        return next < chunk.length || read < all.numel();
      }

      @Override
      public long nextLong() {
        if (!hasNext()) {
          throw new NoSuchElementException("the pass has no more samples");
        }
        if (next == chunk.length) {
          chunk = all.narrow(0, read, Math.min(CHUNK, all.numel() - read)).toLongArray();
          read += chunk.length;
          next = 0;
        }
        return chunk[next++];
      }
    };
  }
}
