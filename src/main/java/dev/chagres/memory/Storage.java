package dev.chagres.memory;

import static dev.chagres.check.Given.given;

import dev.chagres.check.Place;
import dev.chagres.core.Device;
import dev.chagres.memory.raw.AllocationObserver;
import dev.chagres.memory.raw.Allocations;
import dev.chagres.memory.raw.Lane;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.memory.raw.RawScope;
import dev.chagres.memory.raw.RawStorage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A run of bytes on one device with one owner; tensors and their views borrow it.
 *
 * <p>It lives until {@link #free()}, until the {@link Scope} that was innermost on its thread when
 * it was made closes, or, without either, until nothing reaches it any more. Its bytes are
 * uninitialised and its address is a multiple of 64. Users reach them by {@link #expose()}.
 *
 * <p>Bytes and version are not synchronised; freeing is, against freeing and against the collector.
 */
@SuppressWarnings({"exports", "InvalidBlockTag"}) // What it inherits is the library's, and @hidden.
public final class Storage extends RawStorage implements StorageHolder {
  /** For how many calls of {@link #free()} the place is recorded without tracing. */
  private static final long PLACES_RECORDED = 256;

  /** A thread that never runs: a segment that it may not touch is confined to one that does. */
  private static final Thread STRANGER = Thread.ofPlatform().unstarted(() -> {});

  private static final long ALIGNMENT = 64;

  /** Where the next storage without memory is said to be: where no memory is. */
  private static final AtomicLong NOWHERE = new AtomicLong(Long.MIN_VALUE);

  private final Device device;

  /** What kernels get: of a confined segment, whose owner may share a kernel out, its address. */
  private final MemorySegment segment;

  private final long byteSize;

  /** The hold on the pool's memory, its slot, and what keeps it up; a wrapped segment has none. */
  private @Nullable Lease lease;

  @SuppressWarnings("UnusedVariable") // To be reachable is all it does.
  private @Nullable Anchor anchor;

  private int bit;

  /** The caller's own segment, until this storage is freed. */
  private @Nullable MemorySegment wrapped;

  private @Nullable Exposure exposure;
  private @Nullable Place freedAt;

  private record Exposure(Arena arena, MemorySegment segment) {}

  /** Makes the storage that has this slot of the anchor's lease. */
  Storage(MemorySegment segment, long byteSize, Anchor anchor, int bit) {
    this.segment = segment;
    this.anchor = anchor;
    this.bit = bit;
    lease = anchor.lease;
    device = lease.pool.device();
    this.byteSize = byteSize;
  }

  private Storage(MemorySegment segment) {
    this.segment = segment.isAccessibleBy(STRANGER) ? segment : unconfined(segment);
    wrapped = segment;
    device = Device.cpu();
    byteSize = segment.byteSize();
  }

  /** Makes one without memory, at an address of its own. */
  private Storage(long bytes) {
    segment = MemorySegment.ofAddress(NOWHERE.getAndAdd((bytes + 2 * ALIGNMENT) & -ALIGNMENT));
    wrapped = segment;
    device = Device.traced();
    byteSize = bytes;
  }

  @SuppressWarnings("restricted")
  private static MemorySegment unconfined(MemorySegment segment) {
    MemorySegment memory =
        MemorySegment.ofAddress(segment.address()).reinterpret(segment.byteSize());
    return segment.isReadOnly() ? memory.asReadOnly() : memory;
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
   * scope if one is open. One of {@link Device#traced()} has a size, and no memory.
   *
   * @throws IllegalArgumentException if the size is negative, or that device's memory is not
   *     available
   * @throws OutOfMemoryException if the budget or the device does not allow it
   */
  public static Storage allocate(Device device, long bytes) {
    given("allocate", "device", device);
    if (device.isTraced()) {
      checkSize(bytes);
      return new Storage(bytes);
    }
    return allocate(Memory.pool(device).current(), bytes);
  }

  /**
   * Returns a new storage in memory of the CPU that no other page takes the place of, so that GPUs
   * copy from it and to it by themselves; uninitialised, and in the thread's current scope. It is
   * dear to make and the system has little of it, so it is kept for reuse apart from other memory.
   *
   * @throws IllegalArgumentException if the size is negative, or no GPU is in use
   * @throws OutOfMemoryException if half of the memory that this process may use does not suffice
   */
  public static Storage allocatePinned(long bytes) {
    return allocate(Memory.pinned(), bytes);
  }

  private static void checkSize(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("a storage cannot have " + bytes + " bytes");
    }
  }

  static Storage allocate(Pool pool, long bytes) {
    checkSize(bytes);
    AllocationObserver observer = Allocations.observer();
    Storage storage =
        observer == null
            ? pool.allocate(bytes, Scope.current())
            : observer.allocate(
                bytes, () -> pool.allocate(bytes, Scope.current()), pool::liveBytesOfDevice);
    if (Memory.isTracing() && storage.lease != null) {
      storage.lease.trace(storage.bit, Place.path());
    }
    return storage;
  }

  /**
   * Returns a storage over a caller's native memory, without copying. The memory stays the
   * caller's: no scope owns it and freeing the storage only ends the storage. It is used as the
   * segment allows: not after its arena has closed, by one thread's operations if it is confined
   * (which other threads may help with), and for reading only if it is read-only.
   *
   * @throws IllegalArgumentException for a heap segment
   */
  public static Storage wrap(MemorySegment segment) {
    given("wrap", "segment", segment);
    if (!segment.isNative()) {
      throw new IllegalArgumentException(
          "a storage cannot wrap a heap segment: its address moves; copy it, or use off-heap"
              + " memory");
    }
    return new Storage(segment);
  }

  /**
   * @hidden
   */
  @Override
  protected MemorySegment segment() {
    Lease held = lease;
    if (held == null) {
      checkWrapped();
    } else if (held.hasEnded(bit)) {
      throw ended();
    }
    return segment;
  }

  private void checkWrapped() {
    MemorySegment user = wrapped;
    if (user == null) {
      throw ended();
    }
    if (!user.scope().isAlive()) {
      throw new IllegalStateException(
          "use after close: the arena of the wrapped segment of " + byteSize + " bytes is closed");
    }
    if (!user.isAccessibleBy(Thread.currentThread())) {
      throw new WrongThreadException(
          "the wrapped segment of "
              + byteSize
              + " bytes is confined to another thread than "
              + Thread.currentThread());
    }
  }

  private IllegalStateException ended() {
    Scope scope = lease == null ? null : lease.scope;
    String how;
    if (freedAt != null) {
      how = "was freed at " + freedAt + ".";
    } else if (scope != null && scope.isClosed()) {
      how = scope.obituary();
    } else {
      how =
          "was freed by free(); -D"
              + Memory.TRACE_PROPERTY
              + "=true records every place where that happens.";
    }
    return new IllegalStateException(
        "use after close: this storage of %d bytes on %s %s".formatted(byteSize, device, how));
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
    MemorySegment memory = segment();
    if (!device.isCpu()) {
      throw new UnsupportedOperationException(
          "the CPU cannot touch memory of " + device + "; copy it first");
    }
    Lease held = lease;
    if (held == null) {
      return Objects.requireNonNull(wrapped, "checked with the segment");
    }
    if (exposure == null) {
      exposure = exposure(memory);
      held.expose(bit, exposure.arena);
      // Whoever ends the slot from now on sees the arena; if that came before, nobody has the
      // segment yet.
      VarHandle.fullFence();
      if (held.hasEnded(bit)) {
        exposure.arena.close();
        throw ended();
      }
    }
    return exposure.segment;
  }

  @SuppressWarnings({"restricted", "ReachabilityFenceUsage"}) // The fence holds, it orders nothing.
  private Exposure exposure(MemorySegment memory) {
    Arena arena = Arena.ofShared();
    // The clean-up does nothing but hold this storage for as long as the segment is reachable.
    return new Exposure(
        arena, memory.reinterpret(byteSize, arena, end -> Reference.reachabilityFence(this)));
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
    return segment.isReadOnly();
  }

  /**
   * Tells whether writing to one may change the other: they are the same storage, or one of them
   * wraps memory that the other has bytes of.
   */
  public boolean sharesMemory(Storage other) {
    given("sharesMemory", "other", other);
    return this == other || ((lease == null || other.lease == null) && overlaps(other));
  }

  private boolean overlaps(Storage other) {
    long start = segment.address();
    long otherStart = other.segment.address();
    return device.equals(other.device)
        && Math.min(byteSize, other.byteSize) > 0
        && start < otherStart + other.byteSize
        && otherStart < start + byteSize;
  }

  /**
   * Returns how often the contents were announced to change, by operations in place on any view and
   * by those who took a writable segment of a tensor.
   */
  public long version() {
    return RawMemory.version(this);
  }

  /**
   * @hidden
   */
  @Override
  protected void checkWritable() {
    if (lease == null && segment.isReadOnly()) {
      throw new IllegalStateException(
          "this storage of " + byteSize + " bytes wraps read-only memory; change a copy instead");
    }
  }

  /**
   * @hidden
   */
  @Override
  protected @Nullable RawScope scope() {
    Lease held = lease;
    return held == null ? null : held.scope;
  }

  /**
   * @hidden
   */
  @Override
  protected int lane() {
    Lease held = lease;
    return held == null ? 0 : held.pool.lane();
  }

  /**
   * @hidden
   */
  @Override
  protected void use(Lane lane) {
    Lease held = lease;
    if (held != null) {
      held.use(bit, lane);
    }
  }

  /** Tells whether GPUs can read and write this memory of the CPU: see {@link #allocatePinned}. */
  public boolean isPinned() {
    return lease != null && lease.pool.isPinned();
  }

  /** Tells whether the memory was given back. */
  public boolean isFreed() {
    return lease == null ? wrapped == null : lease.hasEnded(bit);
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
    Pool.Ending ending = held.pool.end(held, bit, Stripe.EXPLICIT);
    if (ending.busy() != 0) {
      throw new IllegalStateException(
          "free: a segment of this storage of " + byteSize + " bytes is inside a native call");
    }
    if (ending.count() > 0 && (ending.count() <= PLACES_RECORDED || Memory.isTracing())) {
      freedAt = Place.here();
    }
    Scope scope = held.scope;
    if (scope != null && held.isSolo()) {
      scope.forget(held);
    }
  }

  /**
   * Leaves its scope: from now on it lives for exactly as long as it is reachable. For parameters,
   * gradients and optimizer state. No other thread may be using it, or be closing the scope.
   */
  public void escape() {
    leave();
  }

  /**
   * Takes the storage out of its scope, and out of the lease that it shares.
   *
   * @return its lease of its own, or null if it has none, or was freed
   */
  @Nullable Lease leave() {
    Lease held = lease;
    if (held == null || held.hasEnded(bit)) {
      return null;
    }
    Scope scope = held.scope;
    if (held.isSolo()) {
      if (scope != null) {
        scope.forget(held);
      }
      return held;
    }
    if (!held.pool.hand(held, bit)) {
      return null;
    }
    Anchor own = held.pool.beginSolo(held.block(bit), held.sizeClass);
    if (exposure != null) {
      own.lease.expose(1, exposure.arena);
    }
    own.lease.trace(1, held.origin(bit));
    for (Lane each : held.users(bit)) {
      own.lease.use(1, each);
    }
    lease = own.lease;
    bit = 1;
    anchor = own;
    return lease;
  }

  @Nullable Lease lease() {
    return lease;
  }

  @Override
  public void forEachStorage(Consumer<Storage> action) {
    given("forEachStorage", "action", action).accept(this);
  }

  @Override
  public String toString() {
    return "Storage(%d bytes on %s%s)".formatted(byteSize, device, isFreed() ? ", freed" : "");
  }
}
