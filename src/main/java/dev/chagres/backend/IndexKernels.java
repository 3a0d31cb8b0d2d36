package dev.chagres.backend;

/**
 * Reading and writing by position. Indices are int64 and may be negative; a bad one is an {@link
 * IndexOutOfBoundsException} and nothing is written.
 */
public interface IndexKernels {
  /**
   * {@code y} takes the slices {@code index} (1-d, contiguous) of dimension {@code dim}; x and y
   * are contiguous.
   */
  void indexSelect(Strided x, int dim, Strided index, Strided y);

  /**
   * Writes the slices of {@code x} into {@code y}, in order, at {@code index} along {@code dim}; x
   * and y are contiguous.
   */
  void indexPut(Store store, Strided x, int dim, Strided index, Strided y);

  /**
   * {@code y[..p..] = x[..index[..p..]..]} along dim; index and y have one shape, not larger than
   * x's in the other dimensions.
   */
  void gather(Strided x, int dim, Strided index, Strided y);

  /** {@code y[..index[..p..]..] = x[..p..]} along dim, in order; x has index's shape. */
  void scatter(Store store, Strided x, int dim, Strided index, Strided y);

  /**
   * {@code positions = positions * size + index}, counted from the start: what several indices of
   * one shape name together, one call after the other. Positions are int64; where an index is out
   * of range they are unspecified.
   */
  void joinIndex(Strided index, long size, Strided positions);

  /**
   * What a write leaves: the new element, or one made of it and the one that is there. Of bools the
   * sum and the greater are or, the product and the less and; a NaN wins. Halves are rounded once,
   * when all is written.
   */
  enum Store {
    REPLACE,
    ADD,
    MULTIPLY,
    MAX,
    MIN
  }
}
