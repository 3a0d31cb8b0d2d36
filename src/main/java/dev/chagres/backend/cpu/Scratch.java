package dev.chagres.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Small pieces of native memory for the arguments of one call: dimensions, strides, an index to
 * report. A few are kept and handed from call to call; more callers than that get new ones, which
 * the garbage collector takes back.
 */
final class Scratch {
  /** Bytes of a piece: 64 sizes and the strides of four operands. */
  static final long BYTES = 5 * 64 * Long.BYTES;

  private static final int KEPT = 16;
  private static final AtomicReferenceArray<MemorySegment> FREE = new AtomicReferenceArray<>(KEPT);

  private Scratch() {}

  /** Returns a piece with undefined content, for this caller alone until it is given back. */
  static MemorySegment take() {
    MemorySegment piece = FREE.getAndSet(slot(), null);
    return piece != null ? piece : Arena.ofAuto().allocate(BYTES, 64);
  }

  static void give(MemorySegment piece) {
    FREE.setRelease(slot(), piece);
  }

  /** Returns a slot that threads of neighbouring numbers do not share, so that they rarely meet. */
  private static int slot() {
    return (int) Thread.currentThread().threadId() & KEPT - 1;
  }
}
