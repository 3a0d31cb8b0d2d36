package dev.chagres.benchmarks.check;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Test classes, shared out among processes; one that fails leaves its process to nobody else. */
final class Tests {

  private static final int MOST_FAILURES = 60;
  private static final int MOST_CHARACTERS = 6000;
  private static final int SLOWEST = 8;
  private static final double SUMMARY_SECONDS = 3;

  /** What takes longest comes first. */
  private static final List<String> FIRST =
      List.of(
          "CudaSamplesTest",
          "CudaOpDbTest",
          "CudaElementwiseTest",
          "RandomCallsTest",
          "CudaResidenceTest",
          "CudaExamplesTest",
          "TorchSamplesTest",
          "TorchEdgesTest");

  private static final String SAMPLES = "dev.chagres.parity.CudaSamplesTest";

  /** Each has a minute or so of kernels to compile. */
  private static final String SAMPLES_OF = SAMPLES + "#everyCaseIsWhatPyTorchMakesOfIt[%d]";

  private static final int SAMPLE_FAMILIES = 6;

  private static final String[] KERNELS = {
    "dev.chagres.backend.cpu.",
    "dev.chagres.parity.TorchSamplesTest",
    "dev.chagres.parity.TorchEdgesTest",
    "dev.chagres.testing.UnaryOpsTest",
    "dev.chagres.testing.BinaryOpsTest",
    "dev.chagres.testing.ReductionsTest",
    "dev.chagres.testing.OtherOpsTest",
    "dev.chagres.tensor.S"
  };

  /** What looks at files of the repository that are not packed, or needs the modules of plots. */
  private static final Set<String> OF_SOURCES =
      Set.of(
          "ArchitectureTest",
          "BenchmarksTest",
          "FlightObserverTest",
          "GeneratedBindingsTest",
          "ImportsTest",
          "NativeLibrariesTest",
          "PlotTest",
          "ReadmeTest");

  private final Setting setting;
  private final String name;
  private final List<String> prefix;
  private final List<String> properties;
  private final Runner runner;
  private final boolean fresh;

  /** By name, in the order in which they were heard of first. */
  private final Map<String, ClassResult> results = new LinkedHashMap<>();

  private final ConcurrentLinkedQueue<String> rest = new ConcurrentLinkedQueue<>();
  private int processes;

  /**
   * Prepares a run.
   *
   * @param name of the logs
   * @param prefix a program that runs the Java, and its options; may be empty
   * @param runner what runs them
   * @param fresh whether a class that fails ends its process, since an error of CUDA stays
   */
  Tests(
      Setting setting,
      String name,
      List<String> prefix,
      List<String> properties,
      Runner runner,
      boolean fresh) {
    this.setting = setting;
    this.name = name;
    this.prefix = prefix;
    this.properties = properties;
    this.runner = runner;
    this.fresh = fresh;
  }

  /**
   * A program that runs what is named to it, as {@code TestWorker} describes.
   *
   * @param seconds that one name may take
   */
  record Runner(String program, List<String> arguments, double seconds) {

    /**
     * JUnit.
     *
     * @param tags that a test must have, in JUnit's words; may be empty
     */
    static Runner ofTags(String tags) {
      return new Runner(
          "dev.chagres.testing.TestWorker",
          List.of(tags, "slow | huge | whole-device"),
          CLASS_SECONDS);
    }

    private static final double CLASS_SECONDS = 100;
  }

  /** Returns the names of all test classes in a folder whose names begin so. */
  static List<String> found(Path folder, String... beginnings) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .map(file -> folder.relativize(file).toString().replace('/', '.'))
          .filter(file -> file.endsWith("Test.class") && !file.contains("$"))
          .map(file -> file.substring(0, file.length() - ".class".length()))
          .filter(file -> Stream.of(beginnings).anyMatch(file::startsWith))
          .sorted(Comparator.comparing(Tests::place).thenComparing(file -> file))
          .toList();
    } catch (IOException e) {
      throw new IllegalStateException("there are no test classes in " + folder, e);
    }
  }

  /** Returns those that say of themselves that they hold on a GPU, the longest in parts. */
  static List<String> foundOnGpu(Path folder) {
    return found(folder, "dev.chagres").stream()
        .filter(name -> isOnGpu(folder, name))
        .flatMap(
            name ->
                name.equals(SAMPLES)
                    ? IntStream.range(0, SAMPLE_FAMILIES).mapToObj(i -> SAMPLES_OF.formatted(i))
                    : Stream.of(name))
        .toList();
  }

  /**
   * Returns those that hold on the CPU, what is about its kernels first, but for those that look at
   * the sources.
   */
  static List<String> foundOnCpu(Path folder) {
    Stream<String> kernels = found(folder, KERNELS).stream();
    return Stream.concat(kernels, found(folder, "dev.chagres").stream())
        .distinct()
        .filter(name -> !OF_SOURCES.contains(name.substring(name.lastIndexOf('.') + 1)))
        .toList();
  }

  /** An annotation's name stands in the file of a class as it is. */
  private static boolean isOnGpu(Path folder, String name) {
    try {
      Path file = folder.resolve(name.replace('.', '/') + ".class");
      String text = Files.readString(file, StandardCharsets.ISO_8859_1);
      return text.contains("Ldev/chagres/testing/OnCuda;")
          || text.contains("Ldev/chagres/testing/OnEveryDevice;");
    } catch (IOException e) {
      throw new IllegalStateException(name + " cannot be read", e);
    }
  }

  private static int place(String name) {
    int place = FIRST.indexOf(name.substring(name.lastIndexOf('.') + 1));
    return place < 0 ? FIRST.size() : place;
  }

  /** Runs classes on so many processes, and returns when all are done or the time is over. */
  void run(List<String> classes, int most, double seconds) throws InterruptedException {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    rest.addAll(classes);
    List<Thread> threads = new ArrayList<>();
    processes = Math.min(most, classes.size());
    for (int i = 0; i < processes; i++) {
      Path log = Setting.WORK.resolve(name + "-" + i + ".log");
      Running.forget(log);
      threads.add(Thread.ofVirtual().start(() -> work(log, end)));
    }
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      threads.forEach(Thread::interrupt);
      throw e;
    }
  }

  private void work(Path log, long end) {
    List<String> command = new ArrayList<>(prefix);
    String[] arguments = runner.arguments().toArray(new String[0]);
    command.addAll(setting.java(properties, runner.program(), arguments));
    var worker = new Worker(command, log, prefix.isEmpty() ? 0 : SUMMARY_SECONDS);
    try {
      try {
        while ((end - System.nanoTime()) / 1e9 > 1) {
          String next = rest.poll();
          if (next == null) {
            return;
          }
          double left = (end - System.nanoTime()) / 1e9;
          double most = setting.patience() * runner.seconds();
          ClassResult result = run(worker, next, Math.min(left, most), left < most);
          note(result);
          if (fresh && result.hasFailed()) {
            worker.end(1);
          }
        }
      } finally {
        // A sanitizer writes its summary when its program ends.
        worker.end(Math.clamp((end - System.nanoTime()) / 1e9, 3.0, 20.0));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private ClassResult run(Worker worker, String name, double seconds, boolean last)
      throws InterruptedException {
    try {
      return worker.run(name, seconds, last, this::note);
    } catch (RuntimeException e) {
      // The other classes are still to be run.
      e.printStackTrace();
      return new ClassResult(
          name, new int[] {0, 1, 0}, 0, List.of("the class: " + e), List.of(), "");
    }
  }

  private void note(ClassResult result) {
    synchronized (results) {
      results.put(result.name(), result);
    }
  }

  private List<ClassResult> results() {
    synchronized (results) {
      return results.values().stream().filter(result -> !result.isEmpty()).toList();
    }
  }

  int[] counts() {
    int[] counts = new int[3];
    for (ClassResult result : results()) {
      for (int i = 0; i < counts.length; i++) {
        counts[i] += result.counts()[i];
      }
    }
    return counts;
  }

  /** Returns which classes were not done when the time was over. */
  private String cut() {
    String all =
        results().stream()
            .map(ClassResult::cut)
            .filter(where -> !where.isEmpty())
            .collect(Collectors.joining(", "));
    return all.isEmpty() ? "" : ", not done: " + all;
  }

  String verdict() {
    int[] counts = counts();
    List<String> all = new ArrayList<>();
    if (counts[1] > 0) {
      all.add(counts[1] + " failed");
    }
    String cut = cut();
    if (!rest.isEmpty() || !cut.isEmpty()) {
      all.add("time was over, %d not run".formatted(rest.size()) + cut);
    }
    if (counts[0] + counts[1] == 0) {
      all.add("no test ran");
    }
    return all.isEmpty() ? Part.State.PASSED : String.join("; ", all);
  }

  String details() {
    var text = new StringBuilder();
    List<ClassResult> ran = results();
    text.append("%d ran, on %d processes.".formatted(ran.size(), processes));
    text.append(" Longest: ");
    text.append(
        String.join(
            ", ",
            ran.stream()
                .sorted(Comparator.comparingDouble(ClassResult::seconds).reversed())
                .limit(SLOWEST)
                .map(result -> "%s %.1f s".formatted(result.shortName(), result.seconds()))
                .toList()));
    text.append(".\n\n");
    if (!rest.isEmpty()) {
      text.append("Not run: ").append(String.join(", ", rest)).append("\n\n");
    }
    int shown = 0;
    for (ClassResult result : ran) {
      for (String failure : result.failures()) {
        text.append(
            shown++ < MOST_FAILURES
                ? "**%s**\n\n```\n%s\n```\n\n".formatted(result.name(), shortened(failure))
                : "- %s: %s\n".formatted(result.name(), failure.lines().findFirst().orElse("")));
      }
    }
    return text.append(skipped(ran)).append(table(ran)).toString();
  }

  /** Names each, one that failed first. */
  private static String table(List<ClassResult> ran) {
    var text = new StringBuilder();
    if (!ran.isEmpty()) {
      text.append("| of these | passed | failed | skipped | seconds |\n");
      text.append("| --- | ---: | ---: | ---: | ---: |\n");
      ran.stream()
          .sorted(Comparator.comparing(ClassResult::hasFailed).reversed())
          .forEach(
              result -> {
                int[] counts = result.counts();
                text.append(
                    "| %s | %d | %s | %d | %.1f |\n"
                        .formatted(
                            result.shortName(),
                            counts[0],
                            counts[1] == 0 ? "0" : "**" + counts[1] + "**",
                            counts[2],
                            result.seconds()));
              });
      text.append('\n');
    }
    return text.toString();
  }

  private static String shortened(String text) {
    String fenced = text.strip().replace("```", "'''");
    return fenced.length() <= MOST_CHARACTERS
        ? fenced
        : fenced.substring(0, MOST_CHARACTERS) + " …";
  }

  private static String skipped(List<ClassResult> ran) {
    Map<String, Integer> reasons = new TreeMap<>();
    for (ClassResult result : ran) {
      for (String skip : result.skips()) {
        String reason = skip.lines().findFirst().orElse("");
        reasons.merge(reason.isEmpty() ? "no reason given" : reason, 1, Integer::sum);
      }
    }
    var text = new StringBuilder();
    if (!reasons.isEmpty()) {
      text.append("Skipped:\n\n");
      reasons.forEach((reason, count) -> text.append("- %d: %s\n".formatted(count, reason)));
      text.append('\n');
    }
    return text.toString();
  }
}
