package dev.chagres.benchmarks.check;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The tests of kernels under a tool of NVIDIA's {@code compute-sanitizer}. */
final class Sanitizer implements Part {

  private static final List<Path> PLACES =
      List.of(
          Path.of("/usr/local/cuda/bin/compute-sanitizer"),
          Path.of("/opt/cuda/bin/compute-sanitizer"));

  private static final String KERNELS = "dev.chagres.backend.cuda.";

  /** Those that launch little come first. */
  private static final List<String> ORDER =
      List.of(
          "CudaCrossEntropyTest",
          "CudaRecurrentTest",
          "CudaReductionsTest",
          "CudaOrderTest",
          "CudaProductsTest",
          "CudaAttentionTest",
          "CudaFactoringTest",
          "CudaSpectraTest",
          "CudaIndexingTest",
          "CudaRandomTest",
          "CudaEpiloguesTest",
          "CudaElementwiseTest");

  /**
   * Errors of the kernels alone: what calls of the driver return is looked at by who calls them,
   * and some are made to see whether they fail. A kernel that reaches beyond its memory ends, and
   * the program goes on. The host's frames are a JVM's, which nothing can unwind. Options that a
   * version does not have are left out.
   */
  private static final List<List<String>> OPTIONS =
      List.of(
          List.of("--report-api-errors", "no"),
          List.of("--check-exit-code", "no"),
          List.of("--destroy-on-device-error", "kernel"),
          List.of("--show-backtrace", "no"),
          List.of("--launch-timeout", "60"),
          List.of("--target-processes", "application-only"));

  private static final double SUMMARY_SECONDS = 4;
  private static final int MOST_CHARACTERS = 6000;

  private final Setting setting;
  private final String tool;
  private final List<String> prefix = new ArrayList<>();
  private final Tests tests;
  private volatile String missing = "";

  /**
   * Prepares a tool.
   *
   * @param properties of the library under it
   */
  Sanitizer(Setting setting, String tool, String... properties) {
    this.setting = setting;
    this.tool = tool;
    this.tests =
        new Tests(
            setting,
            tool,
            prefix,
            setting.onGpu(properties),
            Tests.Runner.ofTags("cuda & kernels"),
            false);
  }

  /**
   * Returns the program: what COMPUTE_SANITIZER names, else that of the toolkit, or of the path.
   */
  static String program() {
    String named = System.getenv("COMPUTE_SANITIZER");
    if (named != null && !named.isEmpty()) {
      return named;
    }
    return PLACES.stream()
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst()
        .orElse("compute-sanitizer");
  }

  @Override
  public String name() {
    return tool;
  }

  @Override
  public String title() {
    return "compute-sanitizer " + tool;
  }

  @Override
  public double limit() {
    return 35;
  }

  @Override
  public void run(double seconds) throws InterruptedException {
    logs().forEach(Running::forget);
    Running help =
        Running.run(List.of(program(), "--help"), 20, Setting.WORK.resolve(tool + "-help.log"));
    if (!help.output().contains("--tool")) {
      missing = "could not run: " + help.output();
      return;
    }
    prefix.addAll(command(help.output()));
    List<String> all = ORDER.stream().map(each -> KERNELS + each).toList();
    List<String> some = setting.quick() ? all.subList(0, 1) : all;
    double most = Math.max(1, seconds - SUMMARY_SECONDS);
    tests.run(setting.classes().isEmpty() ? some : setting.classes(), 1, most);
  }

  /** Returns what comes before the program that is looked at. */
  private List<String> command(String help) {
    List<String> command = new ArrayList<>(List.of(program(), "--tool", tool));
    // A process that hangs is ended, and the next one has a log of its own.
    command.addAll(
        List.of("--log-file", "" + Setting.WORK.resolve(tool + "-%p.txt").toAbsolutePath()));
    command.addAll(options(help));
    return command;
  }

  /** Returns the options that a version has. */
  static List<String> options(String help) {
    return OPTIONS.stream()
        .filter(option -> help.contains(option.getFirst()))
        .flatMap(List::stream)
        .toList();
  }

  private List<Path> logs() {
    if (!Files.isDirectory(Setting.WORK)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(Setting.WORK)) {
      return files
          .filter(file -> String.valueOf(file.getFileName()).matches(tool + "-.*\\.txt"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public State state() {
    if (!missing.isEmpty()) {
      return new State(missing.lines().findFirst().orElse(missing), new int[3], missing + "\n\n");
    }
    String said = said();
    return new State(
        SanitizerLog.of(said).verdict(tests.verdict()),
        tests.counts(),
        tests.details() + "What it wrote:\n\n```\n" + shortened(said) + "\n```\n\n");
  }

  private String said() {
    var text = new StringBuilder();
    for (Path log : logs()) {
      try {
        text.append(new String(Files.readAllBytes(log), StandardCharsets.UTF_8));
      } catch (IOException e) {
        text.append(log).append(" cannot be read: ").append(e.getMessage()).append('\n');
      }
    }
    return text.toString();
  }

  private static String shortened(String text) {
    return text.length() <= MOST_CHARACTERS
        ? text.strip()
        : text.substring(0, MOST_CHARACTERS / 2)
            + "\n …\n"
            + text.substring(text.length() - MOST_CHARACTERS / 2).strip();
  }
}
