package dev.chagres.memory;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A fixed run of a device's memory, for as long as its slab exists; leased to one storage at a
 * time.
 */
final class Block {
  private static final VarHandle LEASE;

  static {
    try {
      LEASE = MethodHandles.lookup().findVarHandle(Block.class, "lease", Lease.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final Slab slab;
  final int id;
  private final long address;
  private @Nullable MemorySegment view;
  private @Nullable Lease lease;

  Block(Slab slab, int id, long address) {
    this.slab = slab;
    this.id = id;
    this.address = address;
  }

  int sizeClass() {
    return slab.sizeClass;
  }

  Pool pool() {
    return slab.pool;
  }

  /**
   * Returns the segment of the first bytes; the last one made is kept, since loops ask for the same
   * size again.
   */
  MemorySegment view(long bytes) {
    MemorySegment last = view;
    if (last == null || last.byteSize() != bytes) {
      last = slab.pool.allocator().view(address, bytes);
      view = last;
    }
    return last;
  }

  @Nullable Lease lease() {
    return lease;
  }

  void lease(Lease next) {
    lease = next;
  }

  /** Takes this lease off the block; false if somebody did so before. */
  boolean end(Lease current) {
    return LEASE.compareAndSet(this, current, null);
  }
}
