package dev.chagres.memory;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What the pools of a device's lanes share: the lock of their centres, one account, and whose turn
 * it is to make room.
 */
final class Budget {
  /** Held for every access to what is not volatile, and for calls of the allocator. */
  final ReentrantLock lock = new ReentrantLock();

  /** Held by the thread that makes room at the limit; fair, so that none of them starves. */
  final ReentrantLock turn = new ReentrantLock(true);

  /** Whether the thread whose turn it is has made room that it has not taken yet. */
  volatile boolean claimed;

  long limit;

  /** Bytes that the pools have from the allocator. */
  long reserved;

  /** Bytes that storages have, as each centre noted it last, and the most that they ever had. */
  long live;

  long peak;

  /** The centres that share this. */
  final List<Center> centers = new ArrayList<>();

  Budget(long limit) {
    this.limit = limit;
  }
}
