package dev.chagres.distributed;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.cuda.CudaException;
import dev.chagres.backend.cuda.CudaRuntime;
import dev.chagres.backend.cuda.Nccl;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.memory.Scope;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Tensor;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A rank among those that work together, each on a GPU of its own, by NCCL: PyTorch's {@code
 * torch.distributed} as an object. All ranks call the same operations in the same order.
 *
 * <pre>{@code
 * // one process, a thread for each rank
 * ProcessGroup.spawn(List.of(Device.cuda(0), Device.cuda(1)), group -> {
 *   Tensor x = Tensor.ones(4).to(group.device());
 *   group.allReduce(x); // 2., 2., 2., 2.
 * });
 *
 * // a process for each rank, started with MASTER_ADDR, MASTER_PORT, RANK and WORLD_SIZE set
 * try (var group = ProcessGroup.init()) {
 *   ...
 * }
 * }</pre>
 *
 * <p>Operations go to the stream of the group's device that is current on the calling thread, and
 * are not waited for. They are not recorded for gradients. Tensors are on the group's device and
 * contiguous, and have the same number of elements and dtype on all ranks. What one rank can tell
 * is refused before anything is done. Ranks of one process are compared with each other: one that
 * calls something else than another, or with other tensors, is told so, and all end; for ranks of
 * several processes {@link Options#compared} asks for that. Where a rank does not come at all the
 * others wait no longer than a timeout, and the reason then says what each has called last. A
 * thread that calls for several ranks does so within {@link #together}.
 *
 * <p>A rank that fails should {@link #abort}: the others stop waiting, and their next calls throw.
 * {@link #spawn} does so, and an {@link #init() initialised} group when a process just ends.
 */
public final class ProcessGroup implements AutoCloseable {
  private final Nccl nccl;
  private final int worldSize;
  private final Device device;
  private final Checks checks;
  private final Rank rank;

  ProcessGroup(Nccl nccl, int worldSize, Device device, Clique clique, Runnable leave) {
    this.nccl = nccl;
    this.worldSize = worldSize;
    this.device = device;
    checks = new Checks(nccl.rank(), worldSize, device);
    rank = new Rank(nccl, device, clique, leave);
  }

  // ---- making

  /**
   * Makes one rank for each of some GPUs, in their order, all in this process: a thread for each
   * should work with it. {@link #spawn} makes these, too.
   *
   * @throws IllegalArgumentException if a device is no GPU or there twice, or there is none
   * @throws IllegalStateException if a GPU or NCCL is not there, with the reason
   */
  public static List<ProcessGroup> ofDevices(List<Device> devices) {
    return ofDevices(devices, Environment.TIMEOUT);
  }

  /**
   * Makes one rank for each of some GPUs, whose operations take no longer than a timeout, which is
   * ten minutes else.
   *
   * @throws IllegalArgumentException if a device is no GPU or there twice, there is none, or the
   *     timeout is not positive
   * @throws IllegalStateException if a GPU or NCCL is not there, with the reason
   */
  public static List<ProcessGroup> ofDevices(List<Device> devices, Duration timeout) {
    given("ofDevices", "devices", devices);
    return ofDevices("ofDevices", devices, given("ofDevices", "timeout", timeout));
  }

  private static List<ProcessGroup> ofDevices(String name, List<Device> devices, Duration timeout) {
    Checks.devices(name, devices);
    Environment.checkTimeout(name, timeout);
    List<Nccl> ranks = joined(name, devices);
    Clique clique = new Clique(devices.size(), timeout, new Contact.Near());
    List<ProcessGroup> groups = new ArrayList<>();
    for (int i = 0; i < ranks.size(); i++) {
      groups.add(new ProcessGroup(ranks.get(i), ranks.size(), devices.get(i), clique, () -> {}));
    }
    return List.copyOf(groups);
  }

  private static List<Nccl> joined(String name, List<Device> devices) {
    try {
      return Nccl.join(devices);
    } catch (CudaException e) {
      throw new IllegalStateException(name + ": " + e.getMessage(), e);
    }
  }

  /**
   * Runs code once for each of some GPUs, on a thread of its own with a rank of its own, and waits
   * until all are done.
   *
   * @throws IllegalStateException if a rank fails, with what it threw as the cause: the others are
   *     aborted; or if the ranks were aborted otherwise, as when they wait for each other in vain
   */
  public static void spawn(List<Device> devices, Consumer<ProcessGroup> body) {
    spawn(devices, Environment.TIMEOUT, body);
  }

  /**
   * Does so with another time than ten minutes that an operation may take.
   *
   * @throws IllegalStateException if a rank fails, or the ranks were aborted
   */
  public static void spawn(List<Device> devices, Duration timeout, Consumer<ProcessGroup> body) {
    given("spawn", "devices", devices);
    given("spawn", "timeout", timeout);
    given("spawn", "body", body);
    Spawned.run(ofDevices("spawn", devices, timeout), body);
  }

  /**
   * How a rank of a process of its own finds the others.
   *
   * @param master where rank 0 listens and the others find it
   * @param rank which one this is, from 0 on
   * @param worldSize how many there are
   * @param device the GPU that it works on
   * @param timeout how long to wait for the others, at first and in each operation
   * @param calls whether what ranks call is compared
   */
  public record Options(
      InetSocketAddress master,
      int rank,
      int worldSize,
      Device device,
      Duration timeout,
      Calls calls) {
    /** What is known of the calls of ranks in several processes. */
    public enum Calls {
      /** That they are the same: ranks that differ wait for each other until the timeout. */
      TRUSTED,
      /** Each is compared with the others', which takes a message to rank 0 and back. */
      COMPARED
    }

    /** Checks the numbers. */
    public Options {
      given("Options", "master", master);
      given("Options", "device", device);
      given("Options", "calls", calls);
      Environment.checkTimeout("Options", given("Options", "timeout", timeout));
      if (worldSize < 1 || rank < 0 || rank >= worldSize) {
        throw new IllegalArgumentException(
            "Options: there is no rank " + rank + " of " + worldSize);
      }
      if (!device.isCuda()) {
        throw new IllegalArgumentException("Options: ranks are on GPUs, not on " + device);
      }
    }

    /** Returns these options with another address of rank 0. */
    public Options master(String host, int port) {
      if (port < 0 || port > 65535) {
        throw new IllegalArgumentException("master: there is no port " + port);
      }
      return new Options(
          InetSocketAddress.createUnresolved(given("master", "host", host), port),
          rank,
          worldSize,
          device,
          timeout,
          calls);
    }

    /** Returns these options with another GPU. */
    public Options device(Device device) {
      return new Options(master, rank, worldSize, device, timeout, calls);
    }

    /** Returns these options with another time to wait for the others. */
    public Options timeout(Duration timeout) {
      return new Options(master, rank, worldSize, device, timeout, calls);
    }

    /**
     * Returns these options with calls that are compared, to find out where ranks differ; on all
     * ranks or on none.
     */
    public Options compared() {
      return new Options(master, rank, worldSize, device, timeout, Calls.COMPARED);
    }
  }

  /**
   * Returns the options of a rank whose rank 0 listens on this machine, at PyTorch's port 29500:
   * its GPU is the one with its number, it waits ten minutes for the others, as in each operation,
   * and calls are not compared.
   */
  public static Options options(int rank, int worldSize) {
    return Environment.of(rank, worldSize);
  }

  /**
   * Returns what {@code MASTER_ADDR}, {@code MASTER_PORT}, {@code RANK}, {@code WORLD_SIZE} and, if
   * it is set, {@code LOCAL_RANK}, the number of the GPU, say in the environment, as launchers of
   * PyTorch's programs set them. With {@code TORCH_DISTRIBUTED_DEBUG=DETAIL} calls are compared.
   *
   * @throws IllegalStateException if one is missing, or no number
   */
  public static Options options() {
    return Environment.read(System.getenv());
  }

  /** Makes this process's rank by {@link #options() the environment}. */
  public static ProcessGroup init() {
    return init(options());
  }

  /**
   * Makes this process's rank, or this thread's: finds the others by a store that rank 0 serves on
   * its address (to everyone who can reach it: a network that can be trusted), and waits for them.
   *
   * @throws IllegalStateException if they do not come in time, and which of them, or a GPU or NCCL
   *     is not there
   */
  public static ProcessGroup init(Options options) {
    given("init", "options", options);
    Checks.devices("init", List.of(options.device()));
    return Rendezvous.init(options);
  }

  // ---- what it is

  /** Returns which one this is, from 0 on. */
  public int rank() {
    return nccl.rank();
  }

  /** Returns how many ranks there are. */
  public int worldSize() {
    return worldSize;
  }

  /** Returns the GPU that it works on. */
  public Device device() {
    return device;
  }

  @Override
  public String toString() {
    return "ProcessGroup(rank " + rank() + " of " + worldSize + " on " + device + ")";
  }

  // ---- the end

  /** Waits until what it was given is done, and leaves the others. */
  @Override
  public void close() {
    rank.close();
  }

  /** Returns why the ranks were aborted; null if they were not. */
  @Nullable String aborted() {
    return rank.reason();
  }

  /**
   * Ends all ranks, also where they wait for each other: what they were about to compute is
   * undefined, and their next operations throw, with this reason.
   */
  public void abort(String reason) {
    rank.abort(given("abort", "reason", reason));
  }

  // ---- calling

  /**
   * Makes the calls of a thread at once: those for several ranks, which would otherwise wait for
   * each other, and messages in both directions, as {@code together(() -> { group.send(x, next);
   * group.recv(y, previous); })}.
   *
   * <p>Nothing has been computed until it returns: what reads results comes behind it.
   */
  public static void together(Runnable calls) {
    Rank.together(given("together", "calls", calls));
  }

  private static void writing(Tensor x) {
    RawMemory.bumpVersion(x.storage());
  }

  // ---- reductions

  /** Replaces the elements of a tensor by the sum of those of all ranks. */
  public void allReduce(Tensor x) {
    allReduce(x, ReduceOp.SUM);
  }

  /** Replaces the elements of a tensor by what becomes of those of all ranks. */
  public void allReduce(Tensor x, ReduceOp op) {
    allReduce(List.of(given("allReduce", "x", x)), op);
  }

  /** Does so with several tensors at once. */
  public void allReduce(List<? extends Tensor> tensors, ReduceOp op) {
    checks.all("allReduce", tensors);
    given("allReduce", "op", op);
    tensors.forEach(x -> Checks.reduction("allReduce", op, x.dtype()));
    rank.call(
        Call.ofAll("allReduce", "" + op, tensors),
        () -> {
          for (Tensor x : tensors) {
            if (x.numel() > 0) {
              writing(x);
              nccl.allReduce(
                  Checks.reduction("allReduce", op, x.dtype()), Checks.array(x), Checks.array(x));
            }
          }
        });
  }

  /**
   * Replaces the elements that one rank has by what becomes of those of all; the others' are left
   * alone.
   *
   * @param dst the rank
   */
  public void reduce(Tensor x, int dst, ReduceOp op) {
    reduce(List.of(given("reduce", "x", x)), dst, op);
  }

  /** Does so with several tensors at once. */
  public void reduce(List<? extends Tensor> tensors, int dst, ReduceOp op) {
    checks.all("reduce", tensors);
    given("reduce", "op", op);
    checks.rank("reduce", dst);
    tensors.forEach(x -> Checks.reduction("reduce", op, x.dtype()));
    rank.call(
        Call.ofAll("reduce", op + " to rank " + dst, tensors),
        () -> {
          for (Tensor x : tensors) {
            if (x.numel() > 0) {
              if (dst == rank()) {
                writing(x);
              }
              nccl.reduce(
                  Checks.reduction("reduce", op, x.dtype()), dst, Checks.array(x), Checks.array(x));
            }
          }
        });
  }

  /**
   * Returns this rank's part, along the first dimension, of what becomes of the elements of all
   * ranks.
   *
   * @throws IllegalArgumentException if the first dimension cannot be divided by the world's size
   */
  public Tensor reduceScatter(Tensor x, ReduceOp op) {
    checks.checked("reduceScatter", "x", x);
    given("reduceScatter", "op", op);
    long[] sizes = checks.divided("reduceScatter", x);
    Tensor out = Tensor.empty(device, x.dtype(), sizes);
    reduceScatter(out, x.contiguous(), op);
    return out;
  }

  /** Writes this rank's part of what becomes of the elements of all ranks. */
  public void reduceScatter(Tensor out, Tensor x, ReduceOp op) {
    checks.written("reduceScatter", "out", out);
    checks.written("reduceScatter", "x", x);
    Nccl.Reduction reduction =
        Checks.reduction("reduceScatter", given("reduceScatter", "op", op), x.dtype());
    Checks.same("reduceScatter", x, Math.multiplyExact(out.numel(), worldSize), out);
    rank.call(
        Call.ofAll("reduceScatter", "" + op, List.of(out)),
        () -> {
          if (out.numel() > 0) {
            writing(out);
            nccl.reduceScatter(reduction, Checks.array(x), Checks.array(out));
          }
        });
  }

  // ---- copies

  /**
   * Replaces the elements of a tensor by those of one rank.
   *
   * @param src the rank
   */
  public void broadcast(Tensor x, int src) {
    broadcast(List.of(given("broadcast", "x", x)), src);
  }

  /** Does so with several tensors at once. */
  public void broadcast(List<? extends Tensor> tensors, int src) {
    checks.all("broadcast", tensors);
    checks.rank("broadcast", src);
    rank.call(
        Call.ofAll("broadcast", "from rank " + src, tensors),
        () -> {
          for (Tensor x : tensors) {
            if (x.numel() > 0) {
              if (src != rank()) {
                writing(x);
              }
              nccl.broadcast(src, Checks.array(x), Checks.array(x));
            }
          }
        });
  }

  /** Returns the tensors of all ranks, in their order. */
  public List<Tensor> allGather(Tensor x) {
    checks.checked("allGather", "x", x);
    long[] own = x.shape().toArray();
    long[] sizes = new long[own.length + 1];
    sizes[0] = worldSize;
    System.arraycopy(own, 0, sizes, 1, own.length);
    Tensor out = Tensor.empty(device, x.dtype(), sizes);
    allGather(out, x.contiguous());
    return out.unbind();
  }

  /** Writes the tensors of all ranks one after the other: {@code all_gather_into_tensor}. */
  public void allGather(Tensor out, Tensor x) {
    checks.written("allGather", "out", out);
    checks.written("allGather", "x", x);
    Checks.same("allGather", out, Math.multiplyExact(x.numel(), worldSize), x);
    rank.call(
        Call.ofAll("allGather", "", List.of(x)),
        () -> {
          if (x.numel() > 0) {
            writing(out);
            nccl.allGather(Checks.array(x), Checks.array(out));
          }
        });
  }

  /**
   * Sends a tensor to each rank and receives one from each.
   *
   * @param outputs what comes from each rank; its shape is known here
   * @param inputs what goes to each rank
   */
  public void allToAll(List<? extends Tensor> outputs, List<? extends Tensor> inputs) {
    checks.all("allToAll", outputs);
    checks.all("allToAll", inputs);
    if (outputs.size() != worldSize || inputs.size() != worldSize) {
      throw new IllegalArgumentException(
          "allToAll: %d ranks need as many inputs and outputs, not %d and %d"
              .formatted(worldSize, inputs.size(), outputs.size()));
    }
    Checks.same("allToAll", outputs.get(rank()), inputs.get(rank()).numel(), inputs.get(rank()));
    rank.call(
        Call.ofAll("allToAll", "", List.of()),
        () -> {
          for (int peer = 0; peer < worldSize; peer++) {
            put(inputs.get(peer), peer);
            take(outputs.get(peer), peer);
          }
        });
  }

  /**
   * Returns what the ranks send: each gets the part, along the first dimension, with its number of
   * each one's tensor.
   *
   * @throws IllegalArgumentException if the first dimension cannot be divided by the world's size
   */
  public Tensor allToAll(Tensor x) {
    checks.checked("allToAll", "x", x);
    checks.divided("allToAll", x);
    Tensor out = Tensor.empty(device, x.dtype(), x.shape().toArray());
    allToAll(out.chunk(worldSize, 0), x.contiguous().chunk(worldSize, 0));
    return out;
  }

  /**
   * Sends a tensor to another rank, which receives it; both ways at once need {@link #together}.
   */
  public void send(Tensor x, int dst) {
    checks.written("send", "x", x);
    checks.peer("send", dst);
    rank.call(Call.message("send", rank(), dst, x), () -> put(x, dst));
  }

  /** Receives the elements of a tensor, whose shape and dtype are known, from another rank. */
  public void recv(Tensor x, int src) {
    checks.written("recv", "x", x);
    checks.peer("recv", src);
    rank.call(Call.message("recv", src, rank(), x), () -> take(x, src));
  }

  private void put(Tensor x, int peer) {
    if (x.numel() > 0) {
      nccl.send(peer, Checks.array(x));
    }
  }

  private void take(Tensor x, int peer) {
    if (x.numel() > 0) {
      writing(x);
      nccl.receive(peer, Checks.array(x));
    }
  }

  /**
   * Waits until all ranks have come here, and what they were given before is done.
   *
   * @throws IllegalStateException if the group was aborted meanwhile
   */
  public void barrier() {
    try (var _ = Scope.open();
        var _ = DefaultDevice.use(device)) {
      allReduce(Tensor.zeros(DType.INT32, 1));
      CudaRuntime.currentStream(device).synchronize();
    }
    rank.checkUsable("barrier");
  }
}
