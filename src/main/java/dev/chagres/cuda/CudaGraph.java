package dev.chagres.cuda;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.cuda.Capture;
import dev.chagres.backend.cuda.CudaRuntime;
import dev.chagres.backend.cuda.Graph;
import dev.chagres.core.Device;
import dev.chagres.memory.Scope;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Work of a GPU that is captured once and then done by one call, as often as one likes: what takes
 * the host longest, to launch many small kernels, falls away. PyTorch's {@code torch.cuda.graph}:
 *
 * <pre>{@code
 * Tensor x = Tensor.zeros(Device.cuda(0), 64, 784);
 * Tensor y = Tensor.zeros(Device.cuda(0), 64).toLong();
 * try (var step = CudaGraph.capture(() -> {
 *       optimizer.zeroGrad();
 *       Tensor loss = lossFn.call(model.call(x), y);
 *       loss.backward();
 *       optimizer.step();
 *       return loss;
 *     })) {
 *   for (Batch batch : batches) {
 *     x.copy_(batch.x());
 *     y.copy_(batch.y());
 *     Tensor loss = step.replay();
 *   }
 * }
 * }</pre>
 *
 * <p>A replay does what the operations did that were captured, with the same memory: on what its
 * inputs hold by then, into the same results. So what changes is copied into tensors that are
 * there, shapes stay, and Java code between the operations does not run again. Some numbers do
 * change, as without a graph: random numbers go on (those of the generator that was used, also
 * after its {@code manualSeed}), and steps of optimizers, {@code LBFGS} aside, count on and take
 * the options that their groups have by then, such as the learning rate of {@code setLr}. After
 * {@code loadStateDict} of an optimizer a graph of its steps is captured again.
 *
 * <p>While a body is captured nothing is computed. What needs a value there is an error that names
 * the operation ({@code item()}, {@code nonzero()}, copies from memory of the CPU that is not
 * pinned), and then there is no graph; everything else is as before. Bad indices are reported, as
 * ever, when somebody waits, for the stream of the replay.
 *
 * <p>A body may use other streams of the GPU, which begin with what is captured so far; the stream
 * that is current at its beginning waits for them before its end. Other threads go on meanwhile.
 *
 * <p>Memory that was allocated during the capture belongs to the graph until it is closed, and what
 * it uses beside is not given to others before, whether it is freed or not. Once closed, what the
 * body returned keeps its last values. A graph that nothing reaches is closed.
 *
 * @param <T> what the captured body returned
 */
public final class CudaGraph<T extends @Nullable Object> implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();

  private final T result;
  private final Graph graph;

  private CudaGraph(Capture.Captured<T> captured) {
    result = captured.result();
    graph = captured.graph();
    CLEANER.register(this, graph::close);
  }

  /**
   * How a graph is captured.
   *
   * @param device the GPU
   * @param warmUps how often the body is run as usual before it is captured
   */
  public record Options(Device device, int warmUps) {
    /**
     * Checks both.
     *
     * @throws IllegalArgumentException if the device is no GPU, or the number is negative
     */
    public Options {
      if (!given("CudaGraph", "device", device).isCuda()) {
        throw new IllegalArgumentException("CudaGraph: only GPUs have graphs, not " + device);
      }
      if (warmUps < 0) {
        throw new IllegalArgumentException("CudaGraph: the body cannot run " + warmUps + " times");
      }
    }

    /** Returns these options for another GPU. */
    public Options device(Device device) {
      return new Options(device, warmUps);
    }

    /**
     * Returns these options with so many runs of the body before the capture, which do all that it
     * does, steps of optimizers too. The library does not need them, as PyTorch does: kernels are
     * compiled, and states of optimizers made, while they are captured. They show errors in a body
     * where they happen, and let cuBLAS do what it does at its first call.
     */
    public Options warmUps(int times) {
      return new Options(device, times);
    }
  }

  /** Returns the defaults: the first GPU, and no runs before the capture. */
  public static Options options() {
    return new Options(Device.cuda(0), 0);
  }

  /**
   * Captures what a body does on the first GPU.
   *
   * @throws IllegalStateException if the body does what a graph cannot, or the GPU is not available
   */
  public static <T extends @Nullable Object> CudaGraph<T> capture(Supplier<T> body) {
    return capture(options(), body);
  }

  /**
   * Captures what a body does on a GPU. It runs in a {@link Scope}: what it makes is given back at
   * its end, for other parts of the same graph, but for what it returns.
   *
   * @throws IllegalStateException if the body does what a graph cannot, or the GPU is not available
   */
  public static <T extends @Nullable Object> CudaGraph<T> capture(
      Options options, Supplier<T> body) {
    given("capture", "options", options);
    given("capture", "body", body);
    CudaRuntime.check("capture", options.device);
    for (int i = 0; i < options.warmUps; i++) {
      try (var _ = Scope.open()) {
        var _ = body.get();
      }
    }
    return new CudaGraph<>(Capture.of(options.device, () -> Scope.run(body)));
  }

  /**
   * Captures what a body does on the first GPU.
   *
   * @throws IllegalStateException if the body does what a graph cannot, or the GPU is not available
   */
  public static CudaGraph<@Nullable Void> capture(Runnable body) {
    return capture(options(), body);
  }

  /**
   * Captures what a body does on a GPU. What it assigns to variables of the program stays, as it
   * does without a graph; a {@link Scope} within it saves memory.
   *
   * @throws IllegalStateException if the body does what a graph cannot, or the GPU is not available
   */
  public static CudaGraph<@Nullable Void> capture(Options options, Runnable body) {
    given("capture", "options", options);
    given("capture", "body", body);
    CudaRuntime.check("capture", options.device);
    for (int i = 0; i < options.warmUps; i++) {
      body.run();
    }
    return new CudaGraph<>(
        Capture.<@Nullable Void>of(
            options.device,
            () -> {
              body.run();
              return null;
            }));
  }

  /**
   * Puts the work once more into this thread's current stream, behind the replay before, and
   * returns what the body returned, with new values.
   *
   * @throws IllegalStateException if the graph is closed, or this thread is capturing one
   */
  public T replay() {
    graph.replay();
    Reference.reachabilityFence(this);
    return result;
  }

  /** Returns what the body returned: without a value before the first replay. */
  public T result() {
    return result;
  }

  /** Waits for the latest replay and gives the graph's memory back. Closing twice is harmless. */
  @Override
  public void close() {
    graph.close();
    Reference.reachabilityFence(this);
  }
}
