package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** Images with a border that repeats the edge: {@link Functional#pad(Tensor, long[], PadMode)}. */
public final class ReplicationPad2d extends PaddingLayer {
  /**
   * Makes a layer.
   *
   * @param padding left, right, above and below, or one number for all sides
   */
  public ReplicationPad2d(long... padding) {
    super(PadMode.REPLICATE, 2, padding);
  }
}
