package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** Images with a border of a value: {@link Functional#pad(Tensor, long[], Number)}. */
public final class ConstantPad2d extends ConstantPadding {
  /** Makes a layer that adds so much on all sides. */
  public ConstantPad2d(long padding, Number value) {
    this(new long[] {padding}, value);
  }

  /**
   * Makes a layer.
   *
   * @param padding left, right, above and below, or one number for all sides
   */
  public ConstantPad2d(long[] padding, Number value) {
    super(2, value, padding);
  }
}
