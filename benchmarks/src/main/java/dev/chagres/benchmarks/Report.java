package dev.chagres.benchmarks;

import dev.chagres.benchmarks.rows.Family;
import dev.chagres.benchmarks.rows.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Everything that was found, as Markdown. */
final class Report {

  private static final String COPIED = "copy 1e7, into out";
  private static final String COPIED_ON_GPU = "copy 1e8, into out";

  private static final String MEMORY_RIVAL = "torch";
  private static final String MEMORY =
      "What a side's pool had taken from the GPU after a row's rounds, of PyTorch the most that it"
          + " had; without the context and the libraries. Operands, parameters and all that"
          + " optimizers keep are in it.";

  private final Options options;
  private final Sides sides;
  private final Reasons reasons;
  private final List<Supplier<Optional<Table>>> tables = new ArrayList<>();
  private final List<List<Measured>> rows = new ArrayList<>();
  private final List<Judgement> others = new ArrayList<>();
  private final List<String> errors = new ArrayList<>();
  private final List<String> ofRows;
  private final Map<String, List<String>> leftOut = new LinkedHashMap<>();
  private final List<String> pictures = new ArrayList<>();

  /**
   * Makes a report without tables.
   *
   * @param errors of rows, to which more are added
   */
  Report(Options options, Sides sides, Reasons reasons, List<String> errors) {
    this.ofRows = errors;
    this.options = options;
    this.sides = sides;
    this.reasons = reasons;
  }

  /**
   * Adds a family's table, of the rows that have been measured when it is written.
   *
   * @param found them, to which more are added
   */
  void add(Family family, List<Measured> found) {
    var columns = sides.names();
    var headings = new ArrayList<>(List.of("workload"));
    headings.addAll(columns);
    headings.addAll(List.of("Chagres' rate", "target"));
    rows.add(found);
    // Made when it is written, as targets may speak of rows that are measured later.
    tables.add(
        () -> {
          var lines = found.stream().map(row -> line(row, columns)).toList();
          return table(new Table(family.title(), family.remark(), headings, lines));
        });
    tables.add(() -> memory(family, found));
  }

  private static Optional<Table> table(Table table) {
    return table.lines().isEmpty() ? Optional.empty() : Optional.of(table);
  }

  /** Returns the table of the memory of a GPU that a family's rows took, where sides know. */
  private Optional<Table> memory(Family family, List<Measured> found) {
    var headings = new ArrayList<>(List.of("workload"));
    headings.addAll(sides.names());
    headings.add("target");
    var lines =
        found.stream().filter(row -> !row.memory().isEmpty()).map(this::memoryLine).toList();
    return table(new Table(family.title() + ": memory of the GPU", MEMORY, headings, lines));
  }

  private List<String> memoryLine(Measured measured) {
    var memory = measured.memory();
    var line = new ArrayList<>(List.of(measured.row().name()));
    for (String side : sides.names()) {
      line.add(memory.containsKey(side) ? Figures.megabytes(memory.get(side)) : Table.NONE);
    }
    line.add(ofMemory(measured).map(Judgement::text).orElse(""));
    return line;
  }

  private static Optional<Judgement> ofMemory(Measured measured) {
    Double rival = measured.memory().get(MEMORY_RIVAL);
    Double own = measured.memory().get(Target.SUBJECT);
    return rival == null || own == null
        ? Optional.empty()
        : Optional.of(
            new Judgement(measured.row().name() + ", memory", "at most torch's", rival / own));
  }

  void add(Table table) {
    tables.add(() -> Optional.of(table));
  }

  /** Adds a judgement of something that is not a row of a family. */
  void add(Judgement judgement) {
    others.add(judgement);
  }

  private Stream<Measured> measured() {
    return rows.stream().flatMap(List::stream);
  }

  /** Returns the time that a byte of a copy takes, or 0 if no copy was measured. */
  private double nanosOfByte() {
    String copied = options.onGpu() ? COPIED_ON_GPU : COPIED;
    for (var measured : (Iterable<Measured>) measured()::iterator) {
      var nanos = measured.nanos();
      Double copy = nanos.getOrDefault(Target.LIMIT, nanos.get(Target.SUBJECT));
      if (measured.row().name().equals(copied) && copy != null) {
        return copy / measured.row().moved();
      }
    }
    return 0;
  }

  private List<Judgement> judgements() {
    var all = new ArrayList<Judgement>();
    measured().forEach(row -> all.addAll(Judgement.of(row, nanosOfByte())));
    measured().forEach(row -> ofMemory(row).ifPresent(all::add));
    all.addAll(others);
    return all;
  }

  void addErrors(List<String> more) {
    errors.addAll(more);
  }

  List<String> errors() {
    return Stream.concat(ofRows.stream(), errors.stream()).toList();
  }

  /** Names what was not measured, and why. */
  void addLeftOut(String row, String reason) {
    leftOut.computeIfAbsent(reason, _ -> new ArrayList<>()).add(row);
  }

  /** Returns what Chagres took for a row, if it was measured. */
  Optional<String> own(String name) {
    return measured()
        .filter(measured -> measured.row().name().equals(name))
        .map(measured -> cell(measured, Target.SUBJECT))
        .findFirst();
  }

  void addPicture(String file) {
    pictures.add(file);
  }

  /** Returns a row in short, to watch a run by. */
  static String brief(Measured measured) {
    return measured.row().name()
        + ": "
        + measured.cells().keySet().stream()
            .filter(side -> !(measured.cells().get(side) instanceof Cell.Lacking))
            .map(side -> side + " " + cell(measured, side))
            .collect(Collectors.joining(", "));
  }

  private List<String> line(Measured measured, List<String> columns) {
    var row = measured.row();
    var nanos = measured.nanos();
    Double own = nanos.get(Target.SUBJECT);
    var line = new ArrayList<>(List.of(row.name()));
    for (String side : columns) {
      line.add(cell(measured, side));
    }
    line.add(own == null ? "" : Figures.rate(row.operations(), row.moved(), own));
    var told = Judgement.of(measured, nanosOfByte());
    line.add(told.stream().map(Judgement::text).collect(Collectors.joining("; ")));
    return line;
  }

  private static String cell(Measured measured, String side) {
    return switch (measured.cells().get(side)) {
      case Cell.Lacking _ -> Table.NONE;
      case Cell.Failed failed -> "failed: " + shorten(failed.reason());
      case Cell.Timed timed -> {
        String time = timed.text();
        yield !side.equals(Target.SUBJECT)
                && measured.cells().get(Target.SUBJECT) instanceof Cell.Timed own
            ? time + " (" + Figures.number(ratio(timed, own)) + ")"
            : time;
      }
    };
  }

  /** The median of the rounds' ratios: what disturbed a round disturbed both. */
  private static double ratio(Cell.Timed other, Cell.Timed own) {
    double[] ratios = new double[own.rounds().length];
    for (int round = 0; round < ratios.length; round++) {
      ratios[round] = other.rounds()[round] / own.rounds()[round];
    }
    return Cell.median(ratios);
  }

  private static String shorten(String reason) {
    return reason.length() <= 60 ? reason : reason.substring(0, 60) + "…";
  }

  void write() throws IOException {
    Files.createDirectories(options.output().toAbsolutePath().getParent());
    Files.writeString(options.output(), markdown());
  }

  String markdown() {
    var text = new StringBuilder("# Figures\n\n");
    text.append(Machine.header(options, sides, leftOut)).append('\n');
    list(text, "Errors", errors());
    sides.logs().forEach((side, log) -> fenced(text, side, log));
    var judgements = judgements();
    long met = judgements.stream().filter(Judgement::met).count();
    if (!judgements.isEmpty()) {
      text.append("**Targets: ").append(met).append(" of ").append(judgements.size());
      text.append(" met.** A target names a factor against the fastest of ");
      text.append(String.join(", ", Target.RIVALS)).append(" in the row unless it says otherwise;");
      text.append(" beside one that is missed stands how much of it was reached. Those of 1 to");
      text.append(" 1000 elements are judged on these tables' steady state, not on JMH's.\n\n");
    }
    for (String picture : pictures) {
      text.append("![](").append(picture).append(")\n");
    }
    text.append(pictures.isEmpty() ? "" : "\n");
    tables.forEach(table -> table.get().ifPresent(made -> text.append(made.markdown())));
    if (!judgements.isEmpty()) {
      text.append("## Targets that are missed, by reason\n\n");
      if (!options.onGpu()) {
        text.append("The texts are those of `benchmarks/reasons.md`, with the measurements that");
        text.append(" they were found by; the times are this run's.\n\n");
      }
      text.append(reasons.markdown(judgements, options.words().isEmpty()));
    }
    return text.toString().stripTrailing() + "\n";
  }

  /** What a side wrote beside its answers, where it failed. */
  private static void fenced(StringBuilder text, String side, String log) {
    text.append(side).append(" wrote:\n\n```\n").append(log.replace("```", "'''"));
    text.append("\n```\n\n");
  }

  private static void list(StringBuilder text, String title, List<String> lines) {
    if (!lines.isEmpty()) {
      text.append("## ").append(title).append("\n\n");
      lines.forEach(line -> text.append("- ").append(line).append('\n'));
      text.append('\n');
    }
  }
}
