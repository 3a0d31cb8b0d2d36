package dev.chagres.benchmarks.check;

import dev.chagres.Chagres;
import dev.chagres.Cuda;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What is on the machine; also a program that prints what the library finds.
 *
 * @param summary the GPUs and the versions that all depends on, in a line
 * @param details what each program said, as Markdown
 */
record Versions(String summary, String details) {

  private static final double SECONDS = 25;

  private static final String TORCH =
      """
      import sys, torch
      print("Python", sys.version.split()[0], "PyTorch", torch.__version__, "CUDA", torch.version.cuda)
      print("cuDNN", torch.backends.cudnn.version() if torch.cuda.is_available() else "unused: no CUDA")
      """;

  static final Versions UNKNOWN = new Versions("not known yet", "");

  private static final String LIBRARY = "chagres";
  private static final String DRIVER = "driver";

  public static void main(String[] args) {
    System.out.println(Cuda.report());
    System.out.println();
    System.out.println(Chagres.doctor());
  }

  /** Asks all, for as long as the slowest of them takes. */
  static Versions of(Setting setting) throws InterruptedException {
    String python = System.getenv().getOrDefault("PYTHON", "python3");
    Map<String, List<String>> commands = new LinkedHashMap<>();
    commands.put("nvidia-smi", List.of("nvidia-smi"));
    commands.put(
        DRIVER, List.of("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"));
    commands.put(LIBRARY, setting.java(setting.onGpu(), Versions.class.getName()));
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
    return new Versions(
        summary(told.getOrDefault(LIBRARY, ""), told.getOrDefault(DRIVER, "")), text.toString());
  }

  /**
   * Returns the line.
   *
   * @param library what the library found: versions, files, GPUs
   * @param driver what {@code nvidia-smi} says of each GPU's driver
   */
  static String summary(String library, String driver) {
    List<String> all = new ArrayList<>();
    library.lines().filter(line -> line.startsWith("cuda:")).forEach(all::add);
    // Without a GPU the first line says why.
    library.lines().limit(1).forEach(all::add);
    driver.lines().limit(1).filter(line -> line.matches(".*, [0-9.]+")).forEach(all::add);
    return String.join("; ", all);
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
