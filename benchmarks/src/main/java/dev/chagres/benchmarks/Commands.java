package dev.chagres.benchmarks;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The command lines of the processes that are timed: what a user would write, and no more. */
final class Commands {

  /** What says where the library finds and keeps things. */
  private static final List<String> HANDED_ON = List.of("chagres.cuda.path", "chagres.cache");

  private Commands() {}

  /** Returns how this Java starts a class of ours: with its defaults, and native access. */
  static List<String> java(Class<?> program, String... arguments) {
    return java(System.getProperty("java.class.path"), program, arguments);
  }

  /** Returns the same with another class path. */
  static List<String> java(String classPath, Class<?> program, String... arguments) {
    return java(classPath, program.getName(), arguments);
  }

  /** Returns a class path of a jar and those that this program runs with. */
  static String jars(Path first) {
    return Stream.concat(
            Stream.of(first.toString()),
            Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> Files.isRegularFile(Path.of(entry))))
        .collect(Collectors.joining(File.pathSeparator));
  }

  /**
   * Returns how this Java starts a class of a peer that was built.
   *
   * @throws IOException if it was not
   */
  static List<String> peer(Path folder, String program, String... arguments) throws IOException {
    String libraries = Files.readString(folder.resolve("target/classpath")).strip();
    String classes = folder.resolve("target/classes").toString();
    return java(
        classes + File.pathSeparator + libraries, "dev.chagres.benchmarks." + program, arguments);
  }

  private static List<String> java(String classPath, String program, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String property : HANDED_ON) {
      if (System.getProperty(property) != null) {
        command.add("-D" + property + "=" + System.getProperty(property));
      }
    }
    // What a JVM says when it crashes is no answer of a side's, and belongs into its log.
    command.addAll(List.of("-XX:+DisplayVMOutputToStderr", "-XX:-CreateCoredumpOnCrash"));
    command.add("-XX:ErrorFile=" + Path.of("benchmarks/target/crash-%p.log").toAbsolutePath());
    command.addAll(List.of("-cp", classPath, "--enable-native-access=ALL-UNNAMED", program));
    command.addAll(List.of(arguments));
    return command;
  }

  /** Returns how Python is started: {@code python3}, or what PYTHON names. */
  static List<String> python(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(System.getenv().getOrDefault("PYTHON", "python3"));
    command.addAll(List.of(arguments));
    return command;
  }
}
