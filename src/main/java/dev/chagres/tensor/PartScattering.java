package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

/**
 * Copies of this tensor in which the elements that a view would show are those of a source, which
 * has the view's shape and is cast to this tensor's dtype.
 */
public sealed interface PartScattering permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Returns a copy with {@code source} at one position of a dimension. */
  default Tensor selectScatter(Tensor source, int dim, long index) {
    return Rearranging.scattered(
        "selectScatter", self(), source, layout -> layout.select(dim, index));
  }

  /**
   * Returns a copy with {@code source} at the positions {@code start, start + step, …} before
   * {@code stop} of a dimension.
   */
  default Tensor sliceScatter(Tensor source, int dim, long start, long stop, long step) {
    return Rearranging.scattered(
        "sliceScatter", self(), source, layout -> layout.slice(dim, start, stop, step));
  }

  /** Returns a copy of a matrix with {@code source} on its diagonal. */
  default Tensor diagonalScatter(Tensor source) {
    return diagonalScatter(source, 0);
  }

  /** Returns a copy with {@code source} on a diagonal of the first two dimensions. */
  default Tensor diagonalScatter(Tensor source, long shift) {
    return diagonalScatter(source, shift, 0, 1);
  }

  /**
   * Returns a copy with {@code source} where the indices in two dimensions differ by {@code shift};
   * the place on this diagonal is the last dimension of the source.
   */
  default Tensor diagonalScatter(Tensor source, long shift, int dim0, int dim1) {
    return Rearranging.scattered(
        "diagonalScatter", self(), source, layout -> layout.diagonal(shift, dim0, dim1));
  }

  /** Returns a copy with {@code source} at the strides from its first element on. */
  default Tensor asStridedScatter(Tensor source, long[] sizes, long[] strides) {
    return asStridedScatter(source, sizes, strides, 0);
  }

  /**
   * Returns a copy with {@code source} at {@code offset + i * stride[0] + j * stride[1] + …},
   * counted in elements of the copy as they lie in memory: as this tensor's, without gaps.
   *
   * @throws IllegalArgumentException if that is outside, or two elements of the source share a
   *     place
   */
  default Tensor asStridedScatter(Tensor source, long[] sizes, long[] strides, long offset) {
    given("asStridedScatter", "source", source);
    given("asStridedScatter", "sizes", sizes);
    given("asStridedScatter", "strides", strides);
    return Rearranging.strided(self(), source, sizes.clone(), strides.clone(), offset);
  }
}
