package dev.chagres.memory;

import dev.chagres.check.Place;
import dev.chagres.memory.raw.Lane;
import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The hold of one storage, or of a few small ones made one after the other, on their blocks.
 * Sharing makes the collector's work per storage small; its price is that an unreachable small
 * storage, outside a scope, waits for its neighbours.
 *
 * <p>Each storage has one slot and each slot ends once, by an atomic bit. A lease of which all
 * slots have ended is taken off the pool's register, and then means nothing to the collector.
 */
final class Lease extends WeakReference<Anchor> {
  private static final VarHandle ENDED;

  static {
    try {
      ENDED = MethodHandles.lookup().findVarHandle(Lease.class, "ended", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final Pool pool;

  /** The scope that ends it. */
  @Nullable Scope scope;

  /** Where it stands in that scope's list. */
  int scopeIndex;

  /** The stripe that registers it, and where it stands there. */
  @Nullable Stripe stripe;

  int registerIndex;

  final int sizeClass;

  /** The number of each slot's block, plus one; 0 is a slot without. */
  private final int[] blocks;

  /** How many slots have a block, and how many of these a storage. */
  private int stocked;

  private int used;
  private int ended;
  private @Nullable Place @Nullable [] origins;
  private volatile @Nullable Exposed exposed;

  /**
   * A segment in the user's hands; weak, because it keeps the storage alive and not the other way
   * round.
   */
  private record Exposed(int bit, WeakReference<Arena> arena, @Nullable Exposed next) {}

  private volatile @Nullable Use uses;

  private record Use(int bit, Lane lane, @Nullable Use next) {}

  Lease(Anchor anchor, Pool pool, int sizeClass, int slots) {
    super(anchor, pool.unreachable());
    this.pool = pool;
    this.sizeClass = sizeClass;
    blocks = new int[slots];
  }

  // ---- slots: taken by one thread at a time

  /** Gives the next slot a block, for a storage to come. */
  void stock(int block) {
    blocks[stocked++] = block + 1;
  }

  /** Tells whether there is a block for the next storage. */
  boolean isStocked() {
    return used < stocked;
  }

  /** Takes the next slot, which has a block, and returns its bit. */
  int take() {
    return 1 << used++;
  }

  /** Takes the next slot for a block and returns its bit. */
  int add(int block) {
    stock(block);
    return take();
  }

  boolean isFull() {
    return used == blocks.length;
  }

  /** Tells whether a storage took this slot. */
  boolean isTaken(int bit) {
    return bit < 1 << used;
  }

  /** Returns how many blocks wait for storages. */
  int waiting() {
    return Integer.bitCount(live((1 << stocked) - 1 & -(1 << used)));
  }

  /** Returns how many blocks to get at once: as many as there were storages so far. */
  int wanted() {
    return Math.clamp(stocked, 1, blocks.length - stocked);
  }

  /** Tells whether one storage has the lease for itself. */
  boolean isSolo() {
    return blocks.length == 1;
  }

  /** Returns the bits of all slots, taken or not. */
  int all() {
    return (1 << blocks.length) - 1;
  }

  /** Returns the number of a slot's block, or -1 if it has none. */
  int block(int bit) {
    return blocks[Integer.numberOfTrailingZeros(bit)] - 1;
  }

  // ---- the end

  boolean hasEnded(int bit) {
    return (ended & bit) != 0;
  }

  boolean hasEnded() {
    return ended == all();
  }

  /** Returns those of these slots that have not ended. */
  int live(int bits) {
    return bits & ~ended;
  }

  /** Ends these slots and returns which of all had ended before: the caller ended the others. */
  int end(int bits) {
    return (int) ENDED.getAndBitwiseOr(this, bits);
  }

  // ---- segments in the user's hands

  synchronized void expose(int bit, Arena arena) {
    exposed = new Exposed(bit, new WeakReference<>(arena), exposed);
  }

  /**
   * Makes the segments of these slots inaccessible and returns the slots whose segment is inside a
   * native call.
   */
  int closeExposed(int bits) {
    int busy = 0;
    for (Exposed each = exposed; each != null; each = each.next) {
      Arena arena = (each.bit & bits) == 0 ? null : each.arena.get();
      if (arena != null && arena.scope().isAlive()) {
        try {
          arena.close();
        } catch (IllegalStateException inUse) {
          busy |= each.bit;
        }
      }
    }
    return busy;
  }

  // ---- lanes

  /** Notes that work of another lane uses a slot's block. */
  synchronized void use(int bit, Lane lane) {
    for (Use each = uses; each != null; each = each.next) {
      if (each.bit == bit && each.lane.equals(lane)) {
        return;
      }
    }
    uses = new Use(bit, lane, uses);
  }

  /** Returns those of these slots whose blocks other lanes use. */
  int used(int bits) {
    int used = 0;
    for (Use each = uses; each != null; each = each.next) {
      used |= each.bit & bits;
    }
    return used;
  }

  /** Returns the other lanes that use the blocks of these slots. */
  List<Lane> users(int bits) {
    List<Lane> users = new ArrayList<>();
    for (Use each = uses; each != null; each = each.next) {
      if ((each.bit & bits) != 0 && !users.contains(each.lane)) {
        users.add(each.lane);
      }
    }
    return users;
  }

  // ---- tracing

  synchronized void trace(int bit, @Nullable Place origin) {
    if (origins == null) {
      if (origin == null) {
        return;
      }
      origins = new Place[blocks.length];
    }
    origins[Integer.numberOfTrailingZeros(bit)] = origin;
  }

  @Nullable Place origin(int bit) {
    return origins == null ? null : origins[Integer.numberOfTrailingZeros(bit)];
  }
}
