package dev.chagres.backend;

/** Reductions over dimensions that the result has with size 1. */
public interface ReductionKernels {
  /**
   * Reduces the dimensions whose size in {@code y} is 1 where it is not in {@code x} (and those
   * that are 1 in both). {@code y} is contiguous, has x's rank and {@link ReduceOp#resultType}.
   * ARGMAX and ARGMIN reduce exactly the dimension {@code dim}, which all others ignore. ANY and
   * ALL have a kernel only for bool, SUM_SQUARES and SUM_MAGNITUDES only for floating dtypes.
   */
  void reduce(ReduceOp op, Strided x, int dim, Strided y);

  /**
   * The mean, and the sum of the squared distances from it, over the dimensions whose size in
   * {@code mean} is 1 where it is not in {@code x}; both results are float64 and contiguous, x is
   * floating and has elements.
   */
  void moments(Strided x, Strided mean, Strided squares);
}
