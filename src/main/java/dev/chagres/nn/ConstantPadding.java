package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/** What layers that add a border of a value have in common. */
abstract sealed class ConstantPadding extends PaddingLayer
    permits ConstantPad1d, ConstantPad2d, ConstantPad3d {
  private final Number value;

  ConstantPadding(int dims, Number value, long... padding) {
    super(PadMode.CONSTANT, dims, padding);
    this.value = given(name(), "value", value);
  }

  @Override
  final Tensor padded(Tensor x, long... padding) {
    return Functional.pad(x, padding, value);
  }

  @Override
  protected final String extraRepr() {
    return "padding=" + super.extraRepr() + ", value=" + value;
  }
}
