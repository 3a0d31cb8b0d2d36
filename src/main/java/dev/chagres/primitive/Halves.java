package dev.chagres.primitive;

import dev.chagres.core.DType;

/** The 16-bit floating dtypes: their elements are stored so, and computed in float32. */
public final class Halves {
  private Halves() {}

  /** Tells whether a dtype is one of them. */
  public static boolean isHalf(DType dtype) {
    return dtype.isFloating() && dtype.size() == 2;
  }

  /** Returns the dtype in which a dtype's elements are computed. */
  public static DType computed(DType dtype) {
    return isHalf(dtype) ? DType.FLOAT32 : dtype;
  }
}
