package dev.chagres.benchmarks;

import dev.chagres.benchmarks.protocol.Service;
import dev.chagres.benchmarks.rows.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The most memory that a training run has resident, in a process of its own. */
final class Peaks {

  static final String TITLE = "Peak memory of a training run";

  /** After these a process no longer grows. */
  private static final double SECONDS = 4;

  private static final String RIVAL = "torch";

  private Peaks() {}

  static void measure(Sides sides, Report report) throws InterruptedException {
    var headings = new ArrayList<>(List.of("workload"));
    headings.addAll(sides.names());
    headings.add("target");
    var lines = new ArrayList<List<String>>();
    // What is left to the collector is another workload for Chagres alone.
    var known = new HashMap<String, Optional<Double>>();
    for (String workload :
        List.of(
            "step: MLP, batch 64",
            "step: MLP, batch 64" + Service.COLLECTED,
            "step: CNN, batch 64",
            "step: CNN, batch 64" + Service.COLLECTED)) {
      var peaks = new LinkedHashMap<String, Double>();
      for (Side side : sides.all()) {
        String name = nameFor(side, workload);
        String key = side.name() + " " + name;
        if (!known.containsKey(key)) {
          known.put(key, peak(side, name, report));
        }
        known.get(key).ifPresent(bytes -> peaks.put(side.name(), bytes));
      }
      lines.add(line(workload, sides, peaks, report));
    }
    report.add(
        new Table(
            TITLE,
            "Resident, with the side's own libraries, after %.0f s of steps.".formatted(SECONDS),
            headings,
            lines));
  }

  private static String nameFor(Side side, String workload) {
    return side.name().equals(Target.SUBJECT) ? workload : workload.replace(Service.COLLECTED, "");
  }

  private static Optional<Double> peak(Side side, String name, Report report)
      throws InterruptedException {
    try (var fresh = side.another()) {
      if (fresh.ask(300, "check", name).isEmpty()) {
        return Optional.empty();
      }
      fresh.ask(300, "time", name, "" + SECONDS);
      return fresh.ask(60, "peak").map(Double::parseDouble);
    } catch (Side.Failed e) {
      report.addErrors(List.of(TITLE + ", " + side.name() + ": " + e.getMessage()));
      return Optional.empty();
    }
  }

  private static List<String> line(
      String workload, Sides sides, Map<String, Double> peaks, Report report) {
    var line = new ArrayList<>(List.of(workload));
    for (String side : sides.names()) {
      line.add(peaks.containsKey(side) ? Figures.megabytes(peaks.get(side)) : Table.NONE);
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
