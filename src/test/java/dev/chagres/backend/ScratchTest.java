package dev.chagres.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScratchTest {

  @Test
  void aScratchIsAsLargeAsAskedAndAligned() {
    for (long bytes : new long[] {0, 1, 100, 4096, 4097, 100_000}) {
      try (var scratch = Scratch.take(bytes)) {
        assertTrue(scratch.segment().byteSize() >= bytes);
        assertEquals(0, scratch.segment().address() % 64);
        scratch.segment().fill((byte) 1);
      }
    }
    assertThrows(IllegalArgumentException.class, () -> Scratch.take(-1));
  }

  @Test
  void itsPartsEndWithIt() {
    try (var scratch = Scratch.take(4096)) {
      scratch.allocate(4000, 1);
      assertThrows(IndexOutOfBoundsException.class, () -> scratch.allocate(100, 1));
    }
  }

  @Test
  void closingTwiceDoesNotGiveAnothersAway() {
    Scratch first = Scratch.take(10);
    long address = first.segment().address();
    first.close();
    Scratch second = Scratch.take(10);
    assertEquals(address, second.segment().address());
    first.close();
    Scratch third = Scratch.take(10);
    assertFalse(third.segment().address() == address);
    second.close();
    third.close();
  }

  @Test
  void deepNestingUsesThePool() {
    List<Scratch> all = new ArrayList<>();
    long live = Memory.stats().liveStorages();
    try (var _ = Scope.open()) {
      for (int i = 0; i < 20; i++) {
        all.add(Scratch.take(100));
      }
    }
    assertEquals(20, all.stream().mapToLong(each -> each.segment().address()).distinct().count());
    all.forEach(each -> each.segment().fill((byte) 1));
    all.forEach(Scratch::close);
    assertTrue(Memory.stats().liveStorages() <= live);
  }
}
