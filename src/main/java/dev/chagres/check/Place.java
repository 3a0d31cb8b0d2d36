package dev.chagres.check;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where in the program something happened: the innermost frames that are not this library's own or
 * the JDK's.
 */
public record Place(List<StackWalker.StackFrame> frames, String thread) {
  private static final StackWalker WALKER = StackWalker.getInstance(Set.of(), 4);
  private static final int TRACE_DEPTH = 4;

  /** Returns the innermost foreign frame: about a microsecond. */
  public static Place here() {
    return new Place(WALKER.walk(Place::first), Thread.currentThread().getName());
  }

  /** Returns the foreign frame and its callers, to tell allocations apart. */
  public static Place path() {
    return new Place(WALKER.walk(Place::several), Thread.currentThread().getName());
  }

  /** Returns the innermost foreign frame and the foreign ones among its callers. */
  public static Place calls() {
    return new Place(WALKER.walk(Place::foreign), Thread.currentThread().getName());
  }

  /**
   * Returns the name of the library's method that the program called last, such as {@code item}.
   *
   * @param otherwise what to say if there is none
   */
  public static String operation(String otherwise) {
    return WALKER.walk(
        all ->
            all.takeWhile(frame -> !isForeign(frame))
                .filter(frame -> frame.getClassName().startsWith("dev.chagres."))
                .reduce((_, outer) -> outer)
                .map(frame -> plain(frame.getMethodName(), otherwise))
                .orElse(otherwise));
  }

  /** Without what the compiler adds to the name of a lambda's body. */
  private static String plain(String method, String otherwise) {
    return method.startsWith("lambda$")
        ? method.split("\\$", -1)[1]
        : method.startsWith("<") ? otherwise : method;
  }

  private static List<StackWalker.StackFrame> foreign(Stream<StackWalker.StackFrame> all) {
    return all.filter(Place::isForeign).limit(TRACE_DEPTH).toList();
  }

  private static List<StackWalker.StackFrame> first(Stream<StackWalker.StackFrame> all) {
    return all.filter(Place::isForeign).limit(1).toList();
  }

  private static List<StackWalker.StackFrame> several(Stream<StackWalker.StackFrame> all) {
    return all.dropWhile(frame -> !isForeign(frame)).limit(TRACE_DEPTH).toList();
  }

  /**
   * Tells whether a frame is neither this library's nor the JDK's. Tests of this library count as
   * foreign: they live in its packages but are what calls it.
   */
  public static boolean isForeign(StackWalker.StackFrame frame) {
    String name = frame.getClassName();
    if (name.startsWith("dev.chagres.")) {
      return name.contains("Test");
    }
    return !name.startsWith("java.")
        && !name.startsWith("jdk.")
        && !name.startsWith("com.sun.proxy."); // proxies of interfaces that are not exported
  }

  /** Returns the frames as text, innermost first. */
  public List<String> lines() {
    return frames.stream().map(frame -> frame.toStackTraceElement().toString()).toList();
  }

  /** Returns the lines alone, innermost first: {@code Net.java:12, called from Train.java:30}. */
  public String brief() {
    return frames.isEmpty()
        ? "a place without frames of the program"
        : frames.stream().map(Place::line).collect(Collectors.joining(", called from "));
  }

  private static String line(StackWalker.StackFrame frame) {
    String file = frame.getFileName();
    return (file == null ? frame.getClassName() : file) + ":" + frame.getLineNumber();
  }

  @Override
  public String toString() {
    List<String> lines = lines();
    return (lines.isEmpty() ? "a place without frames of the program" : lines.getFirst())
        + " (thread "
        + thread
        + ")";
  }
}
