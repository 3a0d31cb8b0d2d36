package dev.chagres.data;

import static dev.chagres.check.Given.given;

import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/** A share of several streams, one after the other; each begins when the one before is over. */
final class ChainDataset implements IterableDataset {
  private final List<IterableDataset> parts;

  ChainDataset(List<IterableDataset> parts) {
    this.parts = parts;
  }

  @Override
  public Iterator<Batch> samples(Share share) {
    Iterator<IterableDataset> later = parts.iterator();
    return new Iterator<>() {
      private Iterator<Batch> samples = Collections.emptyIterator();

      @Override
      public boolean hasNext() {
        while (!samples.hasNext() && later.hasNext()) {
          samples = given("chain", "the iterator of a stream", later.next().samples(share));
        }
        return samples.hasNext();
      }

      @Override
      public Batch next() {
        if (!hasNext()) {
          throw new NoSuchElementException("chain: all samples were read");
        }
        return samples.next();
      }
    };
  }
}
