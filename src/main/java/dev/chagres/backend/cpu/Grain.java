package dev.chagres.backend.cpu;

import dev.chagres.backend.ElementwiseOp;

/**
 * How many elements make a piece of work worth handing to another thread: about 4 µs of it. A
 * worker that is awake begins within a microsecond, so less would be lost time, and more would
 * leave threads idle; whether one that sleeps is woken is for {@link WorkerTeam} to say.
 */
final class Grain {
  /** Copies and other moves, which wait for memory. */
  static final long MOVE = 1 << 15;

  private Grain() {}

  static long of(ElementwiseOp op) {
    return switch (op.cost()) {
      case CHEAP -> 1 << 15;
      case MEDIUM -> 1 << 13;
      case COSTLY -> 1 << 11;
    };
  }
}
