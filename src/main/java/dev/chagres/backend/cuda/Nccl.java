package dev.chagres.backend.cuda;

import static dev.chagres.ffi.nccl.NcclLibrary.*;

import dev.chagres.backend.Scratch;
import dev.chagres.core.DType;
import dev.chagres.ffi.nccl.ncclUniqueId;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The door to NCCL: a rank among those that belong together, each on a device of its own. What a
 * rank does goes to its device's current stream, and is done when all ranks have called the same; a
 * thread that calls for several ranks does so in {@link #group}. A failure is a {@link
 * CudaException} in NCCL's words. Sizes are in elements.
 */
final class Nccl implements AutoCloseable {
  /** What becomes of the elements of all ranks; a sum of 16-bit elements is rounded. */
  enum Reduction {
    SUM,
    MEAN
  }

  /** What identifies ranks that belong together; whoever makes it hands it to the others. */
  static final class Id {
    private final byte[] bytes;

    private Id(byte[] bytes) {
      this.bytes = bytes;
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
  static String whyNot() {
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
  static int version() {
    need();
    try (Scratch scratch = Scratch.take(Integer.BYTES)) {
      check(ncclGetVersion(scratch.segment()), "ncclGetVersion");
      return scratch.segment().get(ValueLayout.JAVA_INT, 0);
    }
  }

  /** Makes a rank for each of some devices, all by the calling thread. */
  static List<Nccl> join(List<CudaDevice> devices) {
    need();
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
  static Id id() {
    need();
    try (Scratch scratch = Scratch.take(ncclUniqueId.sizeof())) {
      check(ncclGetUniqueId(scratch.segment()), "ncclGetUniqueId");
      MemorySegment id = scratch.segment().asSlice(0, ncclUniqueId.sizeof());
      return new Id(id.toArray(ValueLayout.JAVA_BYTE));
    }
  }

  /** Makes one rank, and waits until all others that have the id are there. */
  static Nccl join(Id id, int ranks, int rank, CudaDevice device) {
    need();
    try (Scratch scratch = Scratch.take(ncclUniqueId.sizeof() + Long.BYTES)) {
      MemorySegment bytes = scratch.segment().asSlice(0, ncclUniqueId.sizeof());
      bytes.copyFrom(MemorySegment.ofArray(id.bytes));
      MemorySegment made = scratch.segment().asSlice(ncclUniqueId.sizeof());
      device.enter();
      check(ncclCommInitRank(made, ranks, bytes, rank), "ncclCommInitRank");
      return new Nccl(device, made.get(ValueLayout.ADDRESS, 0), rank);
    }
  }

  int rank() {
    return rank;
  }

  /** Ends the rank when its work is done. */
  @Override
  public void close() {
    device.enter();
    check(ncclCommDestroy(communicator), "ncclCommDestroy");
  }

  /** Ends the rank, also where others do not come to what it waits for. */
  void abort() {
    device.enter();
    check(ncclCommAbort(communicator), "ncclCommAbort");
  }

  /**
   * Throws what has gone wrong in the rank's work since.
   *
   * @throws CudaException if something has
   */
  void checkWork() {
    try (Scratch scratch = Scratch.take(Integer.BYTES)) {
      check(ncclCommGetAsyncError(communicator, scratch.segment()), "ncclCommGetAsyncError");
      check(scratch.segment().get(ValueLayout.JAVA_INT, 0), "NCCL");
    }
  }

  // ---- operations

  /** Makes all calls of a thread at once, as operations of several ranks of one thread need it. */
  static void group(Runnable calls) {
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

  /** Arrays in the device's memory: what a rank gives, and where it takes the result. */
  record Arrays(DType dtype, long count, long from, long to) {
    private MemorySegment source() {
      return MemorySegment.ofAddress(from);
    }

    private MemorySegment target() {
      return MemorySegment.ofAddress(to);
    }
  }

  /** All ranks get the reduction of what each gives. */
  void allReduce(Reduction op, Arrays x) {
    device.enter();
    int code = code(op);
    check(
        ncclAllReduce(
            x.source(),
            x.target(),
            x.count,
            type(x.dtype),
            code,
            communicator,
            device.current().handle()),
        "ncclAllReduce");
  }

  /** Each rank gets its part, of {@code count} elements, of the reduction of what each gives. */
  void reduceScatter(Reduction op, Arrays x) {
    device.enter();
    int code = code(op);
    check(
        ncclReduceScatter(
            x.source(),
            x.target(),
            x.count,
            type(x.dtype),
            code,
            communicator,
            device.current().handle()),
        "ncclReduceScatter");
  }

  /** All ranks get what each gives, {@code count} elements, one after the other. */
  void allGather(Arrays x) {
    device.enter();
    check(
        ncclAllGather(
            x.source(),
            x.target(),
            x.count,
            type(x.dtype),
            communicator,
            device.current().handle()),
        "ncclAllGather");
  }

  /** All ranks get what one gives. */
  void broadcast(int root, Arrays x) {
    device.enter();
    check(
        ncclBroadcast(
            x.source(),
            x.target(),
            x.count,
            type(x.dtype),
            root,
            communicator,
            device.current().handle()),
        "ncclBroadcast");
  }

  /** Gives an array to another rank, which receives it. */
  void send(int to, DType dtype, long count, long address) {
    device.enter();
    check(
        ncclSend(
            MemorySegment.ofAddress(address),
            count,
            type(dtype),
            to,
            communicator,
            device.current().handle()),
        "ncclSend");
  }

  /** Takes an array that another rank sends. */
  void receive(int from, DType dtype, long count, long address) {
    device.enter();
    check(
        ncclRecv(
            MemorySegment.ofAddress(address),
            count,
            type(dtype),
            from,
            communicator,
            device.current().handle()),
        "ncclRecv");
  }

  private static int code(Reduction op) {
    return switch (op) {
      case SUM -> ncclSum();
      case MEAN -> ncclAvg();
    };
  }

  private static int type(DType dtype) {
    return switch (dtype) {
      case FLOAT16 -> ncclFloat16();
      case BFLOAT16 -> ncclBfloat16();
      case FLOAT32 -> ncclFloat32();
      case FLOAT64 -> ncclFloat64();
      case BOOL, UINT8, INT8, INT16, INT32, INT64 ->
          throw new IllegalArgumentException("NCCL: no operations on " + dtype);
    };
  }
}
