package dev.chagres.testing;

import java.util.Map;
import java.util.TreeMap;

/** Counts the cells of a test matrix that ran, and those that were left out with the reason. */
public final class Tally {
  private final String name;
  private final Map<String, Long> skipped = new TreeMap<>();
  private long ran;

  public Tally(String name) {
    this.name = name;
  }

  /** Notes that one cell ran. */
  public void ran() {
    ran++;
  }

  public void ran(long cells) {
    ran += cells;
  }

  /** Notes that one cell was left out. */
  public void skipped(String reason) {
    skipped.merge(reason, 1L, Long::sum);
  }

  public long count() {
    return ran;
  }

  /** Prints the one line that a run says about this matrix. */
  public void print() {
    long left = skipped.values().stream().mapToLong(Long::longValue).sum();
    String reasons = left == 0 ? "" : " " + skipped;
    System.out.println("%s: %,d cases, %,d skipped%s".formatted(name, ran, left, reasons));
  }
}
