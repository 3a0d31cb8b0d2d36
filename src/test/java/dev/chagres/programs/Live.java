package dev.chagres.programs;

import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Plain;

/**
 * A tensor of a running program.
 *
 * @param id its number in the program's text
 * @param model what it must hold, in memory that it shares with the models of its views
 * @param depth how many scopes were open where its memory was taken
 */
record Live(int id, Tensor tensor, Plain model, int depth) {

  long[] sizes() {
    return model.sizes();
  }

  int dim() {
    return model.dim();
  }

  /** Returns whether writing to one of two tensors changes the other. */
  boolean shares(Live other) {
    return model.memory() == other.model.memory();
  }

  Live at(int otherDepth) {
    return new Live(id, tensor, model, otherDepth);
  }

  @Override
  public String toString() {
    return "t" + id;
  }
}
