package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.testing.Programs;
import java.io.BufferedOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Loading happens once in a process, so each case is a process of its own. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class NativeLibrariesTest {

  /** What the processes run: loads what the arguments name, twice, and prints what became of it. */
  static final class Program {
    private Program() {}

    public static void main(String[] libraries) {
      for (String library : libraries) {
        for (int attempt = 0; attempt < 2; attempt++) {
          try {
            if (library.equals("kernels")) {
              Kernels.require();
              NativeLibraries.Loaded loaded = NativeLibraries.kernels();
              System.out.println("kernels " + loaded.origin() + " in " + loaded.path());
            } else {
              OpenBlas.Ready ready = OpenBlas.require();
              System.out.println(
                  "openblas " + ready.library().origin() + " in " + ready.library().path());
            }
          } catch (IllegalStateException e) {
            System.out.println("refused: " + e.getMessage());
          }
        }
      }
    }
  }

  /** Returns the directory that a class was loaded from; its module may have several. */
  private static Path location(Class<?> type) {
    String file = type.getName().replace('.', '/') + ".class";
    try {
      Path path = Path.of(type.getResource("/" + file).toURI());
      for (long i = 0; i < file.chars().filter(c -> c == '/').count() + 1; i++) {
        path = path.getParent();
      }
      return path;
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /** Runs the program on the class path, with the library's classes from {@code main}. */
  private static List<String> run(Path main, List<String> options, String... libraries)
      throws Exception {
    List<String> arguments = new ArrayList<>(options);
    if (options.stream().noneMatch(option -> option.contains("native-access"))) {
      arguments.add("--enable-native-access=ALL-UNNAMED");
    }
    arguments.add("-cp");
    arguments.add(main + File.pathSeparator + location(Program.class));
    arguments.add(Program.class.getName());
    arguments.addAll(List.of(libraries));
    return Programs.run("java", arguments.toArray(String[]::new)).stream()
        .filter(line -> !line.startsWith("WARNING") && !line.isBlank())
        .toList();
  }

  private static List<String> run(List<String> options, String... libraries) throws Exception {
    return run(location(Kernels.class), options, libraries);
  }

  /** Asserts that both attempts say the same, and returns it. */
  private static String same(List<String> lines) {
    assertEquals(2, lines.size(), lines::toString);
    assertEquals(lines.get(0), lines.get(1));
    return lines.get(0);
  }

  @Test
  void aSmallerBuildOfTheKernelsCanBeChosen() throws Exception {
    String best = same(run(List.of(), "kernels"));
    assertTrue(best.matches("kernels v\\d in .*chagres-v\\d.*"), best);
    if (System.getProperty("os.arch").equals("amd64")) {
      String chosen = same(run(List.of("-Dchagres.kernels=v2"), "kernels"));
      assertTrue(chosen.startsWith("kernels v2"), chosen);
    }
  }

  @Test
  void aBuildThatDoesNotExistIsRefused() throws Exception {
    String text = same(run(List.of("-Dchagres.kernels=v9"), "kernels"));
    assertTrue(
        text.startsWith(
            "refused: cannot load the kernels: -Dchagres.kernels=v9 is none of the builds here"),
        text);
  }

  @Test
  void aBuildBeyondTheProcessorIsRefused() throws Exception {
    String best = same(run(List.of(), "kernels"));
    if (System.getProperty("os.arch").equals("amd64") && !best.startsWith("kernels v4")) {
      String text = same(run(List.of("-Dchagres.kernels=v4"), "kernels"));
      assertTrue(
          text.startsWith(
              "refused: cannot load the kernels: -Dchagres.kernels=v4, but this processor runs v"),
          text);
    }
  }

  @Test
  void anOpenBlasThatIsNamedIsTheOnlyOne() throws Exception {
    String absent = same(run(List.of("-Dchagres.openblas=/nowhere/libopenblas.so"), "openblas"));
    assertEquals(
        "refused: cannot load OpenBLAS: -Dchagres.openblas=/nowhere/libopenblas.so: there is no"
            + " such file",
        absent);
    String bundled = same(run(List.of(), "openblas"));
    assertTrue(bundled.startsWith("openblas bundled in "), bundled);
    Path library = Path.of(bundled.substring("openblas bundled in ".length()));
    Path other = library.resolveSibling(System.mapLibraryName("chagres-probe"));
    String wrong = same(run(List.of("-Dchagres.openblas=" + other), "openblas"));
    assertTrue(wrong.contains("is no OpenBLAS with CBLAS"), wrong);
  }

  @Test
  void missingNativeAccessIsExplained() throws Exception {
    String text = same(run(List.of("--illegal-native-access=deny"), "kernels"));
    assertTrue(text.contains("--enable-native-access=dev.chagres"), text);
  }

  @Test
  void aJarIsUnpackedOnceAndOnlyWhatIsNeeded(@TempDir Path directory) throws Exception {
    Path jar = directory.resolve("chagres.jar");
    pack(location(Kernels.class), jar);
    Path cache = directory.resolve("cache");
    List<String> options = List.of("-Dchagres.cache=" + cache);
    String kernels = same(run(jar, options, "kernels"));
    assertTrue(kernels.contains(cache.toString()), kernels);
    assertEquals(2, names(cache).size(), () -> names(cache).toString());
    assertTrue(
        names(cache).stream().noneMatch(name -> name.contains("openblas")),
        () -> names(cache).toString());
    String openBlas = same(run(jar, options, "openblas"));
    assertTrue(openBlas.contains(cache.toString()), openBlas);
    List<String> all = names(cache);
    assertEquals(all, all.stream().distinct().toList());
    assertFalse(all.stream().anyMatch(name -> name.endsWith(".part")), all::toString);
    run(jar, options, "kernels", "openblas");
    assertEquals(all, names(cache));
  }

  private static List<String> names(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> file.getFileName().toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void pack(Path classes, Path jar) throws IOException {
    try (Stream<Path> files = Files.walk(classes, java.nio.file.FileVisitOption.FOLLOW_LINKS);
        OutputStream out = new BufferedOutputStream(Files.newOutputStream(jar));
        JarOutputStream entries = new JarOutputStream(out)) {
      entries.setLevel(0);
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        entries.putNextEntry(
            new JarEntry(classes.relativize(file).toString().replace(File.separatorChar, '/')));
        Files.copy(file, entries);
        entries.closeEntry();
      }
    }
  }
}
