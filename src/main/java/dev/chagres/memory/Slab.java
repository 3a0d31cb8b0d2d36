package dev.chagres.memory;

/** One piece of memory from the allocator, cut into blocks of one size class as they are needed. */
final class Slab {
  final int sizeClass;
  final long address;
  final long bytes;

  /** The position in the centre's list of slabs. */
  int index;

  /** How many blocks were cut so far. */
  int cut;

  /** How many of those lie in the centre. */
  int free;

  /** When the centre last had to do with it, in its own count. */
  long lastUse;

  /** Whether it went back to the allocator. */
  boolean released;

  Slab(int sizeClass, long address, long bytes) {
    this.sizeClass = sizeClass;
    this.address = address;
    this.bytes = bytes;
  }

  boolean isIdle() {
    return free == cut;
  }

  boolean canCut() {
    return (cut + 1) * SizeClasses.capacity(sizeClass) <= bytes;
  }

  /** Cuts the next block and returns its address. */
  long cut() {
    return address + cut++ * SizeClasses.capacity(sizeClass);
  }
}
