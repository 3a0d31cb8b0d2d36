package dev.chagres.benchmarks.check;

import dev.chagres.Chagres;
import dev.chagres.Cuda;
import java.util.List;

/** What is on the machine; also a program that prints what the library finds. */
final class Versions {

  private static final double SECONDS = 40;

  private static final String TORCH =
      """
      import sys, torch
      print("Python", sys.version.split()[0], "PyTorch", torch.__version__, "CUDA", torch.version.cuda)
      print("cuDNN", torch.backends.cudnn.version() if torch.cuda.is_available() else "unused: no CUDA")
      """;

  private Versions() {}

  public static void main(String[] args) {
    System.out.println(Cuda.report());
    System.out.println();
    System.out.println(Chagres.doctor());
  }

  /** Returns Markdown. */
  static String markdown(Setting setting) throws InterruptedException {
    var text = new StringBuilder();
    add(text, "nvidia-smi", List.of("nvidia-smi"));
    add(text, "chagres", setting.java(setting.onGpu(), Versions.class.getName()));
    String python = System.getenv().getOrDefault("PYTHON", "python3");
    add(text, "python", List.of(python, "-c", TORCH));
    add(text, "nvcc", List.of("nvcc", "--version"));
    add(text, "cc", List.of("cc", "--version"));
    add(text, "uname", List.of("uname", "-srvm"));
    return text.toString();
  }

  private static void add(StringBuilder text, String name, List<String> command)
      throws InterruptedException {
    Running run = Running.run(command, SECONDS, Setting.WORK.resolve("version-" + name + ".log"));
    text.append("```\n$ ").append(name).append('\n').append(run.output()).append("\n```\n\n");
  }
}
