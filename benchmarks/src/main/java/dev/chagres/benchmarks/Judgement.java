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
 */
record Judgement(String row, String target, double reached) {

  /** Returns those of a row's targets that can be told. */
  static List<Judgement> of(Measured measured, double nanosOfByte) {
    var nanos = new HashMap<>(measured.nanos());
    var judgements = new ArrayList<Judgement>();
    if (!nanos.containsKey(Target.SUBJECT)) {
      return judgements;
    }
    if (nanosOfByte > 0) {
      nanos.put(Target.OfCopy.BYTE, nanosOfByte);
    }
    for (var target : measured.row().targets()) {
      target
          .reached(measured.row(), nanos)
          .ifPresent(
              reached ->
                  judgements.add(new Judgement(measured.row().name(), target.text(), reached)));
    }
    return judgements;
  }

  boolean met() {
    return reached >= 1;
  }

  /** Returns the target, and how much of it was reached. */
  String text() {
    return target + (met() ? ": met" : ": **" + Figures.number(reached) + "**");
  }
}
