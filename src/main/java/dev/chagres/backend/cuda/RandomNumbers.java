package dev.chagres.backend.cuda;

import dev.chagres.backend.Distribution;
import dev.chagres.backend.RandomKernels;
import dev.chagres.backend.ScanKernels.Scan;
import dev.chagres.backend.ScanKernels.Way;
import dev.chagres.backend.ScanOp;
import dev.chagres.backend.Strided;
import dev.chagres.backend.Trial;
import dev.chagres.core.DType;
import dev.chagres.core.Order;
import dev.chagres.memory.Storage;
import java.util.Locale;

/**
 * Random numbers, drawn from a {@link Philox} state. The grid is PyTorch's, as the numbers depend
 * on it: threads for all elements, but no more than the device holds at once.
 */
final class RandomNumbers implements RandomKernels {
  private static final String FILE = "random.cu";

  /** More numbers than a count is ever drawn from. */
  private static final int MOST_TRIES = 1 << 10;

  private final CudaDevice device;
  private final Scans scans;
  private final Ordering ordering;

  RandomNumbers(CudaDevice device, Scans scans, Ordering ordering) {
    this.device = device;
    this.scans = scans;
    this.ordering = ordering;
  }

  private static long bits(double value) {
    return Double.doubleToRawLongBits(value);
  }

  /** The {@code struct Philox} of {@code philox.cuh}; a replay of a graph takes numbers anew. */
  private long[] taken(Storage generator, long count) {
    return taken(device, generator, count);
  }

  /** The {@code struct Philox} for a launch that uses so many words of each of its streams. */
  static long[] taken(CudaDevice device, Storage generator, long count) {
    return Capture.numbers(
        device,
        2,
        () -> {
          Philox before = Philox.take(generator, count);
          return new long[] {before.seed(), before.offset()};
        });
  }

  /**
   * Fills an array from numbers of which a block of the stream has some.
   *
   * @param each how many numbers come at a time, 4 or 2
   */
  private void draw(Storage generator, String function, int each, Strided y, long... parameters) {
    long n = y.numel();
    if (n == 0) {
      return;
    }
    long most =
        (long) device.properties().multiprocessors()
            * (device.properties().threadsPerMultiprocessor() / CudaDevice.BLOCK);
    long blocks = Math.clamp(Math.ceilDiv(n, CudaDevice.BLOCK), 1, most);
    long rounds = (n - 1) / (CudaDevice.BLOCK * blocks * each) + 1;
    device
        .launch(FILE, "draw<" + function + ">")
        .struct(parameters)
        .struct(taken(generator, 4 * rounds))
        .integer(n)
        .pointer(y)
        .run(Grid.of((int) blocks), Grid.of(CudaDevice.BLOCK), 0);
  }

  private void real(Storage generator, String function, double a, double b, Strided y) {
    int each = y.dtype() == DType.FLOAT64 ? 2 : 4;
    draw(generator, function + "<" + Types.of(y) + ">", each, y, bits(a), bits(b));
  }

  @Override
  public void uniform(Storage generator, double low, double high, Strided y) {
    real(generator, "Uniform", low, high, y);
  }

  @Override
  public void normal(Storage generator, double mean, double std, Strided y) {
    real(generator, "Normal", mean, std, y);
  }

  @Override
  public void bernoulli(Storage generator, double p, Strided y) {
    real(generator, "Bernoulli", p, 0, y);
  }

  @Override
  public void fill(Storage generator, Distribution distribution, double a, double b, Strided y) {
    String function =
        switch (distribution) {
          case EXPONENTIAL -> "Exponential";
          case GEOMETRIC -> "Geometric";
          case LOG_NORMAL -> "LogNormal";
          case CAUCHY -> "Cauchy";
        };
    real(generator, function, a, b, y);
  }

  /** As PyTorch does, of a range from 2^28 on two words make a number. */
  @Override
  public void integers(Storage generator, long low, long high, Strided y) {
    long range = high - low;
    whole(generator, range, low, Long.compareUnsigned(range, 1L << 28) >= 0, y);
  }

  private void whole(Storage generator, long range, long low, boolean wide, Strided y) {
    String word = wide ? "unsigned long long" : "unsigned";
    String function = "Integer<" + Types.of(y) + ", " + word + ">";
    draw(generator, function, wide ? 2 : 4, y, range, low);
  }

  @Override
  public void words(Storage generator, Strided y) {
    long range =
        switch (y.dtype()) {
          case BOOL -> 2;
          case UINT8, INT8, INT16, INT32, INT64 -> y.dtype().max().longValue() + 1;
          case FLOAT16, BFLOAT16, FLOAT32, FLOAT64 -> (long) (2 / y.dtype().eps()) + 1;
        };
    whole(generator, range, 0, y.dtype().size() == Long.BYTES, y);
  }

  /** Begins a launch whose elements have so many blocks of numbers each. */
  private Launch each(Storage generator, int blocks, String expression) {
    return device.launch(FILE, expression).struct(taken(generator, 4L * blocks));
  }

  @Override
  public void each(Storage generator, Trial trial, Strided a, Strided b, Strided y) {
    if (y.numel() == 0) {
      return;
    }
    String kernel = trial.name().toLowerCase(Locale.ROOT) + "_each<" + Types.of(y) + ">";
    int blocks = trial == Trial.BERNOULLI ? 1 : MOST_TRIES;
    Launch launch = each(generator, blocks, kernel).integer(y.numel()).pointer(a);
    if (trial == Trial.BINOMIAL) {
      launch.pointer(b);
    }
    launch.pointer(y).share(y.numel());
  }

  @Override
  public void choices(Storage generator, Strided weights, Strided y) {
    if (y.numel() == 0) {
      return;
    }
    scans.scan(new Scan(ScanOp.SUM, Way.FORTH, 1), weights, weights);
    each(generator, 1, "choose<" + Types.of(weights) + ">")
        .integer(y.numel())
        .divisor(y.layout().size(1))
        .integer(weights.layout().size(1))
        .pointer(weights)
        .pointer(y)
        .share(y.numel());
  }

  /** The order of random keys. */
  @Override
  public void permutation(Storage generator, Strided y) {
    Elementwise.withTemporary(
        y.like(y.shape(), DType.INT64),
        keys -> {
          whole(generator, 0, 0, true, keys);
          Elementwise.withTemporary(
              y.like(y.shape(), DType.INT64),
              sorted -> ordering.sort(Order.ASCENDING, keys, 0, sorted, y));
        });
  }
}
