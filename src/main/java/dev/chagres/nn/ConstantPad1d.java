package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** Sequences with a border of a value: {@link Functional#pad(Tensor, long[], Number)}. */
public final class ConstantPad1d extends ConstantPadding {
  /** Makes a layer that adds so much on all sides. */
  public ConstantPad1d(long padding, Number value) {
    this(new long[] {padding}, value);
  }

  /**
   * Makes a layer.
   *
   * @param padding before and behind, or one number for all sides
   */
  public ConstantPad1d(long[] padding, Number value) {
    super(1, value, padding);
  }
}
