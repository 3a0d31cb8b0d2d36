package dev.chagres.backend;

/**
 * Reading and writing by position. Indices are int64; a bad one is an {@link
 * IndexOutOfBoundsException}, which leaves what {@link #indexPut} and {@link #scatter} write to as
 * it was; what the others make is unspecified then.
 */
public interface IndexKernels {
  /**
   * {@code y} takes the slices {@code index} (1-d, contiguous) of dimension {@code dim}; x and y
   * are contiguous.
   */
  void indexSelect(Strided x, int dim, Strided index, Negatives negatives, Strided y);

  /**
   * Writes the slices of {@code x} into {@code y}, in order, at {@code index} along {@code dim}; x
   * and y are contiguous.
   */
  void indexPut(Store store, Strided x, int dim, Strided index, Negatives negatives, Strided y);

  /**
   * {@code y[..p..] = x[..index[..p..]..]} along dim; index and y have one shape, not larger than
   * x's in the other dimensions.
   */
  void gather(Strided x, int dim, Strided index, Negatives negatives, Strided y);

  /** {@code y[..index[..p..]..] = x[..p..]} along dim, in order; x has index's shape. */
  void scatter(Store store, Strided x, int dim, Strided index, Negatives negatives, Strided y);

  /**
   * {@code positions = positions * size + index}, counted from the start: what several indices of
   * one shape name together, negative ones from the end, one call after the other. Positions are
   * int64.
   */
  void joinIndex(Strided index, long size, Strided positions);

  /** What negative indices are; which functions count them from the end is PyTorch's choice. */
  enum Negatives {
    BAD,
    FROM_END;

    /** Returns the lowest index of a dimension of so many elements. */
    public long lowest(long size) {
      return this == FROM_END ? -size : 0;
    }

    /** Returns what to throw for an index out of range. */
    public IndexOutOfBoundsException outOfRange(String operation, long index, long size) {
      boolean counted = this == FROM_END || index >= 0;
      return new IndexOutOfBoundsException(
          operation
              + ": index "
              + index
              + " is out of range for a dimension of size "
              + size
              + (counted
                  ? ""
                  : " (negative ones count from the end in get, at, index, put, indexPut, take,"
                      + " putFlat, takeAlongDim and indexFill alone)"));
    }
  }

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
