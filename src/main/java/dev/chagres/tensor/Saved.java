package dev.chagres.tensor;

import dev.chagres.autograd.Backward;
import dev.chagres.backend.Strided;

/**
 * An operand or result as a gradient rule may keep it: it can be used only while nobody has written
 * to its memory since.
 */
final class Saved {
  private final Tensor tensor;
  private final Strided data;
  private final long version;

  Saved(Tensor operand) {
    Tensor tensor = StandIns.of(operand);
    this.tensor = tensor;
    this.data = tensor.data();
    this.version = tensor.storage().version();
  }

  /** Returns the tensor with the values that the operation saw. */
  @SuppressWarnings("ReferenceEquality") // only these two give a tensor another one
  Tensor get() {
    Backward.usedSaved();
    if (tensor.data() != data) {
      throw new IllegalStateException(
          what() + " was rearranged in place, or given other data by setData, since it was used");
    }
    if (tensor.storage().isFreed()) {
      throw freed();
    }
    long now = tensor.storage().version();
    if (now != version) {
      throw new IllegalStateException(
          what()
              + " was modified by an operation in place: it is at version "
              + now
              + ", but version "
              + version
              + " was used; clone() it before writing to it");
    }
    return tensor;
  }

  /** The error of memory that is gone, with where that happened as its cause. */
  private IllegalStateException freed() {
    var error =
        new IllegalStateException(
            what()
                + " was freed; a tensor that is kept does not keep what its graph saved: call"
                + " backward() inside the scope");
    try {
      tensor.storage().expose();
    } catch (IllegalStateException e) {
      error.initCause(e);
    }
    return error;
  }

  private String what() {
    String operation = Backward.running();
    return "backward: a tensor "
        + Tensor.describe(tensor)
        + (operation == null ? " that a gradient needs" : " that " + operation + " saved");
  }
}
