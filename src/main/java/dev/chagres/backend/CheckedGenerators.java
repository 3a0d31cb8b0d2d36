package dev.chagres.backend;

import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.require;

import dev.chagres.core.DType;
import dev.chagres.memory.Storage;

/** States of generators, with operands that are looked at before. */
record CheckedGenerators(Generators device) implements Generators {
  @Override
  public Storage generator(long seed) {
    return device.generator(seed);
  }

  @Override
  public void seed(Storage generator, long seed) {
    device.seed(generator, seed);
  }

  @Override
  public long initialSeed(Storage generator) {
    return device.initialSeed(generator);
  }

  @Override
  public long stateBytes() {
    return device.stateBytes();
  }

  @Override
  public void exportState(Storage generator, Strided bytes) {
    check(bytes);
    device.exportState(generator, bytes);
  }

  @Override
  public void importState(Storage generator, Strided bytes) {
    check(bytes);
    device.importState(generator, bytes);
  }

  /** The bytes of a generator's state, of which there are as many as PyTorch's has. */
  private void check(Strided bytes) {
    boolean agree =
        bytes.dtype() == DType.UINT8
            && bytes.numel() == device.stateBytes()
            && isDense(bytes)
            && isWritable(bytes);
    require(agree, "state", bytes);
  }
}
