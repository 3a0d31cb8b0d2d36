package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.testing.Programs;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/**
 * Runs the tests of operations once more, in processes whose kernels check every access to memory
 * and all arithmetic that C leaves undefined: a touch beside a tensor, or of memory that no tensor
 * has, ends the process.
 */
class SanitizedKernelsTest {
  /** What the build writes, where the compiler has sanitizers: the kernels, and their runtime. */
  private static final Path BUILT = Path.of("target", "native", "sanitized.txt");

  /** Reads one element behind a tensor of three. */
  static final class Overrun {
    private Overrun() {}

    public static void main(String[] arguments) {
      Strided x = Strided.allocate(Shape.of(3), DType.FLOAT32);
      Strided y = Strided.allocate(Shape.of(16), DType.FLOAT32);
      long count = Long.parseLong(arguments[0]);
      Kernels.copy1d(DType.FLOAT32, DType.FLOAT32, count, x.pointer(), 1, y.pointer(), 1);
    }
  }

  /** Runs the tests of classes, and fails if one of them does. */
  static final class Rerun {
    private Rerun() {}

    public static void main(String[] classes) {
      var request = LauncherDiscoveryRequestBuilder.request();
      for (String name : classes) {
        request.selectors(DiscoverySelectors.selectClass(name));
      }
      var listener = new SummaryGeneratingListener();
      LauncherFactory.create().execute(request.build(), listener);
      TestExecutionSummary summary = listener.getSummary();
      summary.getFailures().forEach(failure -> failure.getException().printStackTrace());
      System.out.println(summary.getTestsSucceededCount() + " tests");
      System.exit(summary.getTotalFailureCount() == 0 ? 0 : 1);
    }
  }

  private record Result(int status, String output) {}

  private static Result run(Class<?> program, String... arguments)
      throws IOException, InterruptedException {
    Assumptions.assumeTrue(Files.exists(BUILT), "the C compiler has no libasan");
    List<String> built = Files.readAllLines(BUILT);
    String path =
        Stream.of(
                Path.of("target", "test-classes").toString(),
                Path.of("target", "classes").toString(),
                System.getProperty("jdk.module.path", ""),
                System.getProperty("java.class.path"))
            .collect(Collectors.joining(File.pathSeparator));
    List<String> command =
        new ArrayList<>(
            Programs.command(
                "java",
                "-Dtally.prefix=sanitized, ",
                "-Dchagres.kernels=" + built.get(0),
                "-Dchagres.memory.sanitizer=" + built.get(1),
                "--enable-native-access=ALL-UNNAMED",
                "--class-path=" + path,
                program.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("LD_PRELOAD", built.get(1));
    // The JVM's own signals stay its own, and its memory is not our leak.
    builder
        .environment()
        .put("ASAN_OPTIONS", "detect_leaks=0:handle_segv=0:handle_sigfpe=0:handle_sigbus=0");
    builder.environment().put("UBSAN_OPTIONS", "print_stacktrace=1");
    Process process = builder.start();
    String output = String.join("\n", process.inputReader().lines().toList());
    assertTrue(process.waitFor(5, TimeUnit.MINUTES), program + " did not end");
    return new Result(process.exitValue(), output);
  }

  @Test
  void aTouchBesideATensorIsFound() throws Exception {
    assertEquals(new Result(0, ""), run(Overrun.class, "3"));
    Result beyond = run(Overrun.class, "4");
    assertNotEquals(0, beyond.status);
    assertTrue(beyond.output.contains("AddressSanitizer: use-after-poison"), beyond.output);
  }

  @Test
  void noOperationTouchesWhatIsNotItsOwn() throws Exception {
    String[] tests =
        Stream.of(
                "parity.TorchSamplesTest",
                "testing.OtherOpsTest",
                "programs.RandomProgramsTest",
                "tensor.FusedProgramsTest",
                "testing.RandomCallsTest")
            .map(name -> "dev.chagres." + name)
            .toArray(String[]::new);
    Result result = run(Rerun.class, tests);
    assertEquals(0, result.status, result.output);
    assertTrue(result.output.matches("(?s).*\\n[1-9]\\d+ tests"), result.output);
  }
}
