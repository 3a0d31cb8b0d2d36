package dev.chagres.ffi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * jextract ignores a name that the headers do not have, in silence: so the lists are compared with
 * what was generated. And what nobody calls any more is taken off them.
 */
class GeneratedBindingsTest {
  private static final Set<String> TYPES = Set.of("struct", "typedef", "union");

  /** A name of a list, and whether it is a function, a constant or a type. */
  private record Listed(String kind, String name) {}

  private static List<Path> lists() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("jextract"))) {
      return files.filter(file -> file.toString().endsWith(".args")).sorted().toList();
    }
  }

  private static String option(List<String> lines, String name) {
    for (String line : lines) {
      if (line.startsWith("--" + name + " ")) {
        return line.substring(name.length() + 3).strip();
      }
    }
    throw new AssertionError("no --" + name);
  }

  @TestFactory
  List<DynamicTest> everyListedNameWasGenerated() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path list : lists()) {
      tests.add(
          DynamicTest.dynamicTest(
              list.getFileName().toString(), () -> check(Files.readAllLines(list))));
    }
    assertTrue(tests.size() >= 2, "the lists of the kernels and of OpenBLAS are there");
    return tests;
  }

  private static void check(List<String> lines) throws Exception {
    String owner = option(lines, "target-package") + "." + option(lines, "header-class-name");
    Class<?> bindings = Class.forName(owner, false, GeneratedBindingsTest.class.getClassLoader());
    Set<String> methods = new HashSet<>();
    for (Method method : bindings.getDeclaredMethods()) {
      if (Modifier.isPublic(method.getModifiers())) {
        methods.add(method.getName());
      }
    }
    List<String> missing = new ArrayList<>();
    List<Listed> names = listed(lines);
    for (Listed listed : names) {
      boolean there =
          methods.contains(listed.name())
              || exists(owner + "$" + listed.name()) // a C function without a prototype
              || (TYPES.contains(listed.kind())
                  && exists(option(lines, "target-package") + "." + listed.name()));
      if (!there) {
        missing.add(listed.name());
      }
    }
    assertEquals(List.of(), missing);
    assertFalse(names.isEmpty(), "a list names something");
  }

  private static List<Listed> listed(List<String> lines) {
    List<Listed> names = new ArrayList<>();
    for (String line : lines) {
      String[] words = line.strip().split(" +", -1);
      if (words.length == 2 && words[0].startsWith("--include-")) {
        names.add(new Listed(words[0].substring("--include-".length()), words[1]));
      }
    }
    return names;
  }

  @Test
  void everyListedNameIsUsed() throws IOException {
    Set<String> words = new HashSet<>();
    for (String root : List.of("main", "test")) {
      try (Stream<Path> files = Files.walk(Path.of("src", root, "java"))) {
        for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
          words.addAll(List.of(Files.readString(file).split("\\W+", -1)));
        }
      }
    }
    List<String> idle = new ArrayList<>();
    for (Path list : lists()) {
      listed(Files.readAllLines(list)).stream()
          .map(Listed::name)
          .filter(name -> !words.contains(name))
          .forEach(idle::add);
    }
    assertEquals(List.of(), idle);
  }

  private static boolean exists(String type) {
    try {
      Class.forName(type, false, GeneratedBindingsTest.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }
}
