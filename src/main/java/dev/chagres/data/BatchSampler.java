package dev.chagres.data;

import static dev.chagres.check.Given.given;

import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.PrimitiveIterator;

/**
 * Chooses the batches of a pass: which samples are in which. One's own may put samples of equal
 * length together, or let batches differ in size.
 *
 * <p>A loader asks it in the thread that takes the batches, also if workers make them.
 */
public interface BatchSampler {
  /** Returns how many batches a pass has. */
  long size();

  /** Begins a pass: the indices of each batch's samples. */
  Iterator<long[]> iterator();

  /**
   * Returns one that takes samples as they come.
   *
   * @param rest what becomes of the last ones if they do not fill a batch
   * @throws IllegalArgumentException if the batch size is not positive
   */
  static BatchSampler of(Sampler sampler, int batchSize, DataLoader.Rest rest) {
    given("BatchSampler", "sampler", sampler);
    given("BatchSampler", "rest", rest);
    DataLoader.checkBatchSize("BatchSampler", batchSize);
    return new BatchSampler() {
      @Override
      public long size() {
        return rest == DataLoader.Rest.DROP
            ? sampler.size() / batchSize
            : Math.ceilDiv(sampler.size(), batchSize);
      }

      @Override
      public Iterator<long[]> iterator() {
        PrimitiveIterator.OfLong indices = sampler.iterator();
        return new Iterator<>() {
          private static final int FIRST_CAPACITY = 1024;

          private long[] batch = {};

          @Override
          public boolean hasNext() {
            if (batch.length == 0) {
              batch = read();
            }
            return batch.length > 0;
          }

          private long[] read() {
            long[] read = new long[Math.min(batchSize, FIRST_CAPACITY)];
            int count = 0;
            while (count < batchSize && indices.hasNext()) {
              if (count == read.length) {
                read = Arrays.copyOf(read, (int) Math.min(batchSize, 2L * count));
              }
              read[count++] = indices.nextLong();
            }
            boolean isWanted = count == batchSize || rest == DataLoader.Rest.KEEP;
            return Arrays.copyOf(read, isWanted ? count : 0);
          }

          @Override
          public long[] next() {
            if (!hasNext()) {
              throw new NoSuchElementException("the pass over the data is over");
            }
            long[] result = batch;
            batch = new long[0];
            return result;
          }
        };
      }
    };
  }
}
