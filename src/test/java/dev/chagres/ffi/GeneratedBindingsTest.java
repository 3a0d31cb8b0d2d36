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
import org.junit.jupiter.api.TestFactory;

/**
 * jextract ignores a name that the headers do not have, in silence: so the lists are compared with
 * what was generated.
 */
class GeneratedBindingsTest {

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
    int names = 0;
    for (String line : lines) {
      String[] words = line.strip().split(" +", -1);
      if (words.length == 2 && words[0].startsWith("--include-")) {
        names++;
        boolean type =
            words[0].equals("--include-struct")
                || words[0].equals("--include-typedef")
                || words[0].equals("--include-union");
        boolean there =
            methods.contains(words[1])
                || exists(owner + "$" + words[1]) // a C function without a prototype
                || (type && exists(option(lines, "target-package") + "." + words[1]));
        if (!there) {
          missing.add(words[1]);
        }
      }
    }
    assertEquals(List.of(), missing);
    assertFalse(names == 0, "a list names something");
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
