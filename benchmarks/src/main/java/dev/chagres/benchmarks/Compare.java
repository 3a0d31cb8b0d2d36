package dev.chagres.benchmarks;

import dev.chagres.Chagres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Times every workload on every side, in turns, and writes a table. A side that cannot run here is
 * named with the reason.
 *
 * <p>Arguments: words that a workload's name must hold one of, with _ for a blank; {@code -o FILE}
 * for the table, else {@code benchmarks/RESULTS.md}; {@code -r ROUNDS}, else 5; {@code -s SECONDS}
 * of a round, else 0.4.
 */
final class Compare {

  private static final int THREADS = 2;

  /**
   * OpenMP's and OpenBLAS's threads spin for a while after a call, which would slow the next side.
   */
  private static final long PAUSE_MILLIS = 120;

  private final List<Side> sides = new ArrayList<>();
  private final List<String> missing = new ArrayList<>();
  private final Map<String, double[][]> times = new LinkedHashMap<>();
  private Path output = Path.of("benchmarks/RESULTS.md");
  private int rounds = 5;
  private double seconds = 0.4;
  private final List<String> words = new ArrayList<>();

  private Compare(String[] args) {
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case "-o" -> output = Path.of(args[++i]);
        case "-r" -> rounds = Integer.parseInt(args[++i]);
        case "-s" -> seconds = Double.parseDouble(args[++i]);
        case "" -> {}
        default -> words.add(args[i].replace('_', ' '));
      }
    }
  }

  public static void main(String[] given) throws Exception {
    // Maven hands its property over as one argument.
    String[] args = String.join(" ", given).strip().split("\\s+");
    var compare = new Compare(args);
    compare.open();
    for (var workload : Workloads.all()) {
      if (compare.wants(workload.name())) {
        compare.time(workload.name());
      }
    }
    for (var side : compare.sides) {
      side.close();
    }
    if (compare.wants(Startup.NAME)) {
      compare.times.put(Startup.NAME, Startup.measure(compare.sides, compare.rounds));
    }
    String table = compare.table(String.join(" ", args));
    if (compare.words.isEmpty() || !compare.output.endsWith("RESULTS.md")) {
      Files.writeString(compare.output, table);
    }
    System.out.println(table);
  }

  private boolean wants(String name) {
    return words.isEmpty() || words.stream().anyMatch(name::contains);
  }

  private void open() throws Exception {
    sides.add(Side.start("Chagres", Map.of(), Commands.java(Worker.class, "" + THREADS)));
    for (String name : List.of("torch", "numpy")) {
      var environment =
          Map.of("OPENBLAS_NUM_THREADS", "" + THREADS, "OMP_NUM_THREADS", "" + THREADS);
      add(name, environment, Commands.python("benchmarks/python/twins.py", name));
    }
    var twin = compileTwin();
    if (twin.isPresent()) {
      add("C", Map.of(), List.of(twin.get().toString(), openBlas(), "" + THREADS));
    }
  }

  private void add(String name, Map<String, String> environment, List<String> command) {
    try {
      sides.add(Side.start(name, environment, command));
    } catch (IOException e) {
      missing.add(name + ": " + e.getMessage());
    }
  }

  private Optional<Path> compileTwin() throws IOException, InterruptedException {
    Path twin = Path.of("benchmarks/target/twin");
    try {
      int status =
          new ProcessBuilder("cc", "-O2", "-o", twin.toString(), "benchmarks/c/twin.c", "-ldl")
              .inheritIO()
              .start()
              .waitFor();
      if (status == 0) {
        return Optional.of(twin);
      }
      missing.add("C: cc ended with " + status);
    } catch (IOException e) {
      missing.add("C: " + e.getMessage());
    }
    return Optional.empty();
  }

  /** The file that Chagres itself loaded. */
  private static String openBlas() {
    Matcher line =
        Pattern.compile("^openblas\\s+(\\S+)", Pattern.MULTILINE).matcher(Chagres.doctor());
    if (!line.find()) {
      throw new IllegalStateException("the doctor names no OpenBLAS");
    }
    return line.group(1);
  }

  private void time(String workload) throws IOException, InterruptedException {
    double[][] found = new double[sides.size()][rounds];
    for (int round = 0; round < rounds; round++) {
      for (int side = 0; side < sides.size(); side++) {
        found[side][round] = sides.get(side).measure(twinName(side, workload), seconds);
        Thread.sleep(Double.isNaN(found[side][round]) ? 0 : PAUSE_MILLIS);
      }
    }
    times.put(workload, found);
    System.err.println(row(workload, found));
  }

  /** When memory comes back is our own affair: the other sides run the plain workload. */
  private static String twinName(int side, String workload) {
    return side == 0 ? workload : workload.replace(Workloads.COLLECTED, "");
  }

  private String table(String args) {
    var text = new StringBuilder();
    text.append("# Figures\n\n");
    text.append("Medians of ").append(rounds).append(" rounds of ").append(seconds);
    text.append(" s each, all sides in turns in one run, ")
        .append(THREADS)
        .append(" threads each; in brackets, how many times faster");
    text.append(
        " Chagres is (median of the rounds' ratios). Every result is a fresh tensor unless the name"
            + " says otherwise.\n\n");
    text.append("- ").append(LocalDate.now()).append(", ").append(processor()).append(", ");
    text.append(Runtime.getRuntime().availableProcessors()).append(" processors, Java ");
    text.append(Runtime.version()).append('\n');
    for (var side : sides) {
      text.append("- ").append(side.version).append('\n');
    }
    for (String reason : missing) {
      text.append("- missing, ").append(reason).append('\n');
    }
    text.append("- `mvn -q -f benchmarks/pom.xml compile exec:exec");
    text.append(args.isEmpty() ? "" : " -Dargs=\"" + args + "\"").append("`\n\n");
    text.append("| workload |");
    sides.forEach(side -> text.append(' ').append(side.name).append(" |"));
    text.append("\n| --- |").append(" ---: |".repeat(sides.size())).append('\n');
    times.forEach((name, found) -> text.append(row(name, found)).append('\n'));
    return text.toString();
  }

  private static String row(String name, double[][] found) {
    var row = new StringBuilder("| ").append(name).append(" | ").append(time(median(found[0])));
    for (int side = 1; side < found.length; side++) {
      row.append(" | ");
      double[] ratios = new double[found[side].length];
      for (int round = 0; round < ratios.length; round++) {
        ratios[round] = found[side][round] / found[0][round];
      }
      row.append(
          Double.isNaN(ratios[0])
              ? "–"
              : "%s (%.2f)".formatted(time(median(found[side])), median(ratios)));
    }
    return row.append(" |").toString();
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  private static String time(double nanos) {
    if (nanos < 1e3) {
      return "%.0f ns".formatted(nanos);
    }
    if (nanos < 1e6) {
      return "%.3g µs".formatted(nanos / 1e3);
    }
    return "%.4g ms".formatted(nanos / 1e6);
  }

  private static String processor() {
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .findFirst()
          .map(line -> line.substring(line.indexOf(':') + 2))
          .orElse(System.getProperty("os.arch"));
    } catch (IOException | UncheckedIOException e) {
      return System.getProperty("os.arch");
    }
  }
}
