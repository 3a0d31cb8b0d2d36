package dev.chagres.backend.cuda;

import dev.chagres.memory.raw.Lane;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Work that was captured, to be done as often as one likes by one call. From the beginning of its
 * capture to {@link #close} it has the streams that it was captured in, and so all memory that was
 * allocated there; what it uses of other streams' memory is held when it is freed.
 */
public final class Graph {
  private final CudaDevice device;
  private final List<DeviceStream> streams = new ArrayList<>();
  private final Renewals renewals;

  /** The stream of the latest replay; at first that of what had to be done beside the capture. */
  private DeviceStream last;

  private MemorySegment executable = MemorySegment.NULL;
  private volatile boolean closed;

  Graph(CudaDevice device, DeviceStream home) {
    this.device = device;
    last = home;
    renewals = new Renewals(device);
    addStream();
  }

  /** Returns the stream in which the work begins and ends. */
  DeviceStream origin() {
    return streams.getFirst();
  }

  /** Takes one more stream for the capture. */
  DeviceStream addStream() {
    DeviceStream stream = device.takeStream();
    stream.belong(this);
    streams.add(stream);
    return stream;
  }

  Renewals renewals() {
    return renewals;
  }

  // ---- capture

  /** Lets what comes into the first stream be captured. */
  void begin() {
    origin().cublas(); // what making a handle does is not for captures
    origin().cublasLt();
    device.enter();
    Driver.beginCapture(origin().handle());
  }

  /** Ends the capture, and leaves nothing. */
  void abandon() {
    device.enter();
    Driver.abandonCapture(origin().handle());
  }

  /** Ends the capture, and makes the work ready. */
  void complete() {
    device.enter();
    MemorySegment captured = endCapture();
    try {
      executable = device.withRoom(() -> Driver.instantiate(captured));
    } finally {
      Driver.destroyGraph(captured);
    }
    Driver.uploadGraph(executable, last.handle());
  }

  private MemorySegment endCapture() {
    try {
      return Driver.endCapture(origin().handle());
    } catch (CudaException e) {
      if (e.code() == Driver.UNJOINED) {
        throw new IllegalStateException(
            "capture: a stream has work at the end that nobody waits for; let the stream that was"
                + " current at the beginning wait for it, by waitStream or an event",
            e);
      }
      throw e;
    }
  }

  // ---- use

  /**
   * Puts the work into this thread's current stream, behind the work of the latest replay.
   *
   * @throws IllegalStateException if the graph is closed, or this thread is capturing one
   */
  public synchronized void replay() {
    Capture.refuse("a graph cannot be part of another one");
    if (closed) {
      throw new IllegalStateException("replay: the graph is closed");
    }
    DeviceStream stream = device.current();
    stream.waitFor(last);
    last = stream;
    renewals.run();
    device.enter();
    Driver.launchGraph(executable, stream.handle());
    streams.forEach(stream::watch);
    stream.launched("launch of ", "a graph");
  }

  /**
   * Waits for the latest replay and gives everything back. What others hold of its memory keeps its
   * values. Closing twice is harmless.
   */
  public synchronized void close() {
    if (closed) {
      return;
    }
    try (Lane.Mark end = last.mark()) {
      end.await();
    }
    device.enter();
    if (executable.address() != 0) {
      Driver.destroyExecutable(executable);
    }
    closed = true;
    renewals.free();
    streams.forEach(device::giveStream);
  }

  /** Returns a mark that is reached when the graph is closed. */
  Lane.Mark end() {
    return new End(this);
  }

  private record End(Graph graph) implements Lane.Mark {
    @Override
    public boolean isDone() {
      return graph.closed;
    }

    @Override
    public boolean isAwaitable() {
      return false;
    }

    @Override
    public void await() {}

    @Override
    public void close() {}
  }
}
