package dev.chagres.benchmarks.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The benchmark, of Chagres, PyTorch and cuBLAS on the GPU. */
final class FiguresPart implements Part {

  private static final String PROGRAM = "dev.chagres.benchmarks.Compare";

  /** How long a row may take at most, after the last one that was begun. */
  private static final double LAST_ROW = 20;

  private final Setting setting;
  private final Path tables = Setting.WORK.resolve("benchmark.md");
  private volatile String verdict = "not begun";
  private volatile String said = "";

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
    return 165;
  }

  @Override
  public void run(double seconds) throws InterruptedException {
    verdict = "not finished";
    List<String> arguments = new ArrayList<>(List.of("-device", "cuda", "-o", tables.toString()));
    arguments.addAll(List.of("-stop", "" + Math.max(1, seconds - LAST_ROW)));
    if (setting.quick()) {
      arguments.addAll(List.of("-r", "1", "-s", "0.02", "add_1e3", "matmul_64", "matmul,_tf32_256"));
    }
    Running run =
        Running.run(
            setting.java(setting.onGpu(), PROGRAM, arguments.toArray(new String[0])),
            seconds,
            Setting.WORK.resolve("benchmark.log"));
    said = run.output();
    verdict = verdict(run.status());
  }

  private static String verdict(int status) {
    return switch (status) {
      case 0 -> State.PASSED;
      case -1 -> "time was over";
      default -> "ended with status %d, see its errors".formatted(status);
    };
  }

  @Override
  public State state() {
    String found;
    try {
      // Its headings go below those of this report.
      found = Files.readString(tables).replaceFirst("^# .*\n", "").replaceAll("(?m)^#", "##");
    } catch (IOException e) {
      found = "No tables.\n\n```\n" + said.substring(Math.max(0, said.length() - 4000)) + "\n```\n";
    }
    return new State(verdict, new int[3], found + "\n");
  }
}
