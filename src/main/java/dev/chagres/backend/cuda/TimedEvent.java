package dev.chagres.backend.cuda;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/**
 * A mark in a stream's work for users, of the device of the stream that it is first put into; it
 * ends when nothing reaches it any more.
 */
public final class TimedEvent {
  private static final Cleaner CLEANER = Cleaner.create();

  private final Timing timing;
  private @Nullable Made made;

  /** The graph that it is a part of. */
  private @Nullable Graph graph;

  /** Whether an event notes the time at which it is reached, which makes it dearer. */
  public enum Timing {
    NONE,
    TIMED
  }

  private record Made(CudaDevice device, MemorySegment event) implements Runnable {
    /** Gives the event back. */
    @Override
    public void run() {
      device.enter();
      Driver.destroyEvent(event);
    }
  }

  public TimedEvent(Timing timing) {
    this.timing = timing;
  }

  public boolean isTimed() {
    return timing == Timing.TIMED;
  }

  /** Returns whether it was put into a stream. */
  public synchronized boolean isRecorded() {
    return made != null;
  }

  /**
   * Marks what is in a stream so far, in the place of what it marked before.
   *
   * @throws IllegalArgumentException if it belongs to another device
   */
  public synchronized void record(DeviceStream into) {
    DeviceStream stream = into.here();
    CudaDevice device = stream.owner();
    device.enter();
    Made known = made;
    if (known == null) {
      known = new Made(device, Driver.createEvent(isTimed()));
      made = known;
      CLEANER.register(this, known);
    } else if (known.device != device) {
      throw new IllegalArgumentException(
          "record: the event belongs to " + known.device + ", and the stream to " + device);
    }
    Driver.record(known.event, stream.handle());
    graph = stream.graph();
  }

  /** Lets a stream's later work wait for it; one that marks nothing is not waited for. */
  public synchronized void await(DeviceStream later) {
    Made known = made;
    if (known == null) {
      return;
    }
    DeviceStream stream = later.here();
    if (stream.graph() != graph) {
      String why = "the event is not of the graph that is captured, which cannot wait for it";
      Capture.refuse(why);
      throw new IllegalStateException(
          "waitEvent: the event was put into a stream while a graph was captured, and is reached"
              + " only there");
    }
    stream.waitFor(known.event);
  }

  /** Waits until the work before it is done. */
  public void await() {
    Made known = made();
    if (known != null) {
      known.device.enter();
      Driver.awaitEvent(known.event);
      Reference.reachabilityFence(this);
    }
  }

  /** Tells whether the work before it is done. */
  public boolean isDone() {
    Made known = made();
    if (known == null) {
      return true;
    }
    known.device.enter();
    boolean done = Driver.isDone(known.event);
    Reference.reachabilityFence(this);
    return done;
  }

  private synchronized @Nullable Made made() {
    return made;
  }

  /** Returns the milliseconds from this event to a later one; both are timed, and done. */
  public double millisecondsTo(TimedEvent end) {
    Made from = made();
    Made to = end.made();
    if (from == null || to == null) {
      throw new IllegalStateException("elapsedTime: an event was not put into a stream");
    }
    from.device.enter();
    double milliseconds = Driver.milliseconds(from.event, to.event);
    Reference.reachabilityFence(this);
    Reference.reachabilityFence(end);
    return milliseconds;
  }
}
