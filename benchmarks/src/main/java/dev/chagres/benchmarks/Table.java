package dev.chagres.benchmarks;

import static java.util.stream.Collectors.joining;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A table of the report.
 *
 * @param title its heading
 * @param remark what a reader has to know, or an empty text
 * @param columns the headings; the first column holds names, another is left out if all its cells
 *     are empty or {@link #NONE}
 * @param lines of as many texts as there are columns
 */
record Table(String title, String remark, List<String> columns, List<List<String>> lines) {

  /** A cell of a side that lacks the workload. */
  static final String NONE = "–";

  String markdown() {
    int[] kept = IntStream.range(0, columns.size()).filter(this::isUsed).toArray();
    var text = new StringBuilder("## ").append(title).append("\n\n");
    if (!remark.isEmpty()) {
      text.append(remark).append("\n\n");
    }
    text.append(line(columns, kept));
    text.append("| --- |").append(" ---: |".repeat(kept.length - 1)).append('\n');
    lines.forEach(line -> text.append(line(line, kept)));
    return text.append('\n').toString();
  }

  private boolean isUsed(int column) {
    return column == 0
        || lines.stream()
            .map(line -> line.get(column))
            .anyMatch(cell -> !cell.isEmpty() && !cell.equals(NONE));
  }

  private static String line(List<String> cells, int... kept) {
    return Arrays.stream(kept).mapToObj(cells::get).collect(joining(" | ", "| ", " |\n"));
  }
}
