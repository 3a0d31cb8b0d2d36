package dev.chagres.tensor;

import org.jspecify.annotations.Nullable;

/** Arguments that must be there: an error names the operation and the argument as a user writes. */
final class Given {
  private Given() {}

  static <T> T given(String operation, String argument, @Nullable T value) {
    if (value == null) {
      throw new NullPointerException(operation + ": " + argument + " is null");
    }
    return value;
  }
}
