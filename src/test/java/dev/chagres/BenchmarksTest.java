package dev.chagres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.testing.Programs;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The benchmarks have a build of their own, which nobody runs at every change. */
class BenchmarksTest {
  private static final List<Path> SOURCES =
      List.of(
          Path.of("benchmarks", "src", "main", "java"),
          Path.of("benchmarks", "src", "protocol", "java"));

  @Test
  void theyCompileAgainstTheLibraryAsItIs(@TempDir Path folder) throws IOException {
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
    StringWriter said = new StringWriter();
    int status =
        ToolProvider.findFirst("javac")
            .orElseThrow()
            .run(new PrintWriter(said), new PrintWriter(said), arguments.toArray(new String[0]));
    assertEquals(0, status, said::toString);
    assertTrue(Files.exists(folder.resolve("dev/chagres/benchmarks/Timing.class")));
  }

  /** The tests have no JMH, which Latencies is written for and Compare calls. */
  private static boolean needsJmh(Path file) {
    try {
      return Files.readString(file).contains("Latencies");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
