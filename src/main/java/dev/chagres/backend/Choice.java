package dev.chagres.backend;

import dev.chagres.core.Order;

/**
 * Which elements of a line are wanted. Equal elements, and NaN among themselves, keep the order in
 * which they are; NaN is greatest.
 *
 * @param k how many, or which position; ignored by kinds that need neither
 */
public record Choice(Kind kind, Order order, long k) {
  /** What is chosen by. */
  public enum Kind {
    /** The first {@code k} elements, in order. */
    FIRST,
    /**
     * The element at position {@code k} of all in order; of equals the CPU has that of a
     * quickselect, CUDA another.
     */
    NTH,
    /** The middle element, of two the less; the first NaN if there is one. */
    MEDIAN,
    /** The middle one of the elements that are not NaN, unless all are. */
    NANMEDIAN,
    /** The last of the most frequent elements, of several such the least; no NaN equals another. */
    MODE
  }

  /** Returns a choice that needs no number and no order. */
  public static Choice of(Kind kind) {
    return new Choice(kind, Order.ASCENDING, 0);
  }

  /** Returns how many elements of each line are chosen. */
  public long count() {
    return kind == Kind.FIRST ? k : 1;
  }
}
