package dev.chagres.nn;

/** A number for the height and one for the width. */
public record Pair(long height, long width) {
  /** Returns the same number twice. */
  public static Pair of(long both) {
    return new Pair(both, both);
  }

  long[] toArray() {
    return new long[] {height, width};
  }

  boolean is(long both) {
    return height == both && width == both;
  }

  /** Prints as {@code (2, 3)}. */
  @Override
  public String toString() {
    return "(" + height + ", " + width + ")";
  }

  /** One number where both are the same. */
  String shortest() {
    return height == width ? Long.toString(height) : toString();
  }
}
