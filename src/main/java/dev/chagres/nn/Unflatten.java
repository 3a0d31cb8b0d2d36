package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;

/** Divides a dimension into several: the way back of {@link Flatten}. */
public final class Unflatten extends Module {
  private final int dim;
  private final long[] sizes;

  /** Makes a layer that divides {@code dim} into these sizes, of which one may be -1. */
  public Unflatten(int dim, long... sizes) {
    this.dim = dim;
    this.sizes = given("Unflatten", "sizes", sizes).clone();
  }

  @Override
  public Tensor forward(Tensor x) {
    return x.unflatten(dim, sizes);
  }

  @Override
  protected String extraRepr() {
    return "dim=" + dim + ", unflattened_size=" + Tuples.text(Tuples.of(sizes));
  }
}
