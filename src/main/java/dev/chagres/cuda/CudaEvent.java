package dev.chagres.cuda;

import static dev.chagres.check.Given.given;

import dev.chagres.backend.cuda.DeviceStream;
import dev.chagres.backend.cuda.TimedEvent;
import dev.chagres.backend.cuda.TimedEvent.Timing;

/**
 * A mark in a stream of a GPU, to wait for or to take the time at:
 *
 * <pre>{@code
 * var stream = CudaStream.current(Device.cuda(0));
 * CudaEvent start = stream.recordEvent(CudaEvent.timed());
 * Tensor y = x.matmul(x);
 * CudaEvent end = stream.recordEvent(CudaEvent.timed());
 * end.synchronize();
 * IO.println(start.elapsedTime(end) + " ms");
 * }</pre>
 *
 * <p>It belongs to the GPU of the stream that it is first recorded in, and may be recorded again
 * there, in any stream. Until it is recorded nobody waits for it.
 */
public final class CudaEvent {
  private final TimedEvent event;

  /** Makes an event without time, the cheaper kind. */
  public CudaEvent() {
    this(Timing.NONE);
  }

  private CudaEvent(Timing timing) {
    event = new TimedEvent(timing);
  }

  /**
   * Returns an event that notes when it is reached: {@code torch.cuda.Event(enable_timing=True)}.
   */
  public static CudaEvent timed() {
    return new CudaEvent(Timing.TIMED);
  }

  /**
   * Marks what was put into a stream so far, in the place of what it marked before.
   *
   * @throws IllegalArgumentException if the event belongs to another GPU
   */
  public void record(CudaStream stream) {
    event.record(given("record", "stream", stream).stream());
  }

  void letWait(DeviceStream stream) {
    event.await(stream);
  }

  /** Waits until the work before it is done; what that work found wrong is thrown elsewhere. */
  public void synchronize() {
    event.await();
  }

  /** Tells, without waiting, whether the work before it is done. */
  public boolean query() {
    return event.isDone();
  }

  /**
   * Returns the milliseconds from this event to a later one.
   *
   * @throws IllegalStateException if one of them is not {@link #timed}, was not recorded, or the
   *     work before it is not done
   */
  public double elapsedTime(CudaEvent end) {
    given("elapsedTime", "end", end);
    if (!event.isTimed() || !end.event.isTimed()) {
      throw new IllegalStateException("elapsedTime: both events must be CudaEvent.timed()");
    }
    if (!event.isRecorded() || !end.event.isRecorded()) {
      throw new IllegalStateException("elapsedTime: both events must have been recorded");
    }
    if (!query() || !end.query()) {
      throw new IllegalStateException(
          "elapsedTime: the work before an event is not done; synchronize() waits for it");
    }
    return event.millisecondsTo(end.event);
  }
}
