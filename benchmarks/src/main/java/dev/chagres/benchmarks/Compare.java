package dev.chagres.benchmarks;

import dev.chagres.benchmarks.rows.Catalogue;
import dev.chagres.benchmarks.rows.Family;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Times every workload on every side, in turns, and writes the tables and pictures; {@link Options}
 * says what can be asked for. Ends with status 1 if a side failed, or computed something else.
 */
final class Compare {

  private final Options options;
  private final Sides sides;
  private final Timing timing;
  private final Report report;
  private final List<Measured> all = new ArrayList<>();

  private Compare(Options options, Sides sides) {
    this.options = options;
    this.sides = sides;
    this.timing = new Timing(options, sides.all());
    this.report = new Report(options, sides);
  }

  public static void main(String[] args) throws Exception {
    System.setProperty("java.awt.headless", "true");
    var options = Options.of(args);
    try (var sides = Sides.open(options)) {
      sides.missing().forEach(reason -> System.err.println("missing " + reason));
      var compare = new Compare(options, sides);
      compare.run();
      System.out.println(compare.report.markdown());
      System.exit(compare.timing.errors().isEmpty() ? 0 : 1);
    }
  }

  private void run() throws IOException, InterruptedException {
    for (Family family : Catalogue.families()) {
      measure(family);
      report.write();
    }
    if (wants(Neighbour.TITLE)) {
      Neighbour.measure(timing, sides, report);
    }
    report.addErrors(timing.errors());
    // From here on nothing but what is measured runs.
    sides.close();
    if (wants(Starts.TITLE)) {
      Starts.measure(options, sides, report);
    }
    if (wants(Peaks.TITLE)) {
      Peaks.measure(options, sides, report);
    }
    if (wants(Stalls.TITLE)) {
      Stalls.measure(report);
    }
    if (wants(Latencies.TITLE)) {
      Latencies.measure(options, report);
    }
    Path folder = options.output().resolveSibling("plots");
    new Pictures(folder).draw(all, sides.names(), report);
    report.write();
  }

  private boolean wants(String title) {
    return options.wants(title);
  }

  private void measure(Family family) throws InterruptedException {
    boolean whole = options.wants(family.title());
    var found = new ArrayList<Measured>();
    for (var row : family.rows()) {
      if ((whole || options.wants(row.name())) && (options.large() || !row.large())) {
        var measured = timing.time(row);
        found.add(measured);
        System.err.println(Report.brief(measured));
      }
    }
    if (!found.isEmpty()) {
      report.add(family, found);
      all.addAll(found);
    }
  }
}
