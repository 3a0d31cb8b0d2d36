package dev.chagres.backend;

import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.primitive.AttentionForm;
import org.jspecify.annotations.Nullable;

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

  /** What takes part. */
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
   * How the weights are made of the scores.
   *
   * @param mask (…, m, n) with the leading dimensions of what takes part and any strides: which
   *     scores count, bool, or what is added to them, of y's dtype; null for none
   * @param drawn what dropout draws, from {@link #draw}, or null where the form has none
   */
  record Weighing(AttentionForm form, @Nullable Strided mask, @Nullable Strided drawn) {
    /** Makes one without a mask or dropout. */
    public Weighing(AttentionForm form) {
      this(form, null, null);
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
  void attention(Weighing weighing, Attended of, Result result);

  /** The gradients of what takes part; null for those that nobody wants, but for one at least. */
  record Slopes(@Nullable Strided query, @Nullable Strided key, @Nullable Strided value) {
    /** Returns whether the keys or the values have one, which are made together. */
    public boolean ofKeys() {
      return key != null || value != null;
    }
  }

  /** The gradients of what takes part, from that of y. */
  void attentionBackward(Weighing weighing, Attended of, Result result, Strided g, Slopes slopes);

  /**
   * Returns the shape of an int64 array from which the kernels know again what dropout drew: a bit
   * for each score, or where in the generator's stream the draws are.
   */
  Shape drawn(Shape scores);

  /**
   * Draws which scores (…, m, n) dropout takes: one after the other from the CPU's generator.
   *
   * @param drawn dense, of the shape of {@link #drawn}
   */
  void draw(Storage generator, double dropout, Shape scores, Strided drawn);

  /**
   * The factors of all weights (…, m, n), of float32 or float64, dense: 0 where dropout takes them.
   */
  void factors(AttentionForm form, Strided drawn, Strided factors);
}
