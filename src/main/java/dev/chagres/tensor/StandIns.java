package dev.chagres.tensor;

import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The tensors that stand for others now: what a gradient rule keeps of one is the other, which it
 * still is when the first has got back its own elements. While there is none, asking is one read.
 */
final class StandIns {
  private static final IdentityHashMap<Tensor, Tensor> VALUES = new IdentityHashMap<>();
  private static volatile boolean any;

  private StandIns() {}

  /** Lets a tensor stand for a value, and returns for what it did before, if anything. */
  static @Nullable Tensor begin(Tensor tensor, Tensor value) {
    synchronized (VALUES) {
      any = true;
      return VALUES.put(tensor, value);
    }
  }

  /** Ends the last standing of a tensor. */
  static void end(Tensor tensor, @Nullable Tensor before) {
    synchronized (VALUES) {
      if (before == null) {
        VALUES.remove(tensor);
      } else {
        VALUES.put(tensor, before);
      }
      any = !VALUES.isEmpty();
    }
  }

  /** Returns what a tensor is: the value that it stands for, or itself. */
  static Tensor of(Tensor tensor) {
    Tensor value = null;
    if (any) {
      synchronized (VALUES) {
        value = VALUES.get(tensor);
      }
    }
    return value != null
        ? value
        : tensor instanceof Parameter parameter ? parameter.kept() : tensor;
  }
}
