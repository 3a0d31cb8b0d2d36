package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * Sequences with a border of what lies as far inside of the edge; the edge itself comes once:
 * {@link Functional#pad(Tensor, long[], PadMode)}.
 */
public final class ReflectionPad1d extends PaddingLayer {
  /**
   * Makes a layer.
   *
   * @param padding before and behind, or one number for all sides
   */
  public ReflectionPad1d(long... padding) {
    super(PadMode.REFLECT, 1, padding);
  }
}
