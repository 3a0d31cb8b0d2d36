package dev.chagres.backend;

/** Counts of elements, and positions that counts make. */
public interface CountKernels {
  /** Returns the number of true elements of a contiguous bool array. */
  long countTrue(Strided mask);

  /**
   * Writes the flat positions of the true elements of a contiguous mask into {@code positions}
   * (1-d, int64, contiguous, as long as there are true elements).
   */
  void positions(Strided mask, Strided positions);

  /**
   * Writes 0 as often as the first of the counts (1-d, int64, contiguous) says, 1 as often as the
   * second, and so on, into {@code y} (1-d, int64, contiguous), which has room for all.
   */
  void repeats(Strided counts, Strided y);

  /**
   * Adds to each count how often its place is among the positions; both are int64 and contiguous.
   *
   * @throws IndexOutOfBoundsException if a position is no place of {@code counts}; some may have
   *     been counted then
   */
  void count(Strided positions, Strided counts);

  /**
   * Adds to each count (1-d, int64, contiguous) how many elements of contiguous floating x lie in
   * its bin, of equal ones from {@code low} to {@code high}, which is in the last.
   */
  void histogram(Strided x, double low, double high, Strided counts);
}
