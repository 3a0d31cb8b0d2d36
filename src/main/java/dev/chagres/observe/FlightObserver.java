package dev.chagres.observe;

import dev.chagres.memory.raw.RawStorage;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Writes events for the flight recorder. What a recording did not ask for, or what was faster than
 * its threshold, is not even looked at.
 */
final class FlightObserver implements Observer {
  @Override
  public void kernel(Runnable kernel, Supplier<Work> work) {
    OperationEvent event = new OperationEvent();
    event.begin();
    kernel.run();
    event.end();
    if (event.shouldCommit()) {
      Work done = work.get();
      event.operation = Caller.operation(done.kernel());
      event.kernel = done.kernel();
      event.dtype = done.dtype().toString();
      event.shapes = done.shapesText();
      event.bytes = done.bytes();
      event.floatingOperations = done.floatingOperations();
      event.commit();
    }
  }

  @Override
  public <S extends RawStorage> S allocate(long bytes, Supplier<S> allocation, LongSupplier live) {
    AllocationEvent event = new AllocationEvent();
    event.begin();
    S storage = allocation.get();
    event.end();
    if (event.shouldCommit()) {
      event.operation = Caller.operation(Caller.ALLOCATION);
      event.bytes = bytes;
      event.live = live.getAsLong();
      event.commit();
    }
    return storage;
  }
}
