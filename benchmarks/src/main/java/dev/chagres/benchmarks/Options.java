package dev.chagres.benchmarks;

import dev.chagres.benchmarks.rows.Catalogue;
import dev.chagres.benchmarks.rows.Family;
import dev.chagres.benchmarks.rows.GpuRows;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What was asked for on the command line.
 *
 * <ul>
 *   <li>words: only rows and tables whose names hold one of them; {@code _} stands for a blank
 *   <li>{@code -o FILE}: where the tables go, else {@code benchmarks/RESULTS.md} if there are no
 *       words
 *   <li>{@code -r ROUNDS} and {@code -s SECONDS} of a round
 *   <li>{@code -large}: also rows that need gigabytes
 *   <li>{@code -device cuda}: the tables of a GPU, whose sides are Chagres, torch and C
 *   <li>{@code -rehearse}: every recipe of those tables in miniature, and torch on the CPU where it
 *       has no CUDA
 *   <li>{@code -stop SECONDS}: no row begins later than that
 *   <li>{@code -sides A,B}: only these, beside Chagres
 *   <li>{@code -threads N} of every side, else as many as there are processors
 *   <li>{@code -timeout SECONDS}: when a side that does not answer is given up
 * </ul>
 */
record Options(
    List<String> words,
    Path output,
    int rounds,
    double seconds,
    boolean large,
    String device,
    boolean rehearse,
    List<String> sides,
    int threads,
    double timeout,
    double stop,
    String line) {

  private static final Path RESULTS = Path.of("benchmarks/RESULTS.md");
  private static final String CPU = "cpu";

  static Options of(String... given) {
    // Maven hands its property over as one argument.
    String line = String.join(" ", given).strip();
    var read = new Reader();
    var arguments =
        line.isEmpty() ? List.<String>of().iterator() : List.of(line.split("\\s+")).iterator();
    while (arguments.hasNext()) {
      String argument = arguments.next();
      switch (argument) {
        case "-large" -> read.large = true;
        case "-rehearse" -> read.rehearse = true;
        case "-o", "-r", "-s", "-device", "-sides", "-threads", "-timeout", "-stop" -> {
          if (!arguments.hasNext()) {
            throw new IllegalArgumentException(argument + " needs a value");
          }
          read.value(argument, arguments.next());
        }
        default -> {
          if (argument.startsWith("-")) {
            throw new IllegalArgumentException("no such option: " + argument);
          }
          read.words.add(argument.replace('_', ' '));
        }
      }
    }
    return read.options(line);
  }

  /** Whether a row or table is wanted. */
  boolean wants(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return words.isEmpty()
        || words.stream().anyMatch(word -> lower.contains(word.toLowerCase(Locale.ROOT)));
  }

  boolean wantsSide(String name) {
    return sides.isEmpty() || sides.contains(name);
  }

  boolean onGpu() {
    return !device.equals(CPU);
  }

  /** Returns the tables of the device. */
  List<Family> families() {
    if (rehearse) {
      return GpuRows.rehearsal();
    }
    return onGpu() ? GpuRows.families() : Catalogue.families();
  }

  private static final class Reader {
    private final List<String> words = new ArrayList<>();
    private Path output;
    private int rounds = 3;
    private double seconds = 0.05;
    private boolean large;
    private boolean rehearse;
    private String device = CPU;
    private List<String> sides = List.of();
    private int threads = Runtime.getRuntime().availableProcessors();
    private double timeout = 60;
    private double stop = Double.MAX_VALUE;

    private void value(String option, String value) {
      switch (option) {
        case "-o" -> output = Path.of(value);
        case "-r" -> rounds = Integer.parseInt(value);
        case "-s" -> seconds = Double.parseDouble(value);
        case "-device" -> device = value;
        case "-stop" -> stop = Double.parseDouble(value);
        case "-sides" -> sides = List.of(value.split(","));
        case "-threads" -> threads = Integer.parseInt(value);
        default -> timeout = Double.parseDouble(value);
      }
    }

    private Options options(String line) {
      if (output == null) {
        output =
            words.isEmpty() && device.equals(CPU)
                ? RESULTS
                : Path.of("benchmarks/target/results.md");
      }
      return new Options(
          List.copyOf(words),
          output,
          rounds,
          seconds,
          large || !device.equals(CPU),
          device,
          rehearse,
          sides,
          threads,
          timeout,
          stop,
          line);
    }
  }
}
