package dev.chagres.data;

import java.util.Objects;

/** Some samples of another dataset, in an order of their own. */
final class Subset implements Dataset {
  private final Dataset source;
  private final long[] indices;

  Subset(Dataset source, long[] indices) {
    this.source = source;
    this.indices = indices;
    for (long index : indices) {
      Objects.checkIndex(index, source.size());
    }
  }

  @Override
  public long size() {
    return indices.length;
  }

  @Override
  public Batch get(long index) {
    return source.get(indices[(int) Objects.checkIndex(index, size())]);
  }

  @Override
  public Batch batch(long... positions) {
    long[] own = new long[positions.length];
    for (int i = 0; i < own.length; i++) {
      own[i] = indices[(int) Objects.checkIndex(positions[i], size())];
    }
    return source.batch(own);
  }
}
