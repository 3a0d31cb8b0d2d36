package dev.chagres.benchmarks;

import dev.chagres.benchmarks.rows.Catalogue;
import dev.chagres.benchmarks.rows.Family;
import dev.chagres.benchmarks.rows.Row;
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
    if (options.output().toString().endsWith(".md")) {
      Path folder = options.output().resolveSibling("plots");
      new Pictures(folder).draw(all, sides.names(), report);
    }
    report.write();
  }

  private boolean wants(String title) {
    return options.wants(title);
  }

  /** All sides hold a row's data at once. */
  private boolean fits(Row row) {
    double needed = 2 * row.moved() * sides.all().size();
    if (row.large() && !options.large()) {
      report.addLeftOut(row.name() + ", as -large was not asked for");
      return false;
    }
    if (row.large() && needed > Machine.available()) {
      report.addLeftOut(row.name() + ", as there are no " + Figures.megabytes(needed));
      return false;
    }
    return true;
  }

  private void measure(Family family) throws InterruptedException {
    boolean whole = options.wants(family.title());
    var found = new ArrayList<Measured>();
    for (var row : family.rows()) {
      if ((whole || options.wants(row.name())) && fits(row)) {
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
