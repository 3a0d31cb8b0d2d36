package dev.chagres.memory;

import java.util.function.Consumer;

/** What holds storages: a tensor, a module, an optimizer. */
@FunctionalInterface
public interface StorageHolder {

  /**
   * Passes every storage that this object holds to the action; the same one may come more than
   * once.
   */
  void forEachStorage(Consumer<Storage> action);
}
