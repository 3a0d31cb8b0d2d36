package dev.chagres.data;

import dev.chagres.memory.Handover;
import org.jspecify.annotations.Nullable;

/** What came of making a batch: the batch, a failure, or that there are no more samples. */
final class Made {
  private final @Nullable Handover<Made> handover;
  private Delivery.@Nullable Parcel parcel;
  private @Nullable Throwable failure;

  /** Fetches and delivers a batch, for the thread that takes it. */
  Made(Fetching fetching, Delivery delivery, long[] indices) {
    handover =
        Handover.of(
            () -> {
              try {
                Batch batch = fetching.fetch(indices);
                parcel = batch == null ? null : delivery.ahead(batch);
              } catch (Throwable e) {
                failure = e;
              }
              return this;
            });
  }

  /** What could not even be begun: is thrown as it is. */
  Made(Throwable failure) {
    handover = null;
    this.failure = failure;
  }

  boolean isOver() {
    return parcel == null && failure == null;
  }

  /**
   * Returns the batch, which is this thread's from now on.
   *
   * @throws DatasetException if it failed, with what was thrown; an error is thrown itself
   */
  Batch take(long number, long[] indices) {
    if (handover != null) {
      handover.take();
    }
    switch (failure) {
      case null -> {}
      case Error error -> throw error;
      case RuntimeException own when handover == null -> throw own;
      default -> throw DatasetException.of(number, indices, failure);
    }
    if (parcel == null) {
      throw new IllegalStateException("there is no batch after the last");
    }
    return parcel.open();
  }

  /** Gives back what nobody will take. */
  void discard() {
    if (parcel != null) {
      parcel.discard();
    }
  }
}
