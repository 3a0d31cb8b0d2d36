package dev.chagres.benchmarks.check;

import java.util.List;

/**
 * What came of a test class, or of one run of a test with parameters.
 *
 * @param counts passed, failed, skipped
 * @param failures a test's name and why, each
 * @param skips why, each
 * @param cut where the part's time was over within it, or an empty text
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record ClassResult(
    String name,
    int[] counts,
    double seconds,
    List<String> failures,
    List<String> skips,
    String cut) {

  boolean isEmpty() {
    return cut.isEmpty() && counts[0] + counts[1] + counts[2] == 0;
  }

  boolean hasFailed() {
    return counts[1] > 0;
  }

  String shortName() {
    return name.substring(name.lastIndexOf('.') + 1).replaceFirst("#\\w+", "");
  }
}
