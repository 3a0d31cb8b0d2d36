package dev.chagres.core;

/** A number for the height and one for the width. */
public record Pair(long height, long width) {
  /** Returns the same number twice. */
  public static Pair of(long both) {
    return new Pair(both, both);
  }

  /** Returns a pair of a number for the height and one for the width. */
  public static Pair of(long height, long width) {
    return new Pair(height, width);
  }

  /** Tells whether both are this number. */
  public boolean is(long both) {
    return height == both && width == both;
  }

  /** Returns one number where both are the same, else the text of the pair. */
  public String shortest() {
    return height == width ? Long.toString(height) : toString();
  }

  /** Prints as {@code (2, 3)}. */
  @Override
  public String toString() {
    return "(" + height + ", " + width + ")";
  }
}
