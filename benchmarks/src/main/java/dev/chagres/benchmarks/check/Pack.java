package dev.chagres.benchmarks.check;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;

/**
 * Packs what {@link Check} needs where there is no Java and no network: a Java runtime, the library
 * and its tests, the benchmarks. Its class path is that of the benchmarks and of the tests.
 */
public final class Pack {

  /** The file that says of which commit all is. */
  static final String COMMIT = "commit";

  private static final String RESOURCES = "src/test/resources";

  /** What is copied, and where it goes; all in the repository, or built there. */
  private static final Map<String, String> CONTENTS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("benchmarks/gpu/check", "check"),
              Map.entry("benchmarks/gpu/README.md", "README-GPU.md"),
              Map.entry("benchmarks/python", "benchmarks/python"),
              Map.entry("benchmarks/c", "benchmarks/c"),
              Map.entry("src/examples/java", "src/examples/java"),
              Map.entry("src/test/resources", RESOURCES),
              Map.entry("target/test-classes", "tests"),
              Map.entry("LICENSE", "LICENSE"),
              Map.entry("NOTICE", "NOTICE"),
              Map.entry("README.md", "README.md"),
              Map.entry("GPUS.md", "GPUS.md"),
              Map.entry("PARITY.md", "PARITY.md"),
              Map.entry("src/examples/resources", "src/examples/resources")));

  /**
   * The examples are compiled where they run. Without java.desktop, of 12 MB, nothing draws: their
   * tests are skipped where they would.
   */
  private static final List<String> MODULES =
      List.of(
          "java.base",
          "java.logging",
          "java.management",
          "jdk.compiler",
          "jdk.jfr",
          "jdk.management",
          "jdk.unsupported");

  /** What the benchmarks of a GPU and the tests on it do without. */
  private static final Pattern LEFT_OUT =
      Pattern.compile("(jmh-|jopt-simple|commons-math|archunit|slf4j|xchart).*");

  private static final String NAME = "gpu-check";
  private static final double MOST_BYTES = 50e6;

  private Pack() {}

  /** Takes the folder that the archive goes to, else {@code benchmarks/target}. */
  public static void main(String[] args) throws IOException {
    Path target = Path.of(args.length > 0 && !args[0].isEmpty() ? args[0] : "benchmarks/target");
    Path folder = target.resolve(NAME);
    delete(folder);
    for (var entry : CONTENTS.entrySet()) {
      Path from = Path.of(entry.getKey());
      if (!Files.exists(from)) {
        throw new IOException(from + " is missing: run `mvn install -DskipTests` before");
      }
      copy(from, folder.resolve(entry.getValue()));
    }
    Files.writeString(folder.resolve(COMMIT), commit() + "\n");
    List<String> path = libraries(folder);
    Files.writeString(folder.resolve("classpath"), "tests:" + RESOURCES + ":" + joined(path));
    Path options = Files.createDirectories(folder.resolve("target")).resolve("chagres.args");
    Files.writeString(
        options,
        "--module-path\n\"%s\"\n--add-modules=dev.chagres\n"
                .formatted(joined(path.stream().filter(entry -> isModule(folder, entry)).toList()))
            + "--enable-native-access=dev.chagres\n");
    link(folder.resolve("runtime"));
    if (isThere("cc")) {
      Path twin = folder.resolve("benchmarks/c/twin_cuda");
      run("cc", "-O2", "-s", "-o", "" + twin, twin + ".c", "-ldl", "-lm");
    }
    Path archive = target.resolve(NAME + ".tar.gz");
    run("tar", "-c", "-I", "gzip -9", "-f", "" + archive, "-C", "" + target, NAME);
    double bytes = Files.size(archive);
    System.out.printf("%s: %.1f MB%n", archive, bytes / 1e6);
    if (bytes > MOST_BYTES) {
      throw new IOException("more than %.0f MB".formatted(MOST_BYTES / 1e6));
    }
  }

  /** Copies what this program runs with; returns it as it lies in the folder. */
  private static List<String> libraries(Path folder) throws IOException {
    List<String> path = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      Path from = Path.of(entry);
      String name = String.valueOf(from.getFileName());
      if (!Files.exists(from) || LEFT_OUT.matcher(name).matches()) {
        continue;
      }
      String to = Files.isDirectory(from) ? "classes/" + path.size() : "lib/" + name;
      copy(from, folder.resolve(to));
      path.add(to);
    }
    return path;
  }

  /** Whether a script may find it: the library, and what it needs or can use. */
  private static boolean isModule(Path folder, String entry) {
    return entry.matches("lib/(chagres|gson|jspecify)-.*")
        || Files.exists(folder.resolve(entry).resolve("module-info.class"));
  }

  private static String joined(List<String> path) {
    return String.join(":", path);
  }

  private static void link(Path runtime) throws IOException {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--add-modules", String.join(",", MODULES)));
    arguments.addAll(List.of("--output", runtime.toString()));
    // The archive is compressed as a whole, which is worth more.
    arguments.addAll(List.of("--compress", "zip-0", "--no-header-files", "--no-man-pages"));
    arguments.add(isThere("objcopy") ? "--strip-debug" : "--strip-java-debug-attributes");
    int status =
        ToolProvider.findFirst("jlink")
            .orElseThrow(() -> new IOException("this Java has no jlink"))
            .run(System.out, System.err, arguments.toArray(new String[0]));
    if (status != 0) {
      throw new IOException("jlink ended with status " + status);
    }
    delete(runtime.resolve("legal"));
    // What javac needs for --release alone, 7 MB.
    Files.deleteIfExists(runtime.resolve("lib/ct.sym"));
    if (isThere("strip")) {
      run("strip", "--strip-unneeded", runtime.resolve("lib/server/libjvm.so").toString());
    }
  }

  private static boolean isThere(String program) {
    for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
      if (Files.isExecutable(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }

  /** Returns which commit this is, and whether files have been changed since. */
  private static String commit() {
    try {
      String head = said("git", "rev-parse", "HEAD");
      return head + (said("git", "status", "--porcelain", "-uno").isEmpty() ? "" : ", changed");
    } catch (IOException e) {
      return "unknown: " + e.getMessage();
    }
  }

  private static String said(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectError(Redirect.DISCARD).start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }

  private static void run(String... command) throws IOException {
    try {
      int status = new ProcessBuilder(command).inheritIO().start().waitFor();
      if (status != 0) {
        throw new IOException(command[0] + " ended with status " + status);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Copies a file, or all of a folder but what Python compiled and what lies in the resources. */
  private static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes) {
            return each.endsWith("__pycache__")
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path each, BasicFileAttributes attributes)
              throws IOException {
            Path within = from.relativize(each);
            boolean twice =
                from.endsWith("test-classes") && Files.exists(Path.of(RESOURCES).resolve(within));
            if (!twice) {
              Path file = each.equals(from) ? to : to.resolve(within.toString());
              Files.createDirectories(file.toAbsolutePath().getParent());
              Files.copy(each, file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path each, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(each);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path each, IOException failure)
              throws IOException {
            Files.delete(each);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
