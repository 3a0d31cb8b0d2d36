package dev.chagres.backend.cuda;

import java.lang.foreign.MemorySegment;

/** A mark in a stream's work, of the context that is current when it is made. */
final class Event implements AutoCloseable {
  private final MemorySegment handle = Driver.createEvent(false);

  /** Marks what is in a stream so far. */
  void record(MemorySegment stream) {
    Driver.record(handle, stream);
  }

  /** Lets a stream's later work wait until the work before the mark is done. */
  void await(MemorySegment stream) {
    Driver.awaitEvent(stream, handle);
  }

  /** Waits until the work before the mark is done. */
  void await() {
    Driver.awaitEvent(handle);
  }

  /** Gives the event back; what waits for it goes on waiting. */
  @Override
  public void close() {
    Driver.destroyEvent(handle);
  }
}
