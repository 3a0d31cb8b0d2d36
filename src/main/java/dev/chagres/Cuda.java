package dev.chagres;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.cuda.CudaRuntime;
import dev.chagres.core.Device;
import dev.chagres.memory.Memory;
import dev.chagres.memory.MemoryStats;

/**
 * The GPUs of this process: whether there are any, what they are, and what holds for them as a
 * whole. Tensors come to a GPU by {@code to(Device.cuda(0))}, and operations on them are computed
 * there; the program goes on meanwhile, and waits where it reads their elements.
 *
 * <p>{@code -Dchagres.cuda.path=<folders>} says where CUDA's libraries are, if they are not where
 * they usually are. Whether there is a GPU to use is found out once, when it is first asked.
 */
public final class Cuda {
  private Cuda() {}

  /** Returns whether there is a GPU to use. */
  public static boolean isAvailable() {
    return deviceCount() > 0;
  }

  /** Returns why there is no GPU to use; empty if there is one. */
  public static String whyNot() {
    return CudaRuntime.whyNot();
  }

  /** Returns the number of GPUs to use. */
  public static int deviceCount() {
    return CudaRuntime.deviceCount();
  }

  // ---- what they are

  /**
   * Returns the name of a GPU.
   *
   * @throws IllegalStateException if it is not there, as all methods do that take an index
   */
  public static String getDeviceName(int index) {
    CudaRuntime.check("getDeviceName", Device.cuda(index));
    return CudaRuntime.properties(index).name();
  }

  /** Returns the compute capability of a GPU. */
  public static Capability getDeviceCapability(int index) {
    CudaRuntime.check("getDeviceCapability", Device.cuda(index));
    var properties = CudaRuntime.properties(index);
    return new Capability(properties.major(), properties.minor());
  }

  /** What a GPU can do, as NVIDIA numbers it; prints as {@code 9.0}. */
  public record Capability(int major, int minor) {
    @Override
    public String toString() {
      return major + "." + minor;
    }
  }

  /**
   * Returns whether a GPU has instructions for bfloat16: its compute capability is 8.0 at least.
   * Others compute with bfloat16, too, but slowly.
   */
  public static boolean isBf16Supported(int index) {
    CudaRuntime.check("isBf16Supported", Device.cuda(index));
    return getDeviceCapability(index).major() >= 8;
  }

  /** Returns how many bytes of memory a GPU has. */
  public static long totalMemory(int index) {
    CudaRuntime.check("totalMemory", Device.cuda(index));
    return CudaRuntime.properties(index).totalMemory();
  }

  /** Returns how many bytes of a GPU's memory no program has. */
  public static long freeMemory(int index) {
    return CudaRuntime.freeMemory(gpu("freeMemory", index));
  }

  /**
   * Returns the versions of the driver and of the libraries, where they were found, and the GPUs,
   * one line each, with the reason where one cannot be used; or {@link #whyNot}.
   */
  public static String report() {
    if (!isAvailable()) {
      return whyNot();
    }
    StringBuilder out = new StringBuilder(CudaRuntime.report());
    for (int i = 0; i < deviceCount(); i++) {
      out.append('\n')
          .append(Device.cuda(i))
          .append(": ")
          .append(getDeviceName(i))
          .append(", compute capability ")
          .append(getDeviceCapability(i))
          .append(", ")
          .append(totalMemory(i) >> 20)
          .append(" MiB");
      String why = CudaRuntime.whyNot(i);
      out.append(why.isEmpty() ? "" : "; cannot be used: " + why);
    }
    return out.toString();
  }

  // ---- memory

  /** Returns how much memory tensors have, had, and may have on a GPU. */
  public static MemoryStats memoryStats(int index) {
    return Memory.stats(gpu("memoryStats", index));
  }

  /** Returns a GPU that is there, made ready. */
  private static Device gpu(String operation, int index) {
    Device device = Device.cuda(index);
    CudaRuntime.check(operation, device);
    CudaRuntime.backend(device);
    return device;
  }

  /** Returns how many bytes of a GPU's memory tensors have. */
  public static long memoryAllocated(int index) {
    return Memory.stats(gpu("memoryAllocated", index)).liveBytes();
  }

  /** Returns the most bytes of a GPU's memory that tensors had at once. */
  public static long maxMemoryAllocated(int index) {
    return Memory.stats(gpu("maxMemoryAllocated", index)).peakBytes();
  }

  /** Lets {@link #maxMemoryAllocated} begin anew with what tensors have. */
  public static void resetPeakMemoryStats(int index) {
    Memory.resetPeak(gpu("resetPeakMemoryStats", index));
  }

  /** Returns how many bytes were taken of a GPU's memory, for tensors that are and that come. */
  public static long memoryReserved(int index) {
    return Memory.stats(gpu("memoryReserved", index)).reservedBytes();
  }

  /** Returns {@link #memoryStats} as a text for people, with the names of its numbers. */
  public static String memorySummary(int index) {
    return Memory.stats(gpu("memorySummary", index)).toString();
  }

  /** Gives all memory of a GPU that no tensor holds back to it. */
  public static void emptyCache(int index) {
    Memory.emptyCache(gpu("emptyCache", index));
  }

  // ---- work

  /**
   * Waits until all work of all GPUs that are in use is done.
   *
   * @throws IndexOutOfBoundsException if an operation met a bad index since the last time that
   *     something was read or waited for
   * @throws ArithmeticException if one divided an integer by zero
   */
  public static void synchronize() {
    CudaRuntime.synchronize();
  }

  /** Waits until all work of a GPU is done. */
  public static void synchronize(int index) {
    CudaRuntime.synchronize(gpu("synchronize", index));
  }

  /** Waits until all work of a device is done; that of the CPU always is. */
  public static void synchronize(Device device) {
    if (given("synchronize", "device", device).isCuda()) {
      CudaRuntime.check("synchronize", device);
      CudaRuntime.synchronize(device);
    }
  }

  /**
   * Sets whether each operation waits until it is done, so that it throws itself what is wrong with
   * its operands' elements: slower, for the search for a mistake. The environment variable {@code
   * CUDA_LAUNCH_BLOCKING=1} does so from the start.
   */
  public static void setLaunchBlocking(boolean blocking) {
    CudaRuntime.setLaunchBlocking(blocking);
  }

  /** Returns whether each operation waits until it is done. */
  public static boolean isLaunchBlocking() {
    return CudaRuntime.isLaunchBlocking();
  }

  /**
   * Sets whether products of float32 matrices, and convolutions, may take their operands with the
   * 11 significant bits of TF32, which GPUs multiply much faster; sums are float32's all the same.
   * It is not so unless allowed: {@code torch.backends.cuda.matmul.allow_tf32}.
   */
  public static void allowTf32(boolean allowed) {
    CudaRuntime.allowTf32(allowed);
  }

  /** Returns whether products of float32 may be computed in TF32. */
  public static boolean isTf32Allowed() {
    return CudaRuntime.isTf32Allowed();
  }

  /**
   * Sets whether {@code Functional.feedForward} may have cuBLASLt compute RELU, GELU_TANH and their
   * gradients, and linear layers those of their biases, where it stores a product, which saves
   * passes over memory. NVIDIA documents neither how exact its GELU is, nor whether its RELU keeps
   * NaN, nor in which order gradients of biases are added up; so it is not so unless allowed, and
   * results are those of the operations one after the other.
   */
  public static void allowFusedActivations(boolean allowed) {
    CudaRuntime.allowFusedActivations(allowed);
  }

  /** Returns whether cuBLASLt may compute activations where it stores a product. */
  public static boolean isFusedActivationAllowed() {
    return CudaRuntime.isFusedActivationAllowed();
  }
}
