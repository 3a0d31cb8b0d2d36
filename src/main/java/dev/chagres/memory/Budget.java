package dev.chagres.memory;

import java.util.concurrent.locks.ReentrantLock;

/** What the pools of a device's lanes share: the lock of their centres, and one account. */
final class Budget {
  /** Held for every access, and for calls of the allocator. */
  final ReentrantLock lock = new ReentrantLock();

  long limit;

  /** Bytes that the pools have from the allocator. */
  long reserved;

  /** Bytes that storages have, and the most that they ever had. */
  long live;

  long peak;

  Budget(long limit) {
    this.limit = limit;
  }
}
