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

    /** Rounds that lie further apart than this part of their median are marked. */
    static final double SPREAD = 0.3;

    double median() {
      return Cell.median(rounds);
    }

    /** Returns the median, marked if the rounds lie far apart. */
    String text() {
      var all = Arrays.stream(rounds).summaryStatistics();
      boolean apart = all.getMax() - all.getMin() > SPREAD * median();
      return (apart ? "~" : "") + Figures.time(median());
    }
  }

  static double median(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
}
