package dev.chagres.memory.raw;

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

  /** A point in a lane's work; closed once, by the one who asked for it. */
  interface Mark extends AutoCloseable {
    /** Tells whether the work before it is done. */
    boolean isDone();

    /** Waits until the work before it is done. */
    void await();

    @Override
    void close();
  }
}
