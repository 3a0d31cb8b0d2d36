package dev.chagres.data;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Device;
import dev.chagres.data.IterableDataset.Share;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Tensor;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A dataset in batches. Every iterator is one pass over all samples; shuffled, each in a new order.
 *
 * <pre>{@code
 * var loader = new DataLoader(data, DataLoader.options().batchSize(64).shuffle().workers(4));
 * for (Batch batch : loader) {
 *   try (var step = Scope.open()) {
 *     lossFn.call(model.call(batch.x()), batch.y()).backward();
 *     ...
 *   }
 * }
 * }</pre>
 *
 * <p>Random numbers are drawn as PyTorch's loader draws them: after the same seed, the same model
 * and the same passes, the batches are the same, and so are later draws.
 *
 * <h2>Workers</h2>
 *
 * Without {@linkplain Options#workers workers} a batch is made when it is asked for, by the thread
 * that asks. With them, threads make batches ahead, {@linkplain Options#prefetch two} for each
 * worker unless told otherwise; they come in the same order. That is all that changes:
 *
 * <ul>
 *   <li><b>The dataset is used by several threads at once,</b> and has to allow that: reading
 *       tensors is safe, and what it changes needs a lock. Each worker draws random numbers from
 *       default generators of its own, which start from a seed that the pass draws plus the
 *       worker's number, as in PyTorch, whatever other threads draw. It has the pass's grad mode
 *       and default device.
 *   <li><b>A batch belongs to the thread that takes it,</b> to its innermost open {@link
 *       dev.chagres.memory.Scope} if there is one, with all that was made on the way: what a
 *       dataset wants to give back earlier it makes in a scope of its own. A scope takes no batches
 *       that are still ahead.
 *   <li><b>Memory:</b> no more than workers times prefetch batches are under way or wait.
 *   <li><b>Threads end with the pass,</b> after its last batch, when it is {@linkplain Pass#close
 *       closed}, or some time after nothing reaches the pass any more. They are daemons, and named
 *       {@code chagres-loader-…}. What was made and not taken goes to the collector.
 *   <li><b>Samplers</b> are asked by the thread that takes the batches, as far ahead as batches are
 *       made.
 * </ul>
 *
 * <p>What a dataset throws comes out of {@code next()} as the cause of a {@link DatasetException}
 * that names the sample, with workers or without; a {@code next()} after it goes on with the next
 * batch. Whoever is interrupted while waiting for a batch gets an {@link IllegalStateException},
 * stays interrupted, and can ask for the same batch again.
 *
 * <h2>GPUs</h2>
 *
 * {@link Options#device} has batches come on a GPU. With workers they are copied there ahead, from
 * pinned memory and in a stream of copies, while others compute. The stream of the thread that
 * takes a batch waits for its copies (the GPU does, the thread does not), and memory is reused when
 * the work on it is done, so that nothing is left for the program to care for. A dataset whose
 * tensors are on a GPU is read by workers in the GPU's default stream.
 */
public final class DataLoader implements Iterable<Batch> {
  private final @Nullable Dataset dataset;
  private final @Nullable IterableDataset stream;
  private final Options options;
  private final BatchSampler batches;
  private final Delivery delivery;

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

  /** One pass over the data. */
  public sealed interface Pass extends Iterator<Batch>, AutoCloseable permits DirectPass, CrewPass {
    /**
     * Ends the pass, at once also its threads. Only a pass that is not read to its end needs it, if
     * they shall not wait for the collector.
     */
    @Override
    void close();
  }

  /** How a dataset is divided, and who does it. */
  public static final class Options {
    private static final int DEFAULT_PREFETCH = 2;

    private int batchSize = 1;
    private Rest rest = Rest.KEEP;
    private Order order = Order.SEQUENTIAL;
    private @Nullable Sampler sampler;
    private @Nullable BatchSampler batchSampler;
    private @Nullable Generator generator;
    private @Nullable Function<List<Batch>, Batch> collate;
    private int workers;
    private int prefetch = DEFAULT_PREFETCH;
    private boolean isPinned;
    private @Nullable Device device;

    private Options() {}

    private Options(Options other) {
      batchSize = other.batchSize;
      rest = other.rest;
      order = other.order;
      sampler = other.sampler;
      batchSampler = other.batchSampler;
      generator = other.generator;
      collate = other.collate;
      workers = other.workers;
      prefetch = other.prefetch;
      isPinned = other.isPinned;
      device = other.device;
    }

    /**
     * Returns these options with another number of samples in a batch.
     *
     * @throws IllegalArgumentException if it is not positive
     */
    public Options batchSize(int batchSize) {
      checkBatchSize("DataLoader", batchSize);
      Options changed = new Options(this);
      changed.batchSize = batchSize;
      return changed;
    }

    /** Returns these options with a new random order for each pass. */
    public Options shuffle() {
      Options changed = new Options(this);
      changed.order = Order.SHUFFLED;
      return changed;
    }

    /** Returns these options without a smaller last batch. */
    public Options dropLast() {
      Options changed = new Options(this);
      changed.rest = Rest.DROP;
      return changed;
    }

    /** Returns these options with a generator of the loader's own, which starts from a seed. */
    public Options seed(long seed) {
      return generator(new Generator(seed));
    }

    /**
     * Returns these options with a generator, from which the order of {@link #shuffle} and the seed
     * of the workers are drawn.
     */
    public Options generator(Generator generator) {
      Options changed = new Options(this);
      changed.generator = given("DataLoader", "generator", generator);
      return changed;
    }

    /** Returns these options with a choice of samples; not together with {@link #shuffle}. */
    public Options sampler(Sampler sampler) {
      Options changed = new Options(this);
      changed.sampler = given("DataLoader", "sampler", sampler);
      return changed;
    }

    /**
     * Returns these options with a choice of samples and of their division into batches; not
     * together with other options that are about these.
     */
    public Options batchSampler(BatchSampler batchSampler) {
      Options changed = new Options(this);
      changed.batchSampler = given("DataLoader", "batchSampler", batchSampler);
      return changed;
    }

    /**
     * Returns these options with another way than {@link Dataset#batch} to make a batch of samples,
     * as for samples of unequal length: each is asked for by itself then.
     */
    public Options collate(Function<List<Batch>, Batch> collate) {
      Options changed = new Options(this);
      changed.collate = given("DataLoader", "collate", collate);
      return changed;
    }

    /**
     * Returns these options with threads that make batches ahead; 0, the default, for none.
     *
     * @throws IllegalArgumentException if the number is negative
     */
    public Options workers(int workers) {
      if (workers < 0) {
        throw new IllegalArgumentException("DataLoader: " + workers + " workers");
      }
      Options changed = new Options(this);
      changed.workers = workers;
      return changed;
    }

    /**
     * Returns these options with a number of batches for each worker that may be under way or wait,
     * 2 by default; without workers it says nothing.
     *
     * @throws IllegalArgumentException if the number is not positive
     */
    public Options prefetch(int prefetch) {
      if (prefetch < 1) {
        throw new IllegalArgumentException("DataLoader: a prefetch of " + prefetch + " batches");
      }
      Options changed = new Options(this);
      changed.prefetch = prefetch;
      return changed;
    }

    /**
     * Returns these options with batches in {@linkplain Tensor#pinMemory pinned memory}, so that
     * {@code batch.x().to(device, Transfer.NON_BLOCKING)} is a copy by the GPU alone. The loader
     * needs a GPU then. With {@link #device} it is not needed.
     */
    public Options pinMemory() {
      Options changed = new Options(this);
      changed.isPinned = true;
      return changed;
    }

    /** Returns these options with batches on a device, wherever the dataset's tensors are. */
    public Options device(Device device) {
      Options changed = new Options(this);
      changed.device = given("DataLoader", "device", device);
      return changed;
    }

    private boolean isShuffled() {
      return order == Order.SHUFFLED;
    }

    private boolean choosesSamples() {
      return isShuffled() || sampler != null || batchSampler != null;
    }

    /** Says which options contradict each other. */
    private void check() {
      if (isShuffled() && sampler != null) {
        throw new IllegalArgumentException(
            "DataLoader: either shuffle or a sampler chooses the order, not both");
      }
      boolean dividesToo = isShuffled() || sampler != null || batchSize != 1 || rest != Rest.KEEP;
      if (batchSampler != null && dividesToo) {
        throw new IllegalArgumentException(
            "DataLoader: a batch sampler says all about batches; it goes with no batchSize,"
                + " shuffle, sampler or dropLast");
      }
    }

    private BatchSampler batches(Dataset dataset) {
      if (batchSampler != null) {
        return batchSampler;
      }
      Sampler samples = sampler;
      if (samples == null) {
        samples =
            isShuffled() ? RandomSampler.of(dataset, generator) : new SequentialSampler(dataset);
      }
      return BatchSampler.of(samples, batchSize, rest);
    }
  }

  /** Returns PyTorch's defaults: one sample in a batch, in the dataset's order. */
  public static Options options() {
    return new Options();
  }

  /** Makes a loader with the defaults. */
  public DataLoader(Dataset dataset) {
    this(dataset, options());
  }

  /**
   * Makes a loader.
   *
   * @throws IllegalArgumentException if options contradict each other
   * @throws IllegalStateException if they need a GPU and there is none, with the reason
   */
  public DataLoader(Dataset dataset, Options options) {
    this(
        given("DataLoader", "options", options),
        given("DataLoader", "dataset", dataset),
        null,
        options.batches(dataset));
  }

  /** Makes a loader of samples as they come, one in a batch. */
  public DataLoader(IterableDataset stream) {
    this(stream, options());
  }

  /**
   * Makes a loader of samples as they come. With workers, each reads a {@linkplain Share share}.
   *
   * @throws IllegalArgumentException if an option chooses samples
   * @throws IllegalStateException if the options need a GPU and there is none, with the reason
   */
  public DataLoader(IterableDataset stream, Options options) {
    this(
        given("DataLoader", "options", options),
        null,
        given("DataLoader", "stream", stream),
        new Endless());
    if (options.choosesSamples()) {
      throw new IllegalArgumentException(
          "DataLoader: samples of a stream are taken as they come, without shuffle or sampler");
    }
  }

  private DataLoader(
      Options options,
      @Nullable Dataset dataset,
      @Nullable IterableDataset stream,
      BatchSampler batches) {
    options.check();
    this.dataset = dataset;
    this.stream = stream;
    this.options = options;
    this.batches = batches;
    delivery = new Delivery(options.isPinned, options.device, options.workers);
  }

  static void checkBatchSize(String name, int batchSize) {
    if (batchSize < 1) {
      throw new IllegalArgumentException(name + ": a batch of " + batchSize + " samples");
    }
  }

  /**
   * Returns the dataset.
   *
   * @throws IllegalStateException if this loads a stream
   */
  public Dataset dataset() {
    if (dataset == null) {
      throw new IllegalStateException("dataset: this loads a stream");
    }
    return dataset;
  }

  /**
   * Returns the number of batches in a pass.
   *
   * @throws IllegalStateException if this loads a stream, of which nobody knows
   */
  public long size() {
    if (dataset == null) {
      throw new IllegalStateException("size: this loads a stream, whose end nobody knows");
    }
    return batches.size();
  }

  /** Returns the number of batches in a pass, or -1 if nobody knows. */
  long expectedSize() {
    return dataset == null ? -1 : batches.size();
  }

  /** Begins a pass. Several may go on at the same time, each in one thread at a time. */
  @Override
  public Pass iterator() {
    Generator generator = options.generator;
    long seed = drawSeed(generator == null ? Generator.standard() : generator);
    Iterator<long[]> plan = batches.iterator();
    boolean isStream = dataset == null;
    IntFunction<Fetching> fetching = fetching();
    if (options.workers == 0) {
      return new DirectPass(plan, () -> fetching.apply(0), delivery, isStream);
    }
    Crowd.thin();
    Crew crew = new Crew(options.workers, fetching, delivery, seed);
    return new CrewPass(crew, plan, isStream, options.prefetch);
  }

  /** Returns what makes the way in which a worker of a number fetches; it knows nothing of this. */
  private IntFunction<Fetching> fetching() {
    Function<List<Batch>, Batch> collate = options.collate;
    IterableDataset source = stream;
    if (source == null) {
      Fetching fetching = Fetching.of(dataset(), collate);
      return _ -> fetching;
    }
    int shares = Math.max(1, options.workers);
    int batchSize = options.batchSize;
    Rest rest = options.rest;
    return worker ->
        Fetching.of(
            given("samples", "the iterator", source.samples(new Share(worker, shares))),
            batchSize,
            rest,
            collate == null ? Batch::stack : collate);
  }

  /** The batches of a stream, which chooses what is in them. */
  private static final class Endless implements BatchSampler {
    private static final long[] NOTHING = {};

    @Override
    public long size() {
      return Long.MAX_VALUE;
    }

    @Override
    public Iterator<long[]> iterator() {
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return true;
        }

        @Override
        public long[] next() {
          return NOTHING;
        }
      };
    }
  }

  /** Draws what {@code torch.empty((), dtype=torch.int64).random_()} does: 63 bits. */
  static long drawSeed(Generator generator) {
    Tensor drawn = generator.randint(Long.MIN_VALUE, Long.MAX_VALUE);
    return (drawn.itemLong() - Long.MIN_VALUE) & Long.MAX_VALUE;
  }
}
