package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

/** Changes of the shape of this tensor itself, which is returned, without moving elements. */
public sealed interface ViewsInPlace permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Transposes this matrix itself, without moving elements. */
  default Tensor t_() {
    return self().arrange("t_", x -> x.t());
  }

  /** Swaps two dimensions of this tensor itself, without moving elements. */
  default Tensor transpose_(int dim0, int dim1) {
    return self().arrange("transpose_", x -> x.transpose(dim0, dim1));
  }

  /** Takes its dimensions of size 1 off this tensor itself. */
  default Tensor squeeze_() {
    return self().arrange("squeeze_", x -> x.squeeze());
  }

  /** Takes a dimension off this tensor itself, if its size is 1. */
  default Tensor squeeze_(int dim) {
    return self().arrange("squeeze_", x -> x.squeeze(dim));
  }

  /** Takes those of these dimensions whose size is 1 off this tensor itself. */
  default Tensor squeeze_(int... dims) {
    given("squeeze_", "dims", dims);
    return self().arrange("squeeze_", x -> x.squeeze(dims));
  }

  /**
   * Makes this tensor itself the elements of its memory that {@link Tensor#asStrided(long[],
   * long[])} shows.
   */
  default Tensor asStrided_(long[] sizes, long[] strides) {
    given("asStrided_", "sizes", sizes);
    given("asStrided_", "strides", strides);
    return self().arrange("asStrided_", x -> x.asStrided(sizes, strides));
  }

  /**
   * Makes this tensor itself the elements of its memory that {@link Tensor#asStrided(long[],
   * long[], long)} shows.
   */
  default Tensor asStrided_(long[] sizes, long[] strides, long offset) {
    given("asStrided_", "sizes", sizes);
    given("asStrided_", "strides", strides);
    return self().arrange("asStrided_", x -> x.asStrided(sizes, strides, offset));
  }

  /** Puts a dimension of size 1 into this tensor itself, before {@code dim}. */
  default Tensor unsqueeze_(int dim) {
    return self().arrange("unsqueeze_", x -> x.unsqueeze(dim));
  }
}
