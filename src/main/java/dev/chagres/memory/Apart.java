package dev.chagres.memory;

import dev.chagres.core.Device;
import dev.chagres.memory.raw.Allocator;
import dev.chagres.memory.raw.Lane;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An allocator's memory, of which every storage has a piece of its own, of just its length: a tool
 * that watches a driver's allocations, such as {@code compute-sanitizer}, then sees what reaches
 * beyond an array, which the pool's large pieces hide. The pool's own pieces stay unused beside
 * them, so that it takes twice the memory. For tests of the kernels.
 */
final class Apart implements Allocator {
  /** The system property that asks for it, for the memory of GPUs. */
  static final String DEVICE_PROPERTY = "chagres.memory.apart.device";

  private final Allocator memory;

  /** The piece of the last storage at each address of the pool. */
  private final TreeMap<Long, Piece> pieces = new TreeMap<>();

  private record Piece(long address, long bytes) {}

  Apart(Allocator memory) {
    this.memory = memory;
  }

  @Override
  public Device device() {
    return memory.device();
  }

  @Override
  public synchronized long allocate(long bytes) {
    return memory.allocate(bytes);
  }

  @Override
  public synchronized void free(long address, long bytes) {
    forget(address, bytes);
    memory.free(address, bytes);
  }

  @Override
  public synchronized void recut(long address, long bytes) {
    forget(address, bytes);
    memory.recut(address, bytes);
  }

  @Override
  public synchronized MemorySegment view(long address, long bytes) {
    forget(address, 1);
    long length = Math.max(1, bytes);
    long own = memory.allocate(length);
    if (own == 0) {
      return memory.view(address, bytes);
    }
    pieces.put(address, new Piece(own, length));
    return memory.view(own, bytes);
  }

  private void forget(long address, long bytes) {
    var within = pieces.subMap(address, address + bytes);
    List<Piece> ended = new ArrayList<>(within.values());
    within.clear();
    ended.forEach(piece -> memory.free(piece.address, piece.bytes));
  }

  @Override
  public @Nullable Lane lane() {
    return memory.lane();
  }

  @Override
  public long capacity() {
    return memory.capacity();
  }

  @Override
  public long unused() {
    return memory.unused();
  }
}
