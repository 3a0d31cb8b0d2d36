package dev.chagres.benchmarks;

import dev.chagres.benchmarks.rows.Target;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/**
 * A target, and how much of it was reached.
 *
 * @param row the name of the row
 * @param target as it reads
 * @param reached 1 or more where it is met
 * @param asked the nanoseconds that would meet it, or 0 where it is not about a row's time
 * @param limit the nanoseconds of the same in C, or 0
 */
record Judgement(String row, String target, double reached, double asked, double limit) {

  /** Makes a judgement of something else than the time of a row. */
  Judgement(String row, String target, double reached) {
    this(row, target, reached, 0, 0);
  }

  /** Returns those of a row's targets that can be told. */
  static List<Judgement> of(Measured measured, double nanosOfByte) {
    var nanos = new HashMap<>(measured.nanos());
    var judgements = new ArrayList<Judgement>();
    if (!nanos.containsKey(Target.SUBJECT)) {
      return judgements;
    }
    double own = nanos.get(Target.SUBJECT);
    double limit = nanos.getOrDefault(Target.LIMIT, 0.0);
    if (nanosOfByte > 0) {
      nanos.put(Target.OfCopy.BYTE, nanosOfByte);
    }
    for (var target : measured.row().targets()) {
      target
          .reached(measured.row(), nanos)
          .ifPresent(
              reached ->
                  judgements.add(
                      new Judgement(
                          measured.row().name(), target.text(), reached, own * reached, limit)));
    }
    return judgements;
  }

  /** Returns what reasons are found by. */
  String name() {
    return row + ": " + target;
  }

  boolean met() {
    return reached >= 1;
  }

  /** Returns the target, and how much of it was reached. */
  String text() {
    return target + (met() ? ": met" : ": **" + Figures.number(reached) + "**");
  }
}
