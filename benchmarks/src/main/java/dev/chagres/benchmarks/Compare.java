package dev.chagres.benchmarks;

import dev.chagres.benchmarks.rows.Family;
import dev.chagres.benchmarks.rows.Row;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Times every workload on every side, in turns, and writes the tables and pictures; {@link Options}
 * says what can be asked for. Ends with status 1 if a side failed, or computed something else.
 */
final class Compare {

  /** About how long the tables take that are not made of rows. */
  private static final Map<String, Double> SECONDS =
      Map.of(
          Neighbour.TITLE, 40.0,
          Starts.TITLE, 10.0,
          Peaks.TITLE, 90.0,
          Stalls.TITLE, 10.0,
          Latencies.TITLE, 25.0);

  private final long start = System.nanoTime();
  private final Options options;
  private final Sides sides;
  private final Timing timing;
  private final Report report;
  private final Progress progress;
  private final List<Measured> all = new ArrayList<>();

  private Compare(Options options, Sides sides, Reasons reasons) {
    this.options = options;
    this.sides = sides;
    this.timing = new Timing(options, sides.all());
    this.report = new Report(options, sides, reasons, timing.errors());
    this.progress = progress(options);
  }

  private static Progress progress(Options options) {
    long rows =
        options.families().stream()
            .mapToLong(
                family ->
                    family.rows().stream()
                        .filter(row -> options.large() || !row.large())
                        .filter(row -> options.wants(family.title()) || options.wants(row.name()))
                        .count())
            .sum();
    double seconds =
        options.onGpu()
            ? 0
            : SECONDS.keySet().stream().filter(options::wants).mapToDouble(SECONDS::get).sum();
    return new Progress((int) rows, seconds);
  }

  public static void main(String[] args) throws Exception {
    System.setProperty("java.awt.headless", "true");
    var options = Options.of(args);
    var reasons = options.onGpu() ? Reasons.none() : Reasons.read(Reasons.FILE);
    try (var sides = Sides.open(options)) {
      sides.missing().forEach(reason -> System.err.println("missing " + reason));
      var compare = new Compare(options, sides, reasons);
      compare.run();
      System.out.println(compare.report.markdown());
      System.exit(compare.report.errors().isEmpty() ? 0 : 1);
    }
  }

  private void run() throws IOException, InterruptedException {
    for (Family family : options.families()) {
      measure(family);
    }
    report.write(); // names the rows that were left out
    if (options.onGpu()) {
      return;
    }
    other(Neighbour.TITLE, () -> Neighbour.measure(timing, sides, report));
    // From here on nothing but what is measured runs.
    sides.close();
    other(Starts.TITLE, () -> Starts.measure(options, sides, report));
    other(Peaks.TITLE, () -> Peaks.measure(sides, report));
    other(Stalls.TITLE, () -> Stalls.measure(report));
    other(Latencies.TITLE, () -> Latencies.measure(report));
    if (options.output().toString().endsWith(".md")) {
      Path folder = options.output().resolveSibling("plots");
      guarded("Pictures", () -> new Pictures(folder).draw(all, sides.names(), report));
    }
    report.write();
  }

  /** Something that is measured, or drawn. */
  private interface Part {
    void run() throws IOException, InterruptedException;
  }

  private void other(String title, Part part) throws IOException, InterruptedException {
    if (options.wants(title)) {
      progress.table(title, SECONDS.get(title));
      guarded(title, part);
      report.write();
    }
  }

  /** Lets the rest go on where a part fails. */
  private void guarded(String title, Part part) throws InterruptedException {
    try {
      part.run();
    } catch (IOException | RuntimeException e) {
      e.printStackTrace();
      report.addErrors(List.of(title + ": " + e));
    }
  }

  private boolean wants(Family family, Row row) {
    return options.wants(family.title()) || options.wants(row.name());
  }

  /** All sides hold a row's data at once. */
  private boolean fits(Row row) {
    if ((System.nanoTime() - start) / 1e9 > options.stop()) {
      report.addLeftOut(row.name(), "as the time was over");
      return false;
    }
    // On a GPU operands lie in its memory; the machine's holds one row's while they are made.
    double needed = row.moved() * (options.onGpu() ? 1 : 2 * sides.all().size());
    if (row.large() && !options.large()) {
      report.addLeftOut(row.name(), "as -large was not asked for");
      return false;
    }
    if (row.large() && needed > Machine.available()) {
      report.addLeftOut(row.name(), "as there are no " + Figures.megabytes(needed));
      return false;
    }
    return true;
  }

  private void measure(Family family) throws IOException, InterruptedException {
    var found = new ArrayList<Measured>();
    report.add(family, found);
    for (var row : family.rows()) {
      if (wants(family, row) && fits(row)) {
        var measured = timing.time(row);
        found.add(measured);
        progress.row(Report.brief(measured));
        report.write(); // a machine that is lent may go away
      }
    }
    all.addAll(found);
  }
}
