package dev.chagres.memory;

import dev.chagres.core.Device;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A run of bytes on one device with one owner; tensors and their views borrow it.
 *
 * <p>It lives until {@link #free()}, until the {@link Scope} that was innermost on its thread when
 * it was made closes, or, without either, until nothing reaches it any more. Its bytes are
 * uninitialised and its address is a multiple of 64. Whoever passes {@link #segment()} to native
 * code must keep the storage reachable until the call returns ({@link
 * Reference#reachabilityFence}): the segment alone does not.
 *
 * <p>Bytes and version are not synchronised; freeing is, against freeing and against the collector.
 */
public final class Storage implements StorageHolder {
  private final Device device;
  private final long byteSize;
  private final @Nullable Lease lease;
  private @Nullable MemorySegment wrapped;
  private long version;
  private int claims;
  private @Nullable Exposure exposure;

  private record Exposure(Arena arena, MemorySegment segment) {}

  private Storage(Pool pool, long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("a storage cannot have " + bytes + " bytes");
    }
    device = pool.device();
    byteSize = bytes;
    lease = pool.lease(this, bytes);
  }

  private Storage(MemorySegment segment) {
    device = Device.cpu();
    byteSize = segment.byteSize();
    lease = null;
    wrapped = segment;
  }

  /**
   * Returns a new storage in the CPU's memory, uninitialised; it belongs to the thread's current
   * scope if one is open.
   *
   * @throws IllegalArgumentException if the size is negative
   * @throws OutOfMemoryException if the budget does not allow it
   */
  public static Storage allocate(long bytes) {
    return allocate(Memory.HOST, bytes);
  }

  /**
   * Returns a new storage in a device's memory, uninitialised; it belongs to the thread's current
   * scope if one is open.
   *
   * @throws IllegalArgumentException if the size is negative, or that device's memory is not
   *     available
   * @throws OutOfMemoryException if the budget or the device does not allow it
   */
  public static Storage allocate(Device device, long bytes) {
    return allocate(Memory.pool(device), bytes);
  }

  static Storage allocate(Pool pool, long bytes) {
    Storage storage = new Storage(pool, bytes);
    Lease lease = storage.lease;
    Scope scope = Scope.current();
    if (scope != null && lease != null) {
      scope.own(lease);
    }
    if (lease != null && Memory.isTracing()) {
      lease.origin = Place.path();
    }
    return storage;
  }

  /**
   * Returns a storage over a caller's native memory, without copying. The memory stays the
   * caller's: no scope owns it and freeing the storage only ends the storage. It is used as the
   * segment allows: not after its arena has closed, on one thread if it is confined, and for
   * reading only if it is read-only.
   *
   * @throws IllegalArgumentException for a heap segment
   */
  public static Storage wrap(MemorySegment segment) {
    if (!segment.isNative()) {
      throw new IllegalArgumentException(
          "a storage cannot wrap a heap segment: its address moves; copy it, or use off-heap"
              + " memory");
    }
    return new Storage(segment);
  }

  /**
   * Returns the memory for native calls, at no cost: exactly {@link #byteSize} long and, unless
   * wrapped, in the global scope, so that nothing but this method guards against its use after the
   * end.
   *
   * @throws IllegalStateException if the storage was freed (saying where), or the wrapped segment's
   *     arena is closed
   * @throws WrongThreadException if the wrapped segment belongs to another thread
   */
  public MemorySegment segment() {
    Lease held = lease;
    if (held == null) {
      return wrappedSegment();
    }
    MemorySegment segment = held.segment;
    if (segment == null) {
      throw ended();
    }
    return segment;
  }

  private MemorySegment wrappedSegment() {
    MemorySegment segment = wrapped;
    if (segment == null) {
      throw ended();
    }
    if (!segment.scope().isAlive()) {
      throw new IllegalStateException(
          "use after close: the arena of the wrapped segment of " + byteSize + " bytes is closed");
    }
    if (!segment.isAccessibleBy(Thread.currentThread())) {
      throw new WrongThreadException(
          "the wrapped segment of "
              + byteSize
              + " bytes is confined to another thread than "
              + Thread.currentThread());
    }
    return segment;
  }

  private IllegalStateException ended() {
    return new IllegalStateException(
        "use after close: this storage of %d bytes on %s %s"
            .formatted(
                byteSize, device, lease == null ? "was freed by free()." : lease.obituary()));
  }

  /**
   * Returns the memory for users: access after the storage is freed throws {@link
   * IllegalStateException} instead of touching what has become of the memory, and holding the
   * segment keeps the storage alive. The first call makes the later freeing dearer (some 30
   * microseconds). Writing through it does not count as a {@link #version}.
   *
   * @throws IllegalStateException if the storage was freed, saying where
   * @throws UnsupportedOperationException if the CPU cannot touch this device's memory
   */
  public synchronized MemorySegment expose() {
    MemorySegment segment = segment();
    if (!device.isCpu()) {
      throw new UnsupportedOperationException(
          "the CPU cannot touch memory of " + device + "; copy it first");
    }
    Lease held = lease;
    if (held == null) {
      return segment;
    }
    if (exposure == null) {
      exposure = exposure(segment);
      held.exposed = new WeakReference<>(exposure.arena);
      if (held.hasEnded()) {
        exposure.arena.close();
        throw ended();
      }
    }
    return exposure.segment;
  }

  @SuppressWarnings({"restricted", "ReachabilityFenceUsage"}) // The fence holds, it orders nothing.
  private Exposure exposure(MemorySegment segment) {
    Arena arena = Arena.ofShared();
    // The clean-up does nothing but hold this storage for as long as the segment is reachable.
    return new Exposure(
        arena, segment.reinterpret(byteSize, arena, end -> Reference.reachabilityFence(this)));
  }

  /** Returns the number of bytes. */
  public long byteSize() {
    return byteSize;
  }

  /** Returns the device whose memory this is. */
  public Device device() {
    return device;
  }

  /**
   * Tells whether this wraps memory that must not be written; native code that did would crash the
   * process.
   */
  public boolean isReadOnly() {
    MemorySegment segment = wrapped;
    return segment != null && segment.isReadOnly();
  }

  /** Returns how often the contents were announced to change, by any view. */
  public long version() {
    return version;
  }

  /**
   * Announces that the contents are about to change in place.
   *
   * @throws IllegalStateException if this wraps read-only memory
   */
  public void bumpVersion() {
    if (lease == null && isReadOnly()) {
      throw new IllegalStateException(
          "this storage of " + byteSize + " bytes wraps read-only memory; change a copy instead");
    }
    version++;
  }

  /**
   * Notes that one more party of this thread's computation counts on the contents. Claims keep
   * nothing alive: they tell the one who makes them when the last is gone.
   */
  public void claim() {
    claims++;
  }

  /** Takes a claim back and returns how many are left. */
  public int unclaim() {
    return --claims;
  }

  /** Returns how many claims there are. */
  public int claims() {
    return claims;
  }

  /** Tells whether the memory was given back. */
  public boolean isFreed() {
    return lease == null ? wrapped == null : lease.hasEnded();
  }

  /**
   * Gives the memory back now; harmless if that has happened. No other thread may be using it.
   *
   * @throws IllegalStateException if a segment from {@link #expose} is inside a native call;
   *     nothing is freed then
   */
  public void free() {
    Lease held = lease;
    if (held == null) {
      wrapped = null;
      return;
    }
    Pool.Ending ending = held.block.pool().end(held, Stripe.EXPLICIT);
    if (ending == Pool.Ending.BEFORE) {
      return;
    }
    if (ending == Pool.Ending.EARLY || Memory.isTracing()) {
      held.end = Place.here();
    }
    Scope scope = held.scope;
    if (scope != null) {
      scope.forget(held);
    }
  }

  /**
   * Leaves its scope: from now on it lives for as long as it is reachable. For parameters,
   * gradients and optimizer state. If the scope is another thread's, that thread must not close it
   * at the same time.
   */
  public void escape() {
    Lease held = lease;
    if (held == null) {
      return;
    }
    Scope scope = held.scope;
    if (scope != null) {
      scope.forget(held);
    }
  }

  @Nullable Lease lease() {
    return lease;
  }

  @Override
  public void forEachStorage(Consumer<Storage> action) {
    action.accept(this);
  }

  @Override
  public String toString() {
    return "Storage(%d bytes on %s%s)".formatted(byteSize, device, isFreed() ? ", freed" : "");
  }
}
