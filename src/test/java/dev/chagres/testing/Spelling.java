package dev.chagres.testing;

import java.util.Locale;

/** How names that stand for the same operation are written. */
final class Spelling {
  private Spelling() {}

  /** Returns the Java method of an operation: {@code floorDivide} of {@code FLOOR_DIVIDE}. */
  static String method(Enum<?> operation) {
    var name = new StringBuilder();
    for (String word : operation.name().toLowerCase(Locale.ROOT).split("_")) {
      name.append(name.isEmpty() ? word.charAt(0) : Character.toUpperCase(word.charAt(0)));
      name.append(word, 1, word.length());
    }
    return name.toString();
  }
}
