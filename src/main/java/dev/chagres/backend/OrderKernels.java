package dev.chagres.backend;

import dev.chagres.core.Order;
import org.jspecify.annotations.Nullable;

/**
 * Order: NaN is greatest and equal to NaN, and equal elements keep their order. {@code values} has
 * the dtype of x and {@code indices} is int64; both are contiguous.
 */
public interface OrderKernels {
  /** Sorts along a dimension: the elements, and where they were. */
  void sort(Order order, Strided x, int dim, Strided values, Strided indices);

  /**
   * Chooses elements along a dimension that is not empty: them, and where they are. Results have
   * x's shape but for {@code dim}, where they have as many as are chosen.
   */
  void select(Choice choice, Strided x, int dim, Strided values, Strided indices);

  /** Where the rows of contiguous x (rows, n) are when sorted by their first, second … element. */
  void sortRows(Strided x, Strided indices);

  /**
   * Where the elements of {@code x (…, m)} go into the sorted rows of {@code sorted}: (…, n), or
   * (n) for all of them. All are contiguous and y is int64; {@code order}, of sorted's shape, says
   * which element of a row is next if it is not sorted itself.
   *
   * @throws IndexOutOfBoundsException if a position of the order is outside its row
   */
  void search(Bound bound, Strided sorted, @Nullable Strided order, Strided x, Strided y);

  /** Before or behind the elements that are equal to the one that is searched. */
  enum Bound {
    LEFT,
    RIGHT
  }
}
