package dev.chagres.benchmarks;

import dev.chagres.benchmarks.rows.Row;
import dev.chagres.benchmarks.rows.Target;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The same work alone, and beside another process that keeps one core busy. */
final class Neighbour {

  static final String TITLE = "Beside a busy neighbour";

  private static final double MOST = 2.5;
  private static final List<String> WORKLOADS =
      List.of(
          "add 1e6", "sum 1e6", "matmul 512", "step: hidden layer 2-5-3", "step: MLP, batch 64");

  private Neighbour() {}

  static void measure(Timing timing, Sides sides, Report report)
      throws IOException, InterruptedException {
    var headings = new ArrayList<>(List.of("workload"));
    headings.addAll(sides.names());
    headings.add("target");
    var lines = new ArrayList<List<String>>();
    for (String workload : WORKLOADS) {
      var row = new Row(workload, 0, 0, List.of());
      System.err.println(TITLE + ", " + workload);
      var alone = timing.time(row);
      var spinning = new ProcessBuilder("sh", "-c", "while :; do :; done").start();
      try {
        lines.add(line(alone, timing.time(row), sides, report));
      } finally {
        spinning.destroyForcibly().waitFor();
      }
    }
    report.add(
        new Table(
            TITLE,
            "Alone, and beside a process that spins on one core; in brackets, how many times"
                + " slower.",
            headings,
            lines));
  }

  private static List<String> line(Measured alone, Measured beside, Sides sides, Report report) {
    String workload = alone.row().name();
    var line = new ArrayList<>(List.of(workload));
    var verdict = "";
    for (String side : sides.names()) {
      Double before = alone.nanos().get(side);
      Double after = beside.nanos().get(side);
      if (before == null || after == null) {
        line.add("–");
        continue;
      }
      line.add(
          "%s, %s (%s)"
              .formatted(
                  Figures.time(before), Figures.time(after), Figures.number(after / before)));
      if (side.equals(Target.SUBJECT)) {
        var told =
            new Judgement(TITLE + ", " + workload, "2.5× slower at most", MOST * before / after);
        report.add(told);
        verdict = told.text();
      }
    }
    line.add(verdict);
    return line;
  }
}
