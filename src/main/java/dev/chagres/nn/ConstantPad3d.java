package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** Volumes with a border of a value: {@link Functional#pad(Tensor, long[], Number)}. */
public final class ConstantPad3d extends ConstantPadding {
  /** Makes a layer that adds so much on all sides. */
  public ConstantPad3d(long padding, Number value) {
    this(new long[] {padding}, value);
  }

  /**
   * Makes a layer.
   *
   * @param padding left, right, above, below, before and behind, or one number for all sides
   */
  public ConstantPad3d(long[] padding, Number value) {
    super(3, value, padding);
  }
}
