package dev.chagres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.module.ModuleDescriptor.Exports;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * A single-file program imports {@code java.base} and {@code dev.chagres} whole. Types of one name
 * are ambiguous there, and README says which they are.
 */
class ImportsTest {

  /**
   * The simple names of a module's public top-level types in exported packages, with their full
   * ones.
   */
  private static TreeMap<String, String> exported(ModuleReference module, ClassLoader loader)
      throws IOException {
    Set<String> packages =
        module.descriptor().exports().stream()
            .filter(exports -> !exports.isQualified())
            .map(Exports::source)
            .collect(Collectors.toSet());
    var names = new TreeMap<String, String>();
    try (var reader = module.open();
        Stream<String> files = reader.list()) {
      files
          .filter(file -> file.endsWith(".class") && file.contains("/") && !file.contains("$"))
          .map(file -> file.substring(0, file.length() - 6).replace('/', '.'))
          .filter(name -> packages.contains(name.substring(0, name.lastIndexOf('.'))))
          .filter(name -> isPublic(name, loader))
          .forEach(name -> names.put(name.substring(name.lastIndexOf('.') + 1), name));
    }
    return names;
  }

  private static boolean isPublic(String name, ClassLoader loader) {
    try {
      return !name.endsWith("-info")
          && Modifier.isPublic(Class.forName(name, false, loader).getModifiers());
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void readmeNamesTheTypesThatAScriptMustImportOneByOne() throws IOException {
    var own =
        exported(
            ModuleFinder.of(Path.of("target", "classes")).find("dev.chagres").orElseThrow(),
            ImportsTest.class.getClassLoader());
    var base =
        exported(
            ModuleFinder.ofSystem().find("java.base").orElseThrow(),
            ClassLoader.getPlatformClassLoader());
    assertTrue(own.size() > 50 && base.size() > 500, own.size() + " and " + base.size());
    var shared = new TreeSet<String>();
    own.forEach(
        (name, full) -> {
          if (base.containsKey(name)) {
            shared.add(full);
          }
        });
    String readme = Files.readString(Path.of("README.md"));
    var named = new TreeSet<String>();
    var matcher =
        java.util.regex.Pattern.compile("`import (dev\\.chagres\\.[\\w.]+);`").matcher(readme);
    while (matcher.find()) {
      named.add(matcher.group(1));
    }
    assertEquals(named, shared);
  }
}
