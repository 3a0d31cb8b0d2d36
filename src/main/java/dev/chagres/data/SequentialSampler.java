package dev.chagres.data;

import java.util.NoSuchElementException;
import java.util.PrimitiveIterator;

/** All samples in the dataset's order. */
record SequentialSampler(Dataset dataset) implements Sampler {
  @Override
  public long size() {
    return dataset.size();
  }

  @Override
  public PrimitiveIterator.OfLong iterator() {
    long end = dataset.size();
    return new PrimitiveIterator.OfLong() {
      private long next;

      @Override
      public boolean hasNext() {
        return next < end;
      }

      @Override
      public long nextLong() {
        if (next >= end) {
          throw new NoSuchElementException("the pass over the data is over");
        }
        return next++;
      }
    };
  }
}
