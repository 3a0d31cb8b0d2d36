package dev.chagres.tensor;

import dev.chagres.autograd.Backward;

/**
 * An operand or result as a gradient rule may keep it: it can be used only while nobody has written
 * to its memory since.
 */
final class Saved {
  private final Tensor tensor;
  private final long version;

  Saved(Tensor tensor) {
    this.tensor = tensor;
    this.version = tensor.storage().version();
  }

  /** Returns the tensor with the values that the operation saw. */
  Tensor get() {
    Backward.usedSaved();
    long now = tensor.storage().version();
    if (now != version) {
      throw new IllegalStateException(
          "backward: a tensor "
              + Tensor.describe(tensor)
              + " that its gradient needs was modified by an operation in place: it is at version "
              + now
              + ", but version "
              + version
              + " was used; clone() it before writing to it");
    }
    return tensor;
  }
}
