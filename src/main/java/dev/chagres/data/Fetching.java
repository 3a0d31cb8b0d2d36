package dev.chagres.data;

import static dev.chagres.check.Given.given;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** How the tensors of one batch come out of a dataset, on whichever thread. */
@FunctionalInterface
interface Fetching {
  /** Returns the batch of these samples, or of those that come next; null if there are no more. */
  @Nullable Batch fetch(long[] indices);

  /** Fetches what is asked for by index; without a way of their own, datasets batch samples. */
  static Fetching of(Dataset dataset, @Nullable Function<List<Batch>, Batch> collate) {
    if (collate == null) {
      return indices -> given("DataLoader", "what the dataset made", dataset.batch(indices));
    }
    return indices ->
        given("DataLoader", "what collate made", collate.apply(samples(dataset, indices)));
  }

  /** Fetches what comes next, as many samples at once as make a batch. */
  static Fetching of(
      Iterator<Batch> samples,
      int batchSize,
      DataLoader.Rest rest,
      Function<List<Batch>, Batch> collate) {
    return _ -> {
      List<Batch> read = new ArrayList<>();
      while (read.size() < batchSize && samples.hasNext()) {
        read.add(given("DataLoader", "a sample", samples.next()));
      }
      boolean isWanted = read.size() == batchSize || rest == DataLoader.Rest.KEEP;
      return read.isEmpty() || !isWanted
          ? null
          : given("DataLoader", "what collate made", collate.apply(read));
    };
  }

  /** Returns some samples; what a dataset throws says for which one. */
  static List<Batch> samples(Dataset dataset, long[] indices) {
    List<Batch> samples = new ArrayList<>(indices.length);
    for (long index : indices) {
      try {
        samples.add(given("get", "the sample", dataset.get(index)));
      } catch (DatasetException named) {
        throw named;
      } catch (RuntimeException e) {
        throw DatasetException.of(index, e);
      }
    }
    return samples;
  }
}
