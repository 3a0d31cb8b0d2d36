package dev.chagres.data;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A pass whose batches are made when they are asked for, on the thread that asks. */
final class DirectPass implements DataLoader.Pass {
  private final Iterator<long[]> plan;
  private final Supplier<Fetching> source;
  private final Delivery delivery;
  private final boolean isStream;
  private @Nullable Fetching fetching;
  private long taken;

  /** A batch of a stream that was made to see whether there is one. */
  private @Nullable Made ahead;

  private boolean closed;

  DirectPass(
      Iterator<long[]> plan, Supplier<Fetching> source, Delivery delivery, boolean isStream) {
    this.plan = plan;
    this.source = source;
    this.delivery = delivery;
    this.isStream = isStream;
  }

  @Override
  public boolean hasNext() {
    if (closed) {
      return false;
    }
    if (!isStream) {
      return plan.hasNext();
    }
    if (ahead == null) {
      ahead = new Made(indices -> fetching().fetch(indices), delivery, plan.next());
      closed = ahead.isOver();
    }
    return !closed;
  }

  private Fetching fetching() {
    Fetching own = fetching;
    if (own == null) {
      own = source.get();
      fetching = own;
    }
    return own;
  }

  @Override
  public Batch next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the pass over the data is over");
    }
    Made made = ahead;
    if (made != null) {
      ahead = null;
      return made.take(taken++, new long[0]);
    }
    long[] indices = plan.next();
    long number = taken++;
    Batch batch;
    try {
      batch = fetching().fetch(indices);
    } catch (RuntimeException e) {
      throw DatasetException.of(number, indices, e);
    }
    if (batch == null) {
      throw new IllegalStateException("a dataset with indices has no end");
    }
    return delivery.here(batch);
  }

  @Override
  public void close() {
    closed = true;
    ahead = null;
  }
}
