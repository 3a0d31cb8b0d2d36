package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** Sequences with a border of zeros: {@link Functional#pad(Tensor, long...)}. */
public final class ZeroPad1d extends PaddingLayer {
  /**
   * Makes a layer.
   *
   * @param padding before and behind, or one number for all sides
   */
  public ZeroPad1d(long... padding) {
    super(PadMode.CONSTANT, 1, padding);
  }
}
