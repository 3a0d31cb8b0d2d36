package dev.chagres.backend;

/** What a scan carries along a dimension. */
public enum ScanOp {
  /** The sum so far. int64 and floating types; 32-bit and narrower ones grow in a wider type. */
  SUM,
  /** The product so far, in the same types. */
  PROD,
  /** The greatest element so far and where it is: the last of equals, and the last NaN. */
  MAX,
  /** The least element so far and where it is: the last of equals, and the last NaN. */
  MIN,
  /** The logarithm of the sum of the exponentials so far. Floating types. */
  LOGSUMEXP
}
