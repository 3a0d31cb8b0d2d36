package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** Volumes with a border of zeros: {@link Functional#pad(Tensor, long...)}. */
public final class ZeroPad3d extends PaddingLayer {
  /**
   * Makes a layer.
   *
   * @param padding left, right, above, below, before and behind, or one number for all sides
   */
  public ZeroPad3d(long... padding) {
    super(PadMode.CONSTANT, 3, padding);
  }
}
