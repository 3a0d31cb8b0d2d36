package dev.chagres.backend;

import dev.chagres.core.DType;
import java.util.Locale;

/**
 * The reductions of one axis, named and ordered as in {@code native/include/ops.def} (compared at
 * load).
 */
public enum ReduceOp {
  /** The sum, pairwise for floating types, int64 of integers and bools. 0 for no elements. */
  SUM,
  /** The product, int64 of integers and bools. 1 for no elements. */
  PROD,
  /** The greatest element; a NaN wins. */
  MAX,
  /** The least element; a NaN wins. */
  MIN,
  /** The int64 position of the first greatest element; the first NaN wins. */
  ARGMAX,
  /** The int64 position of the first least element; the first NaN wins. */
  ARGMIN,
  /** Whether any of the bools is true. */
  ANY,
  /** Whether all of the bools are true. */
  ALL,
  /** The sum of the squares, pairwise; floating types only. 0 for no elements. */
  SUM_SQUARES,
  /** The sum of the magnitudes, pairwise; floating types only. 0 for no elements. */
  SUM_MAGNITUDES;

  private final String word = name().toLowerCase(Locale.ROOT);

  /** Returns its name in small letters, for messages. */
  public String word() {
    return word;
  }

  /** Returns the dtype of the results for elements of a dtype. */
  public DType resultType(DType dtype) {
    return switch (this) {
      case ARGMAX, ARGMIN -> DType.INT64;
      case SUM, PROD -> dtype.isFloating() ? dtype : DType.INT64;
      case MAX, MIN, ANY, ALL, SUM_SQUARES, SUM_MAGNITUDES -> dtype;
    };
  }

  /** Returns what makes the result of the whole from those of its parts. */
  public ReduceOp joining() {
    return this == SUM_SQUARES || this == SUM_MAGNITUDES ? SUM : this;
  }
}
