package dev.chagres.backend.cpu;

import dev.chagres.backend.Generators;
import dev.chagres.backend.Strided;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;

/** The generators of the CPU, Mersenne Twisters as PyTorch's. */
final class Mt19937 implements Generators {
  @Override
  public Storage generator(long seed) {
    Storage state = Storage.allocate(RandomCalls.generatorBytes());
    state.escape();
    RandomCalls.generatorSeed(RawMemory.of(state), seed);
    return state;
  }

  @Override
  public void seed(Storage generator, long seed) {
    RandomCalls.generatorSeed(RawMemory.of(generator), seed);
  }

  @Override
  public long initialSeed(Storage generator) {
    return RandomCalls.generatorInitialSeed(RawMemory.of(generator));
  }

  @Override
  public long stateBytes() {
    return RandomCalls.torchStateBytes();
  }

  @Override
  public void exportState(Storage generator, Strided bytes) {
    RandomCalls.generatorExport(RawMemory.of(generator), bytes.pointer());
  }

  @Override
  public void importState(Storage generator, Strided bytes) {
    RandomCalls.generatorImport(RawMemory.of(generator), bytes.pointer());
  }
}
