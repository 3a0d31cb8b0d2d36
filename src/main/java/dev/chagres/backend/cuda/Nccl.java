package dev.chagres.backend.cuda;

import static dev.chagres.ffi.nccl.NcclLibrary.*;

import dev.chagres.backend.Scratch;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.ffi.nccl.ncclUniqueId;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;

/**
 * The door to NCCL: a rank among those that belong together, each on a device of its own. What a
 * rank does goes to its device's current stream, and is done when all ranks have called the same; a
 * thread that calls for several ranks does so in {@link #group}. A failure is a {@link
 * CudaException} in NCCL's words. Arrays are within their storages: whoever calls has seen to that.
 */
public final class Nccl implements AutoCloseable {
  /** What becomes of the elements of all ranks; a sum of 16-bit elements is rounded. */
  public enum Reduction {
    SUM,
    PRODUCT,
    MIN,
    MAX,
    MEAN
  }

  /** What identifies ranks that belong together; whoever makes it hands it to the others. */
  public static final class Id {
    private final byte[] bytes;

    private Id(byte[] bytes) {
      this.bytes = bytes;
    }

    /** Returns the id that these are the bytes of. */
    public static Id of(byte[] bytes) {
      return new Id(bytes.clone());
    }

    public byte[] bytes() {
      return bytes.clone();
    }
  }

  /** Elements that lie side by side in the memory of the rank's device, from {@code start} on. */
  public record Array(Storage storage, DType dtype, long start, long count) {
    private MemorySegment memory() {
      return MemorySegment.ofAddress(
          RawMemory.of(storage).address() + Math.multiplyExact(start, (long) dtype.size()));
    }

    /** The same as numbers that can be moved: NCCL has none of 16 bits that are whole. */
    private Array moved() {
      return dtype == DType.INT16
          ? new Array(storage, DType.UINT8, 2 * start, Math.multiplyExact(2, count))
          : this;
    }
  }

  private final CudaDevice device;
  private final MemorySegment communicator;
  private final int rank;

  private Nccl(CudaDevice device, MemorySegment communicator, int rank) {
    this.device = device;
    this.communicator = communicator;
    this.rank = rank;
  }

  /** NCCL is loaded when it is first needed. */
  private static final class Library {
    static final String WHY_NOT = CudaLibraries.loadNccl();
  }

  /** Two functions that nccl.h declares without parameters, which bindings take for variadic. */
  private static final class Groups {
    static final ncclGroupStart START = ncclGroupStart.makeInvoker();
    static final ncclGroupEnd END = ncclGroupEnd.makeInvoker();
  }

  /** Returns why there is no NCCL; empty if there is. */
  public static String whyNot() {
    return Library.WHY_NOT;
  }

  private static void need() {
    if (!whyNot().isEmpty()) {
      throw new IllegalStateException(whyNot());
    }
  }

  private static void check(int result, String call) {
    if (result != ncclSuccess()) {
      String text = Driver.string(ncclGetErrorString(result));
      String last = Driver.string(ncclGetLastError(MemorySegment.NULL));
      throw new CudaException(
          call + ": " + text + ", result " + result + (last.isEmpty() ? "" : ": " + last), result);
    }
  }

  // ---- ranks

  /** Returns the version, such as 23007. */
  public static int version() {
    need();
    try (Scratch scratch = Scratch.take(Integer.BYTES)) {
      check(ncclGetVersion(scratch.segment()), "ncclGetVersion");
      return scratch.segment().get(ValueLayout.JAVA_INT, 0);
    }
  }

  /** Makes a rank for each of some devices, all by the calling thread. */
  public static List<Nccl> join(List<Device> places) {
    need();
    List<CudaDevice> devices = places.stream().map(CudaRuntime::device).toList();
    int count = devices.size();
    try (Scratch scratch = Scratch.take((long) count * (Long.BYTES + Integer.BYTES))) {
      MemorySegment made = scratch.segment();
      MemorySegment numbers = made.asSlice((long) count * Long.BYTES);
      for (int i = 0; i < count; i++) {
        numbers.setAtIndex(ValueLayout.JAVA_INT, i, devices.get(i).index());
      }
      check(ncclCommInitAll(made, count, numbers), "ncclCommInitAll");
      List<Nccl> ranks = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        ranks.add(new Nccl(devices.get(i), made.getAtIndex(ValueLayout.ADDRESS, i), i));
      }
      return ranks;
    }
  }

  /** Makes an id for ranks of several threads or processes. */
  public static Id id() {
    need();
    try (Scratch scratch = Scratch.take(ncclUniqueId.sizeof())) {
      check(ncclGetUniqueId(scratch.segment()), "ncclGetUniqueId");
      MemorySegment id = scratch.segment().asSlice(0, ncclUniqueId.sizeof());
      return new Id(id.toArray(ValueLayout.JAVA_BYTE));
    }
  }

  /** Makes one rank, and waits until all others that have the id are there. */
  public static Nccl join(Id id, int ranks, int rank, Device place) {
    need();
    CudaDevice device = CudaRuntime.device(place);
    try (Scratch scratch = Scratch.take(ncclUniqueId.sizeof() + Long.BYTES)) {
      MemorySegment bytes = scratch.segment().asSlice(0, ncclUniqueId.sizeof());
      bytes.copyFrom(MemorySegment.ofArray(id.bytes));
      MemorySegment made = scratch.segment().asSlice(ncclUniqueId.sizeof());
      device.enter();
      check(ncclCommInitRank(made, ranks, bytes, rank), "ncclCommInitRank");
      return new Nccl(device, made.get(ValueLayout.ADDRESS, 0), rank);
    }
  }

  public int rank() {
    return rank;
  }

  /** Ends the rank when its work is done. */
  @Override
  public void close() {
    device.enter();
    check(ncclCommDestroy(communicator), "ncclCommDestroy");
  }

  /** Ends the rank, also where others do not come to what it waits for. */
  public void abort() {
    device.enter();
    check(ncclCommAbort(communicator), "ncclCommAbort");
  }

  /**
   * Throws what has gone wrong in the rank's work since.
   *
   * @throws CudaException if something has
   */
  public void checkWork() {
    try (Scratch scratch = Scratch.take(Integer.BYTES)) {
      check(ncclCommGetAsyncError(communicator, scratch.segment()), "ncclCommGetAsyncError");
      check(scratch.segment().get(ValueLayout.JAVA_INT, 0), "NCCL");
    }
  }

  // ---- operations

  /** Makes all calls of a thread at once, as operations of several ranks of one thread need it. */
  public static void group(Runnable calls) {
    need();
    check(Groups.START.apply(), "ncclGroupStart");
    try {
      calls.run();
    } catch (RuntimeException | Error e) {
      int result = Groups.END.apply();
      if (result != ncclSuccess()) {
        e.addSuppressed(new CudaException("ncclGroupEnd", result));
      }
      throw e;
    }
    check(Groups.END.apply(), "ncclGroupEnd");
  }

  /** Notes that the current stream uses an array, which is there until the call is made. */
  private void used(Array x) {
    device.current().use(x.storage);
    Reference.reachabilityFence(x);
  }

  private MemorySegment stream() {
    device.enter();
    return device.current().handle();
  }

  /** All ranks get the reduction of what each gives. */
  public void allReduce(Reduction op, Array from, Array to) {
    int result =
        ncclAllReduce(
            from.memory(),
            to.memory(),
            from.count,
            type(from.dtype),
            code(op),
            communicator,
            stream());
    check(result, "ncclAllReduce");
    used(from);
    used(to);
  }

  /** One rank gets the reduction of what each gives; the others' {@code to} is left alone. */
  public void reduce(Reduction op, int root, Array from, Array to) {
    int result =
        ncclReduce(
            from.memory(),
            to.memory(),
            from.count,
            type(from.dtype),
            code(op),
            root,
            communicator,
            stream());
    check(result, "ncclReduce");
    used(from);
    used(to);
  }

  /** Each rank gets its part, as long as {@code to}, of the reduction of what each gives. */
  public void reduceScatter(Reduction op, Array from, Array to) {
    int result =
        ncclReduceScatter(
            from.memory(), to.memory(), to.count, type(to.dtype), code(op), communicator, stream());
    check(result, "ncclReduceScatter");
    used(from);
    used(to);
  }

  /** All ranks get what each gives, one after the other. */
  public void allGather(Array from, Array to) {
    Array source = from.moved();
    int result =
        ncclAllGather(
            source.memory(),
            to.moved().memory(),
            source.count,
            type(source.dtype),
            communicator,
            stream());
    check(result, "ncclAllGather");
    used(from);
    used(to);
  }

  /** All ranks get what one gives. */
  public void broadcast(int root, Array from, Array to) {
    Array source = from.moved();
    int result =
        ncclBroadcast(
            source.memory(),
            to.moved().memory(),
            source.count,
            type(source.dtype),
            root,
            communicator,
            stream());
    check(result, "ncclBroadcast");
    used(from);
    used(to);
  }

  /** Gives an array to another rank, which receives it. */
  public void send(int to, Array x) {
    Array source = x.moved();
    int result =
        ncclSend(source.memory(), source.count, type(source.dtype), to, communicator, stream());
    check(result, "ncclSend");
    used(x);
  }

  /** Takes an array that another rank sends. */
  public void receive(int from, Array x) {
    Array target = x.moved();
    int result =
        ncclRecv(target.memory(), target.count, type(target.dtype), from, communicator, stream());
    check(result, "ncclRecv");
    used(x);
  }

  private static int code(Reduction op) {
    return switch (op) {
      case SUM -> ncclSum();
      case PRODUCT -> ncclProd();
      case MIN -> ncclMin();
      case MAX -> ncclMax();
      case MEAN -> ncclAvg();
    };
  }

  private static int type(DType dtype) {
    return switch (dtype) {
      case FLOAT16 -> ncclFloat16();
      case BFLOAT16 -> ncclBfloat16();
      case FLOAT32 -> ncclFloat32();
      case FLOAT64 -> ncclFloat64();
      case BOOL, UINT8 -> ncclUint8();
      case INT8 -> ncclInt8();
      case INT32 -> ncclInt32();
      case INT64 -> ncclInt64();
      case INT16 -> throw new IllegalArgumentException("NCCL: no reductions of " + dtype);
    };
  }
}
