package dev.chagres.benchmarks;

import dev.chagres.benchmarks.rows.Row;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A row with what every side gave for it.
 *
 * @param cells by side, in the order of the columns
 * @param memory bytes of a GPU that sides had taken at the end, where they know
 */
record Measured(Row row, Map<String, Cell> cells, Map<String, Double> memory) {

  /** Returns the medians of the sides that have one. */
  Map<String, Double> nanos() {
    var nanos = new LinkedHashMap<String, Double>();
    cells.forEach(
        (side, cell) -> {
          if (cell instanceof Cell.Timed timed) {
            nanos.put(side, timed.median());
          }
        });
    return nanos;
  }
}
