package dev.chagres.backend.cpu;

import dev.chagres.backend.ElementwiseOp;

/**
 * How many elements make a piece of work worth handing to another thread: about 15 µs of it. Waking
 * a parked worker takes up to 50 µs in which the caller goes on alone, so less would be lost time,
 * and more would leave threads idle. To workers that are awake {@link WorkerTeam} gives less.
 */
final class Grain {
  /** Copies and other moves, which wait for memory. */
  static final long MOVE = 1 << 17;

  /** Elements that positions name one by one. */
  static final long PICK = 1 << 15;

  private Grain() {}

  /** Returns how many positions of {@code each} elements hold a grain: at least one. */
  static long positions(long grain, long each) {
    return Math.max(1, Math.ceilDiv(grain, Math.max(1, each)));
  }

  /** The same for work that a {@code long} may not hold. */
  static long positions(double grain, double each) {
    return (long) Math.max(1, Math.ceil(grain / Math.max(1, each)));
  }

  static long of(ElementwiseOp op) {
    return switch (op.cost()) {
      case CHEAP -> 1 << 17;
      case MEDIUM -> 1 << 15;
      case COSTLY -> 1 << 13;
    };
  }
}
