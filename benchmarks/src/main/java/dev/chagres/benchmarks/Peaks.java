package dev.chagres.benchmarks;

import dev.chagres.benchmarks.protocol.Service;
import dev.chagres.benchmarks.rows.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The most memory that a training run has resident, in a process of its own. */
final class Peaks {

  static final String TITLE = "Peak memory of a training run";

  private static final double SECONDS = 2;
  private static final String RIVAL = "torch";

  private Peaks() {}

  static void measure(Options options, Sides sides, Report report) throws InterruptedException {
    var headings = new ArrayList<>(List.of("workload"));
    headings.addAll(sides.names());
    headings.add("target");
    var lines = new ArrayList<List<String>>();
    for (String workload :
        List.of(
            "step: MLP, batch 64",
            "step: MLP, batch 64" + Service.COLLECTED,
            "step: CNN, batch 64",
            "step: CNN, batch 64" + Service.COLLECTED)) {
      var peaks = new LinkedHashMap<String, Double>();
      for (Side side : sides.all()) {
        try (var fresh = side.another()) {
          peak(fresh, workload, Math.min(SECONDS, 20 * options.seconds()))
              .ifPresent(bytes -> peaks.put(side.name(), bytes));
        } catch (Side.Failed e) {
          report.addErrors(List.of(TITLE + ", " + side.name() + ": " + e.getMessage()));
        }
      }
      lines.add(line(workload, sides, peaks, report));
    }
    report.add(
        new Table(
            TITLE,
            "Resident, with the side's own libraries, after some seconds of steps.",
            headings,
            lines));
  }

  private static Optional<Double> peak(Side side, String workload, double seconds)
      throws Side.Failed, InterruptedException {
    String name =
        side.name().equals(Target.SUBJECT) ? workload : workload.replace(Service.COLLECTED, "");
    if (side.ask(300, "check", name).isEmpty()) {
      return Optional.empty();
    }
    side.ask(300, "time", name, "" + seconds);
    return side.ask(60, "peak").map(Double::parseDouble);
  }

  private static List<String> line(
      String workload, Sides sides, Map<String, Double> peaks, Report report) {
    var line = new ArrayList<>(List.of(workload));
    for (String side : sides.names()) {
      line.add(peaks.containsKey(side) ? Figures.megabytes(peaks.get(side)) : "–");
    }
    if (peaks.containsKey(RIVAL) && peaks.containsKey(Target.SUBJECT)) {
      var told =
          new Judgement(
              TITLE + ", " + workload,
              "at most torch's",
              peaks.get(RIVAL) / peaks.get(Target.SUBJECT));
      report.add(told);
      line.add(told.text());
    } else {
      line.add("");
    }
    return line;
  }
}
