package dev.chagres.data;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/**
 * Samples that come one after the other, for as long as they do: a file that is read once, a
 * stream, numbers that are made up.
 *
 * <p>{@link DataLoader} batches them as they come. With workers each of them reads a share of its
 * own, and their batches come in turn:
 *
 * <pre>{@code
 * IterableDataset lines =
 *     share -> new Lines(files.get(share.index())); // share.index() of 0 ... share.count() - 1
 * }</pre>
 */
@FunctionalInterface
public interface IterableDataset {
  /**
   * Returns the samples of one share, from its beginning: their tensors, without a dimension for
   * the batch. It is called, and read, by the thread of one worker.
   */
  Iterator<Batch> samples(Share share);

  /**
   * Returns the samples of several streams, one stream after the other: PyTorch's ChainDataset. A
   * share of them is the same share of each.
   */
  static IterableDataset chain(IterableDataset... streams) {
    given("chain", "streams", streams);
    return new ChainDataset(List.copyOf(each("chain", "a stream", Arrays.asList(streams))));
  }

  /**
   * A part of the samples, for one of several who read at the same time. That the shares of all
   * together are the samples, each once, is up to the dataset.
   *
   * @param index which one, from 0
   * @param count how many there are, at least 1
   */
  record Share(int index, int count) {
    /** The only share: all samples. */
    public static final Share ALL = new Share(0, 1);

    /** Checks the index. */
    public Share {
      if (index < 0 || index >= count) {
        throw new IllegalArgumentException("Share: " + index + " of " + count);
      }
    }
  }
}
