package dev.chagres.benchmarks.protocol;

import java.util.Arrays;

/** Times calls in batches of about a twentieth of the time given, and takes the batches' median. */
public final class Stopwatch {

  private Stopwatch() {}

  /** Something that makes a number of calls. */
  @FunctionalInterface
  public interface Calls {
    void make(long count);
  }

  /** Returns the nanoseconds of a call. */
  public static double measure(Calls calls, double seconds) {
    double batch = seconds * 1e9 / 20;
    long start = System.nanoTime();
    calls.make(1);
    double once = Math.max(1, System.nanoTime() - start);
    if (once > seconds * 1e9) {
      return once;
    }
    long count = Math.max(1, (long) (batch / once));
    double[] times = new double[64];
    int found = 0;
    long end = System.nanoTime() + (long) (seconds * 1e9);
    while (System.nanoTime() < end || found == 0) {
      start = System.nanoTime();
      calls.make(count);
      double took = Math.max(1, System.nanoTime() - start);
      if (found == times.length) {
        times = Arrays.copyOf(times, 2 * found);
      }
      times[found++] = took / count;
      count = Math.max(1, (long) (count * batch / took));
    }
    Arrays.sort(times, 0, found);
    return times[found / 2];
  }
}
