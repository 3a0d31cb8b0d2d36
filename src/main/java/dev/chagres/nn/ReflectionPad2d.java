package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * Images with a border of what lies as far inside of the edge; the edge itself comes once: {@link
 * Functional#pad(Tensor, long[], PadMode)}.
 */
public final class ReflectionPad2d extends PaddingLayer {
  /**
   * Makes a layer.
   *
   * @param padding left, right, above and below, or one number for all sides
   */
  public ReflectionPad2d(long... padding) {
    super(PadMode.REFLECT, 2, padding);
  }
}
