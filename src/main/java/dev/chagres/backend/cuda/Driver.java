package dev.chagres.backend.cuda;

import static dev.chagres.ffi.cuda.CudaLibrary.*;

import dev.chagres.backend.Scratch;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;

/**
 * The door to the driver: each method is one call, whose failure is a {@link CudaException} with
 * the driver's own name and text for it. Handles are segments without a length, device memory is an
 * address.
 */
final class Driver {
  /** Of CUresult, what says that captured work ends in a stream which nobody waits for. */
  static final int UNJOINED = CUDA_ERROR_STREAM_CAPTURE_UNJOINED();

  private static final int NAME_BYTES = 256;

  /**
   * Of CUresult, what a kernel's failure is, which is said by whatever call comes next: an illegal
   * address, a launch that took too long, an assertion, and from 714 to 719 what the device's own
   * checks find, misaligned addresses among it.
   */
  private static final Set<Integer> LASTING = Set.of(700, 702, 710, 714, 715, 716, 717, 718, 719);

  private static final String LOST =
      " (a kernel failed, this one or one before: with CUDA_LAUNCH_BLOCKING=1 its own launch says"
          + " so; this process can use the GPU no more)";

  private Driver() {}

  /** Attributes of a device. */
  enum Attribute {
    CAPABILITY_MAJOR(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR()),
    CAPABILITY_MINOR(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR()),
    MULTIPROCESSORS(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT()),
    THREADS_PER_MULTIPROCESSOR(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR()),
    SHARED_PER_BLOCK(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK()),
    MOST_SHARED_PER_BLOCK(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN());

    private final int code;

    Attribute(int code) {
      this.code = code;
    }
  }

  // ---- errors

  private static void check(int code, String call) {
    if (code != CUDA_SUCCESS()) {
      throw new CudaException(call + ": " + text(code), code);
    }
  }

  /** Returns what the driver says of an error. */
  static String text(int code) {
    try (Scratch scratch = Scratch.take(2L * Long.BYTES)) {
      MemorySegment out = scratch.segment();
      out.set(ValueLayout.ADDRESS, 0, MemorySegment.NULL);
      out.set(ValueLayout.ADDRESS, Long.BYTES, MemorySegment.NULL);
      cuGetErrorName(code, out);
      cuGetErrorString(code, out.asSlice(Long.BYTES));
      String name = string(out.get(ValueLayout.ADDRESS, 0));
      String meaning = string(out.get(ValueLayout.ADDRESS, Long.BYTES));
      return (name.isEmpty() ? "error " : name + ", error ")
          + code
          + (meaning.isEmpty() ? "" : ": " + meaning)
          + (LASTING.contains(code) ? LOST : "");
    }
  }

  @SuppressWarnings("restricted")
  static String string(MemorySegment text) {
    return text.address() == 0 ? "" : text.reinterpret(Integer.MAX_VALUE).getString(0);
  }

  // ---- calls that return one number or handle

  private interface Call {
    int run(MemorySegment out);
  }

  private static MemorySegment handle(String name, Call call) {
    try (Scratch scratch = Scratch.take(Long.BYTES)) {
      check(call.run(scratch.segment()), name);
      return scratch.segment().get(ValueLayout.ADDRESS, 0);
    }
  }

  private static int number(String name, Call call) {
    try (Scratch scratch = Scratch.take(Integer.BYTES)) {
      check(call.run(scratch.segment()), name);
      return scratch.segment().get(ValueLayout.JAVA_INT, 0);
    }
  }

  private static long wide(String name, Call call) {
    try (Scratch scratch = Scratch.take(Long.BYTES)) {
      check(call.run(scratch.segment()), name);
      return scratch.segment().get(ValueLayout.JAVA_LONG, 0);
    }
  }

  // ---- devices and contexts

  static void init() {
    check(cuInit(0), "cuInit");
  }

  static int version() {
    return number("cuDriverGetVersion", out -> cuDriverGetVersion(out));
  }

  static int deviceCount() {
    return number("cuDeviceGetCount", out -> cuDeviceGetCount(out));
  }

  static int device(int index) {
    return number("cuDeviceGet", out -> cuDeviceGet(out, index));
  }

  static String deviceName(int device) {
    try (Scratch scratch = Scratch.take(NAME_BYTES)) {
      check(cuDeviceGetName(scratch.segment(), NAME_BYTES, device), "cuDeviceGetName");
      return scratch.segment().getString(0);
    }
  }

  static int attribute(Attribute attribute, int device) {
    return number(
        "cuDeviceGetAttribute(" + attribute + ")",
        out -> cuDeviceGetAttribute(out, attribute.code, device));
  }

  static long totalMemory(int device) {
    return wide("cuDeviceTotalMem", out -> cuDeviceTotalMem_v2(out, device));
  }

  static MemorySegment retainPrimaryContext(int device) {
    return handle("cuDevicePrimaryCtxRetain", out -> cuDevicePrimaryCtxRetain(out, device));
  }

  static void setCurrent(MemorySegment context) {
    check(cuCtxSetCurrent(context), "cuCtxSetCurrent");
  }

  /** Returns how many bytes of the current context's device nobody has. */
  static long freeMemory() {
    try (Scratch scratch = Scratch.take(2L * Long.BYTES)) {
      MemorySegment out = scratch.segment();
      check(cuMemGetInfo_v2(out, out.asSlice(Long.BYTES)), "cuMemGetInfo");
      return out.get(ValueLayout.JAVA_LONG, 0);
    }
  }

  // ---- memory

  /** Returns the address of new memory, or 0 if there is not enough of it. */
  static long allocate(long bytes) {
    try (Scratch scratch = Scratch.take(Long.BYTES)) {
      int code = cuMemAlloc_v2(scratch.segment(), bytes);
      if (code == CUDA_ERROR_OUT_OF_MEMORY()) {
        return 0;
      }
      check(code, "cuMemAlloc");
      return scratch.segment().get(ValueLayout.JAVA_LONG, 0);
    }
  }

  static void free(long address) {
    check(cuMemFree_v2(address), "cuMemFree");
  }

  /** Returns memory of the host that devices read and write without a copy of the driver's. */
  @SuppressWarnings("restricted")
  static MemorySegment allocatePinned(long bytes) {
    return handle("cuMemHostAlloc", out -> cuMemHostAlloc(out, bytes, CU_MEMHOSTALLOC_PORTABLE()))
        .reinterpret(bytes);
  }

  /** Returns the address of such memory, or 0 if there is not enough of it. */
  static long allocatePinnedOrNone(long bytes) {
    try (Scratch scratch = Scratch.take(Long.BYTES)) {
      int code = cuMemHostAlloc(scratch.segment(), bytes, CU_MEMHOSTALLOC_PORTABLE());
      if (code == CUDA_ERROR_OUT_OF_MEMORY()) {
        return 0;
      }
      check(code, "cuMemHostAlloc");
      return scratch.segment().get(ValueLayout.JAVA_LONG, 0);
    }
  }

  static void freePinned(MemorySegment memory) {
    check(cuMemFreeHost(memory), "cuMemFreeHost");
  }

  static void copyToDevice(long to, MemorySegment from, long bytes, MemorySegment stream) {
    check(cuMemcpyHtoDAsync_v2(to, from, bytes, stream), "cuMemcpyHtoDAsync");
  }

  static void copyToHost(MemorySegment to, long from, long bytes, MemorySegment stream) {
    check(cuMemcpyDtoHAsync_v2(to, from, bytes, stream), "cuMemcpyDtoHAsync");
  }

  static void copy(long to, long from, long bytes, MemorySegment stream) {
    check(cuMemcpyDtoDAsync_v2(to, from, bytes, stream), "cuMemcpyDtoDAsync");
  }

  /** Copies between the devices of two contexts, in the order of a stream of either. */
  static void copyAcross(Place to, Place from, long bytes, MemorySegment stream) {
    check(
        cuMemcpyPeerAsync(to.address, to.context, from.address, from.context, bytes, stream),
        "cuMemcpyPeerAsync");
  }

  /** An address in the memory of a context's device. */
  record Place(MemorySegment context, long address) {}

  static void fill(long to, byte value, long bytes, MemorySegment stream) {
    check(cuMemsetD8Async(to, value, bytes, stream), "cuMemsetD8Async");
  }

  // ---- streams and events

  /** Makes a stream that does not wait for the default one. */
  static MemorySegment createStream() {
    return handle("cuStreamCreate", out -> cuStreamCreate(out, CU_STREAM_NON_BLOCKING()));
  }

  static void synchronize(MemorySegment stream) {
    check(cuStreamSynchronize(stream), "cuStreamSynchronize");
  }

  /** Lets a stream's later work wait for an event. */
  static void awaitEvent(MemorySegment stream, MemorySegment event) {
    check(cuStreamWaitEvent(stream, event, 0), "cuStreamWaitEvent");
  }

  /** Tells whether all work of a stream is done. */
  static boolean isIdle(MemorySegment stream) {
    int code = cuStreamQuery(stream);
    if (code == CUDA_ERROR_NOT_READY()) {
      return false;
    }
    check(code, "cuStreamQuery");
    return true;
  }

  /** Makes an event, one that notes times or, which is cheaper, one that does not. */
  static MemorySegment createEvent(boolean timed) {
    return handle(
        "cuEventCreate",
        out -> cuEventCreate(out, timed ? CU_EVENT_DEFAULT() : CU_EVENT_DISABLE_TIMING()));
  }

  static void destroyEvent(MemorySegment event) {
    check(cuEventDestroy_v2(event), "cuEventDestroy");
  }

  static void record(MemorySegment event, MemorySegment stream) {
    check(cuEventRecord(event, stream), "cuEventRecord");
  }

  static void awaitEvent(MemorySegment event) {
    check(cuEventSynchronize(event), "cuEventSynchronize");
  }

  /** Tells whether the work before an event is done. */
  static boolean isDone(MemorySegment event) {
    int code = cuEventQuery(event);
    if (code == CUDA_ERROR_NOT_READY()) {
      return false;
    }
    check(code, "cuEventQuery");
    return true;
  }

  static float milliseconds(MemorySegment from, MemorySegment to) {
    return Float.intBitsToFloat(
        number("cuEventElapsedTime", out -> ElapsedTime.call(out, from, to)));
  }

  /** A function whose second name drivers have since CUDA 12.8; with events, both do the same. */
  private static final class ElapsedTime {
    private static final MethodHandle HANDLE = handle();

    private ElapsedTime() {}

    @SuppressWarnings("restricted")
    private static MethodHandle handle() {
      return Linker.nativeLinker()
          .downcallHandle(
              first(SymbolLookup.loaderLookup(), "cuEventElapsedTime_v2", "cuEventElapsedTime"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.ADDRESS,
                  ValueLayout.ADDRESS,
                  ValueLayout.ADDRESS));
    }

    static int call(MemorySegment out, MemorySegment from, MemorySegment to) {
      try {
        return (int) HANDLE.invokeExact(out, from, to);
      } catch (Error | RuntimeException e) {
        throw e;
      } catch (Throwable e) {
        throw new AssertionError("a native function throws nothing", e);
      }
    }
  }

  /** Returns the first of some functions that is there. */
  static MemorySegment first(SymbolLookup lookup, String... names) {
    for (String name : names) {
      Optional<MemorySegment> found = lookup.find(name);
      if (found.isPresent()) {
        return found.get();
      }
    }
    throw new NoSuchElementException("the NVIDIA driver has no " + names[names.length - 1]);
  }

  // ---- graphs

  /**
   * Lets the work of a stream be captured. What the runtime does beside, taking memory and loading
   * kernels, is none of it, and may go on: hence the mode.
   */
  static void beginCapture(MemorySegment stream) {
    check(
        cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_RELAXED()), "cuStreamBeginCapture");
  }

  /** Returns what was captured. */
  static MemorySegment endCapture(MemorySegment stream) {
    return handle("cuStreamEndCapture", out -> cuStreamEndCapture(stream, out));
  }

  /** Ends a capture that may have failed, and drops what was captured. */
  static void abandonCapture(MemorySegment stream) {
    try (Scratch scratch = Scratch.take(Long.BYTES)) {
      scratch.segment().set(ValueLayout.ADDRESS, 0, MemorySegment.NULL);
      cuStreamEndCapture(stream, scratch.segment());
      MemorySegment graph = scratch.segment().get(ValueLayout.ADDRESS, 0);
      if (graph.address() != 0) {
        destroyGraph(graph);
      }
    }
  }

  static MemorySegment instantiate(MemorySegment graph) {
    return handle("cuGraphInstantiateWithFlags", out -> cuGraphInstantiateWithFlags(out, graph, 0));
  }

  /** Brings a graph to the device, so that its first launch takes no longer than others. */
  static void uploadGraph(MemorySegment executable, MemorySegment stream) {
    check(cuGraphUpload(executable, stream), "cuGraphUpload");
  }

  static void launchGraph(MemorySegment executable, MemorySegment stream) {
    check(cuGraphLaunch(executable, stream), "cuGraphLaunch");
  }

  static void destroyGraph(MemorySegment graph) {
    check(cuGraphDestroy(graph), "cuGraphDestroy");
  }

  static void destroyExecutable(MemorySegment executable) {
    check(cuGraphExecDestroy(executable), "cuGraphExecDestroy");
  }

  // ---- modules and kernels

  static MemorySegment loadModule(MemorySegment image) {
    return handle("cuModuleLoadData", out -> cuModuleLoadData(out, image));
  }

  static MemorySegment function(MemorySegment module, MemorySegment name) {
    return handle("cuModuleGetFunction", out -> cuModuleGetFunction(out, module, name));
  }

  /** Lets a kernel use more shared memory than is common to all devices. */
  static void allowShared(MemorySegment function, int bytes) {
    check(
        cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES(), bytes),
        "cuFuncSetAttribute");
  }

  /**
   * Launches a kernel.
   *
   * @param arguments the addresses of the arguments, one behind the other
   */
  static void launch(Kernel kernel, Shape shape, MemorySegment stream, MemorySegment arguments) {
    Grid grid = shape.grid;
    Grid block = shape.block;
    int code =
        cuLaunchKernel(
            kernel.function(),
            grid.x(),
            grid.y(),
            grid.z(),
            block.x(),
            block.y(),
            block.z(),
            shape.shared,
            stream,
            arguments,
            MemorySegment.NULL);
    if (code != CUDA_SUCCESS()) {
      throw new CudaException("launch of " + kernel.expression() + ": " + text(code), code);
    }
  }

  /** How a kernel is spread over a device: blocks, threads of each, and its shared memory. */
  record Shape(Grid grid, Grid block, int shared) {}
}
