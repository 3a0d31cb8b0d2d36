package dev.chagres.tensor;

import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import java.lang.ref.Reference;

/**
 * A stream of random numbers: on the CPU PyTorch's own (mt19937 and PyTorch's transforms), so that
 * the same seed and the same calls give PyTorch's numbers. Safe to use from many threads; which of
 * them gets which numbers is then not determined.
 */
public final class Generator {
  /** The seed of a generator that was never given one, PyTorch's {@code default_rng_seed_val}. */
  public static final long DEFAULT_SEED = 67280421310721L;

  private static final class Standard {
    static final Generator INSTANCE = new Generator(DEFAULT_SEED);
  }

  private final Storage state;
  private long seed;

  /** Makes a generator that starts from a seed. */
  public Generator(long seed) {
    this.seed = seed;
    this.state = Backends.cpu().generator(seed);
    state.escape();
  }

  /** Returns the generator that operations use when they are given none. */
  public static Generator standard() {
    return Standard.INSTANCE;
  }

  /** Starts the stream again from a seed. */
  public synchronized Generator manualSeed(long seed) {
    this.seed = seed;
    Backends.cpu().seed(state, seed);
    return this;
  }

  /** Returns the seed that the stream started from. */
  public synchronized long initialSeed() {
    return seed;
  }

  /** Returns numbers drawn uniformly from [0, 1). */
  public Tensor rand(DType dtype, long... sizes) {
    return uniform_(fresh("rand", dtype, sizes), 0, 1);
  }

  /** Returns numbers drawn from the standard normal distribution. */
  public Tensor randn(DType dtype, long... sizes) {
    return normal_(fresh("randn", dtype, sizes), 0, 1);
  }

  /**
   * Returns int64 numbers drawn uniformly from {@code low} (inclusive) to {@code high} (exclusive).
   */
  public Tensor randint(long low, long high, long... sizes) {
    if (low >= high) {
      throw new IllegalArgumentException(
          "randint: there is no integer from " + low + " to before " + high);
    }
    Tensor out = Creation.empty(Creation.shape("randint", sizes), DType.INT64);
    draw(out, y -> Backends.cpu().integers(state, low, high, y));
    return out;
  }

  /** Returns a random permutation of 0 … n - 1, int64. */
  public Tensor randperm(long n) {
    if (n < 0) {
      throw new IllegalArgumentException("randperm: " + n + " elements");
    }
    Tensor out = Tensor.empty(DType.INT64, n);
    draw(out, y -> Backends.cpu().permutation(state, y));
    return out;
  }

  private static Tensor fresh(String name, DType dtype, long... sizes) {
    if (!dtype.isFloating()) {
      throw new IllegalArgumentException(name + ": not defined for " + dtype);
    }
    return Creation.empty(Creation.shape(name, sizes), dtype);
  }

  /** Fills a tensor uniformly from [low, high). */
  public Tensor uniform_(Tensor target, double low, double high) {
    checkFloating("uniform_", target);
    if (!(low <= high) || !Double.isFinite(high - low)) {
      throw new IllegalArgumentException(
          "uniform_: [" + low + ", " + high + ") is no finite range");
    }
    return fill("uniform_", target, y -> Backends.cpu().uniform(state, low, high, y));
  }

  /** Fills a tensor from the normal distribution with this mean and standard deviation. */
  public Tensor normal_(Tensor target, double mean, double std) {
    checkFloating("normal_", target);
    if (!(std >= 0)) {
      throw new IllegalArgumentException("normal_: the standard deviation " + std + " is negative");
    }
    return fill("normal_", target, y -> Backends.cpu().normal(state, mean, std, y));
  }

  /** Fills a tensor with ones, each with probability {@code p}, and zeros. */
  public Tensor bernoulli_(Tensor target, double p) {
    if (!(p >= 0 && p <= 1)) {
      throw new IllegalArgumentException("bernoulli_: the probability " + p + " is not in [0, 1]");
    }
    return fill("bernoulli_", target, y -> Backends.cpu().bernoulli(state, p, y));
  }

  private static void checkFloating(String name, Tensor target) {
    if (!target.dtype().isFloating()) {
      throw new IllegalArgumentException(name + ": not defined for " + target.dtype());
    }
  }

  /** Runs the filling operation in place, through a contiguous copy where the target is not. */
  private Tensor fill(String name, Tensor target, java.util.function.Consumer<Strided> kernel) {
    if (Writing.isRecorded(target)) {
      Tensor value = Creation.empty(target.shape(), target.dtype());
      draw(value, kernel);
      return Writing.assign(name, target, value);
    }
    Writing.check(name, target, target.shape(), target.dtype());
    if (target.isContiguous()) {
      draw(target, kernel);
      target.storage().bumpVersion();
      return target;
    }
    Tensor value = Creation.empty(target.shape(), target.dtype());
    draw(value, kernel);
    return Writing.store(value, target);
  }

  private synchronized void draw(Tensor out, java.util.function.Consumer<Strided> kernel) {
    if (out.numel() > 0) {
      kernel.accept(out.data());
      Reference.reachabilityFence(out);
      Reference.reachabilityFence(state);
    }
  }

  /** Returns the shape's fill of numbers from this generator, for layers that draw their own. */
  public Tensor bernoulli(double p, DType dtype, Shape shape) {
    return bernoulli_(Creation.empty(shape, dtype), p);
  }
}
