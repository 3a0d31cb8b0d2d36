package dev.chagres.benchmarks;

import dev.chagres.benchmarks.protocol.Memory;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.spi.ToolProvider;

/**
 * {@link Start} as a user has it who lets the JVM keep what it loaded and linked in an earlier run
 * (JEP 514): from a jar, as such a cache knows no folders.
 */
final class AotCache {

  private static final Path JAR = Path.of("benchmarks/target/start.jar");
  private static final Path CACHE = Path.of("benchmarks/target/start.aot");

  /** Packs the program. */
  AotCache() throws IOException {
    pack();
  }

  /** Returns how the program is started from its jar. */
  List<String> without() {
    return Commands.java(Commands.jars(JAR), Start.class);
  }

  /** Runs the program once, which leaves the cache, and returns how it is started with that. */
  List<String> with(Map<String, String> environment) throws IOException, InterruptedException {
    Program.run(started("-XX:AOTCacheOutput=" + CACHE), environment);
    // Without the mode a JVM that cannot use the cache would start as ever, and the row tell of it.
    return started("-XX:AOTMode=on", "-XX:AOTCache=" + CACHE);
  }

  private List<String> started(String... options) {
    var command = new ArrayList<>(without());
    command.addAll(1, List.of(options));
    return command;
  }

  private static void pack() throws IOException {
    var arguments = new ArrayList<>(List.of("--create", "--file", JAR.toString()));
    for (Class<?> packed : List.of(Start.class, Memory.class)) {
      arguments.add("-C");
      arguments.add(folder(packed));
      arguments.add(packed.getName().replace('.', '/') + ".class");
    }
    int status =
        ToolProvider.findFirst("jar")
            .orElseThrow(() -> new IOException("this Java has no jar tool"))
            .run(System.err, System.err, arguments.toArray(String[]::new));
    if (status != 0) {
      throw new IOException("jar ended with status " + status);
    }
  }

  private static String folder(Class<?> of) throws IOException {
    try {
      return Path.of(of.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
  }
}
