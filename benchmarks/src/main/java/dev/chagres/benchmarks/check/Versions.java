package dev.chagres.benchmarks.check;

import dev.chagres.Chagres;
import dev.chagres.Cuda;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What is on the machine; also a program that prints what the library finds. */
final class Versions {

  private static final double SECONDS = 25;

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

  /** Returns Markdown, after as long as the slowest of them takes. */
  static String markdown(Setting setting) throws InterruptedException {
    String python = System.getenv().getOrDefault("PYTHON", "python3");
    Map<String, List<String>> commands = new LinkedHashMap<>();
    commands.put("nvidia-smi", List.of("nvidia-smi"));
    commands.put("chagres", setting.java(setting.onGpu(), Versions.class.getName()));
    commands.put("python", List.of(python, "-c", TORCH));
    commands.put("nvcc", List.of("nvcc", "--version"));
    commands.put("compute-sanitizer", List.of(Sanitizer.program(), "--version"));
    commands.put("cc", List.of("cc", "--version"));
    commands.put("uname", List.of("uname", "-srvm"));
    Map<String, String> told = new ConcurrentHashMap<>();
    List<Thread> threads =
        commands.entrySet().stream()
            .map(each -> Thread.ofVirtual().start(() -> told.put(each.getKey(), run(each))))
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }
    var text = new StringBuilder();
    for (String name : commands.keySet()) {
      text.append("```\n$ %s\n%s\n```\n\n".formatted(name, told.get(name)));
    }
    return text.toString();
  }

  private static String run(Map.Entry<String, List<String>> command) {
    Path log = Setting.WORK.resolve("version-" + command.getKey() + ".log");
    try {
      return Running.run(command.getValue(), SECONDS, log).output();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }
}
