package dev.chagres.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ApartTest {
  private static final long MIB = 1 << 20;

  @Test
  void aStorageHasAPieceOfItsOwnLength() {
    var memory = new PoolTest.Imaginary();
    var apart = new Apart(memory);
    long slab = apart.allocate(MIB);
    long first = apart.view(slab, 10).address();
    long second = apart.view(slab + 64, 24).address();
    assertEquals(Map.of(slab, MIB, first, 10L, second, 24L), memory.taken);
    long again = apart.view(slab, 20).address();
    assertNotEquals(first, again);
    assertEquals(Map.of(slab, MIB, again, 20L, second, 24L), memory.taken, "its block's next one");
    apart.recut(slab, MIB);
    assertEquals(Map.of(slab, MIB), memory.taken);
    apart.view(slab + 128, 7);
    apart.free(slab, MIB);
    assertEquals(Map.of(), memory.taken);
  }

  @Test
  void whereThereIsNoMoreThePoolsOwnIsUsed() {
    var memory = new PoolTest.Imaginary();
    var apart = new Apart(memory);
    long slab = apart.allocate(MIB);
    memory.available = 9;
    assertEquals(slab, apart.view(slab, 10).address());
    apart.free(slab, MIB);
    assertTrue(memory.taken.isEmpty());
  }

  @Test
  void aPoolOverItGivesAllBack() {
    var memory = new PoolTest.Imaginary();
    var pool = new Pool(new Apart(memory), 64 * MIB);
    List<Storage> all = new ArrayList<>();
    for (long bytes : new long[] {0, 1, 100, 5_000, 70_000, 3 * MIB}) {
      all.add(pool.allocate(bytes, null));
      assertTrue(memory.taken.containsValue(Math.max(1, bytes)), () -> "a piece of " + bytes);
    }
    all.forEach(Storage::free);
    assertFalse(memory.taken.isEmpty(), "the pool keeps what it has");
    pool.emptyCache();
    assertEquals(Map.of(), memory.taken);
  }
}
