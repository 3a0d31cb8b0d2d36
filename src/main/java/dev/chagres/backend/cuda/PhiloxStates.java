package dev.chagres.backend.cuda;

import dev.chagres.backend.Generators;
import dev.chagres.backend.Strided;
import dev.chagres.memory.Storage;

/** The generators of a device, as PyTorch's. */
final class PhiloxStates implements Generators {
  @Override
  public Storage generator(long seed) {
    return Philox.create(seed);
  }

  @Override
  public void seed(Storage generator, long seed) {
    new Philox(seed, 0).write(generator);
  }

  @Override
  public long initialSeed(Storage generator) {
    return Philox.read(generator).seed();
  }

  @Override
  public long stateBytes() {
    return Philox.STATE_BYTES;
  }

  @Override
  public void exportState(Storage generator, Strided bytes) {
    Philox.read(generator).export(bytes.pointer());
  }

  @Override
  public void importState(Storage generator, Strided bytes) {
    Philox.exported(bytes.pointer()).write(generator);
  }
}
