package dev.chagres.benchmarks;

import java.util.List;

/**
 * A table of the report.
 *
 * @param title its heading
 * @param remark what a reader has to know, or an empty text
 * @param columns the headings; the first column holds names
 * @param lines of as many texts as there are columns
 */
record Table(String title, String remark, List<String> columns, List<List<String>> lines) {

  String markdown() {
    var text = new StringBuilder("## ").append(title).append("\n\n");
    if (!remark.isEmpty()) {
      text.append(remark).append("\n\n");
    }
    text.append(line(columns));
    text.append("| --- |").append(" ---: |".repeat(columns.size() - 1)).append('\n');
    lines.forEach(line -> text.append(line(line)));
    return text.append('\n').toString();
  }

  private static String line(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |\n";
  }
}
