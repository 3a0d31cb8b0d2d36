package dev.chagres.cuda;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.cuda.CudaRuntime;
import dev.chagres.backend.cuda.DeviceStream;
import dev.chagres.core.Device;
import dev.chagres.memory.Storage;

/**
 * A stream of a GPU: what is put into it is done one after the other, and beside what other streams
 * have. A thread's operations go to the default stream, but those between {@link #use} and its end:
 *
 * <pre>{@code
 * var copies = new CudaStream(Device.cuda(0));
 * try (var _ = copies.use()) { // PyTorch's with torch.cuda.stream(copies)
 *   next = batch.to(Device.cuda(0), Transfer.NON_BLOCKING);
 * }
 * ... // meanwhile the default stream computes
 * CudaStream.current(Device.cuda(0)).waitStream(copies); // before it uses next
 * }</pre>
 *
 * <p>As in PyTorch the program says which stream waits for which: one that reads what another one
 * makes, or writes what it reads, waits for it first. Backward passes run in the stream that is
 * current when they are called.
 *
 * <p>Memory cares for itself: a tensor's memory is reused in the order of the stream in which it
 * was made, and not before other streams that used it have come so far, which is noted with every
 * operation. {@link #record} is needed only for uses that the library does not see.
 *
 * <p>A GPU has 32 such streams, and they are dealt out in turn: more objects share them.
 */
public final class CudaStream {
  private final DeviceStream stream;

  private CudaStream(DeviceStream stream) {
    this.stream = stream;
  }

  /**
   * Takes a stream of a GPU.
   *
   * @throws IllegalStateException if the GPU is not available, with the reason, as all functions do
   *     that take a device
   * @throws IllegalArgumentException if the device is the CPU
   */
  public CudaStream(Device device) {
    this(CudaRuntime.nextStream(gpu("CudaStream", device)));
  }

  private static Device gpu(String name, Device device) {
    if (!given(name, "device", device).isCuda()) {
      throw new IllegalArgumentException(name + ": only GPUs have streams, not " + device);
    }
    CudaRuntime.check(name, device);
    return device;
  }

  /** Returns the stream that this thread's operations on a GPU go to. */
  public static CudaStream current(Device device) {
    return new CudaStream(CudaRuntime.currentStream(gpu("current", device)));
  }

  /** Returns the stream of a GPU that all operations go to but those of threads that chose one. */
  public static CudaStream defaultStream(Device device) {
    return new CudaStream(CudaRuntime.firstStream(gpu("defaultStream", device)));
  }

  /** Lets this thread's operations on the stream's GPU go to it until the result is closed. */
  public Use use() {
    DeviceStream before = CudaRuntime.currentStream(stream.device());
    stream.choose();
    return new Use(before);
  }

  /** The use of a stream by a thread, until it is closed by that thread. */
  public static final class Use implements AutoCloseable {
    private final DeviceStream before;
    private final Thread thread = Thread.currentThread();

    private Use(DeviceStream before) {
      this.before = before;
    }

    /**
     * Goes back to the stream before.
     *
     * @throws IllegalStateException on another thread
     */
    @Override
    @SuppressWarnings("ReferenceEquality") // A thread is itself.
    public void close() {
      if (Thread.currentThread() != thread) {
        throw new IllegalStateException("close: the stream is in use by " + thread);
      }
      before.choose();
    }
  }

  /** Returns the GPU. */
  public Device device() {
    return stream.device();
  }

  // ---- waiting

  /**
   * Waits until all that was put into the stream is done.
   *
   * @throws IndexOutOfBoundsException if an operation met a bad index since the last time that
   *     something was read or waited for in this stream
   * @throws ArithmeticException if one divided an integer by zero
   */
  public void synchronize() {
    stream.synchronize();
  }

  /** Tells, without waiting, whether all that was put into the stream is done. */
  public boolean query() {
    return stream.isIdle();
  }

  /** Lets what is put into this stream from now on wait for what another one has so far. */
  public void waitStream(CudaStream other) {
    stream.waitFor(given("waitStream", "other", other).stream);
  }

  /** Lets what is put into this stream from now on wait for an event, if it was recorded. */
  public void waitEvent(CudaEvent event) {
    given("waitEvent", "event", event).letWait(stream);
  }

  /** Returns a new event that marks what was put into the stream so far. */
  public CudaEvent recordEvent() {
    return recordEvent(new CudaEvent());
  }

  /** Lets an event mark what was put into the stream so far, and returns it. */
  public CudaEvent recordEvent(CudaEvent event) {
    given("recordEvent", "event", event).record(this);
    return event;
  }

  // ---- memory

  /**
   * Notes that work which was put into this stream uses a storage: when its memory is freed, it is
   * not used for anything else before that work is done. Operations of tensors note it themselves.
   */
  public void record(Storage storage) {
    if (given("record", "storage", storage).device().equals(device()) || storage.isPinned()) {
      stream.use(storage);
    } else {
      throw new IllegalArgumentException(
          "record: the memory is on " + storage.device() + ", the stream on " + device());
    }
  }

  DeviceStream stream() {
    return stream;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CudaStream that && stream.equals(that.stream);
  }

  @Override
  public int hashCode() {
    return stream.hashCode();
  }

  @Override
  public String toString() {
    return "CudaStream(%s, %d)".formatted(device(), stream.index());
  }
}
