package dev.chagres.distributed;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether ranks call the same: who comes first to a place among the calls says what is called
 * there, and nobody waits. A place to which all have come is forgotten.
 */
final class Agreement {
  private final Map<String, Meeting> open = new HashMap<>();

  private static final class Meeting {
    final int first;
    final String call;
    int come;

    Meeting(int first, String call) {
      this.first = first;
      this.call = call;
    }
  }

  /**
   * Notes what a rank calls at a place to which so many come. Returns who was there first with
   * something else, and what; null if nobody was.
   */
  synchronized @Nullable String differing(String where, int parties, int rank, String call) {
    Meeting meeting = open.computeIfAbsent(where, _ -> new Meeting(rank, call));
    if (++meeting.come == parties) {
      open.remove(where);
    }
    return meeting.call.equals(call) ? null : "rank " + meeting.first + " has " + meeting.call;
  }
}
