package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.function.Consumer;
import java.util.function.Function;

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

  /** PyTorch draws fewer than 16 normal numbers one by one. */
  private static final long FEW = 15;

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

  /** Returns where the stream is. */
  synchronized byte[] position() {
    byte[] position = RawMemory.of(state).toArray(ValueLayout.JAVA_BYTE);
    Reference.reachabilityFence(state);
    return position;
  }

  /** Goes on from where the stream was. */
  synchronized void goOnFrom(byte[] position) {
    MemorySegment.copy(position, 0, RawMemory.of(state), ValueLayout.JAVA_BYTE, 0, position.length);
    Reference.reachabilityFence(state);
  }

  /** Returns numbers drawn uniformly from [0, 1). */
  public Tensor rand(DType dtype, long... sizes) {
    return uniform_(
        fresh("rand", given("rand", "dtype", dtype), given("rand", "sizes", sizes)), 0, 1);
  }

  /** Returns numbers drawn from the standard normal distribution. */
  public Tensor randn(DType dtype, long... sizes) {
    return normal_(
        fresh("randn", given("randn", "dtype", dtype), given("randn", "sizes", sizes)), 0, 1);
  }

  /**
   * Returns int64 numbers drawn uniformly from {@code low} (inclusive) to {@code high} (exclusive).
   */
  public Tensor randint(long low, long high, long... sizes) {
    given("randint", "sizes", sizes);
    checkRange("randint", low, high);
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
    checkFloating(name, dtype);
    return Creation.empty(Creation.shape(name, sizes), dtype);
  }

  /** Fills a tensor uniformly from [low, high). */
  public Tensor uniform_(Tensor target, double low, double high) {
    given("uniform_", "target", target);
    checkFloating("uniform_", target.dtype());
    if (!(low <= high) || !Double.isFinite(high - low)) {
      throw new IllegalArgumentException(
          "uniform_: [" + low + ", " + high + ") is no finite range");
    }
    return fill("uniform_", target, y -> Backends.cpu().uniform(state, low, high, y));
  }

  /** Fills a tensor from the normal distribution with this mean and standard deviation. */
  public Tensor normal_(Tensor target, double mean, double std) {
    given("normal_", "target", target);
    checkFloating("normal_", target.dtype());
    if (!(std >= 0)) {
      throw new IllegalArgumentException("normal_: the standard deviation " + std + " is negative");
    }
    return fill("normal_", target, normal(target.isContiguous(), mean, std));
  }

  /** Fills a tensor with ones, each with probability {@code p}, and zeros. */
  public Tensor bernoulli_(Tensor target, double p) {
    given("bernoulli_", "target", target);
    checkProbability("bernoulli_", p);
    return fill("bernoulli_", target, y -> Backends.cpu().bernoulli(state, p, y));
  }

  /**
   * Fills a tensor with integers drawn uniformly from {@code low} (inclusive) to {@code high}
   * (exclusive).
   *
   * @throws IllegalArgumentException if there is no such integer, or the dtype does not hold all of
   *     them exactly
   */
  public Tensor random_(Tensor target, long low, long high) {
    return random("random_", given("random_", "target", target), low, high);
  }

  Tensor random(String name, Tensor target, long low, long high) {
    checkRange(name, low, high);
    DType dtype = target.dtype();
    long most = mostExact(dtype);
    long least =
        switch (dtype.kind()) {
          case BOOL -> 0;
          case INTEGER -> dtype == DType.UINT8 ? 0 : -most - 1;
          case FLOATING -> -most;
        };
    if (low < least || high - 1 > most) {
      throw new IllegalArgumentException(
          name
              + ": "
              + dtype
              + " holds the integers from "
              + least
              + " to "
              + most
              + " exactly, not all from "
              + low
              + " to before "
              + high);
    }
    return fill(name, target, y -> Backends.cpu().integers(state, low, high, y));
  }

  /** The greatest integer up to which a dtype holds every one. */
  private static long mostExact(DType dtype) {
    return switch (dtype) {
      case BOOL -> 1;
      case UINT8 -> 255;
      case INT8, INT16, INT32, INT64 -> (1L << (dtype.size() * Byte.SIZE - 1)) - 1;
      case BFLOAT16 -> 1L << 8;
      case FLOAT16 -> 1L << 11;
      case FLOAT32 -> 1L << 24;
      case FLOAT64 -> 1L << 53;
    };
  }

  private static void checkRange(String name, long low, long high) {
    if (low >= high) {
      throw new IllegalArgumentException(
          name + ": there is no integer from " + low + " to before " + high);
    }
  }

  private static void checkFloating(String name, DType dtype) {
    if (!dtype.isFloating()) {
      throw new IllegalArgumentException(name + ": not defined for " + dtype);
    }
  }

  private static void checkProbability(String name, double p) {
    if (!(p >= 0 && p <= 1)) {
      throw new IllegalArgumentException(name + ": the probability " + p + " is not in [0, 1]");
    }
  }

  /**
   * Draws for the whole of an array; or, as PyTorch does for one that is not contiguous, element by
   * element, which are other numbers from 16 elements on.
   */
  private Consumer<Strided> normal(boolean whole, double mean, double std) {
    if (whole) {
      return y -> Backends.cpu().normal(state, mean, std, y);
    }
    return y -> {
      Strided flat = y.with(Shape.of(y.numel()).contiguous());
      for (long from = 0; from < y.numel(); from += FEW) {
        long count = Math.min(FEW, y.numel() - from);
        Strided few = flat.with(flat.layout().narrow(0, from, count));
        Backends.cpu().normal(state, mean, std, few);
      }
    };
  }

  /** Fills in place, in the order in which the target's elements lie in memory, as PyTorch does. */
  private Tensor fill(String name, Tensor target, Consumer<Strided> kernel) {
    if (Writing.isRecorded(name, target)) {
      return Writing.assign(name, target, like(target, target.dtype(), _ -> kernel));
    }
    Writing.check(name, target, target.shape(), target.dtype());
    if (target.isContiguous()) {
      draw(target, kernel);
      RawMemory.bumpVersion(target.storage());
      return target;
    }
    return Writing.store(like(target, target.dtype(), _ -> kernel), target);
  }

  /**
   * Returns random numbers of the model's shape, whose elements lie side by side in the order of
   * the model's, and were drawn in that order.
   */
  private Tensor like(Tensor model, DType dtype, Function<Tensor, Consumer<Strided>> kernel) {
    int[] order = memoryOrder(model);
    int[] back = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      back[order[i]] = i;
    }
    Tensor dense = Creation.empty(model.layout().permute(order).shape(), dtype);
    Tensor result = new Tensor(dense.data().with(dense.layout().permute(back)));
    draw(dense, kernel.apply(result));
    return result;
  }

  /**
   * The dimensions from the greatest stride to the least. Strides of 0 say nothing about an order:
   * PyTorch sorts by exchanging neighbours, and so does this.
   */
  private static int[] memoryOrder(Tensor model) {
    int rank = model.dim();
    int[] order = new int[rank];
    for (int i = 0; i < rank; i++) {
      order[i] = i;
    }
    for (int i = rank - 2; i >= 0; i--) {
      int moving = i;
      for (int other = i + 1; other < rank; other++) {
        int comparison = compare(model, order[moving], order[other]);
        if (comparison < 0) {
          int held = order[moving];
          order[moving] = order[other];
          order[other] = held;
          moving = other;
        } else if (comparison > 0) {
          break;
        }
      }
    }
    return order;
  }

  /** Whether a dimension is outside another that is behind it (1), inside (-1), or neither (0). */
  private static int compare(Tensor model, int ahead, int behind) {
    long outer = model.layout().stride(ahead);
    long inner = model.layout().stride(behind);
    if (outer == 0 || inner == 0) {
      return 0;
    }
    return outer != inner
        ? Long.compare(outer, inner)
        : model.size(behind) > model.size(ahead) ? -1 : 0;
  }

  private synchronized void draw(Tensor out, Consumer<Strided> kernel) {
    if (out.numel() > 0) {
      kernel.accept(out.data());
      Reference.reachabilityFence(out);
      Reference.reachabilityFence(state);
    }
  }

  // ---- after the model of a tensor: drawn in the order in which the model's elements lie in
  // memory

  /** Returns numbers of a tensor's shape drawn uniformly from [0, 1). */
  public Tensor randLike(Tensor model, DType dtype) {
    given("randLike", "model", model);
    given("randLike", "dtype", dtype);
    checkFloating("randLike", dtype);
    return like(model, dtype, _ -> y -> Backends.cpu().uniform(state, 0, 1, y));
  }

  /** Returns numbers of a tensor's shape drawn from the standard normal distribution. */
  public Tensor randnLike(Tensor model, DType dtype) {
    given("randnLike", "model", model);
    given("randnLike", "dtype", dtype);
    checkFloating("randnLike", dtype);
    return like(model, dtype, result -> normal(result.isContiguous(), 0, 1));
  }

  /**
   * Returns ones, each with probability {@code p}, and zeros, of a tensor's shape and dtype.
   *
   * @throws IllegalArgumentException if p is not in [0, 1]
   */
  public Tensor bernoulliLike(Tensor model, double p) {
    given("bernoulliLike", "model", model);
    checkProbability("bernoulliLike", p);
    return like(model, model.dtype(), _ -> y -> Backends.cpu().bernoulli(state, p, y));
  }
}
