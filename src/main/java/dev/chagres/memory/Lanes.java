package dev.chagres.memory;

import dev.chagres.memory.raw.Allocator;
import dev.chagres.memory.raw.Lane;
import java.lang.ref.ReferenceQueue;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The pools of one device, one for each lane that was given memory, and what they share. The first
 * is there from the start.
 */
final class Lanes {
  /** For a pool that belongs to no lane: whoever uses its memory is another one. */
  static final int NONE = -1;

  final Budget budget;
  final ReferenceQueue<Object> unreachable = new ReferenceQueue<>();

  /** By the lanes' numbers, the first of them in any case at 0. */
  private volatile @Nullable Pool[] pools = new Pool[0];

  Lanes(long limit) {
    budget = new Budget(limit);
  }

  /** For the constructor of a pool. */
  synchronized void add(Pool pool) {
    int at = Math.max(0, pool.lane());
    @Nullable Pool[] more = Arrays.copyOf(pools, Math.max(pools.length, at + 1));
    more[at] = pool;
    pools = more;
  }

  /** Returns the pool of a lane, made if it must be. */
  Pool pool(Allocator allocator, Lane lane) {
    Pool found = find(lane.index());
    return found != null ? found : make(allocator, lane);
  }

  private @Nullable Pool find(int lane) {
    @Nullable Pool[] all = pools;
    return lane < all.length ? all[lane] : null;
  }

  private synchronized Pool make(Allocator allocator, Lane lane) {
    Pool found = find(lane.index());
    return found != null ? found : new Pool(allocator, this, lane);
  }

  void forEach(Consumer<Pool> action) {
    for (Pool pool : pools) {
      if (pool != null) {
        action.accept(pool);
      }
    }
  }
}
