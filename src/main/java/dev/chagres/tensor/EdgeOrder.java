package dev.chagres.tensor;

/** How exact a derivative is at the first and the last sample. */
public enum EdgeOrder {
  /** The slope between two samples. */
  FIRST,
  /** The slope of the parabola through three. */
  SECOND;

  /**
   * Returns PyTorch's {@code edge_order}.
   *
   * @throws IllegalArgumentException if it is neither 1 nor 2
   */
  public static EdgeOrder of(int order) {
    return switch (order) {
      case 1 -> FIRST;
      case 2 -> SECOND;
      default ->
          throw new IllegalArgumentException(
              "gradient: the order of edges is 1 or 2, not " + order);
    };
  }

  /** The samples beside the edge that the slope needs. */
  int neighbours() {
    return ordinal() + 1;
  }
}
