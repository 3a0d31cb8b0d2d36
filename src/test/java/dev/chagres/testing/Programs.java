package dev.chagres.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Programs in processes of their own, as users start them: with the tools of this Java. */
public final class Programs {
  /** The options with which a program finds the built library; the build writes it. */
  public static final Path OPTIONS = Path.of("target", "chagres.args");

  /** What tests read, of which their classes have a copy where Maven built them. */
  public static final Path RESOURCES = Path.of("src", "test", "resources");

  private Programs() {}

  /** Returns the command that runs a tool of this Java. */
  public static List<String> command(String tool, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", tool).toString());
    command.addAll(List.of(arguments));
    return command;
  }

  /**
   * Runs a tool of this Java, which must end well within five minutes.
   *
   * @return the lines that it printed, to either stream
   */
  public static List<String> run(String tool, String... arguments)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command(tool, arguments)).redirectErrorStream(true).start();
    List<String> lines = process.inputReader().lines().toList();
    assertTrue(process.waitFor(5, TimeUnit.MINUTES), tool + " did not end");
    assertEquals(0, process.exitValue(), () -> String.join("\n", lines));
    return lines;
  }

  /**
   * Runs a source file with the built library, as a user does.
   *
   * @return the lines that it printed, to either stream
   */
  public static List<String> runSource(Path folder, String source)
      throws IOException, InterruptedException {
    Path script = folder.resolve("Program.java");
    Files.writeString(script, source);
    return run("java", "@" + OPTIONS, script.toString());
  }

  /** Returns the folder of the tests' classes: the build's, or, without one, where this one is. */
  public static Path testClasses() {
    Path built = Path.of("target", "test-classes");
    if (Files.isDirectory(built)) {
      return built;
    }
    try {
      return Path.of(Programs.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns where a program of the tests finds them and the library. */
  public static String testPath() {
    return Stream.of(
            Path.of("target", "classes").toString(),
            testClasses().toString(),
            System.getProperty("jdk.module.path", ""),
            System.getProperty("java.class.path"))
        .filter(part -> !part.isEmpty())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** Returns the library's path, less the one artifact whose file has a word in its name. */
  public static String pathWithout(String artifact) throws IOException {
    String path = Files.readAllLines(OPTIONS).get(1).replace("\"", "");
    List<String> entries = List.of(path.split(File.pathSeparator));
    List<String> rest =
        entries.stream()
            .filter(entry -> !Path.of(entry).getFileName().toString().contains(artifact))
            .toList();
    assertEquals(entries.size() - 1, rest.size(), () -> artifact + " in " + entries);
    return String.join(File.pathSeparator, rest);
  }
}
