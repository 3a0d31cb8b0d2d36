package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;
import java.util.Arrays;

/** What layers that add a border have in common: how wide it is on each side. */
abstract sealed class PaddingLayer extends Module
    permits CircularPad1d,
        CircularPad2d,
        CircularPad3d,
        ConstantPadding,
        ReflectionPad1d,
        ReflectionPad2d,
        ReflectionPad3d,
        ReplicationPad1d,
        ReplicationPad2d,
        ReplicationPad3d,
        ZeroPad1d,
        ZeroPad2d,
        ZeroPad3d {
  private final PadMode mode;
  private final long[] padding;

  /** Takes two numbers for each dimension from the last on, or one for all. */
  PaddingLayer(PadMode mode, int dims, long... padding) {
    given(name(), "padding", padding);
    if (padding.length != 1 && padding.length != 2 * dims) {
      throw new IllegalArgumentException(
          name()
              + ": the padding is one number, or "
              + 2 * dims
              + ", not "
              + Arrays.toString(padding));
    }
    this.mode = mode;
    this.padding = new long[2 * dims];
    for (int i = 0; i < 2 * dims; i++) {
      this.padding[i] = padding[padding.length == 1 ? 0 : i];
    }
  }

  @Override
  public final Tensor forward(Tensor x) {
    return padded(x, padding);
  }

  /** Adds a border as wide as these numbers say, two for each dimension from the last on. */
  Tensor padded(Tensor x, long... padding) {
    return Functional.pad(x, padding, mode);
  }

  @Override
  protected String extraRepr() {
    return Tuples.text(Tuples.of(padding));
  }
}
