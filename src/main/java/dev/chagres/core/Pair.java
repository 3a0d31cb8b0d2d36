package dev.chagres.core;

import static dev.chagres.check.Given.given;

/** A number for the height and one for the width. */
public record Pair(long height, long width) {
  /** Returns the same number twice. */
  public static Pair of(long both) {
    return new Pair(both, both);
  }

  /** Tells whether both are this number. */
  public boolean is(long both) {
    return height == both && width == both;
  }

  /** Tells whether both are at most half, rounded down, of another pair's numbers. */
  public boolean isAtMostHalf(Pair whole) {
    given("isAtMostHalf", "whole", whole);
    return height <= whole.height / 2 && width <= whole.width / 2;
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
