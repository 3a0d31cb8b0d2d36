package dev.chagres.observe;

import dev.chagres.memory.raw.RawStorage;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Two observers at once, the second inside the first. */
record BothObservers(Observer outer, Observer inner) implements Observer {
  @Override
  public void kernel(Runnable kernel, Supplier<Work> work) {
    outer.kernel(() -> inner.kernel(kernel, work), work);
  }

  @Override
  public <S extends RawStorage> S allocate(long bytes, Supplier<S> allocation, LongSupplier live) {
    return outer.allocate(bytes, () -> inner.allocate(bytes, allocation, live), live);
  }
}
