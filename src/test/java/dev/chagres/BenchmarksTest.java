package dev.chagres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.testing.Programs;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
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
  private static final Path SOURCES = Path.of("benchmarks", "src", "main", "java");

  @Test
  void theyCompileAgainstTheLibraryAsItIs(@TempDir Path folder) throws IOException {
    assertTrue(Files.isDirectory(SOURCES), "there is no folder " + SOURCES);
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--release", "25", "-proc:none", "-Xlint:all,-path", "-Werror"));
    arguments.addAll(List.of("--module-path", Programs.pathWithout("xchart")));
    arguments.addAll(List.of("-d", folder.toString()));
    try (Stream<Path> files = Files.walk(SOURCES)) {
      files.map(Path::toString).filter(name -> name.endsWith(".java")).forEach(arguments::add);
    }
    StringWriter said = new StringWriter();
    int status =
        ToolProvider.findFirst("javac")
            .orElseThrow()
            .run(new PrintWriter(said), new PrintWriter(said), arguments.toArray(new String[0]));
    assertEquals(0, status, said::toString);
    assertTrue(Files.exists(folder.resolve("module-info.class")));
  }
}
