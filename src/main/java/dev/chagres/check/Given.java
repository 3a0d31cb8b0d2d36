package dev.chagres.check;

import org.jspecify.annotations.Nullable;

/** Arguments that must be there: an error names the operation and the argument as a user writes. */
public final class Given {
  private Given() {}

  /**
   * Returns an argument.
   *
   * @throws NullPointerException if it is null, as {@code mm: b is null}
   */
  public static <T> T given(String operation, String argument, @Nullable T value) {
    if (value == null) {
      throw new NullPointerException(operation + ": " + argument + " is null");
    }
    return value;
  }

  /**
   * Returns what holds several arguments.
   *
   * @param element what one of them is, as {@code a tensor}
   * @throws NullPointerException if one of them is null
   */
  public static <C extends Iterable<?>> C each(String operation, String element, C values) {
    for (Object value : values) {
      given(operation, element, value);
    }
    return values;
  }
}
