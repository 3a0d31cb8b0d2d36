package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * Volumes with a border of what lies at the other side: {@link Functional#pad(Tensor, long[],
 * PadMode)}.
 */
public final class CircularPad3d extends PaddingLayer {
  /**
   * Makes a layer.
   *
   * @param padding left, right, above, below, before and behind, or one number for all sides
   */
  public CircularPad3d(long... padding) {
    super(PadMode.CIRCULAR, 3, padding);
  }
}
