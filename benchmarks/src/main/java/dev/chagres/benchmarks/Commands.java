package dev.chagres.benchmarks;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command lines of the processes that are timed: what a user would write, and no more. */
final class Commands {

  private Commands() {}

  /** Returns how this Java starts a class of ours: with its defaults, and native access. */
  static List<String> java(Class<?> program, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-p", System.getProperty("jdk.module.path")));
    command.add("--enable-native-access=dev.chagres");
    command.addAll(List.of("-m", program.getModule().getName() + "/" + program.getName()));
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
