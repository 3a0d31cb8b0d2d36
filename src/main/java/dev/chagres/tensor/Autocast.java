package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.autograd.GradMode;
import dev.chagres.backend.Strided;
import dev.chagres.backend.UnaryOp;
import dev.chagres.backend.cuda.Capture;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.primitive.AutocastFunction;
import dev.chagres.primitive.AutocastFunction.Choice;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Mixed precision: within a region products take their operands in 16 bits, what would lose too
 * much so is computed in float32, and all else as it is given. PyTorch's {@code torch.autocast}:
 *
 * <pre>{@code
 * try (var _ = Autocast.on(Device.cuda(0), DType.BFLOAT16)) {
 *   loss = lossFn.call(model.call(x), y);
 * }
 * loss.backward();
 * }</pre>
 *
 * <p>A region is one thread's, and about one sort of device: all GPUs, or the CPU. Regions nest,
 * and the innermost counts. Parameters stay in float32; what is cast of them is kept until the
 * outermost region ends, so that each is cast once, and gradients flow to the parameters. As in
 * PyTorch forms in place and with {@code out} are not touched, nor is float64. Backward passes
 * compute in the dtypes of forward, also where {@code backward()} is called within a region. 16-bit
 * floats have gradients that vanish in float16: {@code GradScaler} scales the loss.
 */
public final class Autocast implements AutoCloseable {
  /** What becomes of casts of parameters. */
  public enum WeightCache {
    /** They are kept until the outermost region ends, or the parameter changes. */
    ENABLED,
    /** They are made each time: PyTorch's {@code cache_enabled=False}. */
    DISABLED
  }

  private static final DType ON_CPUS = DType.BFLOAT16;
  private static final DType ON_GPUS = DType.FLOAT16;

  private static final @Nullable AutocastFunction[] UNARY = unary();

  private static final ThreadLocal<State> STATE = ThreadLocal.withInitial(State::new);

  /**
   * Whether any thread has ever opened a region: until then no operation asks for its thread's. A
   * thread that opens one sees its own write, and others have no region yet: so it is not volatile.
   */
  private static boolean everOn;

  private final State state;
  private final Setting cpusBefore;
  private final Setting gpusBefore;
  private final WeightCache cacheBefore;
  private final boolean suspendedBefore;
  private final @Nullable Autocast outer;
  private boolean closed;

  /** What holds for a sort of device. */
  private record Setting(boolean enabled, DType dtype) {}

  /** A cast of a parameter, and what it was made of. */
  private record Kept(Strided data, long version, boolean recorded, Tensor cast) {}

  /** What the thread is doing. */
  private static final class State {
    private Setting cpus = new Setting(false, ON_CPUS);
    private Setting gpus = new Setting(false, ON_GPUS);
    private WeightCache caching = WeightCache.ENABLED;
    private boolean suspended;
    private @Nullable Autocast innermost;
    private final IdentityHashMap<Tensor, Map<DType, Kept>> casts = new IdentityHashMap<>();

    private Setting of(Device device) {
      return switch (device.type()) {
        case CPU -> cpus;
        case CUDA -> gpus;
        case TRACED -> throw Tracing.stranger();
      };
    }

    private void set(Device device, Setting setting) {
      if (device.isCpu()) {
        cpus = setting;
      } else {
        gpus = setting;
      }
    }

    private Choice choice(AutocastFunction function, Device device) {
      return suspended || device.isTraced() || !of(device).enabled
          ? Choice.AS_GIVEN
          : function.on(device.type());
    }
  }

  private Autocast() {
    this.state = STATE.get();
    this.cpusBefore = state.cpus;
    this.gpusBefore = state.gpus;
    this.cacheBefore = state.caching;
    this.suspendedBefore = state.suspended;
    this.outer = state.innermost;
    state.innermost = this;
  }

  /** Opens a region in which everything is as before. */
  private static Autocast open() {
    everOn = true;
    return new Autocast();
  }

  // ---- regions

  /** Autocasts on a sort of device, to bfloat16 on the CPU and float16 on GPUs, until closed. */
  public static Autocast on(Device device) {
    return on(device, usual("on", device));
  }

  /**
   * Autocasts on a sort of device, until the result is closed.
   *
   * @param device the CPU, or any GPU for all of them
   * @param dtype float16 or bfloat16
   * @throws IllegalArgumentException if it is another dtype
   */
  public static Autocast on(Device device, DType dtype) {
    return on(device, dtype, WeightCache.ENABLED);
  }

  /** The same, where casts of parameters may be made each time. */
  public static Autocast on(Device device, DType dtype, WeightCache cache) {
    return on("on", device, dtype, cache);
  }

  /** Opens a region for a function of this name. */
  private static Autocast on(String name, Device device, DType dtype, WeightCache cache) {
    usual(name, device);
    if (given(name, "dtype", dtype) != DType.FLOAT16 && dtype != DType.BFLOAT16) {
      throw new IllegalArgumentException(
          name + ": autocast is to float16 or bfloat16, not " + dtype + "; off(device) ends it");
    }
    given(name, "cache", cache);
    Autocast region = open();
    region.state.set(device, new Setting(true, dtype));
    region.state.caching = cache;
    region.state.suspended = false;
    return region;
  }

  /** Computes in the dtypes that are given, on a sort of device, until the result is closed. */
  public static Autocast off(Device device) {
    DType usual = usual("off", device);
    Autocast region = open();
    region.state.set(device, new Setting(false, usual));
    return region;
  }

  /** Runs the body within {@link #on(Device)} and returns its result. */
  public static <T extends @Nullable Object> T run(Device device, Supplier<T> body) {
    return run(device, usual("run", device), body);
  }

  /** Runs the body within {@link #on(Device, DType)} and returns its result. */
  public static <T extends @Nullable Object> T run(Device device, DType dtype, Supplier<T> body) {
    usual("run", device);
    given("run", "dtype", dtype);
    given("run", "body", body);
    try (var _ = on("run", device, dtype, WeightCache.ENABLED)) {
      return body.get();
    }
  }

  /** Returns whether operations of this thread on a sort of device are autocast. */
  public static boolean isEnabled(Device device) {
    usual("isEnabled", device);
    State here = STATE.get();
    return here.of(device).enabled && !here.suspended;
  }

  /** Returns to what dtype this thread casts on a sort of device, or would if it did. */
  public static DType dtype(Device device) {
    usual("dtype", device);
    return STATE.get().of(device).dtype;
  }

  private static DType usual(String name, Device device) {
    if (given(name, "device", device).isTraced()) {
      throw new IllegalArgumentException(name + ": autocast is about the CPU or GPUs");
    }
    return device.isCpu() ? ON_CPUS : ON_GPUS;
  }

  /**
   * Goes back to what was before, and ends also regions that were opened inside and are open.
   * Closing twice is harmless; closing on another thread is an {@link IllegalStateException}.
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    if (state != STATE.get()) {
      throw new IllegalStateException("an autocast region is closed on the thread that opened it");
    }
    Autocast inner = state.innermost;
    while (inner != null && inner != this) {
      inner.closed = true;
      inner = inner.outer;
    }
    closed = true;
    state.innermost = outer;
    state.cpus = cpusBefore;
    state.gpus = gpusBefore;
    state.caching = cacheBefore;
    state.suspended = suspendedBefore;
    if (outer == null) {
      state.casts.clear();
    }
  }

  // ---- for backward passes and checkpoints

  /** Computes as given until the result is closed; null if nothing is to be done for that. */
  static @Nullable Autocast suspend() {
    if (!everOn || STATE.get().innermost == null) {
      return null;
    }
    Autocast region = open();
    region.state.suspended = true;
    return region;
  }

  /** What holds on a thread at some time, to be opened again. */
  static final class Snapshot {
    private final boolean suspended;
    private final Setting cpus;
    private final Setting gpus;
    private final WeightCache caching;

    Snapshot() {
      State here = STATE.get();
      this.suspended = here.suspended;
      this.cpus = here.cpus;
      this.gpus = here.gpus;
      this.caching = here.caching;
    }

    /** Opens a region of its like; null where autocast was never used. */
    @Nullable Autocast open() {
      if (!everOn) {
        return null;
      }
      Autocast region = Autocast.open();
      region.state.cpus = cpus;
      region.state.gpus = gpus;
      region.state.caching = caching;
      region.state.suspended = suspended;
      return region;
    }
  }

  // ---- for the doors of operations

  /** Returns an operand as a function computes with it: itself, or a cast. */
  static Tensor cast(AutocastFunction function, Tensor x) {
    return everOn ? castHere(function, x) : x;
  }

  private static Tensor castHere(AutocastFunction function, Tensor x) {
    State here = STATE.get();
    return here.innermost == null ? x : cast(here, function, x, x.dtype() == DType.FLOAT32);
  }

  /** The same of an operand that may be absent. */
  static @Nullable Tensor castIfAny(AutocastFunction function, @Nullable Tensor x) {
    return x == null ? null : cast(function, x);
  }

  /** The same of the operand of a function that has a kernel. */
  static Tensor cast(UnaryOp op, Tensor x) {
    AutocastFunction function = everOn ? UNARY[op.ordinal()] : null;
    return function == null ? x : cast(function, x);
  }

  private static @Nullable AutocastFunction[] unary() {
    Map<String, AutocastFunction> byName = new HashMap<>();
    for (AutocastFunction function : AutocastFunction.values()) {
      byName.put(function.name(), function);
    }
    UnaryOp[] ops = UnaryOp.values();
    @Nullable AutocastFunction[] functions = new AutocastFunction[ops.length];
    for (UnaryOp op : ops) {
      functions[op.ordinal()] = byName.get(op.name());
    }
    return functions;
  }

  /** Returns whether something has to be cast for a function on a device, perhaps. */
  static boolean applies(AutocastFunction function, Tensor x) {
    if (!everOn) {
      return false;
    }
    State here = STATE.get();
    return here.innermost != null && here.choice(function, x.device()) != Choice.AS_GIVEN;
  }

  /** The same of two operands. */
  static Tensor call(AutocastFunction function, Tensor a, Tensor b, BinaryOperator<Tensor> body) {
    return call(function, List.of(a, b), cast -> body.apply(cast.get(0), cast.get(1)));
  }

  /**
   * Casts the operands of a function that {@link #applies}, and calls it; what it is made of
   * computes as given.
   */
  static <T> T call(
      AutocastFunction function, List<Tensor> operands, Function<List<Tensor>, T> body) {
    List<Tensor> cast = cast(function, operands);
    State here = STATE.get();
    boolean before = here.suspended;
    here.suspended = true;
    try {
      return body.apply(cast);
    } finally {
      here.suspended = before;
    }
  }

  private static List<Tensor> cast(AutocastFunction function, List<Tensor> operands) {
    State here = STATE.get();
    boolean wide = false;
    for (Tensor operand : operands) {
      wide |= operand.dtype() == DType.FLOAT32;
    }
    List<Tensor> cast = new ArrayList<>(operands.size());
    for (Tensor x : operands) {
      cast.add(cast(here, function, x, wide));
    }
    return cast;
  }

  /** A tensor as the function takes it, {@code wide} if an operand is of float32. */
  private static Tensor cast(State here, AutocastFunction function, Tensor x, boolean wide) {
    if (!isCast(x)) {
      return x;
    }
    return switch (here.choice(function, x.device())) {
      case AS_GIVEN -> x;
      case LOW -> low(here, x);
      case FLOAT32 -> Copying.cast(x, DType.FLOAT32);
      case WIDEST -> wide ? Copying.cast(x, DType.FLOAT32) : low(here, x);
    };
  }

  /** Whether autocast is about an operand; about one of float64 it is not. */
  private static boolean isCast(Tensor x) {
    return x.dtype().isFloating() && x.dtype() != DType.FLOAT64;
  }

  /**
   * A cast of a parameter is kept. Its record leads every use of it to the parameter, and has
   * nothing that a backward pass gives back.
   */
  private static Tensor low(State here, Tensor x) {
    DType dtype = here.of(x.device()).dtype;
    if (x.dtype() != DType.FLOAT32
        || !x.requiresGrad()
        || !x.isLeaf()
        || here.caching == WeightCache.DISABLED
        || Capture.isOn(x.device())) { // each replay casts what the parameter is by then
      return Copying.cast(x, dtype);
    }
    Map<DType, Kept> casts = here.casts.computeIfAbsent(x, _ -> new HashMap<>());
    Kept kept = casts.get(dtype);
    if (kept == null || !isValid(kept, x)) {
      kept =
          new Kept(x.data(), x.storage().version(), GradMode.isEnabled(), Copying.cast(x, dtype));
      casts.put(dtype, kept);
    }
    return kept.cast;
  }

  @SuppressWarnings("ReferenceEquality") // other data, as setData gives
  private static boolean isValid(Kept kept, Tensor x) {
    return kept.data == x.data()
        && kept.version == x.storage().version()
        && kept.recorded == GradMode.isEnabled()
        && !kept.cast.storage().isFreed();
  }
}
