package dev.chagres.backend;

import dev.chagres.primitive.AttentionForm;

/**
 * Attention, which needs no more memory for its scores than a tile of them takes: queries (…, m,
 * size), keys (…, n, size) and values (…, n, width) of one floating dtype, with none of these sizes
 * 0, {@code size} and {@code width} at most {@value #MOST_SIZE}, and equal leading dimensions, up
 * to {@value #MOST_LEADING}. Rows are contiguous, everything else may lie in any order; results
 * have no gaps.
 */
public interface AttentionKernels {
  /** How many numbers a query, a key or a value has at most. */
  int MOST_SIZE = 256;

  /** How many leading dimensions there are at most. */
  int MOST_LEADING = 3;

  /** What takes part, or the gradients of these. */
  record Attended(Strided query, Strided key, Strided value) {
    /** Returns the leading dimensions, which all of these have, as loops walk over them. */
    public static Axes heads(Strided... arrays) {
      int rank = arrays[0].layout().dim() - 2;
      long[] sizes = new long[rank];
      long[][] strides = new long[arrays.length][rank];
      for (int dim = 0; dim < rank; dim++) {
        sizes[dim] = arrays[0].layout().size(dim);
        for (int i = 0; i < arrays.length; i++) {
          strides[i][dim] = arrays[i].layout().stride(dim);
        }
      }
      return Axes.of(sizes, strides);
    }
  }

  /**
   * What comes of it.
   *
   * @param y (…, m, width), of float32 where operands have 16 bits: the gradients need it as it was
   *     before it is rounded
   * @param levels the logarithms of the sums of the exponentials of each query's scores (…, m),
   *     contiguous, of y's dtype; minus infinity, beside a y of 0, where nothing is seen
   */
  record Result(Strided y, Strided levels) {}

  /** {@code y = softmax(scale * query key^T) value}. */
  void attention(AttentionForm form, Attended of, Result result);

  /** The gradients of what takes part, from that of y. */
  void attentionBackward(
      AttentionForm form, Attended of, Result result, Strided g, Attended gradients);
}
