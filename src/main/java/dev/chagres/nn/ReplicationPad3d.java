package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** Volumes with a border that repeats the edge: {@link Functional#pad(Tensor, long[], PadMode)}. */
public final class ReplicationPad3d extends PaddingLayer {
  /**
   * Makes a layer.
   *
   * @param padding left, right, above, below, before and behind, or one number for all sides
   */
  public ReplicationPad3d(long... padding) {
    super(PadMode.REPLICATE, 3, padding);
  }
}
