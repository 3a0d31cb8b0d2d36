package dev.chagres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.testing.Programs;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.ValueSource;

/** The benchmarks have a build of their own, which nobody runs at every change. */
class BenchmarksTest {
  private static final List<Path> SOURCES =
      List.of(
          Path.of("benchmarks", "src", "main", "java"),
          Path.of("benchmarks", "src", "protocol", "java"),
          Path.of("benchmarks", "src", "test", "java"));

  private static final String REASONS =
      """
      # What comes before is for those who write it

      ## The first

      rows: add (1|2): 5×
      rows: neg .*
      limit: C

      Of the first.

      ## The second

      rows: add .*

      Of the second.

      ## The third

      rows: sub 7: 5×

      Of the third.
      """;

  @TempDir private static Path folder;
  private static int status;
  private static String said = "";
  private static URLClassLoader classes;

  /**
   * Reasons, and a judgement: a row, its target, how much of it was reached, what is asked, C's.
   */
  private static Method read;

  private static Method markdown;
  private static Constructor<?> judgement;

  @BeforeAll
  static void compile() throws IOException, ReflectiveOperationException {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--release", "25", "-proc:none", "-Xlint:all,-path", "-Werror"));
    arguments.addAll(List.of("--class-path", Programs.pathWithout("xchart")));
    arguments.addAll(List.of("-d", folder.toString()));
    for (Path root : SOURCES) {
      try (Stream<Path> files = Files.walk(root)) {
        files
            .filter(file -> file.toString().endsWith(".java"))
            .filter(file -> !needsJmh(file))
            .forEach(file -> arguments.add(file.toString()));
      }
    }
    StringWriter output = new StringWriter();
    status =
        ToolProvider.findFirst("javac")
            .orElseThrow()
            .run(
                new PrintWriter(output), new PrintWriter(output), arguments.toArray(new String[0]));
    said = output.toString();
    classes =
        new URLClassLoader(
            new URL[] {folder.toUri().toURL()}, BenchmarksTest.class.getClassLoader());
    if (status == 0) {
      read = method("Reasons", "read", Path.class);
      markdown = method("Reasons", "markdown", List.class, boolean.class);
      judgement =
          found("Judgement")
              .getDeclaredConstructor(
                  String.class, String.class, double.class, double.class, double.class);
      judgement.setAccessible(true);
    }
  }

  @AfterAll
  static void close() throws IOException {
    classes.close();
  }

  /** The tests have no JMH, which Latencies is written for and Compare calls. */
  private static boolean needsJmh(Path file) {
    try {
      return Files.readString(file).contains("Latencies");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void theyCompileAgainstTheLibraryAsItIs() {
    assertEquals(0, status, () -> said);
    assertTrue(Files.exists(folder.resolve("dev/chagres/benchmarks/Timing.class")));
  }

  // ---- why targets are missed

  private static Class<?> found(String name) throws ClassNotFoundException {
    return classes.loadClass("dev.chagres.benchmarks." + name);
  }

  private static Method method(String type, String name, Class<?>... parameters)
      throws ReflectiveOperationException {
    Method method = found(type).getDeclaredMethod(name, parameters);
    method.setAccessible(true);
    return method;
  }

  private static Object missed(String row, double asked, double limit)
      throws ReflectiveOperationException {
    return judged(row, "5×", 0.5, asked, limit);
  }

  private static Object judged(
      String row, String target, double reached, double asked, double limit)
      throws ReflectiveOperationException {
    return judgement.newInstance(row, target, reached, asked, limit);
  }

  private static Object reasons(String text) throws Exception {
    Path file = Files.writeString(folder.resolve("reasons.md"), text);
    return read.invoke(null, file);
  }

  private static String joined(boolean whole, Object... judgements) throws Exception {
    return (String) markdown.invoke(reasons(REASONS), List.of(judgements), whole);
  }

  @Test
  void aMissHasTheFirstReasonThatFits() throws Exception {
    String text = joined(false, missed("add 3", 20, 0), missed("add 1", 20, 30));
    assertEquals(
        """
        ### The first

        Of the first.

        - add 1: 5×: **0.50**; asked is 20 ns, C takes 30 ns

        ### The second

        Of the second.

        - add 3: 5×: **0.50**; asked is 20 ns

        """,
        text);
  }

  @Test
  void aPatternFitsTheWholeOfRowAndTarget() throws Exception {
    assertTrue(
        joined(false, missed("sub 77", 20, 0)).startsWith("### No reason found yet\n\n- su"));
    Object other = judged("sub 7", "5×, and more", 0.5, 0, 0);
    assertEquals(
        "### No reason found yet\n\n- sub 7: 5×, and more: **0.50**\n\n", joined(false, other));
  }

  @Test
  void aTargetThatIsMetNeedsNoReason() throws Exception {
    assertEquals("", joined(false, judged("mul 1", "5×", 1.5, 20, 0)));
  }

  @Test
  void whatCTakesIsCheckedWhereItIsTheReason() throws Exception {
    String shown = joined(false, missed("neg 1", 100, 96));
    assertTrue(shown.contains("- neg 1: 5×: **0.50**; asked is 100 ns, C takes 96 ns\n"), shown);
    String not = joined(false, missed("neg 1", 100, 94));
    assertTrue(not.contains("C takes 94 ns: **the limit that is the reason does not show"), not);
    String unknown = joined(false, missed("neg 1", 100, 0));
    assertTrue(unknown.contains(": not compared, as C has no time of this row\n"), unknown);
    String elsewhere = joined(false, missed("add 3", 100, 10));
    assertFalse(elsewhere.contains("does not show"), elsewhere);
  }

  @Test
  void aReasonThatFitsNoMissIsNamed() throws Exception {
    String met = joined(false, judged("sub 7", "5×", 1, 0, 0));
    assertEquals(
        "### Reasons that no longer apply\n\n- The third: all its targets are met\n\n", met);
    String whole = joined(true, missed("add 1", 20, 30), missed("add 3", 20, 30));
    assertTrue(whole.endsWith("apply\n\n- The third: no row has such a name\n\n"), whole);
  }

  @Test
  void aSectionNeedsRowsAndAText() {
    for (String text :
        List.of("## One\n\nwhy\n", "## One\n\nrows: add 1\n", "## One\n\nrows: (\n\nwhy\n")) {
      var failure = assertThrows(InvocationTargetException.class, () -> reasons(text));
      assertTrue(failure.getCause() instanceof IOException, failure::toString);
    }
  }

  @Test
  void theReasonsThatAreWrittenCanBeRead() throws Exception {
    reasons(Files.readString(Path.of("benchmarks", "reasons.md")));
  }

  // ---- turns

  @Test
  void aTurnEndsWhenNoThreadRuns() throws Exception {
    Method await = method("Idle", "await", ProcessHandle.class, double.class);
    Process busy = new ProcessBuilder("sh", "-c", "while :; do :; done").start();
    Process parent = new ProcessBuilder("sh", "-c", "(while :; do :; done) & read x").start();
    Process idle = new ProcessBuilder("sh", "-c", "read x").start();
    try {
      assertEquals(false, await.invoke(null, busy.toHandle(), 0.3));
      assertEquals(false, await.invoke(null, parent.toHandle(), 0.3), "its child runs");
      assertEquals(true, await.invoke(null, idle.toHandle(), 30.0));
    } finally {
      parent.descendants().forEach(ProcessHandle::destroyForcibly);
      for (Process process : List.of(busy, parent, idle)) {
        process.destroyForcibly().waitFor();
      }
    }
    assertEquals(true, await.invoke(null, busy.toHandle(), 30.0), "it has ended");
  }

  @Test
  void theTwinsInCCompile() throws Exception {
    for (String twin : List.of("twin.c", "twin_cuda.c")) {
      String file = Path.of("benchmarks", "c", twin).toString();
      Process process =
          new ProcessBuilder("cc", "-fsyntax-only", "-fopenmp", "-Wall", "-Wextra", "-Werror", file)
              .redirectErrorStream(true)
              .start();
      String said = String.join("\n", process.inputReader().lines().toList());
      assertEquals(0, process.waitFor(), said);
    }
  }

  // ---- on a GPU

  private static Object call(Object on, String type, String name) throws Exception {
    return method(type, name).invoke(on);
  }

  @Test
  void everyRowOfAGpuHasItsRecipes() throws Exception {
    Path python = Path.of("benchmarks", "python");
    String torch =
        Files.readString(python.resolve("side_torch.py"))
            + Files.readString(python.resolve("torch_steps.py"));
    var worker = found("side.Worker").getConstructor().newInstance();
    var field = found("protocol.Service").getDeclaredField("recipes");
    field.setAccessible(true);
    Object recipes = field.get(worker);
    Method find = method("protocol.Recipes", "find", String.class);
    Set<String> words = recipes("families");
    assertTrue(words.size() > 40, words::toString);
    Set<String> small = recipes("rehearsal");
    assertEquals(words.size(), small.size(), "one of each");
    words.addAll(small);
    List<String> lacking = new ArrayList<>();
    for (String each : words) {
      if (find.invoke(recipes, each).equals(Optional.empty())) {
        lacking.add("Chagres: " + each);
      }
      if (!torch.contains("\"" + each + "\":")) {
        lacking.add("torch: " + each);
      }
    }
    assertEquals(List.of(), lacking);
  }

  private static Set<String> recipes(String rows) throws Exception {
    Set<String> words = new TreeSet<>();
    for (Object family : (List<?>) call(null, "rows.GpuRows", rows)) {
      for (Object row : (List<?>) call(family, "rows.Family", "rows")) {
        Object name =
            method("protocol.Name", "of", String.class).invoke(null, call(row, "rows.Row", "name"));
        words.add((String) call(name, "protocol.Name", "recipe"));
      }
    }
    return words;
  }

  @Test
  void somethingOfEverythingIsComparedWithTheCpu() throws Exception {
    Method check =
        method("check.Smoke", "check", String.class, double[].class, double[].class, double.class);
    double[] cpu = {1, 200};
    check.invoke(null, "add", cpu, new double[] {1.01, 200}, 1e-4);
    for (double[] other : new double[][] {{1.03, 200}, {Double.NaN, 200}, {1}}) {
      var failure =
          assertThrows(
              InvocationTargetException.class, () -> check.invoke(null, "add", cpu, other, 1e-4));
      assertTrue(failure.getCause() instanceof AssertionError, failure::toString);
    }
  }

  @Test
  void aPartThatFailsCostsNoOther() throws Exception {
    Class<?> part = found("check.Part");
    Object failing =
        Proxy.newProxyInstance(
            classes,
            new Class<?>[] {part},
            (_, _, _) -> {
              throw new IllegalStateException("there are no test classes");
            });
    Method run = method("check.Check", "run", part, double.class, double.class, boolean.class);
    assertEquals(
        "could not be run: java.lang.IllegalStateException: there are no test classes",
        run.invoke(null, failing, 60.0, 1.0, true));
  }

  @Test
  void littleThatPassesEndsACautiousCheck() throws Exception {
    Class<?> state = found("check.Part$State");
    Constructor<?> made = state.getDeclaredConstructor(String.class, int[].class, String.class);
    made.setAccessible(true);
    Method mostly = method("check.Check", "failsMostly", state);
    assertEquals(true, mostly.invoke(null, made.newInstance("", new int[] {4, 5, 0}, "")));
    assertEquals(false, mostly.invoke(null, made.newInstance("", new int[] {5, 4, 9}, "")));
  }

  @Test
  void aPartThatIsNotThereIsAnError() throws Exception {
    var setting = found("check.Setting").getDeclaredMethod("of", String[].class);
    setting.setAccessible(true);
    Constructor<?> check = found("check.Check").getDeclaredConstructor(found("check.Setting"));
    check.setAccessible(true);
    Object wrong = setting.invoke(null, (Object) new String[] {"matrix", "test"});
    var failure = assertThrows(InvocationTargetException.class, () -> check.newInstance(wrong));
    assertEquals(
        "no such part: test; there are [smoke, matrix, figures, cpu, memcheck, racecheck]",
        failure.getCause().getMessage());
  }

  @Test
  void secondsAreNumbersAboveZero() throws Exception {
    var setting = found("check.Setting").getDeclaredMethod("of", String[].class);
    setting.setAccessible(true);
    Object patient = setting.invoke(null, (Object) new String[] {"-patience", "3"});
    assertEquals(1320.0, call(patient, "check.Setting", "seconds"));
    for (String wrong : List.of("0", "soon")) {
      Object[] given = {new String[] {"-seconds", wrong}};
      var failure =
          assertThrows(InvocationTargetException.class, () -> setting.invoke(null, given));
      assertEquals(
          "-seconds takes a number above 0, not " + wrong, failure.getCause().getMessage());
    }
  }

  /** An emulator is slow in a row, too. */
  @Test
  void whoIsPatientWaitsLongerForARow() throws Exception {
    var setting = found("check.Setting").getDeclaredMethod("of", String[].class);
    setting.setAccessible(true);
    Object patient = setting.invoke(null, (Object) new String[] {"-patience", "3"});
    var figures = found("check.FiguresPart").getDeclaredConstructor(found("check.Setting"));
    figures.setAccessible(true);
    List<?> told =
        (List<?>)
            method("check.FiguresPart", "arguments", double.class)
                .invoke(figures.newInstance(patient), 500.0);
    assertEquals("180.0", told.get(told.indexOf("-timeout") + 1));
  }

  @Test
  void classesAreFoundByTheirNames() throws Exception {
    var setting = found("check.Setting").getDeclaredMethod("of", String[].class);
    setting.setAccessible(true);
    String there = Path.of("target", "test-classes").toString();
    String named = "CudaTensorTest,CudaSamplesTest#each[0],some.Sample$Inner";
    Object found = setting.invoke(null, (Object) new String[] {"-classes", named, "-tests", there});
    assertEquals(
        List.of(
            "dev.chagres.tensor.CudaTensorTest",
            "dev.chagres.parity.CudaSamplesTest#each[0]",
            "some.Sample$Inner"),
        call(found, "check.Setting", "classes"));
    var wrong =
        Map.of(
            "TensrTest",
            "no such test class: TensrTest",
            "InitTest",
            "InitTest may be [dev.chagres.distributed.InitTest, dev.chagres.nn.InitTest]");
    for (var each : wrong.entrySet()) {
      Object[] given = {new String[] {"-tests", there, "-classes", each.getKey()}};
      var failure =
          assertThrows(InvocationTargetException.class, () -> setting.invoke(null, given));
      assertEquals(each.getValue(), failure.getCause().getMessage());
    }
  }

  /** A family that is not among the parts would be left out. */
  @Test
  void theLongestClassIsRunInAllItsParts() throws Exception {
    Method tests = method("check.Tests", "foundOnGpu", Path.class);
    List<?> found = (List<?>) tests.invoke(null, Path.of("target", "test-classes"));
    String test = "everyCaseIsWhatPyTorchMakesOfIt";
    int families =
        Class.forName("dev.chagres.parity.CudaSamplesTest")
            .getDeclaredMethod(test, String.class)
            .getAnnotation(ValueSource.class)
            .strings()
            .length;
    assertEquals(
        IntStream.range(0, families)
            .mapToObj(i -> "dev.chagres.parity.CudaSamplesTest#%s[%d]".formatted(test, i))
            .toList(),
        found.stream().filter(name -> name.toString().contains(".CudaSamplesTest")).toList());
    assertTrue(found.contains("dev.chagres.tensor.CudaTensorTest"), found::toString);
    Method onCpu = method("check.Tests", "foundOnCpu", Path.class);
    List<?> others = (List<?>) onCpu.invoke(null, Path.of("target", "test-classes"));
    int kernels = others.indexOf("dev.chagres.backend.cpu.KernelsTest");
    int layers = others.indexOf("dev.chagres.nn.ModuleTest");
    assertTrue(kernels >= 0 && kernels < layers, others::toString);
    assertFalse(others.contains("dev.chagres.ReadmeTest"), others::toString);
  }

  @Test
  void whatIsPackedIsThere() throws Exception {
    var field = found("check.Pack").getDeclaredField("CONTENTS");
    field.setAccessible(true);
    for (Object file : ((Map<?, ?>) field.get(null)).keySet()) {
      assertTrue(Files.exists(Path.of((String) file)), () -> file + " is not there");
    }
    assertTrue(Files.isExecutable(Path.of("benchmarks", "gpu", "check")));
  }

  private static String sanitized(String log, String tests) throws Exception {
    Object read = method("check.SanitizerLog", "of", String.class).invoke(null, log);
    return (String) method("check.SanitizerLog", "verdict", String.class).invoke(read, tests);
  }

  /** Forms of its lines as its manual and logs of its users have them. */
  @Test
  void aSanitizersVerdictIsWhatItSays() throws Exception {
    String head = "========= COMPUTE-SANITIZER\n";
    String none = head + "========= ERROR SUMMARY: 0 errors\n";
    assertEquals("passed", sanitized(none, "passed"));
    assertEquals("1 failed", sanitized(none, "1 failed"));
    String record =
        """
        ========= Invalid __global__ read of size 4 bytes
        =========     at scan<float>(const float *, float *)+0x1c0
        =========     by thread (32,0,0) in block (453,0,0)
        =========     Access to 0x7f91edef00403 is out of bounds
        =========     and is 1 bytes after the nearest allocation at 0x7f91edec0400 of size 16 bytes
        =========
        """;
    String limited =
        "========= ERROR SUMMARY: 259 errors\n========= ERROR SUMMARY: 159 errors were not printed."
            + " Use --print-limit option to adjust the number of printed errors\n";
    assertEquals("259 errors", sanitized(head + record + limited, "passed"));
    String two = head + record + "========= ERROR SUMMARY: 1 error\n";
    assertEquals("2 errors; tests: 1 failed", sanitized(two + two, "1 failed"));
    assertEquals(
        "2 records, and no summary; tests: time was over, 3 not run",
        sanitized(head + record + record, "time was over, 3 not run"));
    assertEquals("no summary", sanitized("", "passed"));
  }

  @Test
  void aSanitizersHazardsAreCounted() throws Exception {
    String none = "========= RACECHECK SUMMARY: 0 hazards displayed (0 errors, 0 warnings)\n";
    assertEquals("passed", sanitized(none, "passed"));
    String race =
        """
        ========= Error: Race reported between Write access at reduce(float *)+0x140
        =========     and Read access at reduce(float *)+0xe0 [4 hazards]
        =========
        ========= RACECHECK SUMMARY: 1 hazard displayed (1 error, 0 warnings)
        """;
    assertEquals("1 hazard (1 error, 0 warnings)", sanitized(race, "passed"));
  }

  @Test
  void whatASanitizerDidNotCheckIsNotPassed() throws Exception {
    String head = "========= COMPUTE-SANITIZER\n";
    for (String why :
        List.of(
            "Error: Device not supported. Please refer to the \"Supported Devices\" section",
            "Error: Target application terminated before first instrumented API call",
            "Error: No attachable process found. compute-sanitizer timed-out.")) {
      String told =
          "========= Tracking kernels launched by child processes requires the --target-processes"
              + " all option.\n========= Target application returned an error\n"
              + "========= ERROR SUMMARY: 0 errors\n";
      assertEquals(
          "nothing was checked: " + why, sanitized(head + "========= " + why + "\n", "passed"));
      assertEquals(
          "nothing was checked: " + why + "; tests: 2 failed",
          sanitized(head + "========= " + why + "\n" + told, "2 failed"));
    }
    String lost =
        "========= Internal Sanitizer Error: The Sanitizer encountered an error while launching"
            + " sort and didn't track the launch. Errors might go undetected. (Unable to allocate"
            + " enough memory to perform the requested operation)\n";
    assertEquals(
        "2 launches were not checked",
        sanitized(head + lost + lost + "========= ERROR SUMMARY: 0 errors\n", "passed"));
  }

  @Test
  void aSanitizerIsGivenTheOptionsThatItHas() throws Exception {
    Method options = method("check.Sanitizer", "options", String.class);
    assertEquals(
        List.of("--report-api-errors", "no", "--launch-timeout", "60"),
        options.invoke(null, "  --launch-timeout arg (=10)\n  --report-api-errors arg\n"));
  }

  @Test
  void aReportBeginsWithTheGpuItsDriverAndTheLibraries() throws Exception {
    Method summary = method("check.Versions", "summary", String.class, String.class);
    String library =
        """
        driver of CUDA 13.0, NVRTC 13.0, cuBLAS 130101
        /usr/local/cuda/lib64/libnvrtc.so.13
        cuda:0: NVIDIA H200, compute capability 9.0, 143156 MiB

        chagres   0.1.0-SNAPSHOT
                  cuda:0: NVIDIA H200, compute capability 9.0, 143156 MiB
        """;
    assertEquals(
        "cuda:0: NVIDIA H200, compute capability 9.0, 143156 MiB;"
            + " driver of CUDA 13.0, NVRTC 13.0, cuBLAS 130101; NVIDIA H200, 580.95.05",
        summary.invoke(null, library, "NVIDIA H200, 580.95.05\nNVIDIA H200, 580.95.05"));
    String why = "the NVIDIA driver finds no GPU";
    String none = "Cannot run program \"nvidia-smi\": Exec failed, error: 2 (No such file)";
    assertEquals(why, summary.invoke(null, why + "\n\nchagres", none));
  }

  /** The runtime that is packed has no java.desktop, without which this class cannot be read. */
  @Test
  void whatNeedsPicturesIsNoneOfTheTestsOnTheCpu() throws Exception {
    Method found = method("check.Tests", "foundOnCpu", Path.class);
    String all = found.invoke(null, Path.of("target", "test-classes")).toString();
    assertTrue(all.contains("dev.chagres.testing.ReductionsTest"), all);
    assertFalse(all.contains("dev.chagres.plot.PlotTest"), all);
  }

  @Test
  void figuresWithoutASideAreNotAll() throws Exception {
    Method verdict = method("check.FiguresPart", "verdict", int.class, String.class);
    assertEquals("passed", verdict.invoke(null, 0, "# Figures\n- torch: 2\n"));
    String tables = "# Figures\n- **missing** torch: has no CUDA\n";
    assertEquals("without torch: has no CUDA", verdict.invoke(null, 0, tables));
    assertEquals("time was over; without torch: has no CUDA", verdict.invoke(null, -1, tables));
  }

  @Test
  void aCheckReportsWhatCameOfEachTest() throws Exception {
    Path work = Files.createDirectories(folder.resolve("work"));
    Path output = work.resolve("report");
    String families = "," + SAMPLE + "$Families#";
    String classes =
        (SAMPLE + "$Ending," + SAMPLE)
            + (families + "each[1]" + families + "none[0]" + families + "none[1]");
    String seconds = "200";
    Process process =
        check(work, "Check", "cpu", "-o", "" + output, "-seconds", seconds, "-classes", classes);
    String printed = String.join("\n", process.inputReader().lines().toList());
    assertEquals(1, process.waitFor(), printed);
    String report = Files.readString(output.resolve("gpu-report-cpu.md"));
    assertFalse(Files.exists(output.resolve("gpu-report-cpu.md.new")), "it has been moved");
    String row =
        "(?s).*\\n\\| The tests on the CPU \\| 2 failed \\| \\d+ \\| 2 \\| 2 \\| 4 \\|\\n.*";
    assertTrue(report.matches(row), report);
    assertTrue(report.contains("- 2: Assumption failed: none is there\n"), report);
    assertTrue(report.contains("| CheckedSample$Families[1] | 1 | 0 | 0 |"), report);
    assertTrue(report.contains("it has a \\, a\ttab,\nand a line\n    at "), report);
    assertTrue(report.contains("its process ended with status 3 in ends;"), report);
    assertTrue(report.contains("- 1: Assumption failed: something is missing\n"), report);
    assertTrue(report.contains("it is told not to\n"), report);
    assertTrue(report.contains("openblas"), "versions are missing");
    assertFalse(report.contains("not finished"), report);
  }

  private static final String SAMPLE = "dev.chagres.testing.CheckedSample";

  /** Starts a program of the check in a folder. */
  private static Process check(Path work, String program, String... arguments) throws IOException {
    String path =
        Stream.of(
                folder.toString(),
                Path.of("target", "test-classes").toAbsolutePath().toString(),
                Path.of("target", "classes").toAbsolutePath().toString(),
                System.getProperty("jdk.module.path", ""),
                System.getProperty("java.class.path"))
            .collect(Collectors.joining(File.pathSeparator));
    List<String> command =
        Programs.command("java", "-cp", path, "dev.chagres.benchmarks.check." + program);
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(work.toFile());
    builder.environment().put("PYTHON", "false");
    builder.environment().put("COMPUTE_SANITIZER", work.resolve("tool").toString());
    return builder.redirectErrorStream(true).start();
  }

  @Test
  void aPartThatHangsOrCrashesIsReportedAndTheNextOneRuns() throws Exception {
    Path work = Files.createDirectories(folder.resolve("trouble"));
    String classes = SAMPLE + "$Crashing," + SAMPLE;
    Process process = check(work, "Trouble", "-seconds", "900", "-classes", classes);
    String printed = String.join("\n", process.inputReader().lines().toList());
    assertEquals(0, process.waitFor(), printed);
    String report = Files.readString(work.resolve("target").resolve("gpu-report.md"));
    String hung = "(?s).*\\| What hangs \\| did not end in time; half done \\| \\d+ \\| 7 \\|.*";
    assertTrue(report.matches(hung), report);
    var left = Pattern.compile("It had started (\\d+)\\.").matcher(report);
    assertTrue(left.find(), report);
    long pid = Long.parseLong(left.group(1));
    assertFalse(ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false), "it goes on");
    assertTrue(report.contains(" in crashes;"), report);
    assertTrue(report.contains("# A fatal error has been detected"), report);
    assertTrue(report.contains("dev.chagres.testing.CheckedSample$Crashing.crashes()V"), report);
    assertTrue(report.contains("the class: did not end in 2 s"), report);
    String crashed = "(?s).*\\| What crashes \\| 2 failed \\| \\d+ \\| 1 \\| 2 \\| 2 \\|\\n.*";
    assertTrue(report.matches(crashed), report);
    assertTrue(report.contains("| What goes on beside | passed |"), report);
    assertTrue(report.contains("| What passes | passed |"), report);
    try (var logs = new ZipFile(work.resolve("target").resolve("gpu-report.zip").toFile())) {
      assertTrue(logs.stream().anyMatch(log -> log.getName().equals("target/crashes-0.log")));
      assertTrue(logs.stream().anyMatch(log -> log.getName().startsWith("target/crash-")));
    }
    assertFalse(report.contains("not finished"), report);
  }

  /** Says which options it has, runs a program, and writes what that program's end finds. */
  private static final String TOOL =
      """
      #!/bin/sh
      if [ "$1" = --help ]; then
        echo "--tool arg, --log-file arg, --show-backtrace arg (=yes)"
        exit 0
      fi
      [ "$1" = --version ] && exit 0
      while [ "$1" != "${1#--}" ]; do
        [ "$1" = --log-file ] && log=$(echo "$2" | sed "s/%p/$$/")
        given="$given $1"
        shift 2
      done
      "$@"
      echo "========= COMPUTE-SANITIZER" > "$log"
      echo "========= Invalid __global__ read of size 4 bytes" >> "$log"
      echo "=========     with$given" >> "$log"
      echo "========= ERROR SUMMARY: 1 error" >> "$log"
      """;

  @Test
  void testsRunUnderASanitizer() throws Exception {
    Path work = Files.createDirectories(folder.resolve("sanitized"));
    Path tool = Files.writeString(work.resolve("tool"), TOOL);
    assertTrue(tool.toFile().setExecutable(true));
    Path old = Files.createDirectories(work.resolve("target")).resolve("memcheck-1.txt");
    Files.writeString(old, "========= ERROR SUMMARY: 7 errors\n");
    Process process = check(work, "Check", "memcheck", "-classes", SAMPLE + "$Launching");
    String printed = String.join("\n", process.inputReader().lines().toList());
    assertEquals(1, process.waitFor(), printed);
    String report = Files.readString(work.resolve("target/gpu-report-memcheck.md"));
    String row =
        "(?s).*\\| compute-sanitizer memcheck \\| 1 error \\| \\d+ \\| 1 \\| 0 \\| 0 \\|.*";
    assertTrue(report.matches(row), report);
    assertTrue(report.contains("    with --tool --log-file --show-backtrace\n"), report);
  }

  @Test
  void whoEndsACheckEarlyHasItsReport() throws Exception {
    Path work = Files.createDirectories(folder.resolve("early"));
    String classes = SAMPLE + "," + SAMPLE + "$Hanging";
    Process process = check(work, "Check", "cpu", "-seconds", "400", "-classes", classes);
    Path file = work.resolve("target").resolve("gpu-report-cpu.md");
    String first = "| CheckedSample | 1 |";
    String report = "";
    for (int i = 0; i < 3000 && !report.contains(first) && process.isAlive(); i++) {
      Thread.sleep(100);
      report = Files.exists(file) ? Files.readString(file) : "";
    }
    assertTrue(report.contains(first), report);
    List<ProcessHandle> started = process.descendants().toList();
    assertFalse(started.isEmpty());
    process.destroy();
    process.waitFor();
    for (ProcessHandle each : started) {
      each.onExit().get(30, TimeUnit.SECONDS);
    }
    report = Files.readString(file);
    assertTrue(report.contains(first), report);
    assertTrue(report.contains("not finished"), report);
    String versions = report.split("\n\n", -1)[2];
    assertTrue(versions.contains("NVIDIA driver") || versions.contains("cuda:0"), versions);
    String row = "(?s).*\\| The tests on the CPU \\| running \\| [1-9]\\d* \\|.*";
    assertTrue(report.matches(row), report);
    try (var logs = new ZipFile(work.resolve("target").resolve("gpu-report-cpu.zip").toFile())) {
      assertTrue(logs.stream().anyMatch(log -> log.getName().equals("target/cpu-0.log")));
    }
  }
}
