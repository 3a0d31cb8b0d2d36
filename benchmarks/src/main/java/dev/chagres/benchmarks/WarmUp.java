package dev.chagres.benchmarks;

import java.util.Collections;
import java.util.List;

/**
 * How long a side runs a row before it is timed: in slices, until it no longer gets faster.
 *
 * @param least seconds of slices
 * @param first seconds that a process has run before its first row is timed
 * @param most seconds of slices
 * @param window how many slices in a row have to bring nothing
 */
record WarmUp(double least, double first, double most, int window) {

  /** The seconds of a slice. */
  static final double SLICE = 0.04;

  /** A JVM compiles what is run often, beside what runs, and again after it learned more. */
  private static final WarmUp JVM = new WarmUp(0.4, 3, 1, 5);

  private static final WarmUp OTHERS = new WarmUp(0.15, 0.15, 0.3, 3);

  private static final double GAIN = 0.97;

  static WarmUp of(Side side) {
    return side.isJava() ? JVM : OTHERS;
  }

  /** Says how it is done, for the report. */
  static String text() {
    return "Before its rounds every side runs a row in slices of %s s".formatted(SLICE)
        + " until some in a row gain less than %.0f %% over".formatted(100 * (1 - GAIN))
        + " the best before them: %s, of %s to %s s, on a JVM (at least %s s in its first row), "
            .formatted(JVM.window, JVM.least, JVM.most, JVM.first)
        + "%s, of %s to %s s, elsewhere.".formatted(OTHERS.window, OTHERS.least, OTHERS.most);
  }

  /**
   * Whether a row is warm.
   *
   * @param slices the nanoseconds of a call in each slice so far
   * @param seconds that they took
   * @param earlier seconds that the process ran other rows
   */
  boolean isOver(List<Double> slices, double seconds, double earlier) {
    if (seconds < Math.max(least, first - earlier)) {
      return false;
    }
    if (seconds >= Math.max(most, first - earlier)) {
      return true;
    }
    int last = slices.size() - window;
    return last > 0
        && Collections.min(slices.subList(last, slices.size()))
            > GAIN * Collections.min(slices.subList(0, last));
  }
}
