package dev.chagres.benchmarks.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The benchmark, of Chagres, PyTorch and cuBLAS on the GPU. */
final class FiguresPart implements Part {

  private static final String PROGRAM = "dev.chagres.benchmarks.Compare";

  /** How long a row may take at most, after the last one that was begun. */
  private static final double LAST_ROW = 20;

  /** How long a side may be silent, a GPU's. */
  private static final double ANSWER_SECONDS = 60;

  private static final String MISSING = "- **missing** ";
  private static final int MOST_CHARACTERS = 4000;

  private final Setting setting;
  private final Path tables = Setting.WORK.resolve("benchmark.md");
  private volatile String verdict = "not begun";
  private volatile String said = "";
  private volatile boolean broken;

  FiguresPart(Setting setting) {
    this.setting = setting;
  }

  @Override
  public String name() {
    return "figures";
  }

  @Override
  public String title() {
    return "Figures beside PyTorch and cuBLAS";
  }

  @Override
  public double limit() {
    return 300; // what the others leave
  }

  @Override
  public double least() {
    return 150;
  }

  @Override
  public void run(double seconds) throws InterruptedException {
    verdict = "not finished";
    Running.forget(tables);
    Running run =
        Running.run(
            setting.java(setting.onGpu(), PROGRAM, arguments(seconds).toArray(new String[0])),
            seconds,
            Setting.WORK.resolve("benchmark.log"));
    said = run.output();
    verdict = verdict(run.status(), tables());
    broken = run.status() != 0;
  }

  /** Returns what the benchmark is told that has so many seconds. */
  private List<String> arguments(double seconds) {
    List<String> arguments = new ArrayList<>(List.of("-device", "cuda", "-o", tables.toString()));
    arguments.addAll(List.of("-stop", "" + Math.max(1, seconds - LAST_ROW)));
    arguments.addAll(List.of("-timeout", "" + ANSWER_SECONDS * setting.patience()));
    setting.rows().forEach(row -> arguments.add(row.replace(' ', '_')));
    if (setting.quick()) {
      arguments.addAll(List.of("-r", "1", "-s", "0.01", "-rehearse"));
    }
    return arguments;
  }

  /**
   * Returns what came of it.
   *
   * @param status of the benchmark, -1 where its time was over
   * @param tables what it wrote
   */
  static String verdict(int status, String tables) {
    String missing =
        tables
            .lines()
            .filter(line -> line.startsWith(MISSING))
            .map(line -> line.substring(MISSING.length()))
            .collect(Collectors.joining("; "));
    String ended =
        switch (status) {
          case 0 -> "";
          case -1 -> "time was over";
          default -> "ended with status %d, see its errors".formatted(status);
        };
    String both =
        Stream.of(ended, missing.isEmpty() ? "" : "without " + missing)
            .filter(text -> !text.isEmpty())
            .collect(Collectors.joining("; "));
    return both.isEmpty() ? State.PASSED : both;
  }

  private String tables() {
    try {
      return Files.readString(tables);
    } catch (IOException e) {
      return "";
    }
  }

  @Override
  public State state() {
    String found = tables();
    String end = said.substring(Math.max(0, said.length() - MOST_CHARACTERS));
    String printed = "```\n" + end.replace("```", "'''") + "\n```\n\n";
    if (found.isEmpty()) {
      return new State(verdict, new int[3], "No tables.\n\n" + printed);
    }
    // Its headings go below those of this report.
    String below = found.replaceFirst("^# .*\n+", "").replaceAll("(?m)^#", "##");
    String rest = broken ? "\n### What it printed last\n\n" + printed : "\n";
    return new State(verdict, new int[3], below + rest);
  }
}
