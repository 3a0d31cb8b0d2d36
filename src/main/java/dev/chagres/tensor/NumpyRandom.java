package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.Strided;
import dev.chagres.backend.cpu.NumpyStream;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.security.SecureRandom;
import java.util.function.Consumer;

/**
 * A stream of random numbers that gives what {@code numpy.random.RandomState} gives: the same seed
 * and the same calls, the same numbers, in float64 and int64. Safe to use from many threads; which
 * of them gets which numbers is then not determined.
 */
public final class NumpyRandom {
  private static final long SEEDS = 1L << Integer.SIZE;

  private static final class Standard {
    static final NumpyRandom INSTANCE = new NumpyRandom(new SecureRandom().nextInt() & (SEEDS - 1));
  }

  private final NumpyStream stream;

  /**
   * Makes a stream that starts from a seed.
   *
   * @throws IllegalArgumentException if the seed is not in 0 … 2^32 - 1
   */
  public NumpyRandom(long seed) {
    stream = new NumpyStream(checked(seed));
  }

  /**
   * Returns the stream behind {@code numpy.random}'s functions, which starts from an arbitrary
   * seed.
   */
  public static NumpyRandom standard() {
    return Standard.INSTANCE;
  }

  /**
   * Starts the stream again from a seed.
   *
   * @throws IllegalArgumentException if the seed is not in 0 … 2^32 - 1
   */
  public synchronized NumpyRandom seed(long seed) {
    stream.seed(checked(seed));
    return this;
  }

  /** Returns float64 numbers drawn uniformly from [0, 1). */
  public Tensor rand(long... sizes) {
    given("rand", "sizes", sizes);
    Tensor out = Creation.empty(Device.cpu(), Creation.shape("rand", sizes), DType.FLOAT64);
    draw(out, stream::uniform);
    return out;
  }

  /** Returns float64 numbers drawn from the standard normal distribution. */
  public Tensor randn(long... sizes) {
    return normal(0, 1, given("randn", "sizes", sizes));
  }

  /**
   * Returns float64 numbers drawn from the normal distribution with this mean and standard
   * deviation.
   *
   * @throws IllegalArgumentException if the standard deviation is negative
   */
  public Tensor normal(double mean, double std, long... sizes) {
    given("normal", "sizes", sizes);
    if (!(std >= 0)) {
      throw new IllegalArgumentException("normal: the standard deviation " + std + " is negative");
    }
    Tensor out = Creation.empty(Device.cpu(), Creation.shape("normal", sizes), DType.FLOAT64);
    draw(out, y -> stream.normal(mean, std, y));
    return out;
  }

  /**
   * Returns float64 numbers drawn uniformly from [low, high).
   *
   * @throws IllegalArgumentException if {@code high - low} is not finite
   */
  public Tensor uniform(double low, double high, long... sizes) {
    given("uniform", "sizes", sizes);
    double range = high - low;
    if (!Double.isFinite(range)) {
      throw new IllegalArgumentException("uniform: [" + low + ", " + high + ") is no finite range");
    }
    return rand(sizes).mul_(range).add_(low);
  }

  /**
   * Returns int64 numbers drawn uniformly from {@code low} (inclusive) to {@code high} (exclusive).
   */
  public Tensor randint(long low, long high, long... sizes) {
    given("randint", "sizes", sizes);
    if (low >= high) {
      throw new IllegalArgumentException(
          "randint: there is no integer from " + low + " to before " + high);
    }
    Tensor out = Creation.empty(Device.cpu(), Creation.shape("randint", sizes), DType.INT64);
    draw(out, y -> stream.integers(low, high, y));
    return out;
  }

  /** Returns the numbers 0 … n - 1 in random order, int64. */
  public Tensor permutation(long n) {
    if (n < 0) {
      throw new IllegalArgumentException("permutation: " + n + " elements");
    }
    Tensor out = Creation.positions(Device.cpu(), Creation.shape("permutation", n));
    draw(out, stream::shuffle);
    return out;
  }

  /** Returns a copy of a tensor with the slices of its first dimension in random order. */
  public Tensor permutation(Tensor x) {
    given("permutation", "x", x);
    checkDims("permutation", x);
    return IndexOps.indexSelect(x, 0, permutation(x.size(0)).to(x.device()));
  }

  /** Puts the slices of the first dimension of a tensor in random order, in place. */
  public void shuffle(Tensor x) {
    given("shuffle", "x", x);
    checkDims("shuffle", x);
    x.copy_(permutation(x));
  }

  /** Puts an array in random order. */
  public void shuffle(long[] values) {
    given("shuffle", "values", values);
    Strided positions = Strided.allocate(Shape.of(values.length), DType.INT64);
    MemorySegment memory = positions.pointer();
    MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_LONG, 0, values.length);
    shuffle(positions);
    MemorySegment.copy(memory, ValueLayout.JAVA_LONG, 0, values, 0, values.length);
    positions.storage().free();
  }

  /** Puts an array in random order. */
  public void shuffle(int[] values) {
    given("shuffle", "values", values);
    int[] before = values.clone();
    Tensor order = permutation(values.length);
    int[] from = order.toIntArray();
    order.storage().free();
    for (int i = 0; i < values.length; i++) {
      values[i] = before[from[i]];
    }
  }

  private static void checkDims(String name, Tensor x) {
    if (x.dim() == 0) {
      throw new IllegalArgumentException(name + ": a 0-d tensor has no order");
    }
  }

  private synchronized void shuffle(Strided positions) {
    stream.shuffle(positions);
  }

  private synchronized void draw(Tensor out, Consumer<Strided> kernel) {
    kernel.accept(out.data());
    Reference.reachabilityFence(out);
  }

  private static long checked(long seed) {
    if (seed < 0 || seed >= SEEDS) {
      throw new IllegalArgumentException("seed: " + seed + " is not between 0 and 2^32 - 1");
    }
    return seed;
  }
}
