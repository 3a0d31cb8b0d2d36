package dev.chagres.check;

import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A function that is made of others: where one of these refuses what it is given, the error names
 * the function, which is what the user has called. What it was made of is the error's cause.
 */
public final class Named {
  private static final Pattern OPERATION = Pattern.compile("\\w+: ");

  private static final Map<Class<?>, Function<String, RuntimeException>> MAKERS =
      Map.of(
          IllegalArgumentException.class, IllegalArgumentException::new,
          IllegalStateException.class, IllegalStateException::new,
          IndexOutOfBoundsException.class, IndexOutOfBoundsException::new,
          ArithmeticException.class, ArithmeticException::new,
          UnsupportedOperationException.class, UnsupportedOperationException::new);

  /** What this thread was last told of a call before the one that it is in. */
  private static final ThreadLocal<@Nullable WeakReference<RuntimeException>> EARLIER =
      new ThreadLocal<>();

  private Named() {}

  /**
   * Returns an error that tells of an earlier call than the one that meets it, as a GPU's kernel
   * may: its text stays as it is.
   */
  public static RuntimeException ofEarlierCall(RuntimeException e) {
    EARLIER.set(new WeakReference<>(e));
    return e;
  }

  /** Returns what a body returns, whose errors begin with the name of this function. */
  public static <R> R named(String function, Supplier<R> body) {
    try {
      return body.get();
    } catch (RuntimeException e) {
      throw renamed(function, e);
    }
  }

  /** Renames the plain exceptions for bad arguments; others, and other texts, stay as they are. */
  private static RuntimeException renamed(String function, RuntimeException e) {
    String text = String.valueOf(e.getMessage());
    Matcher inner = OPERATION.matcher(text);
    if (!inner.lookingAt() || text.startsWith(function + ": ") || isOfEarlierCall(e)) {
      return e;
    }
    Function<String, RuntimeException> maker = MAKERS.get(e.getClass());
    if (maker == null) {
      return e;
    }
    RuntimeException named = maker.apply(function + ": " + text.substring(inner.end()));
    named.initCause(e);
    return named;
  }

  private static boolean isOfEarlierCall(RuntimeException e) {
    WeakReference<RuntimeException> earlier = EARLIER.get();
    return earlier != null && earlier.refersTo(e);
  }
}
