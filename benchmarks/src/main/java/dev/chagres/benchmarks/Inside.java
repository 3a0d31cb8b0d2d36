package dev.chagres.benchmarks;

import com.sun.management.ThreadMXBean;
import dev.chagres.Chagres;
import dev.chagres.benchmarks.protocol.Memory;
import dev.chagres.benchmarks.protocol.Service;
import dev.chagres.benchmarks.protocol.Task;
import dev.chagres.benchmarks.side.Worker;
import dev.chagres.memory.Scope;
import dev.chagres.profiler.Profiler;
import dev.chagres.tensor.Tensor;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Looks into a row of Chagres, to find out why it takes what it takes: the time of a call, what it
 * leaves on the Java heap, its page faults, the collections meanwhile, the memory of the process,
 * and what the profiler tells. {@code -Dmain=Inside -Dargs="add 1e6, left to the collector"}
 */
final class Inside {

  private static final double SECONDS = 2;
  private static final int PROFILED = 200;
  private static final double PROFILED_NANOS = 5e8;
  private static final int TOGETHER = 100;
  private static final double TOGETHER_NANOS = 50_000;

  private final Task<Tensor> task;
  private final boolean scoped;
  private final int together;
  private final int profiled;

  private Inside(String workload) {
    task =
        new Worker()
            .task(workload)
            .orElseThrow(() -> new IllegalArgumentException("no such row: " + workload));
    scoped = !workload.endsWith(Service.COLLECTED);
    double nanos = warmUp();
    boolean alone = workload.startsWith(Service.STEP) || !scoped;
    together = alone ? 1 : Math.clamp((long) (TOGETHER_NANOS / nanos), 1, TOGETHER);
    profiled = Math.clamp((long) (PROFILED_NANOS / nanos), 1, PROFILED);
  }

  public static void main(String[] args) throws IOException {
    String workload = String.join(" ", args).strip();
    System.out.print(workload + "\n" + new Inside(workload).text());
  }

  /** Returns what the fastest call took. */
  private double warmUp() {
    double best = Double.MAX_VALUE;
    long end = System.nanoTime() + (long) (SECONDS * 1e9);
    do {
      long start = System.nanoTime();
      calls(1);
      best = Math.min(best, System.nanoTime() - start);
    } while (System.nanoTime() < end);
    return Math.max(1, best);
  }

  private void calls(int count) {
    if (!scoped) {
      repeat(count);
      return;
    }
    try (var _ = Scope.open()) {
      repeat(count);
    }
  }

  private void repeat(int count) {
    for (int i = 0; i < count; i++) {
      task.run();
    }
  }

  private String text() throws IOException {
    long collections = sum(GarbageCollectorMXBean::getCollectionCount);
    long collecting = sum(GarbageCollectorMXBean::getCollectionTime);
    long heap = heap();
    long faults = faults();
    double[] times = new double[1 << 20];
    int found = 0;
    long start = System.nanoTime();
    double seconds = 0;
    while (seconds < SECONDS && found < times.length) {
      long from = System.nanoTime();
      calls(together);
      long to = System.nanoTime();
      times[found++] = (to - from) / (double) together;
      seconds = (to - start) / 1e9;
    }
    Arrays.sort(times, 0, found);
    double calls = (double) found * together;
    collections = sum(GarbageCollectorMXBean::getCollectionCount) - collections;
    collecting = sum(GarbageCollectorMXBean::getCollectionTime) - collecting;
    return """
      a call          %s at best, %s in the middle, %s on average
      on the heap     %.0f B a call
      page faults     %.3f a call
      collections     %d, of %s each: %.1f %% of the time
      memory at most  %s, with %s of tensors and a Java heap of %s
    """
            .formatted(
                Figures.time(times[found / 100]),
                Figures.time(times[found / 2]),
                Figures.time(seconds * 1e9 / calls),
                (heap() - heap) / calls,
                (faults() - faults) / calls,
                collections,
                Figures.time(collections == 0 ? 0 : collecting * 1e6 / collections),
                collecting / (10 * seconds),
                Figures.megabytes(Memory.peak()),
                Figures.megabytes(Chagres.memoryStats().reservedBytes()),
                Figures.megabytes(
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getCommitted()))
        + "what the profiler tells of "
        + profiled
        + " calls\n"
        + profile();
  }

  /** The second one: the first compiles the profiler. */
  private String profile() {
    Profiler.run(this::profiledCalls);
    return Profiler.run(this::profiledCalls).table();
  }

  private void profiledCalls() {
    for (int i = 0; i < profiled; i++) {
      calls(1);
    }
  }

  private static long sum(ToLongFunction<GarbageCollectorMXBean> of) {
    List<GarbageCollectorMXBean> collectors = ManagementFactory.getGarbageCollectorMXBeans();
    return collectors.stream().mapToLong(of).sum();
  }

  private static long heap() {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return threads.getCurrentThreadAllocatedBytes();
  }

  /** Returns how often this process touched memory that the system had to give first. */
  private static long faults() throws IOException {
    String stat = Files.readString(Path.of("/proc/self/stat"));
    // The command, in brackets, may hold blanks; the number is the eighth field after it.
    return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[7]);
  }
}
