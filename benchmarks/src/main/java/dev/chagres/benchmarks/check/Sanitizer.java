package dev.chagres.benchmarks.check;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
          "CudaReductionsTest",
          "CudaOrderTest",
          "CudaProductsTest",
          "CudaFactoringTest",
          "CudaSpectraTest",
          "CudaIndexingTest",
          "CudaRandomTest",
          "CudaElementwiseTest");

  private static final Pattern SUMMARY = Pattern.compile("(?:ERROR|RACECHECK) SUMMARY: (\\d+)");
  private static final Pattern REFUSED =
      Pattern.compile(
          "(?im)^.*(not supported|unsupported|unable to|failed to|insufficient|permission).*$");
  private static final int MOST_CHARACTERS = 6000;

  private final Setting setting;
  private final String tool;
  private final Path log;
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
    this.log = Setting.WORK.resolve(tool + ".txt").toAbsolutePath();
    this.tests =
        new Tests(
            setting,
            tool,
            List.of(program(), "--tool", tool, "--log-file", log.toString()),
            setting.onGpu(properties),
            Tests.Runner.ofTags("cuda & kernels"),
            false);
  }

  /**
   * Returns the program: what COMPUTE_SANITIZER names, else that of the toolkit, or of the path.
   */
  private static String program() {
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
    Running.forget(log);
    Running version =
        Running.run(
            List.of(program(), "--version"), 20, Setting.WORK.resolve(tool + "-version.log"));
    if (!version.isOver()) {
      missing = "could not run: " + version.output().strip();
      return;
    }
    List<String> all = ORDER.stream().map(each -> KERNELS + each).toList();
    List<String> some = setting.quick() ? all.subList(0, 1) : all;
    tests.run(setting.classes().isEmpty() ? some : setting.classes(), 1, seconds);
  }

  @Override
  public State state() {
    if (!missing.isEmpty()) {
      return new State(missing.lines().findFirst().orElse(missing), new int[3], missing + "\n\n");
    }
    String said = said();
    return new State(
        verdict(said, tests.verdict()),
        tests.counts(),
        tests.details() + "What it wrote:\n\n```\n" + end(said) + "\n```\n\n");
  }

  private String said() {
    try {
      return new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  private static String end(String text) {
    return text.length() <= MOST_CHARACTERS
        ? text.strip()
        : text.substring(0, MOST_CHARACTERS / 2)
            + "\n …\n"
            + text.substring(text.length() - MOST_CHARACTERS / 2).strip();
  }

  /**
   * Returns what came of it.
   *
   * @param log what the tool wrote
   * @param tests what came of the tests under it
   */
  static String verdict(String log, String tests) {
    Matcher summary = SUMMARY.matcher(log);
    long errors = 0;
    boolean told = false;
    while (summary.find()) {
      told = true;
      errors += Long.parseLong(summary.group(1));
    }
    if (errors > 0) {
      return errors + " errors" + (tests.equals(State.PASSED) ? "" : "; tests: " + tests);
    }
    Matcher refused = REFUSED.matcher(log);
    if (refused.find()) {
      return "refused: " + refused.group().replaceFirst("^=+ *", "");
    }
    if (!told) {
      return "no summary" + (tests.equals(State.PASSED) ? "" : "; tests: " + tests);
    }
    return tests;
  }
}
