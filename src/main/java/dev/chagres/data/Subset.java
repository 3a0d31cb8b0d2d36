package dev.chagres.data;

import static dev.chagres.check.Given.given;

/**
 * Some samples of another dataset, in an order of their own: what {@link Dataset#subset} and {@link
 * Dataset#randomSplit} return.
 */
public final class Subset implements Dataset {
  private final Dataset source;
  private final long[] indices;

  /**
   * Takes these samples of a dataset.
   *
   * @throws IndexOutOfBoundsException if there is no such sample
   */
  public Subset(Dataset dataset, long... indices) {
    source = given("subset", "dataset", dataset);
    this.indices = given("subset", "indices", indices).clone();
    for (long index : this.indices) {
      check("subset", index, source.size());
    }
  }

  /** Returns the index of a sample, which must be there. */
  static long check(String operation, long index, long size) {
    if (index < 0 || index >= size) {
      throw new IndexOutOfBoundsException(
          operation + ": there is no sample " + index + " among " + size);
    }
    return index;
  }

  /** Checks the indices of a batch, which must all be there. */
  static void check(long[] indices, long size) {
    for (long index : given("batch", "indices", indices)) {
      check("batch", index, size);
    }
  }

  /** Returns the dataset that the samples are of. */
  public Dataset dataset() {
    return source;
  }

  /** Returns where the samples are in the dataset, as a new array. */
  public long[] indices() {
    return indices.clone();
  }

  @Override
  public long size() {
    return indices.length;
  }

  @Override
  public Batch get(long index) {
    return source.get(indices[(int) check("get", index, indices.length)]);
  }

  @Override
  public Batch batch(long... positions) {
    given("batch", "positions", positions);
    long[] own = new long[positions.length];
    for (int i = 0; i < own.length; i++) {
      own[i] = indices[(int) check("batch", positions[i], indices.length)];
    }
    return source.batch(own);
  }
}
