package dev.chagres.backend.cuda;

import dev.chagres.backend.Strided;
import dev.chagres.core.Device;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One GPU: its context, the one stream that all its work goes to, its kernels, and the ways in and
 * out of its memory. Made when it is first used, and never undone. Every call makes the context
 * current on its thread first, and any thread may call.
 */
final class CudaDevice {
  /** The usual number of threads of a block. */
  static final int BLOCK = 256;

  private final int index;
  private final Device device;
  private final DeviceProperties properties;
  private final MemorySegment context;
  private final MemorySegment stream;
  private final Modules modules;
  private final Staging staging;
  private final Faults faults = new Faults();
  private final ReentrantLock looking = new ReentrantLock();
  private final MemorySegment seen;
  private final long faultWord;
  private @Nullable Cublas cublas;

  CudaDevice(int index) {
    this.index = index;
    device = Device.cuda(index);
    int handle = Driver.device(index);
    properties = DeviceProperties.of(handle);
    context = Driver.retainPrimaryContext(handle);
    Driver.setCurrent(context);
    stream = Driver.createStream();
    modules = new Modules(this);
    staging = new Staging(this);
    seen = Driver.allocatePinned(Faults.WORD_BYTES);
    faultWord = Driver.allocate(Faults.WORD_BYTES);
    if (faultWord == 0) {
      throw new IllegalStateException(device + " has no memory left, not even 16 bytes");
    }
    Driver.fill(faultWord, (byte) 0, Faults.WORD_BYTES, stream);
  }

  int index() {
    return index;
  }

  Device device() {
    return device;
  }

  DeviceProperties properties() {
    return properties;
  }

  /** Makes the context current on this thread; before each call of the driver. */
  void enter() {
    Driver.setCurrent(context);
  }

  MemorySegment stream() {
    return stream;
  }

  // ---- kernels

  /**
   * Returns a kernel, compiled if it must be.
   *
   * @param file the source that has its template, such as {@code elementwise.cu}
   * @param expression what names it in C++, such as {@code unary<unary_op::EXP, float>}
   * @throws IllegalStateException if it does not compile, with the compiler's messages
   */
  Kernel kernel(String file, String expression) {
    return modules.kernel(file, expression);
  }

  /** Begins a launch. */
  Launch launch(Kernel kernel) {
    return new Launch(this, kernel);
  }

  /** Begins a launch of the kernel that an expression names. */
  Launch launch(String file, String expression) {
    return launch(kernel(file, expression));
  }

  /** Begins a launch of a kernel of a text that was written for it. */
  Launch launch(Sources written, String expression) {
    return launch(modules.kernel(written, expression));
  }

  /**
   * Returns how many blocks of 256 threads to launch for so many items, of which a thread takes one
   * after the other: no more than the device holds at once, twice over; at least one.
   */
  int blocks(long items) {
    long most = 2L * properties.multiprocessors() * properties.threadsPerMultiprocessor() / BLOCK;
    return (int) Math.clamp(Math.ceilDiv(items, BLOCK), 1, most);
  }

  /** Puts a launch into the stream; it was noted if it may fault. */
  void run(Kernel kernel, Driver.Shape shape, MemorySegment arguments, boolean noted) {
    enter();
    Driver.launch(kernel, shape, stream, arguments);
    if (noted) {
      faults.launched();
    }
    if (CudaRuntime.isLaunchBlocking()) {
      synchronize();
    }
  }

  /** Returns the handle of cuBLAS that computes in this device's stream. */
  synchronized Cublas cublas() {
    Cublas found = cublas;
    if (found == null) {
      enter();
      found = Cublas.create(stream);
      cublas = found;
    }
    return found;
  }

  // ---- faults

  long faultAddress() {
    return faultWord;
  }

  /** Notes a launch that may fault and returns its number. */
  long note(Faults.Fault fault) {
    if (faults.areMany()) {
      synchronize();
    }
    return faults.note(fault);
  }

  /**
   * Waits until all work that was called is done.
   *
   * @throws IndexOutOfBoundsException if a kernel met a bad index since the last time, and what
   *     else kernels report
   */
  void synchronize() {
    enter();
    if (!faults.arePending()) {
      Driver.synchronize(stream);
      return;
    }
    looking.lock();
    try {
      enter();
      long upTo = faults.launches();
      Driver.copyToHost(seen, faultWord, Faults.WORD_BYTES, stream);
      Driver.synchronize(stream);
      RuntimeException found = faults.look(seen, upTo);
      if (found != null) {
        Driver.fill(faultWord, (byte) 0, Faults.WORD_BYTES, stream);
        throw found;
      }
    } finally {
      looking.unlock();
    }
  }

  // ---- memory

  /** Returns how many bytes of the device's memory no program has. */
  long freeMemory() {
    enter();
    return Driver.freeMemory();
  }

  /** Copies memory of the host to the device; when this returns, it may be changed. */
  void upload(MemorySegment from, long to, long bytes) {
    if (bytes > 0) {
      staging.upload(from, to, bytes);
    }
  }

  /** Copies memory of the device to the host when all work before is done, and waits for it. */
  void download(long from, MemorySegment to, long bytes) {
    if (bytes > 0) {
      staging.download(from, to, bytes);
    } else {
      synchronize();
    }
  }

  /** Copies within the device's memory. */
  void copy(long from, long to, long bytes) {
    if (bytes > 0) {
      enter();
      Driver.copy(to, from, bytes, stream);
    }
  }

  /** Fills memory of the device with one byte. */
  void fill(long to, int value, long bytes) {
    if (bytes > 0) {
      enter();
      Driver.fill(to, (byte) value, bytes, stream);
    }
  }

  /** Copies to another device, in the order of both devices' streams. */
  void copyTo(CudaDevice other, long from, long to, long bytes) {
    if (bytes == 0) {
      return;
    }
    other.enter();
    try (Event free = new Event()) {
      free.record(other.stream);
      enter();
      free.await(stream);
      Driver.copyAcross(
          new Driver.Place(other.context, to), new Driver.Place(context, from), bytes, stream);
      try (Event done = new Event()) {
        done.record(stream);
        other.enter();
        done.await(other.stream);
      }
    }
  }

  /** Returns the address of the first element of an array in its memory. */
  static long address(Strided x) {
    long base = RawMemory.of(x.storage()).address();
    return x.numel() == 0 ? base : base + x.layout().start() * x.dtype().size();
  }

  /** Takes memory of this device for the length of one operation. */
  Workspace workspace(long bytes) {
    return new Workspace(Storage.allocate(device, bytes));
  }

  /** Memory that no scope has; closed when the last work that uses it is in the stream. */
  static final class Workspace implements AutoCloseable {
    private final Storage storage;

    Workspace(Storage storage) {
      this.storage = storage;
      storage.escape();
    }

    Storage storage() {
      return storage;
    }

    long address() {
      return RawMemory.of(storage).address();
    }

    @Override
    public void close() {
      storage.free();
    }
  }

  @Override
  public String toString() {
    return device.toString();
  }
}
