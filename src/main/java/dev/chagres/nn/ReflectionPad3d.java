package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * Volumes with a border of what lies as far inside of the edge; the edge itself comes once: {@link
 * Functional#pad(Tensor, long[], PadMode)}.
 */
public final class ReflectionPad3d extends PaddingLayer {
  /**
   * Makes a layer.
   *
   * @param padding left, right, above, below, before and behind, or one number for all sides
   */
  public ReflectionPad3d(long... padding) {
    super(PadMode.REFLECT, 3, padding);
  }
}
