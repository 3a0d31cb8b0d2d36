package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.Trial;
import dev.chagres.backend.cuda.Capture;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A stream of random numbers: on the CPU PyTorch's own (mt19937 and PyTorch's transforms), so that
 * the same seed and the same calls give PyTorch's numbers. Safe to use from many threads; which of
 * them gets which numbers is then not determined.
 */
public final class Generator extends RandomChoices {
  /** The seed of a generator that was never given one, PyTorch's {@code default_rng_seed_val}. */
  public static final long DEFAULT_SEED = 67280421310721L;

  /** The generators that operations use which are given none, of all devices. */
  private static final class Standard {
    private static final Standard OF_PROCESS = new Standard(DEFAULT_SEED);
    private static final ThreadLocal<@Nullable Standard> OF_THREAD = new ThreadLocal<>();

    /** Whether any thread ever had its own: until then nobody asks. */
    private static volatile boolean everOwn;

    final Generator ofCpu;
    final Map<Device, Generator> ofDevices = new ConcurrentHashMap<>();

    Standard(long seed) {
      ofCpu = new Generator(seed);
    }

    /** Returns those of this thread. */
    static Standard here() {
      Standard own = everOwn ? OF_THREAD.get() : null;
      return own == null ? OF_PROCESS : own;
    }

    Generator of(Device device) {
      return ofDevices.computeIfAbsent(device, each -> new Generator(each, ofCpu.initialSeed()));
    }
  }

  /** Makes a generator that starts from {@link #DEFAULT_SEED}. */
  public Generator() {
    this(DEFAULT_SEED);
  }

  /** Makes a generator that starts from a seed. */
  public Generator(long seed) {
    this(Device.cpu(), seed);
  }

  /** Makes a generator of a device's numbers that starts from {@link #DEFAULT_SEED}. */
  public Generator(Device device) {
    this(device, DEFAULT_SEED);
  }

  /**
   * Makes a generator of a device's numbers that starts from a seed.
   *
   * @throws IllegalStateException if the device is not available
   */
  public Generator(Device device, long seed) {
    super(Backends.usable("Generator", given("Generator", "device", device)), seed);
  }

  /** Returns the device for whose tensors it draws. */
  public Device device() {
    return device;
  }

  /** Returns the generator that operations on the CPU use when they are given none. */
  public static Generator standard() {
    return Standard.here().ofCpu;
  }

  /**
   * Returns the generator that operations on a device use when they are given none; its first seed
   * is that of {@link #standard()}.
   *
   * @throws IllegalStateException if the device is not available
   */
  public static Generator standard(Device device) {
    return Backends.usable("standard", given("standard", "device", device)).isCpu()
        ? standard()
        : Standard.here().of(device);
  }

  /** Starts the streams of the default generators of all devices again from a seed. */
  public static void seedAll(long seed) {
    Standard here = Standard.here();
    here.ofCpu.manualSeed(seed);
    here.ofDevices.values().forEach(each -> each.manualSeed(seed));
  }

  /**
   * Gives this thread default generators of its own, of all devices, which start from a seed, until
   * the result is closed: what it draws depends on no other thread, and no other thread's numbers
   * on it.
   *
   * <pre>{@code
   * try (var _ = Generator.useSeed(7)) {
   *   ... // on this thread standard(), and all that draws from it, means the thread's own
   * }
   * }</pre>
   */
  public static Use useSeed(long seed) {
    Use use = new Use();
    Standard.everOwn = true;
    Standard.OF_THREAD.set(new Standard(seed));
    return use;
  }

  /** The use of generators of its own by a thread, until it is closed by that thread. */
  public static final class Use implements AutoCloseable {
    private final @Nullable Standard before = Standard.OF_THREAD.get();
    private final Thread thread = Thread.currentThread();

    private Use() {}

    /**
     * Goes back to the generators before.
     *
     * @throws IllegalStateException on another thread
     */
    @Override
    @SuppressWarnings("ReferenceEquality") // A thread is itself.
    public void close() {
      if (Thread.currentThread() != thread) {
        throw new IllegalStateException("close: the generators are in use by " + thread);
      }
      Standard.OF_THREAD.set(before);
    }
  }

  // ---- where the stream is

  /** Starts the stream again from a seed. */
  public synchronized Generator manualSeed(long seed) {
    inOrder(() -> states().seed(state, seed));
    return this;
  }

  /** Changes the stream now, or, where a graph of draws from it is captured, in each replay. */
  private void inOrder(Runnable change) {
    if (!Capture.beforeReplays(device, change)) {
      change.run();
    }
  }

  /** Starts the stream again from a seed that the system's entropy gives, and returns the seed. */
  public long seed() {
    long seed = new SecureRandom().nextLong();
    manualSeed(seed);
    return seed;
  }

  /** Returns the seed that the stream started from. */
  public synchronized long initialSeed() {
    return states().initialSeed(state);
  }

  /**
   * Returns where the stream is, a uint8 tensor on the CPU of the bytes that PyTorch's {@code
   * get_state} gives, 5,056 of the CPU's and 16 of a GPU's: the two read each other's.
   */
  public synchronized Tensor getState() {
    Tensor bytes = Creation.empty(Device.cpu(), Shape.of(states().stateBytes()), DType.UINT8);
    if (Capture.beforeReplays(device, () -> states().exportState(state, bytes.data()))) {
      bytes.storage().escape();
    }
    states().exportState(state, bytes.data());
    return bytes;
  }

  /**
   * Goes to where a stream was.
   *
   * @param bytes what {@link #getState} or PyTorch's {@code get_state} gave
   * @throws IllegalArgumentException if they are no state of a generator
   */
  public Generator setState(Tensor bytes) {
    given("setState", "bytes", bytes);
    long size = states().stateBytes();
    if (bytes.dtype() != DType.UINT8 || bytes.numel() != size) {
      throw new IllegalArgumentException(
          "setState: needs "
              + size
              + " elements of uint8, not "
              + bytes.numel()
              + " of "
              + bytes.dtype());
    }
    Tensor there = bytes.detach().cpu();
    synchronized (this) {
      inOrder(() -> states().importState(state, Copying.copy(there).data()));
    }
    return this;
  }

  /** Returns a new generator whose stream goes on from where this one's is. */
  @Override
  @SuppressWarnings("MissingSuperCall") // its memory is copied, not its reference to that
  public Generator clone() {
    return new Generator(device, DEFAULT_SEED).setState(getState());
  }

  /**
   * Remembers where the default generators' streams are, of all devices, to go back there:
   * PyTorch's {@code fork_rng}.
   *
   * <pre>{@code
   * try (var _ = Generator.fork()) {
   *   ... // draws that leave the numbers of the rest of the program as they were
   * }
   * }</pre>
   */
  public static Fork fork() {
    return new Fork();
  }

  /** Where the default generators' streams were at one moment. */
  static final class Snapshot {
    private final Map<Generator, Tensor> states = new HashMap<>();
    private final Standard here = Standard.here();

    Snapshot() {
      take(here.ofCpu);
      here.ofDevices.values().forEach(this::take);
    }

    private void take(Generator generator) {
      Tensor state = generator.getState();
      state.storage().escape();
      states.put(generator, state);
    }

    /** Goes back there; a generator that was made since starts anew. */
    void restore() {
      here.ofDevices.values().forEach(each -> each.manualSeed(here.ofCpu.initialSeed()));
      states.forEach(Generator::setState);
    }
  }

  /** A part of the program whose draws are forgotten at its end. */
  public static final class Fork implements AutoCloseable {
    private final Snapshot before = new Snapshot();
    private boolean closed;

    private Fork() {}

    /** Goes back to where the stream was. */
    @Override
    public void close() {
      if (!closed) {
        closed = true;
        before.restore();
      }
    }
  }

  // ---- new tensors

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

  private Tensor fresh(String name, DType dtype, long... sizes) {
    checkFloating(name, dtype);
    return Creation.empty(device, Creation.shape(name, sizes), dtype);
  }

  /** Returns float32 numbers drawn from the normal distribution. */
  public Tensor normal(double mean, double std, long... sizes) {
    return normal(DType.FLOAT32, mean, std, sizes);
  }

  /** Returns numbers drawn from the normal distribution. */
  public Tensor normal(DType dtype, double mean, double std, long... sizes) {
    given("normal", "dtype", dtype);
    checkDeviation("normal", std);
    return normal_(fresh("normal", dtype, given("normal", "sizes", sizes)), mean, std);
  }

  /**
   * Returns a normal number for each element of both, broadcast, with this as its mean and its
   * standard deviation, in the dtype of the means.
   *
   * @throws IllegalArgumentException if a deviation is negative or NaN
   */
  public Tensor normal(Tensor mean, Tensor std) {
    given("normal", "mean", mean);
    given("normal", "std", std);
    checkFloating("normal", mean.dtype());
    checkDeviations(std);
    Tensor drawn =
        normal_(Creation.empty(device, broadcast("normal", mean, std), mean.dtype()), 0, 1);
    drawn.mul_(std.detach()).add_(mean.detach());
    return recorded("NormalBackward3", drawn, mean, std);
  }

  /** Returns a normal number for each element, which is its mean. */
  public Tensor normal(Tensor mean, double std) {
    given("normal", "mean", mean);
    checkFloating("normal", mean.dtype());
    checkDeviation("normal", std);
    Tensor drawn = normal_(Creation.empty(device, mean.shape(), mean.dtype()), 0, std);
    return recorded("NormalBackward1", drawn.add_(mean.detach()), mean);
  }

  /** Returns a normal number for each element, which is its standard deviation. */
  public Tensor normal(double mean, Tensor std) {
    given("normal", "std", std);
    checkFloating("normal", std.dtype());
    checkDeviations(std);
    Tensor drawn = normal_(Creation.empty(device, std.shape(), std.dtype()), 0, 1);
    // The mean is rounded to the dtype first, as a tensor is.
    drawn.mul_(std.detach()).add_(Creation.scalar("normal", mean, std.dtype()));
    return recorded("NormalBackward2", drawn, std);
  }

  private static Shape broadcast(String name, Tensor a, Tensor b) {
    Shape shape = Shape.broadcast(a.shape(), b.shape());
    if (shape == null) {
      throw new IllegalArgumentException(
          name + ": shapes " + a.shape() + " and " + b.shape() + " do not broadcast");
    }
    return shape;
  }

  private static void checkDeviations(Tensor std) {
    if (std.numel() > 0) {
      checkDeviation("normal", std.detach().min().to(DType.FLOAT64).item());
    }
  }

  /**
   * Returns int64 numbers drawn uniformly from {@code low} (inclusive) to {@code high} (exclusive).
   */
  public Tensor randint(long low, long high, long... sizes) {
    return randint(DType.INT64, low, high, sizes);
  }

  /**
   * Returns integers drawn uniformly from {@code low} (inclusive) to {@code high} (exclusive), of
   * any dtype.
   */
  public Tensor randint(DType dtype, long low, long high, long... sizes) {
    given("randint", "dtype", dtype);
    Tensor out = Creation.empty(device, Creation.shape("randint", sizes), dtype);
    return random("randint", "RandomBackward", out, low, high);
  }

  /** Returns a random permutation of 0 … n - 1, int64. */
  public Tensor randperm(long n) {
    return randperm(DType.INT64, n);
  }

  /**
   * Returns a random permutation of 0 … n - 1.
   *
   * @throws IllegalArgumentException if the dtype is bool or has not all of these numbers (bfloat16
   *     rounds them, as in PyTorch)
   */
  public Tensor randperm(DType dtype, long n) {
    given("randperm", "dtype", dtype);
    if (n < 0) {
      throw new IllegalArgumentException("randperm: " + n + " elements");
    } else if (dtype == DType.BOOL) {
      throw new IllegalArgumentException("randperm: not defined for bool");
    } else if (n > 0 && dtype != DType.BFLOAT16) {
      IntegerRange.checkHeld("randperm", dtype, n - 1);
    }
    Tensor out = Creation.empty(device, Creation.shape("randperm", n), DType.INT64);
    draw(out, y -> kernels().permutation(state, y));
    return Copying.cast(out, dtype);
  }

  // ---- after the model of a tensor: drawn in the order in which the model's elements lie in
  // memory

  /** Returns numbers of a tensor's shape drawn uniformly from [0, 1). */
  public Tensor randLike(Tensor model, DType dtype) {
    given("randLike", "model", model);
    given("randLike", "dtype", dtype);
    checkFloating("randLike", dtype);
    return like(model, dtype, _ -> y -> kernels().uniform(state, 0, 1, y));
  }

  /** Returns numbers of a tensor's shape drawn from the standard normal distribution. */
  public Tensor randnLike(Tensor model, DType dtype) {
    given("randnLike", "model", model);
    given("randnLike", "dtype", dtype);
    checkFloating("randnLike", dtype);
    return like(model, dtype, result -> normal(result.isContiguous(), 0, 1));
  }

  /** Returns integers of a tensor's shape drawn uniformly from low (inclusive) to high. */
  public Tensor randintLike(Tensor model, DType dtype, long low, long high) {
    given("randintLike", "model", model);
    given("randintLike", "dtype", dtype);
    IntegerRange range = IntegerRange.of("randintLike", dtype, low, high);
    return like(model, dtype, _ -> y -> kernels().integers(state, range.low(), range.high(), y));
  }

  /**
   * Returns ones, each with probability {@code p}, and zeros, of a tensor's shape and dtype.
   *
   * @throws IllegalArgumentException if p is not in [0, 1]
   */
  public Tensor bernoulliLike(Tensor model, double p) {
    given("bernoulliLike", "model", model);
    checkProbability("bernoulliLike", p);
    return like(model, model.dtype(), _ -> y -> kernels().bernoulli(state, p, y));
  }

  // ---- with tensors of parameters

  /**
   * Returns for each probability 1 or, else, 0, in its dtype. Its gradient is 0.
   *
   * @throws IllegalArgumentException if one is not in [0, 1], or they are not of a floating dtype
   */
  public Tensor bernoulli(Tensor p) {
    checkProbabilities("bernoulli", given("bernoulli", "p", p));
    return recorded("BernoulliBackward", each(Trial.BERNOULLI, p, p), p);
  }

  /**
   * Returns ones, each with probability {@code p}, and zeros, of a tensor's shape and dtype, drawn
   * row by row. Its gradient is 0.
   *
   * @throws IllegalArgumentException if p is not in [0, 1]
   */
  public Tensor bernoulli(Tensor model, double p) {
    given("bernoulli", "model", model);
    checkProbability("bernoulli", p);
    Tensor drawn = bernoulli_(Creation.empty(device, model.shape(), model.dtype()), p);
    return recorded("BernoulliBackward", drawn, model);
  }

  /**
   * Returns for each rate how many events happen where so many are expected, in its dtype. Its
   * gradient is 0.
   *
   * @throws IllegalArgumentException if one is negative or NaN, or they are not of a floating dtype
   */
  public Tensor poisson(Tensor rates) {
    given("poisson", "rates", rates);
    checkFloating("poisson", rates.dtype());
    if (rates.numel() > 0) {
      double least = rates.detach().min().item();
      if (!(least >= 0)) {
        throw new IllegalArgumentException("poisson: the rate " + least + " is negative");
      }
    }
    return recorded("PoissonBackward", each(Trial.POISSON, rates, rates), rates);
  }

  /**
   * Returns for each number of trials how many succeed, each with the probability at the same
   * place, broadcast: 0 for a probability below 0, all for one above 1, NaN for NaN. As in PyTorch
   * it has no gradient, and says so when one is wanted.
   *
   * @throws IllegalArgumentException if the two are not both float32 or both float64
   */
  public Tensor binomial(Tensor count, Tensor p) {
    given("binomial", "count", count);
    given("binomial", "p", p);
    boolean wide = count.dtype() == DType.FLOAT32 || count.dtype() == DType.FLOAT64;
    if (!wide || p.dtype() != count.dtype()) {
      throw new IllegalArgumentException(
          "binomial: needs two of float32 or of float64, not "
              + count.dtype()
              + " and "
              + p.dtype());
    }
    Shape shape = broadcast("binomial", count, p);
    Tensor drawn =
        each(
            Trial.BINOMIAL,
            ViewOps.expand(count.detach(), shape),
            ViewOps.expand(p.detach(), shape));
    if (GradMode.isEnabled() && (count.requiresGrad() || p.requiresGrad())) {
      drawn.setHistory(
          Operation.of(
              "NotImplemented",
              Gradients.input(count, _ -> notDifferentiable()),
              Gradients.input(p, _ -> notDifferentiable())));
    }
    return drawn;
  }

  private static Tensor notDifferentiable() {
    throw new UnsupportedOperationException("binomial: it has no gradient");
  }
}
