package dev.chagres.profiler;

import dev.chagres.check.Bytes;
import dev.chagres.profiler.Profile.Kernel;
import dev.chagres.profiler.Profile.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** A profile as text in columns. */
final class ProfileTable {
  private static final String[] HEAD = {
    "operation", "calls", "self time", "share", "bytes", "GFLOP/s", "allocated", "peak"
  };

  private final long totalNanos;
  private final List<String[]> lines = new ArrayList<>();

  private ProfileTable(long totalNanos) {
    this.totalNanos = totalNanos;
  }

  static String of(Profile profile, int operations) {
    Row total = profile.total();
    ProfileTable table = new ProfileTable(total.nanos());
    table.lines.add(HEAD);
    profile.rows().stream().limit(operations).forEach(table::add);
    table.add(total);
    String text = table.text();
    return text
        + "%s in kernels, %s from start to end\n"
            .formatted(time(total.nanos()), time(profile.nanos()));
  }

  private void add(Row row) {
    String[] cells = cells(row.all(), "");
    if (row.allocations() > 0) {
      cells[6] = Bytes.text(row.allocatedBytes());
      cells[7] = Bytes.text(row.peakBytes());
    }
    lines.add(cells);
    boolean isItsKernel =
        row.kernels().size() == 1 && row.kernels().getFirst().name().equals(row.name());
    if (!isItsKernel) {
      row.kernels().forEach(kernel -> lines.add(cells(kernel, "  ")));
    }
  }

  private String[] cells(Kernel kernel, String indent) {
    String[] cells = new String[HEAD.length];
    Arrays.fill(cells, "");
    cells[0] = indent + kernel.name();
    if (kernel.calls() > 0) {
      double share = totalNanos == 0 ? 0 : 100.0 * kernel.nanos() / totalNanos;
      cells[1] = String.format(Locale.ROOT, "%,d", kernel.calls());
      cells[2] = time(kernel.nanos());
      cells[3] = String.format(Locale.ROOT, "%.1f%%", share);
      cells[4] = Bytes.text(kernel.bytes());
    }
    if (kernel.floatingOperations() > 0) {
      cells[5] = String.format(Locale.ROOT, "%.1f", kernel.gflops());
    }
    return cells;
  }

  /** Names to the left, numbers to the right, with lines below the head and above the total. */
  private String text() {
    int[] widths = new int[HEAD.length];
    for (String[] line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line[i].length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (int at = 0; at < lines.size(); at++) {
      if (at == 1 || at == lines.size() - 1 && at > 1) {
        append(text, widths, rule(widths));
      }
      append(text, widths, lines.get(at));
    }
    return text.toString();
  }

  private static String[] rule(int[] widths) {
    String[] dashes = new String[widths.length];
    for (int i = 0; i < widths.length; i++) {
      dashes[i] = "-".repeat(widths[i]);
    }
    return dashes;
  }

  private static void append(StringBuilder text, int[] widths, String[] cells) {
    StringBuilder line = new StringBuilder(cells[0] + " ".repeat(widths[0] - cells[0].length()));
    for (int i = 1; i < cells.length; i++) {
      line.append("  ").append(" ".repeat(widths[i] - cells[i].length())).append(cells[i]);
    }
    text.append(line.toString().stripTrailing()).append('\n');
  }

  /** A kernel alone. */
  static String line(Kernel kernel) {
    String calls =
        String.format(Locale.ROOT, "%,d call%s", kernel.calls(), kernel.calls() == 1 ? "" : "s");
    String rate =
        kernel.floatingOperations() == 0
            ? ""
            : String.format(Locale.ROOT, ", %.1f GFLOP/s", kernel.gflops());
    return "%s: %s, %s, %s%s"
        .formatted(kernel.name(), calls, time(kernel.nanos()), Bytes.text(kernel.bytes()), rate);
  }

  private static String time(long nanos) {
    double micros = nanos / 1e3;
    if (micros < 1000) {
      return String.format(Locale.ROOT, "%.1f us", micros);
    }
    return micros < 1e6
        ? String.format(Locale.ROOT, "%.2f ms", micros / 1e3)
        : String.format(Locale.ROOT, "%.3f s", micros / 1e6);
  }
}
