package dev.chagres.backend;

import dev.chagres.memory.Storage;

/** The states of generators of random numbers, which lie in the CPU's memory. */
public interface Generators {
  /** Returns the state of a new generator, seeded. */
  Storage generator(long seed);

  /** Starts a generator's stream again from a seed. */
  void seed(Storage generator, long seed);

  /** Returns the seed that a generator's stream started from. */
  long initialSeed(Storage generator);

  /** Returns of how many bytes PyTorch's {@code Generator.get_state} is. */
  long stateBytes();

  /** Writes the bytes of PyTorch's {@code Generator.get_state} to a uint8 array. */
  void exportState(Storage generator, Strided bytes);

  /**
   * Reads them back.
   *
   * @throws IllegalArgumentException if they are not the state of a generator; it is as before then
   */
  void importState(Storage generator, Strided bytes);
}
