package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Side;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Different elements, counts of them, and where they are in sorted rows. Nothing here has a
 * gradient.
 */
public sealed interface Counts permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /**
   * Returns the different elements in ascending order, and of which each element is one. No NaN
   * equals another.
   */
  default Unique unique() {
    return Uniques.sorted(self());
  }

  /** Returns the different slices along a dimension in lexicographic order. */
  default Unique unique(int dim) {
    return Uniques.sorted(self(), dim);
  }

  /** Returns the elements, in row-major order, without those that equal the one before. */
  default Unique uniqueConsecutive() {
    return Uniques.consecutive(self());
  }

  /** Returns the slices along a dimension without those that equal the one before. */
  default Unique uniqueConsecutive(int dim) {
    return Uniques.consecutive(self(), dim);
  }

  /** Returns how often 0, 1, … the greatest element is in this vector of integers, int64. */
  default Tensor bincount() {
    return bincount(0);
  }

  /** The same with at least so many counts. */
  default Tensor bincount(long minlength) {
    return Counting.bincount(self(), null, minlength);
  }

  /**
   * Returns the sum of the weights of the elements that are 0, 1, … in this vector of integers:
   * float32 for such weights, else float64.
   */
  default Tensor bincount(Tensor weights) {
    return bincount(weights, 0);
  }

  /** The same with at least so many sums. */
  default Tensor bincount(Tensor weights, long minlength) {
    return Counting.bincount(self(), given("bincount", "weights", weights), minlength);
  }

  /** Returns how many elements are in each of 100 bins from the least to the greatest one. */
  default Tensor histc() {
    return histc(100, 0, 0);
  }

  /** Returns how many elements are in each of some bins from the least to the greatest one. */
  default Tensor histc(long bins) {
    return histc(bins, 0, 0);
  }

  /**
   * Returns how many elements are in each of some bins of equal size from {@code min} to {@code
   * max}, in the elements' dtype; if both are equal they are the least and the greatest element.
   */
  default Tensor histc(long bins, double min, double max) {
    return Counting.histc(self(), bins, min, max);
  }

  /** Returns how many elements are in each of some bins of equal size, and the bins' edges. */
  default Histogram histogram(long bins) {
    return histogram(bins, Histogram.options());
  }

  /** Returns what is in each of some bins of equal size, and the bins' edges. */
  default Histogram histogram(long bins, Histogram.Options options) {
    return Histograms.of(self(), bins, given("histogram", "options", options));
  }

  /** Returns how many elements are in each of the bins with these ascending edges. */
  default Histogram histogram(Tensor edges) {
    return histogram(edges, Histogram.options());
  }

  /** Returns what is in each of the bins with these ascending edges. */
  default Histogram histogram(Tensor edges, Histogram.Options options) {
    return Histograms.of(
        self(), given("histogram", "edges", edges), given("histogram", "options", options));
  }

  /**
   * Returns what is in each bin of a grid, for points whose coordinates are the last dimension: so
   * many bins of equal size for each coordinate.
   */
  default Histogram histogramdd(long[] bins, Histogram.Options options) {
    return Histograms.ofPoints(
        self(), given("histogramdd", "bins", bins), given("histogramdd", "options", options));
  }

  /** The same with the ascending edges of the bins for each coordinate. */
  default Histogram histogramdd(List<? extends Tensor> edges, Histogram.Options options) {
    given("histogramdd", "edges", edges).forEach(edge -> given("histogramdd", "an edge", edge));
    return Histograms.ofPoints(self(), edges, given("histogramdd", "options", options));
  }

  /** Returns where a number goes into the rows of this sorted tensor, before equals. */
  default Tensor searchsorted(Number value) {
    return searchsorted(value, Side.LEFT);
  }

  /** Returns where a number goes into this sorted vector. */
  default Tensor searchsorted(Number value, Side side) {
    return searchsorted(value, side, null);
  }

  /** Returns where a number goes into this vector, which a sorter, as of argsort, puts in order. */
  default Tensor searchsorted(Number value, Side side, @Nullable Tensor sorter) {
    return Counting.search(
        self(), given("searchsorted", "value", value), given("searchsorted", "side", side), sorter);
  }

  /** Returns where values go into the rows of this sorted tensor, before equals, int64. */
  default Tensor searchsorted(Tensor values) {
    return searchsorted(values, Side.LEFT);
  }

  /** Returns where values go into the rows of this sorted tensor, int64. */
  default Tensor searchsorted(Tensor values, Side side) {
    return searchsorted(values, side, null);
  }

  /**
   * Returns where values, promoted with this tensor, go into its rows, int64: rows of the last
   * dimension, sorted, or put in order by a sorter of the same shape. A vector serves all values;
   * other tensors have the values' dimensions but for the last. NaN goes behind all.
   */
  default Tensor searchsorted(Tensor values, Side side, @Nullable Tensor sorter) {
    return Counting.search(
        self(),
        given("searchsorted", "values", values),
        given("searchsorted", "side", side),
        sorter);
  }

  /** Returns the number of the bucket that each element is in, whose upper bounds are sorted. */
  default Tensor bucketize(Tensor boundaries) {
    return bucketize(boundaries, Side.LEFT);
  }

  /**
   * Returns the number of the bucket that each element is in, int64; one that equals a boundary is
   * {@link Side#LEFT} or {@link Side#RIGHT} of it.
   */
  default Tensor bucketize(Tensor boundaries, Side side) {
    return Counting.bucketize(
        self(), given("bucketize", "boundaries", boundaries), given("bucketize", "side", side));
  }

  /** Returns whether each element is among those of another tensor; NaN never is. */
  default Tensor isin(Tensor elements) {
    return Counting.isin(self(), given("isin", "elements", elements));
  }
}
