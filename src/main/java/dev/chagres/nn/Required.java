package dev.chagres.nn;

import org.jspecify.annotations.Nullable;

/** Names the operation and the argument that a caller passed as null. */
final class Required {
  private Required() {}

  static <T> T of(String operation, String argument, @Nullable T value) {
    if (value == null) {
      throw new NullPointerException(
          operation
              + ": the "
              + argument
              + (argument.equals("options") ? " are" : " is")
              + " null");
    }
    return value;
  }

  static void pair(
      String operation, @Nullable Object input, String second, @Nullable Object value) {
    of(operation, "input", input);
    of(operation, second, value);
  }
}
