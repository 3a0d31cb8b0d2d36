package dev.chagres.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Why targets are missed: what {@code reasons.md} says, beside what a run found. That file tells
 * how it is written.
 */
final class Reasons {

  static final Path FILE = Path.of("benchmarks/reasons.md");

  /** What C takes is a limit if it is no less than this part of what is asked. */
  private static final double NEAR = 0.95;

  private static final String HEADING = "## ";
  private static final String ROWS = "rows: ";
  private static final String LIMIT = "limit: C";

  private final List<Reason> reasons;

  /**
   * A cause that some misses have in common.
   *
   * @param rows patterns of {@code row: target}
   * @param limitedByC whether it says that the same in C takes about as long as is asked, or longer
   */
  private record Reason(String title, List<Pattern> rows, boolean limitedByC, String text) {

    boolean explains(Judgement judgement) {
      String name = judgement.name();
      return rows.stream().anyMatch(pattern -> pattern.matcher(name).matches());
    }
  }

  private Reasons(List<Reason> reasons) {
    this.reasons = reasons;
  }

  /** Returns those of a table for which nobody has looked for reasons yet. */
  static Reasons none() {
    return new Reasons(List.of());
  }

  /** Reads the file; what comes before its first heading is for those who write it. */
  static Reasons read(Path file) throws IOException {
    var reasons = new ArrayList<Reason>();
    String[] sections = Files.readString(file).split("(?m)^" + HEADING);
    for (int i = 1; i < sections.length; i++) {
      reasons.add(reason(file, sections[i].lines().toList()));
    }
    return new Reasons(List.copyOf(reasons));
  }

  private static Reason reason(Path file, List<String> lines) throws IOException {
    var rows = new ArrayList<Pattern>();
    var text = new ArrayList<String>();
    boolean limited = false;
    for (String line : lines.subList(1, lines.size())) {
      if (line.startsWith(ROWS)) {
        try {
          rows.add(Pattern.compile(line.substring(ROWS.length()).strip()));
        } catch (PatternSyntaxException e) {
          throw new IOException(file + ": " + e.getMessage(), e);
        }
      } else if (line.equals(LIMIT)) {
        limited = true;
      } else {
        text.add(line);
      }
    }
    String told = String.join("\n", text).strip();
    if (rows.isEmpty() || told.isEmpty()) {
      throw new IOException(file + ": rows or a text are missing under " + lines.getFirst());
    }
    return new Reason(lines.getFirst().strip(), List.copyOf(rows), limited, told);
  }

  /**
   * Returns the misses by reason, those that have none, and the reasons that explain nothing.
   *
   * @param whole whether all rows were measured, so that a reason without any is one too many
   */
  String markdown(List<Judgement> judgements, boolean whole) {
    var explained = new LinkedHashMap<Reason, List<Judgement>>();
    reasons.forEach(reason -> explained.put(reason, new ArrayList<>()));
    var unexplained = new ArrayList<Judgement>();
    for (var missed : judgements.stream().filter(judgement -> !judgement.met()).toList()) {
      reasons.stream()
          .filter(reason -> reason.explains(missed))
          .findFirst()
          .map(explained::get)
          .orElse(unexplained)
          .add(missed);
    }
    var text = new StringBuilder();
    explained.forEach(
        (reason, missed) -> {
          if (!missed.isEmpty()) {
            text.append("### ").append(reason.title).append("\n\n").append(reason.text);
            text.append("\n\n");
            missed.forEach(judgement -> text.append(line(judgement, reason.limitedByC)));
            text.append('\n');
          }
        });
    if (!unexplained.isEmpty()) {
      text.append("### No reason found yet\n\n");
      unexplained.forEach(missed -> text.append(line(missed, false)));
      text.append('\n');
    }
    return text.append(idle(explained, judgements, whole)).toString();
  }

  private static String line(Judgement missed, boolean limitedByC) {
    var text = new StringBuilder("- ").append(missed.row()).append(": ").append(missed.text());
    if (missed.asked() > 0) {
      text.append("; asked is ").append(Figures.time(missed.asked()));
      if (missed.limit() > 0) {
        text.append(", C takes ").append(Figures.time(missed.limit()));
      }
    }
    if (limitedByC && missed.limit() == 0) {
      text.append(": not compared, as C has no time of this row");
    } else if (limitedByC && missed.limit() < NEAR * missed.asked()) {
      text.append(": **the limit that is the reason does not show here**");
    }
    return text.append('\n').toString();
  }

  private static String idle(
      Map<Reason, List<Judgement>> explained, List<Judgement> judgements, boolean whole) {
    var text = new StringBuilder();
    explained.forEach(
        (reason, missed) -> {
          boolean judged = judgements.stream().anyMatch(reason::explains);
          if (missed.isEmpty() && (judged || whole)) {
            text.append("- ").append(reason.title).append(": ");
            text.append(judged ? "all its targets are met" : "no row has such a name").append('\n');
          }
        });
    return text.isEmpty() ? "" : "### Reasons that no longer apply\n\n" + text + "\n";
  }
}
