package dev.chagres.backend.cuda;

import dev.chagres.check.Named;
import dev.chagres.check.Place;
import dev.chagres.core.Device;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.Lane;
import dev.chagres.memory.raw.RawMemory;
import java.lang.foreign.MemorySegment;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A stream of a device: what is put into it runs one after the other, beside what other streams
 * have. Each thread gives its work to the stream that it chose, or to the first one. A stream is
 * never undone.
 */
public final class DeviceStream implements Lane {
  private static final ThreadLocal<@Nullable DeviceStream[]> CHOSEN =
      ThreadLocal.withInitial(() -> new @Nullable DeviceStream[CudaRuntime.deviceCount()]);

  static final String NOT_DONE =
      "waits for a GPU whose work is being captured and not done; wait after replay()";

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

  /** Streams whose captured work was done in this one since the last look at their faults. */
  private final Set<DeviceStream> watched = ConcurrentHashMap.newKeySet();

  /** How many bytes of the memory that was allocated in it are in use. */
  private volatile LongSupplier bytesInUse = () -> 0;

  /** The graph that was captured in it, which has it for itself. */
  private volatile @Nullable Graph graph;

  /** For the device whose context is current. */
  DeviceStream(CudaDevice device, int index) {
    this.device = device;
    this.index = index;
    constants = new Constants(device);
    faultWord = device.takeMemory(Faults.WORD_BYTES);
    if (faultWord == 0) {
      throw new IllegalStateException(
          device.device() + " has no memory left, not even " + Faults.WORD_BYTES + " bytes");
    }
    handle = Driver.createStream();
    seen = Driver.allocatePinned(Faults.WORD_BYTES);
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
    CHOSEN.get()[device.index()] = here();
  }

  /** Notes that this thread's stream is about to use memory of a device, which may be another's. */
  static void noteUse(Storage storage) {
    if (chosen) {
      RawMemory.use(storage, current(CudaRuntime.device(storage.device())));
    }
  }

  /** Notes that work of this stream, given to it so far, uses memory of a device. */
  public void use(Storage storage) {
    RawMemory.use(storage, here());
  }

  // ---- graphs

  /** Returns this stream, or what stands for it while this thread is capturing. */
  DeviceStream here() {
    Capture capture = Capture.active();
    return capture == null ? this : capture.enter(this);
  }

  /** Gives the stream to a graph, or takes it back. */
  void belong(@Nullable Graph to) {
    if (to != null) {
      faults.keepAll();
    }
    graph = to;
  }

  @Override
  public void countsMemory(LongSupplier bytesInUse) {
    this.bytesInUse = bytesInUse;
  }

  /** Tells whether nobody has memory that was allocated in it. */
  boolean isBare() {
    return bytesInUse.getAsLong() == 0;
  }

  /** Tells whether a graph has it. */
  boolean isOf(Graph other) {
    return graph == other;
  }

  /** Returns the graph that has it, or null. */
  @Nullable Graph graph() {
    return graph;
  }

  @Override
  public boolean isKept() {
    return graph != null;
  }

  // ---- what is in it

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

  /** Returns the numbers that are kept in memory of this stream, or of the one before a capture. */
  Constants constants() {
    Capture capture = Capture.active();
    return capture == null ? constants : capture.home().constants;
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
    Graph own = graph;
    if (own != null) {
      return own.end();
    }
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
    Capture capture = Capture.active();
    if (capture == null) {
      follow(other);
    } else {
      capture.order(this, other);
    }
  }

  /** The same, of streams as they are. */
  void follow(DeviceStream other) {
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
    Capture.refuse(NOT_DONE);
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
    if (faults.areMany() && graph == null) {
      synchronize();
    }
    return faults.note(fault);
  }

  /** Puts a launch into the stream; it was noted if it may fault. */
  void run(Kernel kernel, Driver.Shape shape, MemorySegment arguments, boolean noted) {
    device.enter();
    try {
      Driver.launch(kernel, shape, handle, arguments);
    } catch (CudaException e) {
      throw e.of(operation());
    }
    if (noted) {
      faults.launched();
    }
    launched("launch of ", kernel.expression());
  }

  /**
   * Waits for work that was just put into the stream where each is waited for; what fails then says
   * which it was.
   */
  void launched(String kind, String name) {
    if (CudaRuntime.isLaunchBlocking() && graph == null) {
      try {
        synchronize();
      } catch (CudaException e) {
        throw e.of(operation() + ": " + kind + name);
      }
    }
  }

  private static String operation() {
    return Place.operation("a call");
  }

  /** Notes that work which was captured in another stream was put into this one. */
  void watch(DeviceStream captured) {
    if (captured.faults.launches() > 0) {
      watched.add(captured);
    }
  }

  /**
   * Waits until all that was put into it is done.
   *
   * @throws IndexOutOfBoundsException if a kernel met a bad index since the last time, and what
   *     else kernels report
   */
  public void synchronize() {
    Capture.refuse(NOT_DONE);
    waits.increment();
    RuntimeException found = null;
    if (faults.arePending()) {
      found = look(handle);
    } else {
      device.enter();
      Driver.synchronize(handle);
    }
    for (Iterator<DeviceStream> each = watched.iterator(); each.hasNext(); ) {
      DeviceStream captured = each.next();
      each.remove(); // before the look: what is replayed meanwhile counts anew
      RuntimeException more = captured.look(handle);
      found = found == null ? more : found;
    }
    if (found != null) {
      throw CudaRuntime.isLaunchBlocking() ? found : Named.ofEarlierCall(found);
    }
  }

  /** Waits until a stream has done all before, and returns what this one's kernels reported. */
  private @Nullable RuntimeException look(MemorySegment stream) {
    looking.lock();
    try {
      device.enter();
      long upTo = faults.launches();
      Driver.copyToHost(seen, faultWord, Faults.WORD_BYTES, stream);
      Driver.synchronize(stream);
      RuntimeException found = faults.look(seen, upTo);
      if (found != null) {
        Driver.fill(faultWord, (byte) 0, Faults.WORD_BYTES, stream);
      }
      return found;
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
