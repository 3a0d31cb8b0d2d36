package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** Images with a border of zeros: {@link Functional#pad(Tensor, long...)}. */
public final class ZeroPad2d extends PaddingLayer {
  /**
   * Makes a layer.
   *
   * @param padding left, right, above and below, or one number for all sides
   */
  public ZeroPad2d(long... padding) {
    super(PadMode.CONSTANT, 2, padding);
  }
}
