package dev.chagres.benchmarks.protocol;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A side: it reads requests, a line each, fields with tabs between, and answers each with a line.
 *
 * <ul>
 *   <li>{@code check NAME} makes the workload and runs it: the {@link Digest} of its result
 *   <li>{@code time NAME SECONDS}: the median nanoseconds of a call
 *   <li>{@code drop}: forgets the workload's data
 *   <li>{@code reserved}: how much of a GPU's memory this side has taken, in bytes
 *   <li>{@code peak}: the most memory that this process ever had, in bytes
 * </ul>
 *
 * An answer begins with {@code =}, or with {@code !} and the reason why there is none; {@code -}
 * says that this side has no such workload. The first line, unasked for, is the side's version.
 *
 * @param <T> an array, as this side has them
 */
public abstract class Service<T> {

  /** Ends the name of a workload whose results no scope frees. */
  public static final String COLLECTED = ", left to the collector";

  /** Begins the name of a workload that changes what it works on. */
  public static final String STEP = "step";

  private static final int STEPS_COMPARED = 3;
  private static final int MOST_TOGETHER = 100;

  /**
   * A scope for as much work costs less than a hundredth of it, and its results stay in a cache.
   */
  private static final double TOGETHER_NANOS = 10_000;

  private static final double TRIED_NANOS = 500_000;

  private final Recipes<T> recipes;
  private String current = "";
  private Task<T> task = () -> null;

  protected Service(Recipes<T> recipes) {
    this.recipes = recipes;
  }

  /** Returns the versions of the libraries that this side runs on. */
  protected abstract String version();

  /** Makes calls, and gives back the memory of what they returned. */
  protected abstract void scoped(Runnable calls);

  /** Makes a step of training, likewise; what an optimizer keeps stays. */
  protected void scopedStep(Runnable step) {
    scoped(step);
  }

  /** Waits for what was called, where a call may return before its work is done. */
  protected void finish() {}

  /** Gives back what the workload that was forgotten had, if the side keeps it. */
  protected void dropped() {}

  /** Returns how much of a GPU's memory this side has taken for its arrays, in bytes. */
  protected OptionalLong reserved() {
    return OptionalLong.empty();
  }

  /** Returns how many elements a result has. */
  protected abstract long count(T result);

  /** Returns some elements of a result, as if it had one dimension. */
  protected abstract double[] take(T result, long[] positions);

  /** Answers requests until there are no more. */
  public final void serve() throws IOException {
    PrintStream answers = System.out;
    // What a library prints of its own accord is no answer.
    System.setOut(System.err);
    answers.println("= " + version());
    var requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      String answer;
      try {
        answer = "= " + answer(line.split("\t"));
      } catch (RuntimeException | LinkageError | OutOfMemoryError e) {
        e.printStackTrace();
        answer = "! " + String.valueOf(e).replace('\n', ' ');
      }
      answers.println(answer);
    }
  }

  private String answer(String[] request) {
    return switch (request[0]) {
      case "check" -> prepare(request[1]) ? check(request[1]).toString() : "-";
      case "time" -> "" + time(request[1], Double.parseDouble(request[2]));
      case "drop" -> drop();
      case "reserved" -> reserved().isPresent() ? "" + reserved().getAsLong() : "-";
      case "peak" -> "" + Memory.peak();
      default -> throw new IllegalArgumentException("no such request: " + request[0]);
    };
  }

  /** Makes a workload, if this side has it. */
  public final Optional<Task<T>> task(String workload) {
    var name = Name.of(workload.replace(COLLECTED, ""));
    return recipes.find(name.recipe()).map(recipe -> recipe.prepare(name.sizes()));
  }

  private boolean prepare(String workload) {
    var made = task(workload);
    made.ifPresent(found -> task = found);
    current = workload;
    return made.isPresent();
  }

  private Digest check(String workload) {
    var digest = new Digest[1];
    Runnable once =
        () -> {
          T result = task.run();
          digest[0] = Digest.of(count(result), at -> take(result, at));
        };
    if (workload.startsWith(STEP)) {
      for (int i = 0; i < STEPS_COMPARED; i++) {
        scopedStep(once);
      }
    } else {
      scoped(once);
    }
    return digest[0];
  }

  private double time(String workload, double seconds) {
    if (!workload.equals(current)) {
      throw new IllegalStateException("not checked: " + workload);
    }
    var timed = task;
    if (workload.endsWith(COLLECTED)) {
      return Stopwatch.measure(
          count -> {
            repeat(timed, count);
            finish();
          },
          seconds);
    }
    if (workload.startsWith(STEP)) {
      return Stopwatch.measure(
          count -> {
            for (long i = 0; i < count; i++) {
              scopedStep(timed::run);
            }
            finish();
          },
          seconds);
    }
    long together = together(timed);
    return Stopwatch.measure(
            count -> {
              for (long i = 0; i < count; i++) {
                share(timed, together);
              }
              finish();
            },
            seconds)
        / together;
  }

  /**
   * How many calls share a scope: as many as a user would put into one. The first calls after a
   * request take a hundred times as long as those that follow, so that only the best of some tell.
   */
  private long together(Task<T> timed) {
    double nanos = Double.MAX_VALUE;
    double spent = 0;
    while (spent < TRIED_NANOS && nanos > TOGETHER_NANOS / MOST_TOGETHER) {
      long start = System.nanoTime();
      share(timed, 1);
      finish();
      double took = System.nanoTime() - start;
      nanos = Math.min(nanos, took);
      spent += took;
    }
    return Math.clamp((long) (TOGETHER_NANOS / nanos), 1, MOST_TOGETHER);
  }

  /** Makes so many calls in one scope. */
  private void share(Task<T> timed, long count) {
    scoped(() -> repeat(timed, count));
  }

  private void repeat(Task<T> timed, long count) {
    for (long i = 0; i < count; i++) {
      timed.run();
    }
  }

  private String drop() {
    task = () -> null;
    current = "";
    System.gc();
    dropped();
    return "";
  }
}
