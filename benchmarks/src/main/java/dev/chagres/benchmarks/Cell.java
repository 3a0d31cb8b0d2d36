package dev.chagres.benchmarks;

import java.util.Arrays;

/** What a side gave for a row. */
sealed interface Cell {

  /** The side has no such workload. */
  record Lacking() implements Cell {}

  /** The side has it, and failed. */
  record Failed(String reason) implements Cell {}

  /** The nanoseconds of a call, by round. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Timed(double[] rounds) implements Cell {
    double median() {
      return Cell.median(rounds);
    }
  }

  static double median(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
}
