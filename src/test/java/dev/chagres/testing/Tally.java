package dev.chagres.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Counts the cells of a test matrix that ran, and those that were left out with the reason. */
public final class Tally {
  private final String name;
  private final Map<String, Long> skipped = new TreeMap<>();
  private long ran;

  public Tally(String name) {
    this.name = System.getProperty("tally.prefix", "") + name;
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

  /** Writes the one line that a run says about this matrix, for the summary at its end. */
  public void print() {
    long left = skipped.values().stream().mapToLong(Long::longValue).sum();
    String reasons = left == 0 ? "" : " " + skipped;
    String line = "%s: %,d cases, %,d skipped%s".formatted(name, ran, left, reasons);
    System.out.println(line);
    try {
      Path folder = Files.createDirectories(Path.of("target", "surefire-reports"));
      Files.writeString(folder.resolve("TALLY-" + name + ".txt"), line + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
