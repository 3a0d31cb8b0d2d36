package dev.chagres.optim;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.primitive.BorrowedGradients;
import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Scales the loss, so that gradients in float16 do not vanish, and leaves out steps whose gradients
 * have become infinite or NaN by it. PyTorch's {@code torch.amp.GradScaler}:
 *
 * <pre>{@code
 * var scaler = new GradScaler();
 * optimizer.zeroGrad();
 * Tensor loss = Autocast.run(device, () -> lossFn.call(model.call(x), y));
 * scaler.scale(loss).backward();
 * scaler.step(optimizer);
 * scaler.update();
 * }</pre>
 *
 * <p>The scale grows after some steps without such a gradient, and falls with one. bfloat16 has
 * float32's range, and needs none of this. All gradients of an optimizer are looked at and unscaled
 * in one pass, on a GPU in one launch for many; {@link #step} waits there for what it has found,
 * one number.
 *
 * <p>In a {@code CudaGraph} nobody waits: where {@code step} and {@link #update} are captured with
 * the rest, each replay decides on the GPU whether its step of SGD, Adam or AdamW is left out, and
 * what becomes of the scale, which {@link #getScale} then reads from there. Or a graph ends before
 * {@code step}, which comes behind {@code replay()} then.
 */
public final class GradScaler {
  private final Options options;
  private final IdentityHashMap<Optimizer, Progress> optimizers = new IdentityHashMap<>();
  private @Nullable OnGpu onGpu;

  /** Whether a replay has changed what is on the GPU since the host has looked. */
  private boolean isBehind;

  private double scale;
  private double growthFactor;
  private double backoffFactor;
  private long growthInterval;
  private long growthTracker;

  /** Whether there is a scale: PyTorch's {@code enabled}. */
  public enum Scaling {
    /** There is. */
    ENABLED,
    /** A loss is itself, and a step a step. */
    DISABLED
  }

  /**
   * How the scale begins and changes.
   *
   * @param initScale the first scale
   * @param growthFactor by which the scale grows, more than 1
   * @param backoffFactor by which it falls, less than 1
   * @param growthInterval after how many steps in a row without anything infinite it grows
   * @param scaling whether there is a scale at all: else steps are steps, and the loss is the loss
   */
  public record Options(
      double initScale,
      double growthFactor,
      double backoffFactor,
      long growthInterval,
      Scaling scaling) {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public Options {
      given("GradScaler", "scaling", scaling);
      if (!(initScale > 0 && initScale <= Float.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "GradScaler: the scale " + initScale + " is not positive and finite");
      }
      if (!(growthFactor > 1)) {
        throw new IllegalArgumentException(
            "GradScaler: the growth factor " + growthFactor + " is not greater than 1");
      }
      if (!(backoffFactor > 0 && backoffFactor < 1)) {
        throw new IllegalArgumentException(
            "GradScaler: the backoff factor " + backoffFactor + " is not between 0 and 1");
      }
      if (growthInterval < 1) {
        throw new IllegalArgumentException(
            "GradScaler: the growth interval " + growthInterval + " is not positive");
      }
    }

    /** Returns these options with another first scale. */
    public Options initScale(double initScale) {
      return new Options(initScale, growthFactor, backoffFactor, growthInterval, scaling);
    }

    /** Returns these options with another factor, more than 1, by which the scale grows. */
    public Options growthFactor(double growthFactor) {
      return new Options(initScale, growthFactor, backoffFactor, growthInterval, scaling);
    }

    /** Returns these options with another factor, less than 1, by which the scale falls. */
    public Options backoffFactor(double backoffFactor) {
      return new Options(initScale, growthFactor, backoffFactor, growthInterval, scaling);
    }

    /** Returns these options with another number of steps after which the scale grows. */
    public Options growthInterval(long growthInterval) {
      return new Options(initScale, growthFactor, backoffFactor, growthInterval, scaling);
    }

    /** Returns these options without a scale: for programs that have one only sometimes. */
    public Options disabled() {
      return new Options(initScale, growthFactor, backoffFactor, growthInterval, Scaling.DISABLED);
    }
  }

  /**
   * The scale, of float32, and the steps in a row, of float64, where graphs read and change them.
   */
  private record OnGpu(Device device, Tensor scale, Tensor tracker) {
    static OnGpu of(Device device, double scale, long tracker) {
      var made =
          new OnGpu(
              device,
              Tensor.zeros(device, DType.FLOAT32).fill_(scale),
              Tensor.zeros(device, DType.FLOAT64).fill_((double) tracker));
      made.scale.storage().escape();
      made.tracker.storage().escape();
      return made;
    }

    /** What unscales, rounded as the host's is. */
    Tensor inverse() {
      return scale.toDouble().reciprocal().toFloat().toDouble();
    }
  }

  /** How far an optimizer is since the last update. */
  private enum Stage {
    READY,
    UNSCALED,
    STEPPED
  }

  /** An optimizer's stage, and by device whether a gradient was infinite or NaN: not 0. */
  private static final class Progress {
    Stage stage = Stage.READY;
    final Map<Device, Tensor> looked = new HashMap<>();
    final Map<Device, Tensor> flags = new HashMap<>();
    @Nullable Boolean found;

    /** Returns a 0 for a device, which outlives scopes. */
    Tensor flag(Tensor gradient) {
      Device device = gradient.device();
      Tensor flag = flags.get(device);
      if (flag == null || flag.storage().isFreed()) {
        flag = Primitives.of(gradient).outsideCapture(() -> Tensor.zeros(device, DType.FLOAT32));
        flag.storage().escape();
        flags.put(device, flag);
      }
      flag.zero_();
      return flag;
    }

    void unscaled(Map<Device, Tensor> by) {
      stage = Stage.UNSCALED;
      looked.putAll(by);
      found = null;
    }

    /** Reads what was found, once. */
    boolean found() {
      if (found == null) {
        boolean any = false;
        for (Tensor flag : looked.values()) {
          any |= flag.item() != 0;
        }
        found = any;
      }
      return found;
    }

    void reset() {
      stage = Stage.READY;
      looked.clear();
      found = null;
    }
  }

  /**
   * Returns PyTorch's defaults: a scale of 65536, which is doubled after 2000 steps and halved at
   * each that is left out.
   */
  public static Options options() {
    return new Options(65536, 2, 0.5, 2000, Scaling.ENABLED);
  }

  /** Makes a scaler with the defaults. */
  public GradScaler() {
    this(options());
  }

  /** Makes a scaler. */
  public GradScaler(Options options) {
    this.options = given("GradScaler", "options", options);
    this.scale = (float) options.initScale;
    this.growthFactor = options.growthFactor;
    this.backoffFactor = options.backoffFactor;
    this.growthInterval = options.growthInterval;
  }

  /** Returns whether there is a scale. */
  public boolean isEnabled() {
    return options.scaling == Scaling.ENABLED;
  }

  // ---- a step

  /** Returns a loss, or any other result, times the scale. */
  public Tensor scale(Tensor loss) {
    given("scale", "loss", loss);
    if (!isEnabled()) {
      return loss;
    }
    OnGpu gpu = onGpu(loss);
    return loss.mul(
        gpu == null ? Tensor.scalar(Device.cpu(), getScale(), DType.FLOAT32) : gpu.scale);
  }

  /** Whether this thread is capturing what is done with a tensor. */
  private static boolean isCaptured(Tensor x) {
    return Primitives.of(x).beforeReplays(x, () -> {});
  }

  /** Returns what graphs read on the GPU of a tensor, if there are or will be any; else null. */
  private @Nullable OnGpu onGpu(Tensor x) {
    OnGpu gpu = onGpu;
    if (gpu != null && gpu.device.equals(x.device())) {
      return gpu;
    }
    if (!isCaptured(x)) {
      return null;
    }
    if (gpu != null) {
      throw new IllegalStateException(
          "GradScaler: has a scale in graphs of "
              + gpu.device
              + ", and none in those of "
              + x.device());
    }
    OnGpu made = Primitives.of(x).outsideCapture(() -> OnGpu.of(x.device(), scale, growthTracker));
    onGpu = made;
    return made;
  }

  /** Reads what replays have made of the scale. */
  private void look() {
    OnGpu gpu = onGpu;
    if (gpu != null && isBehind) {
      scale = gpu.scale.item();
      growthTracker = (long) gpu.tracker.item();
      isBehind = false;
    }
  }

  /** Writes what the host has made of it. */
  private void tell() {
    OnGpu gpu = onGpu;
    if (gpu != null) {
      gpu.scale.fill_(scale);
      gpu.tracker.fill_((double) growthTracker);
      isBehind = false;
    }
  }

  /** Returns results times the scale. */
  public List<Tensor> scale(List<? extends Tensor> losses) {
    each("scale", "a loss", given("scale", "losses", losses));
    return losses.stream().map(this::scale).toList();
  }

  /**
   * Divides the gradients of an optimizer's parameters by the scale, so that they may be looked at,
   * or clipped, before {@link #step}.
   *
   * @throws IllegalStateException if that was done since the last {@link #update}
   * @throws IllegalArgumentException if a gradient is of float16: parameters stay in float32, and
   *     autocast casts them
   */
  public void unscale_(Optimizer optimizer) {
    given("unscale_", "optimizer", optimizer);
    if (!isEnabled()) {
      return;
    }
    Progress progress = optimizers.computeIfAbsent(optimizer, _ -> new Progress());
    if (progress.stage != Stage.READY) {
      throw new IllegalStateException(
          progress.stage == Stage.UNSCALED
              ? "unscale_: the gradients of this optimizer were unscaled since the last update"
              : "unscale_: comes before step");
    }
    List<Tensor> parameters = new ArrayList<>();
    optimizer.groups().forEach(group -> parameters.addAll(group.parameters()));
    try (var _ = Autograd.noGrad();
        var loan = BorrowedGradients.<Tensor>of(parameters)) {
      Map<Device, List<Tensor>> byDevice = new LinkedHashMap<>();
      for (Tensor gradient : loan.gradients()) {
        if (gradient.dtype() == DType.FLOAT16) {
          throw new IllegalArgumentException(
              "unscale_: a gradient "
                  + gradient.shape()
                  + " is of float16; keep parameters in float32, and let autocast cast them");
        }
        byDevice.computeIfAbsent(gradient.device(), _ -> new ArrayList<>()).add(gradient);
      }
      Map<Device, Tensor> flags = new HashMap<>();
      byDevice.forEach(
          (device, gradients) -> {
            Tensor first = gradients.getFirst();
            Tensor flag = progress.flag(first);
            OnGpu gpu = onGpu(first);
            Tensor factor =
                gpu == null
                    ? Tensor.scalar(device, (float) (1 / getScale()), DType.FLOAT64)
                    : gpu.inverse();
            Primitives.of(factor).scaleAll(gradients, factor, flag);
            Primitives.of(first)
                .beforeReplays(first, () -> progress.unscaled(Map.of(device, flag)));
            flags.put(device, flag);
          });
      progress.unscaled(flags);
    }
  }

  /**
   * Unscales the gradients, if that was not done, and takes a step if all are finite. Returns
   * whether it did; in a graph true, as each replay decides for itself.
   *
   * @throws IllegalStateException if a step was taken since the last {@link #update}, or no
   *     parameter has a gradient
   */
  public boolean step(Optimizer optimizer) {
    given("step", "optimizer", optimizer);
    if (!isEnabled()) {
      optimizer.step();
      return true;
    }
    Progress progress = optimizers.computeIfAbsent(optimizer, _ -> new Progress());
    if (progress.stage == Stage.STEPPED) {
      throw new IllegalStateException("step: was called since the last update");
    }
    if (progress.stage == Stage.READY) {
      unscale_(optimizer);
    }
    if (progress.looked.isEmpty()) {
      throw new IllegalStateException(
          "step: no parameter of the optimizer has a gradient; call backward() first");
    }
    optimizer.noteStep();
    Tensor flag = progress.looked.values().iterator().next();
    if (Primitives.of(flag).beforeReplays(flag, () -> progress.stage = Stage.STEPPED)) {
      optimizer.stepUnless(flag);
      progress.stage = Stage.STEPPED;
      return true;
    }
    boolean taken = !progress.found();
    if (taken) {
      optimizer.step();
    }
    progress.stage = Stage.STEPPED;
    return taken;
  }

  /**
   * Lets the scale grow or fall, after the steps of all optimizers.
   *
   * @throws IllegalStateException if no gradient was looked at since the last time
   */
  public void update() {
    if (!isEnabled()) {
      return;
    }
    List<Tensor> flags = new ArrayList<>();
    optimizers.values().forEach(progress -> flags.addAll(progress.looked.values()));
    if (flags.isEmpty()) {
      throw new IllegalStateException("update: comes after step, of one optimizer at least");
    }
    if (isCaptured(flags.getFirst())) {
      updateInGraph(flags);
      return;
    }
    look();
    boolean found = false;
    for (Progress progress : optimizers.values()) {
      found |= progress.found();
    }
    if (found) {
      scale = (float) (scale * backoffFactor);
      growthTracker = 0;
    } else if (++growthTracker == growthInterval) {
      float grown = (float) (scale * growthFactor);
      scale = Float.isInfinite(grown) ? scale : grown;
      growthTracker = 0;
    }
    tell();
    optimizers.values().forEach(Progress::reset);
  }

  /** Captures the same, as PyTorch's {@code _amp_update_scale_}. */
  private void updateInGraph(List<Tensor> flags) {
    Tensor first = flags.getFirst();
    OnGpu gpu = onGpu(first);
    if (gpu == null) {
      throw new AssertionError("it is captured");
    }
    try (var _ = Autograd.noGrad()) {
      Tensor found = first.ne(0);
      for (Tensor flag : flags.subList(1, flags.size())) {
        found = found.logicalOr(flag.ne(0));
      }
      Tensor next = gpu.tracker.add(1);
      Tensor grows = next.eq(growthInterval);
      Tensor wide = gpu.scale.toDouble();
      Tensor grown = wide.mul(growthFactor).toFloat();
      Tensor most = Tensor.where(grown.isfinite(), grown, gpu.scale);
      Tensor kept = Tensor.where(grows, most, gpu.scale);
      gpu.scale.copy_(Tensor.where(found, wide.mul(backoffFactor).toFloat(), kept));
      gpu.tracker.copy_(Tensor.where(found.logicalOr(grows), 0, next));
    }
    Primitives.of(first)
        .beforeReplays(
            first,
            () -> {
              isBehind = true;
              optimizers.values().forEach(Progress::reset);
            });
    optimizers.values().forEach(Progress::reset);
  }

  /**
   * Replaces the scale, after the steps of all optimizers.
   *
   * @throws IllegalArgumentException if it is not positive and finite
   */
  public void update(double newScale) {
    if (!isEnabled()) {
      return;
    }
    look();
    scale = (float) options.initScale(newScale).initScale;
    tell();
    optimizers.values().forEach(Progress::reset);
  }

  // ---- numbers

  /** Returns the scale; 1 without one. */
  public double getScale() {
    look();
    return isEnabled() ? scale : 1;
  }

  /** Returns by which factor the scale grows. */
  public double getGrowthFactor() {
    return growthFactor;
  }

  /** Returns by which factor the scale falls. */
  public double getBackoffFactor() {
    return backoffFactor;
  }

  /** Returns after how many steps the scale grows. */
  public long getGrowthInterval() {
    return growthInterval;
  }

  /** Returns scale and numbers by PyTorch's names, as 0-d tensors; nothing without a scale. */
  public Map<String, Tensor> stateDict() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    if (isEnabled()) {
      look();
      state.put("scale", Tensor.scalar(scale, DType.FLOAT64));
      state.put("growth_factor", Tensor.scalar(growthFactor, DType.FLOAT64));
      state.put("backoff_factor", Tensor.scalar(backoffFactor, DType.FLOAT64));
      state.put("growth_interval", Tensor.scalar(growthInterval));
      state.put("_growth_tracker", Tensor.scalar(growthTracker));
    }
    return state;
  }

  /**
   * Takes over what {@link #stateDict} returned; without a scale nothing.
   *
   * @throws IllegalArgumentException if something is missing, out of range or of no use here;
   *     nothing was changed then
   */
  public void loadStateDict(Map<String, Tensor> saved) {
    Map<String, Tensor> rest = SavedState.copy(saved);
    if (!isEnabled()) {
      return;
    }
    Options loaded =
        new Options(
            number(rest, "scale"),
            number(rest, "growth_factor"),
            number(rest, "backoff_factor"),
            (long) number(rest, "growth_interval"),
            Scaling.ENABLED);
    long tracker = (long) number(rest, "_growth_tracker");
    SavedState.checkEmpty("scaler", rest);
    scale = (float) loaded.initScale;
    growthFactor = loaded.growthFactor;
    backoffFactor = loaded.backoffFactor;
    growthInterval = loaded.growthInterval;
    growthTracker = tracker;
    tell();
  }

  private static double number(Map<String, Tensor> rest, String name) {
    return SavedState.numbers(rest, name, 1)[0];
  }
}
