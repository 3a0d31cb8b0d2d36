package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** Joins dimensions to one: by default all but the first, which counts the samples. */
public final class Flatten extends Module {
  private final int start;
  private final int end;

  /** Makes a layer that joins all dimensions but the first. */
  public Flatten() {
    this(1, -1);
  }

  /** Makes a layer that joins the dimensions from {@code start} to the last. */
  public Flatten(int start) {
    this(start, -1);
  }

  /** Makes a layer that joins the dimensions from {@code start} to {@code end}, both included. */
  public Flatten(int start, int end) {
    this.start = start;
    this.end = end;
  }

  @Override
  public Tensor forward(Tensor x) {
    return x.flatten(start, end);
  }

  @Override
  protected String extraRepr() {
    return "start_dim=" + start + ", end_dim=" + end;
  }
}
