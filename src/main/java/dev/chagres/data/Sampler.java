package dev.chagres.data;

import java.util.PrimitiveIterator;

/**
 * Chooses the samples of a pass and their order: {@link RandomSampler}, {@link
 * SubsetRandomSampler}, {@link WeightedRandomSampler}, or one's own. {@link BatchSampler} chooses
 * what is in which batch, too.
 *
 * <p>A loader asks it in the thread that takes the batches, also if workers make them.
 */
public interface Sampler {
  /** Returns how many samples a pass has. */
  long size();

  /** Begins a pass: the indices of its samples. */
  PrimitiveIterator.OfLong iterator();
}
