package dev.chagres.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import org.jspecify.annotations.Nullable;

/**
 * One storage's hold on one block. While it lasts the block refers to it, so that the collector can
 * report the storage; once it has ended nothing does, and a storage that was freed by hand costs
 * the collector nothing.
 */
final class Lease extends PhantomReference<Storage> {
  final Block block;

  /** The memory; null as soon as the lease has ended. */
  @Nullable MemorySegment segment;

  /** The scope that ends it, and where it stands in that scope's list. */
  @Nullable Scope scope;

  int index;

  /** What ended it: the scope, a {@link Place}, or null if that was not recorded. */
  @Nullable Object end;

  /** Where it began, if allocations are traced. */
  @Nullable Place origin;

  /**
   * Closes the segments handed to the user; weak, because they keep the storage alive and not the
   * other way round.
   */
  volatile @Nullable WeakReference<Arena> exposed;

  Lease(Storage storage, ReferenceQueue<Object> queue, Block block, MemorySegment segment) {
    super(storage, queue);
    this.block = block;
    this.segment = segment;
  }

  boolean hasEnded() {
    return segment == null;
  }

  /**
   * Makes the segments that the user got inaccessible.
   *
   * @throws IllegalStateException if one of them is inside a native call
   */
  void closeExposed() {
    WeakReference<Arena> handed = exposed;
    if (handed != null) {
      Arena arena = handed.get();
      if (arena != null && arena.scope().isAlive()) {
        arena.close();
      }
    }
  }

  /** Says what became of the memory, for the exception that a late use gets. */
  String obituary() {
    return switch (end) {
      case Scope closed -> closed.obituary();
      case Place place -> "was freed at " + place + ".";
      case null, default ->
          "was freed by free(); -D"
              + Memory.TRACE_PROPERTY
              + "=true records every place where that happens.";
    };
  }
}
