package dev.chagres.memory;

/**
 * What the storages of one {@link Lease} hold in common: as long as one of them is reachable it is,
 * and when it no longer is the collector reports the lease.
 */
final class Anchor {
  final Lease lease;

  /** Begins a lease of up to that many blocks of one size class. */
  Anchor(Pool pool, int sizeClass, int slots) {
    lease = new Lease(this, pool, sizeClass, slots);
  }
}
