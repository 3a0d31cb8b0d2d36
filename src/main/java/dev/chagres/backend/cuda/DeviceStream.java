package dev.chagres.backend.cuda;

import dev.chagres.core.Device;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.Lane;
import dev.chagres.memory.raw.RawMemory;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A stream of a device: what is put into it runs one after the other, beside what other streams
 * have. Each thread gives its work to the stream that it chose, or to the first one. A stream is
 * never undone.
 */
public final class DeviceStream implements Lane {
  private static final ThreadLocal<@Nullable DeviceStream[]> CHOSEN =
      ThreadLocal.withInitial(() -> new @Nullable DeviceStream[CudaRuntime.deviceCount()]);

  /** Whether any thread ever chose a stream: until then nobody asks which. */
  private static boolean chosen;

  private final CudaDevice device;
  private final int index;
  private final MemorySegment handle;
  private final Faults faults = new Faults();
  private final ReentrantLock looking = new ReentrantLock();
  private final MemorySegment seen;
  private final long faultWord;
  private final Constants constants;
  private final LongAdder waits = new LongAdder();
  private @Nullable Cublas cublas;
  private @Nullable CublasLt cublasLt;

  /** For the device whose context is current. */
  DeviceStream(CudaDevice device, int index) {
    this.device = device;
    this.index = index;
    constants = new Constants(device);
    handle = Driver.createStream();
    seen = Driver.allocatePinned(Faults.WORD_BYTES);
    faultWord = Driver.allocate(Faults.WORD_BYTES);
    if (faultWord == 0) {
      throw new IllegalStateException(
          device.device() + " has no memory left, not even " + Faults.WORD_BYTES + " bytes");
    }
    Driver.fill(faultWord, (byte) 0, Faults.WORD_BYTES, handle);
  }

  // ---- the choice

  /** Returns the stream of a device that this thread chose, or its first one. */
  static DeviceStream current(CudaDevice device) {
    if (chosen) {
      DeviceStream own = CHOSEN.get()[device.index()];
      if (own != null) {
        return own;
      }
    }
    return device.firstStream();
  }

  /** Lets this thread give its work on the stream's device to the stream from now on. */
  public void choose() {
    chosen = true;
    CHOSEN.get()[device.index()] = this;
  }

  /** Notes that this thread's stream is about to use memory of a device, which may be another's. */
  static void noteUse(Storage storage) {
    if (chosen) {
      RawMemory.use(storage, current(CudaRuntime.device(storage.device())));
    }
  }

  /** Notes that work of this stream, given to it so far, uses memory of a device. */
  public void use(Storage storage) {
    RawMemory.use(storage, this);
  }

  @Override
  public int index() {
    return index;
  }

  /** Returns the device that it belongs to. */
  public Device device() {
    return device.device();
  }

  CudaDevice owner() {
    return device;
  }

  MemorySegment handle() {
    return handle;
  }

  /** Returns the numbers that are kept in memory of this stream. */
  Constants constants() {
    return constants;
  }

  /** Returns the handle of cuBLAS that computes in this stream. */
  synchronized Cublas cublas() {
    Cublas found = cublas;
    if (found == null) {
      device.enter();
      found = device.withRoom(() -> Cublas.create(this));
      cublas = found;
    }
    return found;
  }

  /** Returns the handle of cuBLASLt that computes in this stream. */
  synchronized CublasLt cublasLt() {
    CublasLt found = cublasLt;
    if (found == null) {
      device.enter();
      found = device.withRoom(() -> CublasLt.create(this));
      cublasLt = found;
    }
    return found;
  }

  // ---- order

  @Override
  public Lane.Mark mark() {
    device.enter();
    MemorySegment event = device.takeEvent();
    Driver.record(event, handle);
    return new StreamMark(device, event);
  }

  /** An event that goes back to its device's. */
  private record StreamMark(CudaDevice device, MemorySegment event) implements Lane.Mark {
    @Override
    public boolean isDone() {
      device.enter();
      return Driver.isDone(event);
    }

    @Override
    public void await() {
      device.enter();
      Driver.awaitEvent(event);
    }

    @Override
    public void close() {
      device.giveEvent(event);
    }
  }

  /** Lets what is put into this stream later wait for what another one, of any device, has now. */
  public void waitFor(DeviceStream other) {
    if (other != this) {
      other.device.enter();
      MemorySegment event = other.device.takeEvent();
      Driver.record(event, other.handle);
      waitFor(event);
      other.device.giveEvent(event); // what waits for it goes on waiting
    }
  }

  void waitFor(MemorySegment event) {
    device.enter();
    Driver.awaitEvent(handle, event);
  }

  /** Tells whether all that was put into it is done. */
  public boolean isIdle() {
    device.enter();
    return Driver.isIdle(handle);
  }

  // ---- faults

  /** Returns the fault word of the kernels in this stream. */
  long faultWord() {
    return faultWord;
  }

  /** Notes a launch that may fault and returns its number. */
  long note(Faults.Fault fault) {
    if (faults.areMany()) {
      synchronize();
    }
    return faults.note(fault);
  }

  /** Puts a launch into the stream; it was noted if it may fault. */
  void run(Kernel kernel, Driver.Shape shape, MemorySegment arguments, boolean noted) {
    device.enter();
    Driver.launch(kernel, shape, handle, arguments);
    if (noted) {
      faults.launched();
    }
    if (CudaRuntime.isLaunchBlocking()) {
      synchronize();
    }
  }

  /**
   * Waits until all that was put into it is done.
   *
   * @throws IndexOutOfBoundsException if a kernel met a bad index since the last time, and what
   *     else kernels report
   */
  public void synchronize() {
    waits.increment();
    device.enter();
    if (!faults.arePending()) {
      Driver.synchronize(handle);
      return;
    }
    looking.lock();
    try {
      device.enter();
      long upTo = faults.launches();
      Driver.copyToHost(seen, faultWord, Faults.WORD_BYTES, handle);
      Driver.synchronize(handle);
      RuntimeException found = faults.look(seen, upTo);
      if (found != null) {
        Driver.fill(faultWord, (byte) 0, Faults.WORD_BYTES, handle);
        throw found;
      }
    } finally {
      looking.unlock();
    }
  }

  /** Returns how often the host waited for the stream. */
  long waits() {
    return waits.sum();
  }

  @Override
  public String toString() {
    return "stream " + index + " of " + device;
  }
}
