package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * Sequences with a border of what lies at the other side: {@link Functional#pad(Tensor, long[],
 * PadMode)}.
 */
public final class CircularPad1d extends PaddingLayer {
  /**
   * Makes a layer.
   *
   * @param padding before and behind, or one number for all sides
   */
  public CircularPad1d(long... padding) {
    super(PadMode.CIRCULAR, 1, padding);
  }
}
