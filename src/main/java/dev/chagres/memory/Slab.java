package dev.chagres.memory;

import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One piece of memory from the allocator, cut into blocks of one size class as they are needed.
 * While none of them is in use another class may take it over. The numbers of blocks that lie here
 * are kept here, so that this takes no search among those of other slabs.
 */
final class Slab {
  final long address;
  final long bytes;

  /** Its place among the slabs of its class that have a block to give. */
  final Link open = new Link(this);

  /** Its place among the slabs without a block in use. */
  final Link idle = new Link(this);

  /** When it was last given a block, in the centre's own count. */
  long lastUse;

  private int sizeClass;

  /** How many blocks were cut so far. */
  private int cut;

  /** Those of them that are not in use. */
  private final Numbers free = new Numbers();

  Slab(int sizeClass, long address, long bytes) {
    this.sizeClass = sizeClass;
    this.address = address;
    this.bytes = bytes;
  }

  int sizeClass() {
    return sizeClass;
  }

  boolean isIdle() {
    return free.size() == cut;
  }

  /** Tells whether it has a block to give. */
  boolean isOpen() {
    return !free.isEmpty() || canCut();
  }

  private boolean canCut() {
    return (cut + 1) * SizeClasses.capacity(sizeClass) <= bytes;
  }

  /** Returns the number of a block that was cut before and is not in use, or -1. */
  int take() {
    return free.isEmpty() ? -1 : free.pop();
  }

  /** Cuts the next block, which is in use then, and returns its address. */
  long cut() {
    return address + cut++ * SizeClasses.capacity(sizeClass);
  }

  void give(int id) {
    free.push(id);
  }

  /** Forgets all blocks; none of them is in use. */
  void clear(IntConsumer forgotten) {
    while (!free.isEmpty()) {
      forgotten.accept(free.pop());
    }
    cut = 0;
  }

  /** Whether blocks of a class fill it but for a quarter. */
  boolean fits(int wanted) {
    long capacity = SizeClasses.capacity(wanted);
    return capacity <= bytes && bytes % capacity <= bytes / 4;
  }

  /** Lets it be cut into blocks of another class, when it has none. */
  void devote(int wanted) {
    sizeClass = wanted;
  }

  /** A place in a {@link Chain}. */
  static final class Link {
    final Slab slab;
    private @Nullable Link before;
    private @Nullable Link after;

    private Link(Slab slab) {
      this.slab = slab;
    }

    /** Returns the next slab's place. */
    @Nullable Link after() {
      return after;
    }
  }

  /** Slabs in an order, any of which leaves in a few steps. */
  static final class Chain {
    private @Nullable Link first;
    private @Nullable Link last;

    @Nullable Link first() {
      return first;
    }

    void addFirst(Link link) {
      Link next = first;
      link.after = next;
      first = link;
      if (next == null) {
        last = link;
      } else {
        next.before = link;
      }
    }

    void addLast(Link link) {
      Link previous = last;
      link.before = previous;
      last = link;
      if (previous == null) {
        first = link;
      } else {
        previous.after = link;
      }
    }

    void remove(Link link) {
      Link previous = link.before;
      Link next = link.after;
      if (previous == null) {
        first = next;
      } else {
        previous.after = next;
      }
      if (next == null) {
        last = previous;
      } else {
        next.before = previous;
      }
      link.before = null;
      link.after = null;
    }
  }
}
