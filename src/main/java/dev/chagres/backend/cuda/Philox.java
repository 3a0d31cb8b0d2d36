package dev.chagres.backend.cuda;

import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The state of a generator of a device, on the host: a seed and how far its streams of numbers have
 * been used. Kernels compute the numbers of a seed, a thread and an offset; whoever launches one
 * takes as many numbers of each thread's stream as it may use.
 */
record Philox(long seed, long offset) {
  /** The bytes of PyTorch's {@code get_state} of such a generator: both numbers. */
  static final int STATE_BYTES = 2 * Long.BYTES;

  /** Numbers come four at a time. */
  private static final long BLOCK = 4;

  /** Returns the state of a new generator. */
  static Storage create(long seed) {
    Storage state = Storage.allocate(STATE_BYTES);
    state.escape();
    new Philox(seed, 0).write(state);
    return state;
  }

  static synchronized Philox read(Storage state) {
    MemorySegment memory = RawMemory.of(state);
    return new Philox(
        memory.get(ValueLayout.JAVA_LONG, 0), memory.get(ValueLayout.JAVA_LONG, Long.BYTES));
  }

  /**
   * Reads what {@link #export} wrote, or PyTorch's {@code get_state}.
   *
   * @throws IllegalArgumentException if no generator is in such a state
   */
  static Philox exported(MemorySegment bytes) {
    long offset = bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, Long.BYTES);
    if (offset < 0 || offset % BLOCK != 0) {
      throw new IllegalArgumentException(
          "setState: the offset of a generator of cuda is a multiple of 4, not " + offset);
    }
    return new Philox(bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, 0), offset);
  }

  void export(MemorySegment bytes) {
    bytes.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, seed);
    bytes.set(ValueLayout.JAVA_LONG_UNALIGNED, Long.BYTES, offset);
  }

  void write(Storage state) {
    write(this, state);
  }

  // Graphs take numbers when they are replayed, without the generator's lock: hence this one.

  private static synchronized void write(Philox philox, Storage state) {
    MemorySegment memory = RawMemory.of(state);
    memory.set(ValueLayout.JAVA_LONG, 0, philox.seed);
    memory.set(ValueLayout.JAVA_LONG, Long.BYTES, philox.offset);
  }

  /**
   * Takes numbers for a launch: returns the state that it begins with.
   *
   * @param count how many 32-bit numbers each thread uses at most
   */
  static synchronized Philox take(Storage state, long count) {
    Philox before = read(state);
    new Philox(before.seed, before.offset + Math.ceilDiv(count, BLOCK) * BLOCK).write(state);
    return before;
  }
}
