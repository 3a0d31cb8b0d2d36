package dev.chagres.profiler;

import dev.chagres.memory.raw.RawStorage;
import dev.chagres.observe.Caller;
import dev.chagres.observe.Observer;
import dev.chagres.observe.Work;
import dev.chagres.profiler.Profile.Allocation;
import dev.chagres.profiler.Profile.Call;
import dev.chagres.profiler.Profile.Kernel;
import dev.chagres.profiler.Profile.Row;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Adds up what it observes, and keeps the first calls one by one. */
final class Recorder implements Observer {
  private final long start = System.nanoTime();
  private final Map<String, Sum> sums = new HashMap<>();
  private final List<Call> calls = new ArrayList<>();
  private final List<Allocation> allocations = new ArrayList<>();
  private final int kept;
  private long leftOut;
  private long nanos = -1;

  /** Makes one that keeps so many calls, and so many allocations. */
  Recorder(int kept) {
    this.kept = kept;
  }

  /** What one operation did. */
  private static final class Sum {
    final Map<String, Kernel> kernels = new TreeMap<>();
    long allocations;
    long allocatedBytes;
    long peakBytes;

    void add(Kernel more) {
      kernels.merge(more.name(), more, Kernel::plus);
    }

    Row row(String operation) {
      Kernel all = new Kernel(operation, 0, 0, 0, 0);
      for (Kernel kernel : kernels.values()) {
        all = all.plus(kernel);
      }
      return new Row(
          all,
          Profile.byTime(kernels.values(), Kernel::nanos),
          allocations,
          allocatedBytes,
          peakBytes);
    }
  }

  @Override
  public void kernel(Runnable kernel, Supplier<Work> work) {
    long from = System.nanoTime();
    kernel.run();
    long took = System.nanoTime() - from;
    Work done = work.get();
    Thread thread = Thread.currentThread();
    note(
        new Call(
            Caller.operation(done.kernel()),
            done.kernel(),
            done.dtype(),
            done.shapes(),
            thread.threadId(),
            thread.getName(),
            from - start,
            took,
            done.bytes(),
            done.floatingOperations()));
  }

  synchronized void note(Call call) {
    if (nanos >= 0) {
      return;
    }
    sums.computeIfAbsent(call.operation(), _ -> new Sum())
        .add(new Kernel(call.kernel(), 1, call.nanos(), call.bytes(), call.floatingOperations()));
    keep(calls, call);
  }

  @Override
  public <S extends RawStorage> S allocate(long bytes, Supplier<S> allocation, LongSupplier live) {
    S storage = allocation.get();
    note(
        new Allocation(
            Caller.operation(Caller.ALLOCATION),
            Thread.currentThread().threadId(),
            System.nanoTime() - start,
            bytes,
            live.getAsLong()));
    return storage;
  }

  synchronized void note(Allocation allocation) {
    if (nanos >= 0) {
      return;
    }
    Sum sum = sums.computeIfAbsent(allocation.operation(), _ -> new Sum());
    sum.allocations++;
    sum.allocatedBytes += allocation.bytes();
    sum.peakBytes = Math.max(sum.peakBytes, allocation.liveBytes());
    keep(allocations, allocation);
  }

  private <E> void keep(List<E> list, E element) {
    if (list.size() < kept) {
      list.add(element);
    } else {
      leftOut++;
    }
  }

  /** Notes nothing any more; tells whether it did until now. */
  synchronized boolean stop() {
    boolean ran = nanos < 0;
    nanos = ran ? System.nanoTime() - start : nanos;
    return ran;
  }

  synchronized Profile profile() {
    List<Row> rows = new ArrayList<>();
    new TreeMap<>(sums).forEach((operation, sum) -> rows.add(sum.row(operation)));
    return new Profile(
        nanos < 0 ? System.nanoTime() - start : nanos,
        Profile.byTime(rows, Row::nanos),
        List.copyOf(calls),
        List.copyOf(allocations),
        leftOut);
  }
}
