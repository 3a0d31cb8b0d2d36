package dev.chagres.distributed;

import static dev.chagres.check.Given.given;

import dev.chagres.nn.Module;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;
import java.util.List;

/**
 * A module of which each rank has one, on its own GPU, and that learns the same on all of them:
 * PyTorch's {@code torch.nn.parallel.DistributedDataParallel}.
 *
 * <pre>{@code
 * ProcessGroup.spawn(devices, group -> {
 *   var model = new DistributedDataParallel(new Net().to(group.device()), group);
 *   var optimizer = new Adam(model.parameters());
 *   var sampler = new DistributedSampler(dataset, group);
 *   ... // the loop of one GPU, over a loader with this sampler
 * });
 * }</pre>
 *
 * <p>At the start all ranks take rank 0's parameters and buffers. In each backward pass gradients
 * are averaged over the ranks, in buckets of many parameters, in a stream of their own while the
 * pass goes on; a loss that is the mean over each rank's part, of equal sizes, so has the gradients
 * of the mean over the whole batch. Before each forward pass in training mode that will be followed
 * by such a backward pass, buffers are rank 0's.
 *
 * <p>Every parameter that wants gradients must get one in each pass, in one backward pass for each
 * forward pass; one that got none is named by the next call. With {@link
 * Options#findUnusedParameters} parameters may be left out. Parameters may not be frozen, replaced
 * or added later.
 */
public final class DistributedDataParallel extends Module {
  private final Module module;
  private final ProcessGroup group;
  private final Options options;
  private final GradientBuckets buckets;
  private boolean synchronizing = true;

  /** What is done about parameters that a forward pass does not use. */
  public enum Unused {
    /** They are an error, which the next call tells. */
    REFUSE,
    /**
     * The graph is searched for them after each forward pass, and each backward pass waits for the
     * GPU once to hear which of them other ranks used.
     */
    FIND
  }

  /**
   * How gradients are averaged.
   *
   * @param bucketBytes how many bytes of gradients travel at once; the first bucket has at most a
   *     MiB, so that it starts early
   * @param unused what is done about parameters that are not used
   */
  public record Options(long bucketBytes, Unused unused) {
    /** Checks the size. */
    public Options {
      given("Options", "unused", unused);
      if (bucketBytes < 1) {
        throw new IllegalArgumentException("Options: buckets of " + bucketBytes + " bytes");
      }
    }

    /** Returns these options with other buckets. */
    public Options bucketBytes(long bucketBytes) {
      return new Options(bucketBytes, unused);
    }

    /** Returns these options with parameters that may be left out. */
    public Options findUnusedParameters() {
      return new Options(bucketBytes, Unused.FIND);
    }
  }

  /** Returns PyTorch's defaults: buckets of 25 MiB, and all parameters are used. */
  public static Options options() {
    return new Options(25L << 20, Unused.REFUSE);
  }

  /** Wraps a rank's module, with the defaults. */
  public DistributedDataParallel(Module module, ProcessGroup group) {
    this(module, group, options());
  }

  /**
   * Wraps a rank's module; all ranks do so at the same time.
   *
   * @throws IllegalArgumentException if a parameter or buffer is not on the group's device, or no
   *     parameter wants gradients
   */
  public DistributedDataParallel(Module module, ProcessGroup group, Options options) {
    given("DistributedDataParallel", "module", module);
    this.group = given("DistributedDataParallel", "group", group);
    this.options = given("DistributedDataParallel", "options", options);
    module.namedParameters().forEach(this::checkPlace);
    module.namedBuffers().forEach(this::checkPlace);
    this.module = register("module", module);
    copyState();
    buckets = new GradientBuckets(module.namedParameters(), group, options);
  }

  private void checkPlace(String name, Tensor x) {
    if (!x.device().equals(group.device())) {
      throw new IllegalArgumentException(
          "DistributedDataParallel: "
              + name
              + " is on "
              + x.device()
              + ", and the rank on "
              + group.device());
    }
    if (!x.isContiguous()) {
      throw new IllegalArgumentException(
          "DistributedDataParallel: " + name + " has gaps or another order in memory");
    }
  }

  private void copyState() {
    Autograd.noGrad(
        () -> {
          group.broadcast(List.copyOf(module.parameters()), 0);
          group.broadcast(module.buffers(), 0);
        });
  }

  /** Returns this rank's module. */
  public Module module() {
    return module;
  }

  @Override
  public Tensor forward(Tensor x) {
    return forward(new Tensor[] {x});
  }

  @Override
  public Tensor forward(Tensor... inputs) {
    given("DistributedDataParallel", "inputs", inputs);
    if (!Autograd.isGradEnabled()) {
      return output(inputs);
    }
    buckets.checkComplete();
    if (!synchronizing) {
      buckets.leave();
      return output(inputs);
    }
    List<Tensor> state = module.buffers();
    if (isTraining() && !state.isEmpty()) {
      group.broadcast(state, 0);
    }
    Tensor output = output(inputs);
    buckets.expect(options.unused() == Unused.FIND ? output : null);
    return output;
  }

  private Tensor output(Tensor... inputs) {
    return inputs.length == 1 ? module.call(inputs[0]) : module.call(inputs);
  }

  /**
   * Leaves gradients as they are on each rank, adding up, in backward passes of what is called
   * until the result is closed: the next pass outside averages their sums.
   *
   * <pre>{@code
   * try (var _ = model.noSync()) {
   *   lossFn.call(model.call(x1), y1).backward();
   * }
   * lossFn.call(model.call(x2), y2).backward();
   * }</pre>
   */
  public NoSync noSync() {
    return new NoSync();
  }

  /** The time in which gradients are not averaged; it ends when it is closed. */
  public final class NoSync implements AutoCloseable {
    private final boolean before = synchronizing;

    private NoSync() {
      synchronizing = false;
    }

    @Override
    public void close() {
      synchronizing = before;
    }
  }
}
