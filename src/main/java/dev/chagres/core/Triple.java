package dev.chagres.core;

/** A number for the depth, one for the height and one for the width. */
public record Triple(long depth, long height, long width) {
  /** Returns the same number three times. */
  public static Triple of(long all) {
    return new Triple(all, all, all);
  }

  /** Tells whether all are this number. */
  public boolean is(long all) {
    return depth == all && height == all && width == all;
  }

  /** Returns those of the planes. */
  public Pair plane() {
    return new Pair(height, width);
  }

  /** Returns one number where all are the same, else the text of the triple. */
  public String shortest() {
    return is(depth) ? Long.toString(depth) : toString();
  }

  /** Prints as {@code (2, 3, 4)}. */
  @Override
  public String toString() {
    return "(" + depth + ", " + height + ", " + width + ")";
  }
}
