package dev.chagres.benchmarks.check;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * What was asked for on the command line.
 *
 * @param output the folder that the report is copied to
 * @param only the parts that are run, all where there are none
 * @param quick whether each part has a short list, to try them all
 * @param cautious whether the others are left out where little of the first part passed
 * @param cudaPath where CUDA's libraries are looked for; empty: where the library looks
 * @param classes the test classes that are run, those of the part where there are none
 * @param rows words of the figures that are wanted, all where there are none
 * @param tests the folder of the test classes
 * @param patience how many times its usual seconds each part has: an emulator is slow
 * @param seconds what all parts may take together
 */
record Setting(
    Path output,
    List<String> only,
    boolean quick,
    boolean cautious,
    String cudaPath,
    List<String> classes,
    List<String> rows,
    Path tests,
    double patience,
    double seconds) {

  /** Where logs, kernels and partial results go. */
  static final Path WORK = Path.of("target");

  /** What a machine that is lent for eight minutes leaves for them. */
  private static final double SECONDS = 440;

  private static final double QUICK_PATIENCE = 4;

  static Setting of(String... args) {
    String named = System.getenv("OUT");
    // The program runs in the folder that was unpacked, whose script says where it was called.
    Path from = Path.of(System.getenv().getOrDefault("CHECK_FROM", ""));
    Path output = named == null || named.isEmpty() ? WORK : from.resolve(named);
    List<String> only = new ArrayList<>();
    boolean quick = false;
    boolean cautious = false;
    String cudaPath = "";
    List<String> classes = List.of();
    List<String> rows = List.of();
    Path tests = Path.of("tests");
    double patience = 0;
    double seconds = 0;
    Iterator<String> rest = List.of(args).iterator();
    while (rest.hasNext()) {
      String argument = rest.next();
      switch (argument) {
        case "-quick" -> quick = true;
        case "-cautious" -> cautious = true;
        case "-o" -> output = from.resolve(value(argument, rest));
        case "-rows" -> rows = List.of(value(argument, rest).split(","));
        case "-cuda-path" ->
            cudaPath = from.resolve(value(argument, rest)).toAbsolutePath().toString();
        case "-classes" -> classes = List.of(value(argument, rest).split(","));
        case "-tests" -> tests = Path.of(value(argument, rest));
        case "-patience" -> patience = number(argument, value(argument, rest));
        case "-seconds" -> seconds = number(argument, value(argument, rest));
        default -> {
          if (argument.startsWith("-")) {
            throw new IllegalArgumentException("no such option: " + argument);
          }
          only.add(argument);
        }
      }
    }
    if (patience == 0) {
      patience = quick ? QUICK_PATIENCE : 1;
    }
    if (seconds == 0) {
      seconds = SECONDS * patience;
    }
    Path folder = tests;
    List<String> whole = classes.stream().map(name -> whole(name, folder)).toList();
    return new Setting(
        output, only, quick, cautious, cudaPath, whole, rows, tests, patience, seconds);
  }

  /** Returns the name of a test class with its package, which may be left out. */
  private static String whole(String given, Path tests) {
    String name = given.replaceFirst("[$#].*", "");
    if (name.contains(".")) {
      return given;
    }
    List<String> found =
        Tests.found(tests, "").stream().filter(each -> each.endsWith("." + name)).toList();
    if (found.size() != 1) {
      throw new IllegalArgumentException(
          found.isEmpty() ? "no such test class: " + name : name + " may be " + found);
    }
    return found.getFirst() + given.substring(name.length());
  }

  private static double number(String option, String value) {
    try {
      double number = Double.parseDouble(value);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // It is told below, as a number that is too small is.
    }
    throw new IllegalArgumentException(option + " takes a number above 0, not " + value);
  }

  private static String value(String option, Iterator<String> rest) {
    if (!rest.hasNext()) {
      throw new IllegalArgumentException(option + " needs a value");
    }
    return rest.next();
  }

  boolean wants(Part part) {
    return only.isEmpty() || only.contains(part.name());
  }

  /** Returns how this Java starts a class, with what the library is told about a GPU. */
  List<String> java(List<String> properties, String program, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Djava.awt.headless=true"));
    command.add("-Dchagres.cache=" + WORK.resolve("cache").toAbsolutePath());
    // A crash is to cost no more than its process: no file of all its memory, which may be a GPU's.
    command.addAll(List.of("-XX:-CreateCoredumpOnCrash", "-XX:ErrorFile=" + crash("%p")));
    command.addAll(properties);
    command.add(program);
    command.addAll(List.of(arguments));
    return command;
  }

  /** Returns where a JVM says why it crashed. */
  static Path crash(String pid) {
    return WORK.resolve("crash-" + pid + ".log").toAbsolutePath();
  }

  /** Returns the properties of a process that uses the GPU. */
  List<String> onGpu(String... more) {
    List<String> properties = new ArrayList<>(List.of(more));
    if (!cudaPath.isEmpty()) {
      properties.add("-Dchagres.cuda.path=" + cudaPath);
    }
    return properties;
  }
}
