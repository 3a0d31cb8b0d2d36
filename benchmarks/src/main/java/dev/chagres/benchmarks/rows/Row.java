package dev.chagres.benchmarks.rows;

import dev.chagres.benchmarks.protocol.Name;
import java.util.List;

/**
 * A line of a table: a workload, which every side knows by this name or lacks.
 *
 * @param name the words and sizes; see {@link Name}
 * @param moved how many bytes it must read and write, or 0
 * @param operations how many floating-point operations it is, or 0
 * @param targets what is asked of Chagres
 */
public record Row(String name, double moved, double operations, List<Target> targets) {

  /** Rows whose operands are larger than this are left out unless asked for. */
  private static final double LARGE = 3e8;

  public boolean large() {
    return moved >= LARGE;
  }
}
