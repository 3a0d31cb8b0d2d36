package dev.chagres.benchmarks;

import dev.chagres.benchmarks.protocol.Service;
import dev.chagres.benchmarks.rows.Row;
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

  /**
   * A JVM compiles what is run often, on one of the processors, and again after it learned more.
   */
  private static final WarmUp JVM = new WarmUp(0.5, 3, 3, 8);

  /** A recipe's first row waits for the compiler, which may have others' code to do before. */
  private static final WarmUp NEW = new WarmUp(1.5, 3, 3, 8);

  /**
   * Steps of training run much code, which takes two seconds to compile beside them; and until the
   * collector reports what is dropped, every result takes memory that none had.
   */
  private static final WarmUp LONG = new WarmUp(2.5, 3, 4, 8);

  private static final WarmUp OTHERS = new WarmUp(0.15, 0.15, 0.3, 3);

  private static final double GAIN = 0.97;

  /**
   * Returns the rule for a row.
   *
   * @param isNew whether the side has run no row of its recipe yet
   */
  static WarmUp of(Side side, Row row, boolean isNew) {
    if (!side.isJava()) {
      return OTHERS;
    }
    if (isLong(row.name())) {
      return LONG;
    }
    return isNew ? NEW : JVM;
  }

  private static boolean isLong(String name) {
    return name.startsWith("step: ") || name.endsWith(Service.COLLECTED);
  }

  /** Says how it is done, for the report. */
  static String text() {
    return "Before its rounds every side runs a row in slices of %s s".formatted(SLICE)
        + " until some in a row gain less than %.0f %% over".formatted(100 * (1 - GAIN))
        + " the best before them: %s, of %s to %s s, on a JVM (at least %s s in its first row, %s s"
            .formatted(JVM.window, JVM.least, JVM.most, JVM.first, NEW.least)
        + " in an operation's first, and %s s in steps of training and where results are left to"
            .formatted(LONG.least)
        + " the collector), "
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
