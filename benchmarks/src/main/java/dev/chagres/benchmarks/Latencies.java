package dev.chagres.benchmarks;

import dev.chagres.memory.Scope;
import dev.chagres.tensor.Out;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Small operations under JMH: what a call costs within the JVM, and what it leaves to the
 * collector.
 */
@State(org.openjdk.jmh.annotations.Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class Latencies {

  static final String TITLE = "Latencies under JMH";

  private static final double SECONDS = 0.2;
  private static final int TOGETHER = 100;

  /** The rows of the other tables that make the same calls. */
  private static final Map<String, String> ROWS =
      Map.of(
          "addIntoOut", "add 16, into out",
          "addLeftToTheCollector", "add 16, left to the collector",
          "addHundredInAScope", "add 16",
          "expHundredInAScope", "exp 16",
          "sumHundredInAScope", "sum 16",
          "matmulHundredInAScope", "matmul 16");

  private static final String ALLOCATED = "gc.alloc.rate.norm";

  private final Tensor a = Tensor.rand(16);
  private final Tensor b = Tensor.rand(16);
  private final Tensor out = Tensor.empty(16);
  private final Tensor matrix = Tensor.rand(16, 16);
  private final AtomicInteger lock = new AtomicInteger();

  /** Runs these alone: {@code -Dmain=Latencies}. */
  public static void main(String[] args) throws RunnerException {
    new Runner(options().verbosity(VerboseMode.NORMAL).build()).run();
  }

  @Benchmark
  public Tensor addIntoOut() {
    return Out.add(a, b, out);
  }

  @Benchmark
  public Tensor addInPlace() {
    return out.add_(a);
  }

  @Benchmark
  public Tensor addLeftToTheCollector() {
    return a.add(b);
  }

  @Benchmark
  public void addInItsOwnScope() {
    try (var _ = Scope.open()) {
      a.add(b);
    }
  }

  @Benchmark
  @OperationsPerInvocation(TOGETHER)
  public void addHundredInAScope() {
    try (var _ = Scope.open()) {
      for (int i = 0; i < TOGETHER; i++) {
        a.add(b);
      }
    }
  }

  /** What of a call is its result alone. */
  @Benchmark
  @OperationsPerInvocation(TOGETHER)
  public void emptyHundredInAScope() {
    try (var _ = Scope.open()) {
      for (int i = 0; i < TOGETHER; i++) {
        Tensor.empty(16);
      }
    }
  }

  @Benchmark
  @OperationsPerInvocation(TOGETHER)
  public void expHundredInAScope() {
    try (var _ = Scope.open()) {
      for (int i = 0; i < TOGETHER; i++) {
        a.exp();
      }
    }
  }

  @Benchmark
  @OperationsPerInvocation(TOGETHER)
  public void sumHundredInAScope() {
    try (var _ = Scope.open()) {
      for (int i = 0; i < TOGETHER; i++) {
        a.sum();
      }
    }
  }

  @Benchmark
  @OperationsPerInvocation(TOGETHER)
  public void matmulHundredInAScope() {
    try (var _ = Scope.open()) {
      for (int i = 0; i < TOGETHER; i++) {
        matrix.matmul(matrix);
      }
    }
  }

  @Benchmark
  public double item() {
    return a.get(3).item();
  }

  /** What a stripe of the pool, from which a small result has its memory, is locked by. */
  @Benchmark
  public int lockTakenAndReleased() {
    int before = lock.compareAndSet(0, 1) ? 0 : 1;
    lock.setRelease(0);
    return before;
  }

  /** What the pool asks the JVM for, in a process that has little else on its heap. */
  @Benchmark
  public void collection() {
    System.gc();
  }

  static void measure(Report report) {
    Collection<RunResult> results;
    try {
      results = new Runner(options().build()).run();
    } catch (RunnerException e) {
      report.addErrors(List.of(TITLE + ": " + e.getMessage()));
      return;
    }
    var lines = new ArrayList<List<String>>();
    for (var result : results) {
      var time = result.getPrimaryResult();
      var allocated = result.getSecondaryResults().get(ALLOCATED);
      lines.add(
          List.of(
              words(time.getLabel()),
              Figures.time(time.getScore()),
              "± " + Figures.time(time.getScoreError()),
              report.own(ROWS.getOrDefault(time.getLabel(), "")).orElse(""),
              allocated == null ? Table.NONE : "%.0f B".formatted(allocated.getScore())));
    }
    report.add(
        new Table(
            TITLE,
            "16 elements (products: 16x16), one thread; JMH's average and 99.9 % interval in a"
                + " process that makes only this call, beside it the figure of the tables above,"
                + " where one process makes all; and the bytes that a call leaves on the Java"
                + " heap. `lock taken and released` is what the pool's stripes have, `collection`"
                + " what it asks the JVM for.",
            List.of("call", "alone", "error", "among all", "allocated"),
            lines));
  }

  private static String words(String camelCase) {
    return camelCase.replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT);
  }

  private static ChainedOptionsBuilder options() {
    // Another run of JMH on this machine is no reason to fail.
    System.setProperty("jmh.ignoreLock", "true");
    var time = TimeValue.milliseconds((long) (1e3 * SECONDS));
    return new OptionsBuilder()
        .include(Latencies.class.getName())
        .forks(1)
        .timeout(TimeValue.seconds(60))
        .warmupIterations(5)
        .warmupTime(time)
        .measurementIterations(5)
        .measurementTime(time)
        .addProfiler(GCProfiler.class)
        .jvmArgsAppend("--enable-native-access=ALL-UNNAMED")
        .verbosity(VerboseMode.SILENT);
  }
}
