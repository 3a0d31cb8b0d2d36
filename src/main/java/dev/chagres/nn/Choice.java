package dev.chagres.nn;

/** What comes of a draw from categories: see {@link Functional#gumbelSoftmax}. */
public enum Choice {
  /** A number for each category, which add up to 1. */
  SOFT,
  /** 1 for one category, and 0 for the others. */
  HARD
}
