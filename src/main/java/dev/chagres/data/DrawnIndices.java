package dev.chagres.data;

import dev.chagres.tensor.Tensor;
import java.util.NoSuchElementException;
import java.util.PrimitiveIterator;
import org.jspecify.annotations.Nullable;

/** Indices that are drawn when they are needed, several at once. */
abstract class DrawnIndices implements PrimitiveIterator.OfLong {
  /** How many are read out of a tensor at once. */
  private static final int CHUNK = 1024;

  private @Nullable Tensor drawn;
  private long read;
  private long[] chunk = {};
  private int next;

  /** Draws the next indices, or returns null when there are no more. */
  abstract @Nullable Tensor draw();

  @Override
  public final boolean hasNext() {
    while (next == chunk.length) {
      Tensor tensor = drawn;
      if (tensor == null || read == tensor.numel()) {
        tensor = draw();
        drawn = tensor;
        read = 0;
        if (tensor == null) {
          return false;
        }
        // A scope around one step must not take the indices of the next with it
        tensor.storage().escape();
      }
      long length = Math.min(CHUNK, tensor.numel() - read);
      chunk = tensor.narrow(0, read, length).toLongArray();
      read += length;
      next = 0;
    }
    return true;
  }

  @Override
  public final long nextLong() {
    if (!hasNext()) {
      throw new NoSuchElementException("the pass over the data is over");
    }
    return chunk[next++];
  }
}
