package dev.chagres.memory.raw;

import java.util.function.LongSupplier;

/**
 * One of the sequences in which a device does its work, a stream. A block of memory belongs to the
 * lane in which it was first made, and is reused in that lane's order without waiting; one that
 * another lane has used as well is reused when that lane has come so far.
 */
public interface Lane {
  /** Returns its number on its device; 0 is the one that there is from the start. */
  int index();

  /** Marks the end of the work that the lane has been given so far. */
  Mark mark();

  /**
   * Tells whether all memory that was allocated in it stays as it is, given neither to the device
   * nor to other lanes: work that was put together once uses it whenever it is done again.
   */
  default boolean isKept() {
    return false;
  }

  /** Is told, when it is first given memory, what tells how many bytes of that are in use. */
  default void countsMemory(LongSupplier bytesInUse) {}

  /** A point in a lane's work; closed once, by the one who asked for it. */
  interface Mark extends AutoCloseable {
    /** Tells whether the work before it is done. */
    boolean isDone();

    /** Tells whether waiting for it makes sense: not if only the program can bring it about. */
    default boolean isAwaitable() {
      return true;
    }

    /** Waits until the work before it is done. */
    void await();

    @Override
    void close();
  }
}
