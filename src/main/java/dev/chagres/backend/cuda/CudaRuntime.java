package dev.chagres.backend.cuda;

import dev.chagres.backend.Accelerators;
import dev.chagres.backend.Backend;
import dev.chagres.core.Device;
import dev.chagres.memory.raw.Allocators;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The GPUs of this process. Whether there are any is found out once, when it is first asked; a
 * device's context is made when it is first used.
 */
public final class CudaRuntime {
  private static volatile boolean launchBlocking =
      "1".equals(System.getenv("CUDA_LAUNCH_BLOCKING"));

  private static volatile boolean tf32Allowed;
  private static volatile boolean fusedActivationsAllowed;

  private CudaRuntime() {}

  /** What was found out. */
  private static final class Found {
    static final CudaLibraries.Outcome LIBRARIES = CudaLibraries.find();
    static final AtomicReferenceArray<@Nullable CudaDevice> DEVICES =
        new AtomicReferenceArray<>(LIBRARIES.deviceCount());
    static final Object[] LOCKS = locks(DEVICES.length());

    private static Object[] locks(int count) {
      Object[] locks = new Object[count];
      for (int i = 0; i < count; i++) {
        locks[i] = new Object();
      }
      return locks;
    }
  }

  /** Returns why there is no GPU to use; empty if there is one. */
  public static String whyNot() {
    return Found.LIBRARIES.reason();
  }

  /** Returns the number of GPUs to use. */
  public static int deviceCount() {
    return Found.LIBRARIES.deviceCount();
  }

  /** Returns what was loaded from where, one line each; nothing if there is no GPU to use. */
  public static String report() {
    return Found.LIBRARIES.report();
  }

  /**
   * Returns what a device is.
   *
   * @throws IllegalStateException if it is not there
   */
  public static DeviceProperties properties(int index) {
    check(Device.cuda(index));
    return DeviceProperties.of(Driver.device(index));
  }

  /** Returns why a GPU that is there cannot be used; empty if it can. */
  public static String whyNot(int index) {
    DeviceProperties properties = properties(index);
    return Found.LIBRARIES.whyNot(properties.major(), properties.minor());
  }

  /**
   * Checks that a GPU is there, without making it ready.
   *
   * @param operation what the program called
   * @throws IllegalStateException if it is not, with the reason
   */
  public static void check(String operation, Device device) {
    if (device.index() >= deviceCount()) {
      throw new IllegalStateException(operation + ": " + absent(device));
    }
  }

  private static void check(Device device) {
    if (device.index() >= deviceCount()) {
      throw new IllegalStateException(absent(device));
    }
  }

  private static String absent(Device device) {
    String why =
        deviceCount() == 0
            ? whyNot()
            : deviceCount() == 1
                ? "there is one GPU, cuda:0"
                : "there are " + deviceCount() + " GPUs, from cuda:0 on";
    return device + " is not available: " + why;
  }

  /**
   * Makes a device ready if it is not, and returns what computes on it.
   *
   * @throws IllegalStateException if it is not there, with the reason
   */
  public static Backend backend(Device device) {
    Backend installed = Accelerators.of(device);
    if (installed != null) {
      return installed;
    }
    device(device);
    Backend made = Accelerators.of(device);
    if (made == null) {
      throw new IllegalStateException(device + " was made without a backend");
    }
    return made;
  }

  /** Makes a device ready if it is not. */
  static CudaDevice device(Device device) {
    check(device);
    CudaDevice made = Found.DEVICES.get(device.index());
    return made != null ? made : make(device.index());
  }

  private static CudaDevice make(int index) {
    synchronized (Found.LOCKS[index]) {
      CudaDevice made = Found.DEVICES.get(index);
      if (made == null) {
        String why = whyNot(index);
        if (!why.isEmpty()) {
          throw new IllegalStateException(Device.cuda(index) + " cannot be used: " + why);
        }
        made = new CudaDevice(index);
        Accelerators.install(new CudaAllocator(made), CudaBackend.of(made));
        Allocators.installPinned(new PinnedAllocator(made));
        Found.DEVICES.set(index, made);
      }
      return made;
    }
  }

  /** Waits until all work of all devices that are in use is done. */
  public static void synchronize() {
    Capture.refuse(DeviceStream.NOT_DONE);
    for (int i = 0; i < deviceCount(); i++) {
      if (Accelerators.of(Device.cuda(i)) != null) {
        device(Device.cuda(i)).synchronize();
      }
    }
  }

  /** Waits until all work of a device is done; throws what its kernels reported. */
  public static void synchronize(Device device) {
    device(device).synchronize();
  }

  /** Returns how many bytes of a device's memory no program has. */
  public static long freeMemory(Device device) {
    return device(device).freeMemory();
  }

  /** Returns the stream that the calling thread gives a device's work to. */
  public static DeviceStream currentStream(Device device) {
    return device(device).current();
  }

  /** Returns the stream of the threads that chose none. */
  public static DeviceStream firstStream(Device device) {
    return device(device).firstStream();
  }

  /** Returns a stream of a device for users; the devices' streams are dealt out in turn. */
  public static DeviceStream nextStream(Device device) {
    return device(device).nextStream();
  }

  /** Sets whether each operation waits for its kernels, so that it throws what they report. */
  public static void setLaunchBlocking(boolean blocking) {
    launchBlocking = blocking;
  }

  /** Tells whether each operation waits for its kernels. */
  public static boolean isLaunchBlocking() {
    return launchBlocking;
  }

  /** Sets whether products of float32 may be computed in TF32. */
  public static void allowTf32(boolean allowed) {
    tf32Allowed = allowed;
  }

  /** Sets whether cuBLASLt may compute activations and gradients where it stores a product. */
  public static void allowFusedActivations(boolean allowed) {
    fusedActivationsAllowed = allowed;
  }

  /** Tells whether cuBLASLt may compute activations and gradients where it stores a product. */
  public static boolean isFusedActivationAllowed() {
    return fusedActivationsAllowed;
  }

  /** Tells whether products of float32 may be computed in TF32. */
  public static boolean isTf32Allowed() {
    return tf32Allowed;
  }
}
