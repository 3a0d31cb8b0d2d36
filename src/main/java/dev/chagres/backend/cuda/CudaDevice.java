package dev.chagres.backend.cuda;

import dev.chagres.backend.Accelerators;
import dev.chagres.backend.Strided;
import dev.chagres.core.Device;
import dev.chagres.memory.Memory;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.Supplier;

/**
 * One GPU: its context, its streams, its kernels, and the ways in and out of its memory. Made when
 * it is first used, and never undone. Every call makes the context current on its thread first, and
 * any thread may call.
 */
final class CudaDevice {
  /** The usual number of threads of a block. */
  static final int BLOCK = 256;

  /** How many streams there are for users. */
  private static final int MOST_STREAMS = 32;

  private final int index;
  private final Device device;
  private final DeviceProperties properties;
  private final MemorySegment context;
  private final DeviceStream stream;
  private final List<DeviceStream> streams = new ArrayList<>();
  private final Deque<MemorySegment> events = new ConcurrentLinkedDeque<>();
  private final Modules modules;
  private final Staging staging;
  private final Deque<DeviceStream> streamsForGraphs = new ArrayDeque<>();
  private int nextStream;
  private int graphStreams;

  CudaDevice(int index) {
    this.index = index;
    device = Device.cuda(index);
    int handle = Driver.device(index);
    properties = DeviceProperties.of(handle);
    context = Driver.retainPrimaryContext(handle);
    Driver.setCurrent(context);
    stream = new DeviceStream(this, 0);
    modules = new Modules(this);
    staging = new Staging(this);
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
   * Begins a launch of the kernel that a number stands for, each number of a file always for one
   * expression.
   */
  Launch launch(String file, int number, Supplier<String> expression) {
    return launch(modules.kernel(file, number, expression));
  }

  /**
   * Returns how many blocks of 256 threads to launch for so many items, of which a thread takes one
   * after the other: no more than the device holds at once, twice over; at least one.
   */
  int blocks(long items) {
    long most = 2L * properties.multiprocessors() * properties.threadsPerMultiprocessor() / BLOCK;
    return (int) Math.clamp(Math.ceilDiv(items, BLOCK), 1, most);
  }

  /** Returns the handle of cuBLAS that computes in the current stream. */
  Cublas cublas() {
    return current().cublas();
  }

  /**
   * Takes memory that is not the pool's and never given back, from what the pool keeps if there is
   * no other; returns its address, or 0.
   */
  long takeMemory(long bytes) {
    enter();
    long address = Driver.allocate(bytes);
    if (address == 0 && Accelerators.of(device) != null) {
      Memory.emptyCache(device);
      enter();
      address = Driver.allocate(bytes);
    }
    return address;
  }

  /** Calls for what needs memory beside the pool's, and once more without what the pool keeps. */
  <T> T withRoom(Supplier<T> call) {
    try {
      return call.get();
    } catch (CudaException e) {
      try {
        Memory.emptyCache(device);
        enter();
        return call.get();
      } catch (CudaException again) {
        e.addSuppressed(again);
        throw e;
      }
    }
  }

  /** Returns the handle of cuBLASLt that computes in the current stream. */
  CublasLt cublasLt() {
    return current().cublasLt();
  }

  // ---- streams

  /** Returns the stream of the threads that chose none. */
  DeviceStream firstStream() {
    return stream;
  }

  /** Returns the stream that the calling thread gives its work to. */
  DeviceStream current() {
    return DeviceStream.current(this);
  }

  /** Returns one of the streams for users; who asks very often gets one again. */
  synchronized DeviceStream nextStream() {
    int at = nextStream;
    if (at == streams.size()) {
      enter();
      streams.add(new DeviceStream(this, at + 1));
    }
    nextStream = (at + 1) % MOST_STREAMS;
    return streams.get(at);
  }

  /**
   * Takes a stream that nobody else has, for a graph: one of whose memory an earlier graph's
   * results have nothing any more. A graph that frees these while it is captured would else use
   * their memory for others, though each replay reads them first.
   */
  synchronized DeviceStream takeStream() {
    for (DeviceStream spare : streamsForGraphs) {
      if (spare.isBare()) {
        streamsForGraphs.remove(spare);
        return spare;
      }
    }
    enter();
    var made = new DeviceStream(this, ++graphStreams + MOST_STREAMS);
    Driver.synchronize(made.handle());
    return made;
  }

  /** Takes a stream back in which nothing is left to be done. */
  synchronized void giveStream(DeviceStream stream) {
    stream.belong(null);
    streamsForGraphs.push(stream);
  }

  private synchronized List<DeviceStream> streams() {
    List<DeviceStream> all = new ArrayList<>(streams);
    all.addFirst(stream);
    return all;
  }

  /** Takes an event that notes no time, while the context is current; any may be given back. */
  MemorySegment takeEvent() {
    MemorySegment event = events.poll();
    return event != null ? event : Driver.createEvent(false);
  }

  void giveEvent(MemorySegment event) {
    events.push(event);
  }

  /**
   * Waits until all work of all streams is done.
   *
   * @throws IndexOutOfBoundsException if a kernel met a bad index since the last time, and what
   *     else kernels report
   */
  void synchronize() {
    Capture.refuse(DeviceStream.NOT_DONE);
    RuntimeException first = null;
    for (DeviceStream each : streams()) {
      try {
        each.synchronize();
      } catch (RuntimeException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
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
    Capture.refuse(
        "copies from the CPU, once, which a graph cannot do again; copy into a tensor of the GPU"
            + " before replay(), or from pinned memory with Transfer.NON_BLOCKING");
    if (bytes > 0) {
      staging.upload(from, to, bytes);
    }
  }

  /** Copies memory of the device to the host when all work before is done, and waits for it. */
  void download(long from, MemorySegment to, long bytes) {
    Capture.refuse(
        "reads from a GPU whose work is being captured and not done; read after replay()");
    if (bytes > 0) {
      staging.download(from, to, bytes);
    } else {
      current().synchronize();
    }
  }

  /** Copies pinned memory of the host to the device, without waiting. */
  void send(Storage pinned, MemorySegment from, long to, long bytes) {
    DeviceStream current = current();
    enter();
    Driver.copyToDevice(to, from, bytes, current.handle());
    current.use(pinned);
  }

  /** Copies memory of the device to pinned memory of the host, without waiting. */
  void receive(long from, Storage pinned, MemorySegment to, long bytes) {
    DeviceStream current = current();
    enter();
    Driver.copyToHost(to, from, bytes, current.handle());
    current.use(pinned);
  }

  /** Copies within the device's memory. */
  void copy(long from, long to, long bytes) {
    if (bytes > 0) {
      enter();
      Driver.copy(to, from, bytes, current().handle());
    }
  }

  /** Fills memory of the device with one byte. */
  void fill(long to, int value, long bytes) {
    if (bytes > 0) {
      enter();
      Driver.fill(to, (byte) value, bytes, current().handle());
    }
  }

  /** Copies to another device, in the order of the current streams of both. */
  void copyTo(CudaDevice other, long from, long to, long bytes) {
    Capture.refuse("copies between GPUs are not part of graphs");
    if (bytes == 0) {
      return;
    }
    DeviceStream own = current();
    DeviceStream others = other.current();
    own.waitFor(others);
    enter();
    Driver.copyAcross(
        new Driver.Place(other.context, to), new Driver.Place(context, from), bytes, own.handle());
    others.waitFor(own);
  }

  /** Returns the address of the first element of an array, which the current stream uses next. */
  static long address(Strided x) {
    DeviceStream.noteUse(x.storage());
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
