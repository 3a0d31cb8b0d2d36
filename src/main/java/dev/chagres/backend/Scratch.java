package dev.chagres.backend;

import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A little of the CPU's memory for the length of one call, such as the descriptors that a native
 * function reads:
 *
 * <pre>{@code
 * try (var scratch = Scratch.take(64)) {
 *   MemorySegment sizes = scratch.allocateFrom(ValueLayout.JAVA_LONG, 3, 4);
 *   ...
 * }
 * }</pre>
 *
 * <p>Up to 4 KiB it costs a few nanoseconds: one of some buffers that live as long as the program,
 * found by the thread's id and taken by one atomic write. Calls may nest, and any kind of thread
 * may call.
 */
public final class Scratch implements SegmentAllocator, AutoCloseable {
  /** Up to this many bytes a scratch costs next to nothing. */
  public static final long SMALL = 4096;

  private static final long ALIGNMENT = 64;
  private static final int NESTING = 4;
  private static final Buffer[] BUFFERS = buffers();

  private final MemorySegment segment;
  private @Nullable Buffer buffer;
  private @Nullable Storage storage;
  private long used;

  private Scratch(Buffer buffer) {
    this.buffer = buffer;
    segment = buffer.segment;
  }

  private Scratch(Storage storage) {
    this.storage = storage;
    segment = RawMemory.of(storage);
  }

  /**
   * Takes a scratch of this many bytes at least, uninitialised, aligned to 64 bytes.
   *
   * @throws IllegalArgumentException if the size is negative
   */
  public static Scratch take(long bytes) {
    if (bytes <= SMALL) {
      if (bytes < 0) {
        throw new IllegalArgumentException("a scratch cannot have " + bytes + " bytes");
      }
      int at = (int) Thread.currentThread().threadId() * NESTING;
      for (int i = 0; i < NESTING; i++) {
        Buffer buffer = BUFFERS[(at + i) & (BUFFERS.length - 1)];
        if (buffer.tryTake()) {
          return new Scratch(buffer);
        }
      }
    }
    Storage storage = Storage.allocate(bytes);
    storage.escape();
    return new Scratch(storage);
  }

  /** Returns the whole scratch. */
  public MemorySegment segment() {
    return segment;
  }

  /**
   * Returns the next part of the scratch.
   *
   * @throws IndexOutOfBoundsException if it is used up
   */
  @Override
  public MemorySegment allocate(long byteSize, long byteAlignment) {
    long start = (used + byteAlignment - 1) & -byteAlignment;
    MemorySegment part = segment.asSlice(start, byteSize);
    used = start + byteSize;
    return part;
  }

  /** Gives the scratch back; its segments must not be used any more. */
  @Override
  public void close() {
    Buffer taken = buffer;
    if (taken != null) {
      buffer = null;
      taken.giveBack();
    } else if (storage != null) {
      storage.free();
    }
  }

  private static Buffer[] buffers() {
    int processors = Runtime.getRuntime().availableProcessors();
    int threads = Math.clamp(Integer.highestOneBit(4 * processors - 1), 4, 64);
    Buffer[] all = new Buffer[threads * NESTING];
    for (int i = 0; i < all.length; i++) {
      all[i] = new Buffer(Arena.global().allocate(SMALL, ALIGNMENT));
    }
    return all;
  }

  /**
   * One permanent buffer. The flag lies in an array of its own, so that two of them never share a
   * cache line.
   */
  private static final class Buffer {
    private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);
    private static final int FLAG = 16;

    final MemorySegment segment;
    private final int[] taken = new int[FLAG + 16];

    Buffer(MemorySegment segment) {
      this.segment = segment;
    }

    boolean tryTake() {
      return (int) INTS.getOpaque(taken, FLAG) == 0 && INTS.compareAndSet(taken, FLAG, 0, 1);
    }

    void giveBack() {
      INTS.setRelease(taken, FLAG, 0);
    }
  }
}
