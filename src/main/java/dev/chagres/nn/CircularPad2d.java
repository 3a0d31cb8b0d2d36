package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * Images with a border of what lies at the other side: {@link Functional#pad(Tensor, long[],
 * PadMode)}.
 */
public final class CircularPad2d extends PaddingLayer {
  /**
   * Makes a layer.
   *
   * @param padding left, right, above and below, or one number for all sides
   */
  public CircularPad2d(long... padding) {
    super(PadMode.CIRCULAR, 2, padding);
  }
}
