package dev.chagres.distributed;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What ranks tell each other beside their work. */
interface Contact {
  /** Tells those of other processes why all end. */
  void abort(String why);

  /** Tells what a rank has called last. */
  void tell(int rank, String latest);

  /** Returns what a rank has told, or null. */
  @Nullable String latest(int rank);

  /** Returns who called something else at a place than a rank does, and what; null if nobody. */
  @Nullable String differing(String where, int parties, int rank, String call);

  /** Of ranks that are all in this process. */
  final class Near implements Contact {
    private final Agreement agreement = new Agreement();
    private final Map<Integer, String> told = new ConcurrentHashMap<>();

    @Override
    public void abort(String why) {
      // There are no others.
    }

    @Override
    public void tell(int rank, String latest) {
      told.put(rank, latest);
    }

    @Override
    public @Nullable String latest(int rank) {
      return told.get(rank);
    }

    @Override
    public @Nullable String differing(String where, int parties, int rank, String call) {
      return agreement.differing(where, parties, rank, call);
    }
  }
}
