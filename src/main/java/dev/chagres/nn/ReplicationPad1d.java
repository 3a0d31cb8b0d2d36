package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/**
 * Sequences with a border that repeats the edge: {@link Functional#pad(Tensor, long[], PadMode)}.
 */
public final class ReplicationPad1d extends PaddingLayer {
  /**
   * Makes a layer.
   *
   * @param padding before and behind, or one number for all sides
   */
  public ReplicationPad1d(long... padding) {
    super(PadMode.REPLICATE, 1, padding);
  }
}
