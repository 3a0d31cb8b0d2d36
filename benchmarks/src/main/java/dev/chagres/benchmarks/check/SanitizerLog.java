package dev.chagres.benchmarks.check;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code compute-sanitizer} wrote. Its lines begin with equals signs; behind them, after one
 * space, a record begins, whose details are set in further.
 *
 * @param errors by the summaries: a process has one
 * @param hazards by those of {@code racecheck}: all, those that are errors, those that are warnings
 * @param records how many are there, whether the process came to its summary or not
 * @param unchecked launches that the tool did not follow, mostly for want of memory
 * @param summed whether there is a summary
 * @param refused why nothing was checked, or an empty text
 */
record SanitizerLog(
    long errors, List<Long> hazards, long records, long unchecked, boolean summed, String refused) {

  /**
   * Behind a print limit comes a second line, of what was not printed, which is not another sum.
   */
  private static final Pattern ERRORS = Pattern.compile("ERROR SUMMARY: (\\d+) errors?");

  private static final Pattern HAZARDS =
      Pattern.compile(
          "RACECHECK SUMMARY: (\\d+) hazards? displayed \\((\\d+) errors?, (\\d+) warnings?\\)");

  private static final Pattern BEGINNING = Pattern.compile("=+ (?! )(.+)");

  private static final Pattern UNCHECKED =
      Pattern.compile("Internal Sanitizer Error.*|.*didn't track the launch.*");

  /** A GPU or a machine that the tool does not work with, or a program of which it saw nothing. */
  private static final Pattern REFUSED =
      Pattern.compile(
          "(?i).*(not supported|unsupported|unable to|failed to|insufficient|permission"
              + "|terminated before first instrumented|no attachable process).*");

  private static final Pattern NO_WORK = Pattern.compile("(Error: |Unable|Failed|Insufficient).*");

  /** What is said of the tool's own work, and of how the program ended. */
  private static final Pattern NO_RECORD =
      Pattern.compile(
          "COMPUTE-SANITIZER.*|.* SUMMARY: .*|Target application returned an error.*"
              + "|Error: process didn't terminate.*|Error: couldn't find exit code.*"
              + "|Tracking kernels launched by child.*|Default timeout can be.*");

  static SanitizerLog of(String text) {
    long errors = 0;
    long[] hazards = new long[3];
    long records = 0;
    long unchecked = 0;
    boolean summed = false;
    String refused = "";
    for (String line : text.lines().toList()) {
      Matcher beginning = BEGINNING.matcher(line.stripTrailing());
      if (!beginning.matches()) {
        continue;
      }
      String said = beginning.group(1);
      Matcher ofErrors = ERRORS.matcher(said);
      Matcher ofHazards = HAZARDS.matcher(said);
      if (ofErrors.matches()) {
        errors += Long.parseLong(ofErrors.group(1));
        summed = true;
      } else if (ofHazards.matches()) {
        for (int i = 0; i < hazards.length; i++) {
          hazards[i] += Long.parseLong(ofHazards.group(1 + i));
        }
        summed = true;
      } else if (UNCHECKED.matcher(said).matches()) {
        unchecked++;
      } else if (NO_WORK.matcher(said).matches() && REFUSED.matcher(said).matches()) {
        refused = refused.isEmpty() ? said : refused;
      } else if (!NO_RECORD.matcher(said).matches()) {
        records++;
      }
    }
    List<Long> all = List.of(hazards[0], hazards[1], hazards[2]);
    return new SanitizerLog(errors, all, records, unchecked, summed, refused);
  }

  /**
   * Returns what came of it.
   *
   * @param tests what came of the tests under the tool
   */
  String verdict(String tests) {
    List<String> all = new ArrayList<>();
    boolean clean = records == 0 && hazards.getFirst() == 0;
    if (clean && !refused.isEmpty()) {
      all.add("nothing was checked: " + refused);
    } else if (!summed) {
      all.add(records == 0 ? "no summary" : count(records, "record") + ", and no summary");
    } else if (hazards.getFirst() > 0) {
      String each = count(hazards.get(1), "error") + ", " + count(hazards.get(2), "warning");
      all.add(count(hazards.getFirst(), "hazard") + " (" + each + ")");
    } else if (errors > 0) {
      all.add(count(errors, "error"));
    }
    if (unchecked > 0) {
      all.add(unchecked + (unchecked == 1 ? " launch was" : " launches were") + " not checked");
    }
    if (all.isEmpty()) {
      return tests;
    }
    if (!tests.equals(Part.State.PASSED)) {
      all.add("tests: " + tests);
    }
    return String.join("; ", all);
  }

  private static String count(long number, String of) {
    return number + " " + of + (number == 1 ? "" : "s");
  }
}
