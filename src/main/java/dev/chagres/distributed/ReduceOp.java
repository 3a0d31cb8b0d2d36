package dev.chagres.distributed;

/** What becomes of the elements that ranks have at the same place. */
public enum ReduceOp {
  /** Their sum; of bools, whether one of them is true. */
  SUM,
  /** Their product; of bools, whether all of them are true. */
  PRODUCT,
  /** The least. */
  MIN,
  /** The greatest. */
  MAX,
  /** Their mean, which bools have not; that of integers is cut off. */
  AVG
}
