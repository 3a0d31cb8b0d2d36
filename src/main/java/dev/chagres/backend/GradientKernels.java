package dev.chagres.backend;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Passes over the gradients of a model, floating and contiguous, all in one call. */
public interface GradientKernels {
  /**
   * Multiplies tensors by a number, 0-d of float64, in place; {@code found}, 0-d of float32, which
   * may be absent, becomes 1 if one of their elements was infinite or NaN before, and is left alone
   * otherwise. 16-bit floats are multiplied in float32.
   */
  void scaleAll(List<Strided> tensors, Strided factor, @Nullable Strided found);

  /** {@code y}, 0-d of float64, is the sum of the squares of all elements of all tensors. */
  void sumSquares(List<Strided> tensors, Strided y);
}
