package dev.chagres.backend.cpu;

import dev.chagres.backend.Strided;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import java.lang.ref.Reference;

/**
 * The state of numpy's legacy {@code RandomState}, which numpy has on the CPU alone. Results are
 * contiguous; one call at a time.
 */
public final class NumpyStream {
  private final Storage state;

  /** Makes a stream that starts from a seed of 32 bits. */
  public NumpyStream(long seed) {
    state = Storage.allocate(RandomCalls.numpyBytes());
    state.escape();
    seed(seed);
  }

  /** Starts the stream again from a seed of 32 bits. */
  public void seed(long seed) {
    RandomCalls.numpySeed(RawMemory.of(state), seed);
  }

  /** Fills with float64 from [0, 1). */
  public void uniform(Strided y) {
    if (y.numel() > 0) {
      RandomCalls.numpyUniform(RawMemory.of(state), y.numel(), y.pointer());
      keep(y);
    }
  }

  /** Fills with float64 from the normal distribution. */
  public void normal(double mean, double std, Strided y) {
    if (y.numel() > 0) {
      RandomCalls.numpyNormal(RawMemory.of(state), y.numel(), mean, std, y.pointer());
      keep(y);
    }
  }

  /** Fills with int64 from {@code low} (inclusive) to {@code high} (exclusive). */
  public void integers(long low, long high, Strided y) {
    if (y.numel() > 0) {
      RandomCalls.numpyInteger(RawMemory.of(state), y.numel(), low, high, y.pointer());
      keep(y);
    }
  }

  /** Puts int64 elements in random order. */
  public void shuffle(Strided y) {
    if (y.numel() > 0) {
      RandomCalls.numpyShuffle(RawMemory.of(state), y.numel(), y.pointer());
      keep(y);
    }
  }

  private void keep(Strided y) {
    Reference.reachabilityFence(y);
    Reference.reachabilityFence(state);
  }
}
