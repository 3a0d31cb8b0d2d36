package dev.chagres.data;

import static dev.chagres.check.Given.given;

import java.io.Console;
import java.io.PrintStream;
import java.util.Collection;
import java.util.Iterator;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A progress bar around a loop, on standard error:
 *
 * <pre>{@code
 * var progress = Progress.of(loader).label("epoch 1");
 * for (var batch : progress) {
 *   …
 *   progress.note("loss %.4f", loss);
 * }
 * }</pre>
 *
 * <p>In a terminal one line is drawn again and again, ten times a second at most; elsewhere a line
 * is printed every ten seconds at most, and one at the end. A bar that is done stays, unless it was
 * made {@link #temporary}.
 *
 * @param <T> what is looped over
 */
public final class Progress<T> implements Iterable<T> {
  private static final long TERMINAL_PAUSE = 100_000_000L;
  private static final long LOG_PAUSE = 10_000_000_000L;
  private static final int DEFAULT_WIDTH = 80;
  private static final int LEAST_BAR = 5;
  private static final String PARTS = " ▏▎▍▌▋▊▉█";

  private final Iterable<T> source;
  private final long total;
  private PrintStream out = System.err;
  private boolean terminal = isTerminal();
  private int width = width();
  private boolean stays = true;
  private String label = "";
  private String note = "";

  private boolean running;
  private long count;
  private long start;
  private long lastDrawn;
  private int drawnLength;

  private Progress(Iterable<T> source, long total) {
    this.source = given("Progress.of", "source", source);
    this.total = total;
  }

  /** Watches a loop over batches. */
  public static Progress<Batch> of(DataLoader loader) {
    return new Progress<>(given("Progress.of", "loader", loader), loader.expectedSize());
  }

  /**
   * Watches a loop over a collection, or over anything else, whose number of elements is then not
   * known.
   */
  public static <T> Progress<T> of(Iterable<T> source) {
    return new Progress<>(source, source instanceof Collection<?> known ? known.size() : -1);
  }

  /** Watches a loop over anything of which the number of elements is known. */
  public static <T> Progress<T> of(Iterable<T> source, long total) {
    return new Progress<>(source, total);
  }

  /** Watches a loop over the numbers from {@code start} (inclusive) to {@code end} (exclusive). */
  public static Progress<Integer> range(int start, int end) {
    int count = Math.max(0, end - start);
    return new Progress<>(() -> IntStream.range(start, start + count).iterator(), count);
  }

  /** Sets what stands in front of the bar. */
  public Progress<T> label(String label) {
    this.label = given("label", "label", label);
    return this;
  }

  /**
   * Has the bar wiped away when the loop is over; where there is no terminal, nothing is printed at
   * all.
   */
  public Progress<T> temporary() {
    stays = false;
    return this;
  }

  /** Prints elsewhere, as to a file. */
  public Progress<T> to(PrintStream stream) {
    out = given("to", "stream", stream);
    terminal = false;
    return this;
  }

  /** Draws as in a terminal of this width. */
  Progress<T> asTerminal(int columns) {
    terminal = true;
    width = columns;
    return this;
  }

  /**
   * Sets what stands behind the bar, formatted as by {@link String#format}; it is drawn when the
   * bar next is, while the loop runs.
   */
  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency
  public void note(String format, @Nullable Object... arguments) {
    given("note", "format", format);
    given("note", "arguments", arguments);
    note = String.format(Locale.ROOT, format, arguments);
    long now = System.nanoTime();
    if (running && now - lastDrawn >= pause()) {
      draw(now);
    }
  }

  @Override
  public Iterator<T> iterator() {
    running = true;
    count = 0;
    start = System.nanoTime();
    lastDrawn = start - (terminal ? TERMINAL_PAUSE : 0);
    Iterator<T> elements = source.iterator();
    return new Iterator<>() {
      private boolean begun;
      private boolean done;

      @Override
      public boolean hasNext() {
        if (begun) {
          begun = false;
          count++;
          drawIfDue();
        }
        boolean more = elements.hasNext();
        if (!more && !done) {
          done = true;
          finish();
        }
        return more;
      }

      @Override
      public T next() {
        if (begun) {
          count++;
          drawIfDue();
        }
        T element = elements.next();
        begun = true;
        return element;
      }
    };
  }

  private long pause() {
    return terminal ? TERMINAL_PAUSE : LOG_PAUSE;
  }

  private void drawIfDue() {
    long now = System.nanoTime();
    if (now - lastDrawn >= pause()) {
      draw(now);
    }
  }

  private void draw(long now) {
    lastDrawn = now;
    if (terminal) {
      String line = line(now - start, width - 1);
      out.print("\r" + line + " ".repeat(Math.max(0, drawnLength - line.length())));
      out.flush();
      drawnLength = line.length();
    } else if (stays) {
      out.println(line(now - start, DEFAULT_WIDTH));
    }
  }

  private void finish() {
    running = false;
    if (terminal && !stays) {
      out.print("\r" + " ".repeat(drawnLength) + "\r");
      out.flush();
      drawnLength = 0;
      return;
    }
    draw(System.nanoTime());
    if (terminal) {
      out.println();
      drawnLength = 0;
    }
  }

  // ---- the line

  /** Returns the line: {@code label: 40%|████ | 2/5 [00:04<00:06, 2.0s/it, note]}. */
  String line(long nanos, int columns) {
    double seconds = nanos / 1e9;
    String head = label.isEmpty() ? "" : label + ": ";
    String tail = note.isEmpty() ? "" : ", " + note;
    if (total < 0) {
      return cut(
          head + count + "it [" + clock(seconds) + ", " + rate(seconds) + tail + "]", columns);
    }
    double part = total == 0 ? 1 : Math.min(1, (double) count / total);
    String remaining = count == 0 ? "?" : clock(seconds * (total - count) / count);
    String left = head + String.format(Locale.ROOT, "%3d%%", (int) (100 * part));
    String right =
        count
            + "/"
            + total
            + " ["
            + clock(seconds)
            + "<"
            + remaining
            + ", "
            + rate(seconds)
            + tail
            + "]";
    int room = columns - left.length() - right.length() - 3;
    if (room < LEAST_BAR) {
      return cut(left + " " + right, columns);
    }
    return left + "|" + bar(part, room) + "| " + right;
  }

  private static String cut(String line, int columns) {
    return line.length() <= columns ? line : line.substring(0, Math.max(0, columns));
  }

  private static String bar(double part, int cells) {
    int eighths = (int) (part * cells * 8);
    StringBuilder bar = new StringBuilder("█".repeat(eighths / 8));
    if (bar.length() < cells) {
      bar.append(PARTS.charAt(eighths % 8));
    }
    return bar.append(" ".repeat(cells - bar.length())).toString();
  }

  private String rate(double seconds) {
    if (count == 0 || seconds <= 0) {
      return "?it/s";
    }
    double rate = count / seconds;
    return rate >= 1
        ? String.format(Locale.ROOT, "%.2fit/s", rate)
        : String.format(Locale.ROOT, "%.2fs/it", 1 / rate);
  }

  private static String clock(double seconds) {
    long whole = (long) seconds;
    return whole >= 3600
        ? String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
        : String.format(Locale.ROOT, "%02d:%02d", whole / 60, whole % 60);
  }

  // ---- the terminal

  @SuppressWarnings("SystemConsoleNull") // the compiler does not know that it never is
  private static boolean isTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  /** The width that the shell says, if it says one. */
  private static int width() {
    String columns = System.getenv("COLUMNS");
    try {
      return columns == null ? DEFAULT_WIDTH : Math.max(20, Integer.parseInt(columns));
    } catch (NumberFormatException e) {
      return DEFAULT_WIDTH;
    }
  }
}
