package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import java.util.Arrays;

/** What layers that add a border have in common: how wide it is on each side. */
abstract sealed class PaddingLayer extends Module
    permits CircularPad1d,
        CircularPad2d,
        CircularPad3d,
        ConstantPad1d,
        ConstantPad2d,
        ConstantPad3d,
        ReflectionPad1d,
        ReflectionPad2d,
        ReflectionPad3d,
        ReplicationPad1d,
        ReplicationPad2d,
        ReplicationPad3d,
        ZeroPad1d,
        ZeroPad2d,
        ZeroPad3d {
  private final long[] padding;

  /** Takes two numbers for each dimension from the last on, or one for all. */
  PaddingLayer(int dims, long... padding) {
    given(name(), "padding", padding);
    if (padding.length != 1 && padding.length != 2 * dims) {
      throw new IllegalArgumentException(
          name()
              + ": the padding is one number, or "
              + 2 * dims
              + ", not "
              + Arrays.toString(padding));
    }
    this.padding = new long[2 * dims];
    for (int i = 0; i < 2 * dims; i++) {
      this.padding[i] = padding[padding.length == 1 ? 0 : i];
    }
  }

  final long[] padding() {
    return padding.clone();
  }

  @Override
  protected String extraRepr() {
    return ConvolutionLayer.tuple(Arrays.stream(padding).boxed().toList());
  }
}
