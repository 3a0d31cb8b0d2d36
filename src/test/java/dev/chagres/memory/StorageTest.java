package dev.chagres.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.Device;
import dev.chagres.memory.raw.RawMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StorageTest {
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

  @ParameterizedTest
  @ValueSource(
      longs = {
        0,
        1,
        63,
        64,
        65,
        1000,
        1024,
        1025,
        4097,
        65536,
        65537,
        262_145,
        5_000_000,
        40_000_001
      })
  void everySizeIsExactAlignedAndWritable(long bytes) {
    Storage storage = Storage.allocate(bytes);
    assertEquals(bytes, storage.byteSize());
    assertEquals(bytes, storage.segment().byteSize());
    assertEquals(0, storage.segment().address() % 64);
    assertEquals(Device.cpu(), storage.device());
    storage.segment().fill((byte) 7);
    if (bytes > 0) {
      assertEquals(7, storage.segment().get(BYTE, 0));
      assertEquals(7, storage.segment().get(BYTE, bytes - 1));
    }
    assertThrows(IndexOutOfBoundsException.class, () -> storage.segment().get(BYTE, bytes));
    storage.free();
  }

  @Test
  void theSegmentIsMadeOnce() {
    Storage storage = Storage.allocate(100);
    assertSame(storage.segment(), storage.segment());
    storage.free();
  }

  @Test
  void aNegativeSizeIsRefused() {
    var e = assertThrows(IllegalArgumentException.class, () -> Storage.allocate(-1));
    assertEquals("a storage cannot have -1 bytes", e.getMessage());
  }

  @Test
  void aSizeBeyondAnyMachineIsOutOfMemoryAndNotOverflow() {
    assertThrows(OutOfMemoryException.class, () -> Storage.allocate(Long.MAX_VALUE));
    assertThrows(OutOfMemoryException.class, () -> Storage.allocate(SizeClasses.LARGEST));
  }

  @ParameterizedTest
  @ValueSource(longs = {16, 100_000, 9_000_000})
  void freedMemoryIsUsedAgain(long bytes) {
    var pool = new Pool(new HostAllocator(), 1L << 30);
    Storage first = Storage.allocate(pool, bytes);
    long address = first.segment().address();
    first.free();
    Storage second = Storage.allocate(pool, bytes);
    assertEquals(address, second.segment().address());
    second.free();
  }

  @Test
  void useAfterFreeSaysWhere() {
    var pool = new Pool(new HostAllocator(), 1L << 30);
    Storage storage = Storage.allocate(pool, 48);
    storage.free();
    assertTrue(storage.isFreed());
    var e = assertThrows(IllegalStateException.class, storage::segment);
    assertTrue(e.getMessage().contains("48 bytes on cpu was freed at "), e.getMessage());
    assertTrue(
        e.getMessage().contains("StorageTest.useAfterFreeSaysWhere(StorageTest.java:"),
        e.getMessage());
    assertThrows(IllegalStateException.class, storage::expose);
  }

  @Test
  void aSecondFreeDoesNothing() {
    var pool = new Pool(new HostAllocator(), 1L << 30);
    Storage first = Storage.allocate(pool, 64);
    first.free();
    Storage second = Storage.allocate(pool, 64);
    first.free();
    assertFalse(second.isFreed());
    Storage third = Storage.allocate(pool, 64);
    assertFalse(second.segment().address() == third.segment().address());
    assertEquals(2, pool.stats().liveStorages());
    second.free();
    third.free();
    assertEquals(0, pool.stats().liveStorages());
  }

  @Test
  void neighboursOfAFreedStorageStay() {
    var pool = new Pool(new HostAllocator(), 1L << 30);
    var all = new Storage[50];
    for (int i = 0; i < all.length; i++) {
      all[i] = Storage.allocate(pool, 64);
      all[i].segment().fill((byte) i);
    }
    for (int i = 0; i < all.length; i += 2) {
      all[i].free();
    }
    for (int i = 0; i < all.length; i++) {
      Storage storage = all[i];
      if (i % 2 == 0) {
        assertThrows(IllegalStateException.class, storage::segment);
      } else {
        assertEquals(i, storage.segment().get(BYTE, 63));
        storage.free();
      }
    }
    assertEquals(0, pool.stats().liveBytes());
  }

  @Test
  void theVersionCountsAnnouncedChanges() {
    Storage storage = Storage.allocate(8);
    assertEquals(0, storage.version());
    RawMemory.bumpVersion(storage);
    RawMemory.bumpVersion(storage);
    assertEquals(2, storage.version());
    storage.free();
  }

  // ---- exposed segments

  @Test
  void anExposedSegmentDiesWithItsStorage() {
    Storage storage = Storage.allocate(32);
    MemorySegment segment = storage.expose();
    assertSame(segment, storage.expose());
    segment.set(ValueLayout.JAVA_FLOAT, 4, 1.5f);
    assertEquals(1.5f, storage.segment().get(ValueLayout.JAVA_FLOAT, 4));
    assertEquals(32, segment.byteSize());
    MemorySegment slice = segment.asSlice(8, 8);
    storage.free();
    assertThrows(IllegalStateException.class, () -> segment.get(BYTE, 0));
    assertThrows(IllegalStateException.class, () -> slice.set(BYTE, 0, (byte) 1));
  }

  @Test
  void anExposedSegmentDiesWithTheScope() {
    MemorySegment segment;
    try (var _ = Scope.open()) {
      Storage.allocate(32);
      segment = Storage.allocate(32).expose();
      segment.fill((byte) 1);
    }
    assertThrows(IllegalStateException.class, () -> segment.get(BYTE, 0));
  }

  @Test
  void anExposedSegmentSurvivesAnEscapeAndStillDiesWithItsStorage() {
    Storage storage;
    MemorySegment segment;
    try (var _ = Scope.open()) {
      storage = Storage.allocate(32);
      segment = storage.expose();
      segment.set(BYTE, 3, (byte) 9);
      storage.escape();
    }
    assertEquals(9, segment.get(BYTE, 3));
    storage.free();
    assertThrows(IllegalStateException.class, () -> segment.get(BYTE, 3));
  }

  @Test
  void memoryInsideANativeCallIsNotFreed() {
    Storage storage = Storage.allocate(64);
    MemorySegment segment = storage.expose();
    try (Arena user = Arena.ofConfined()) {
      // What a native call does with a segment of a shared arena for as long as it runs.
      Acquired.during(segment, () -> assertThrows(IllegalStateException.class, storage::free));
      assertTrue(user.scope().isAlive());
    }
    assertFalse(storage.isFreed());
    segment.fill((byte) 3);
    storage.free();
    assertTrue(storage.isFreed());
  }

  // ---- wrapped segments

  @Test
  void aWrappedSegmentIsTheCallersMemory() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment mine = arena.allocate(16);
      Storage storage = Storage.wrap(mine);
      assertEquals(mine.address(), storage.segment().address());
      assertEquals(16, storage.segment().byteSize());
      assertSame(mine, storage.expose());
      assertEquals(16, storage.byteSize());
      assertEquals(Device.cpu(), storage.device());
      storage.free();
      assertTrue(storage.isFreed());
      assertThrows(IllegalStateException.class, storage::segment);
      mine.fill((byte) 1);
    }
  }

  @Test
  void aWrappedSegmentOfAClosedArenaThrows() {
    Storage storage;
    try (Arena arena = Arena.ofShared()) {
      storage = Storage.wrap(arena.allocate(16));
      storage.segment();
    }
    var e = assertThrows(IllegalStateException.class, storage::segment);
    assertTrue(e.getMessage().contains("the arena of the wrapped segment of 16 bytes is closed"));
  }

  @Test
  void aConfinedSegmentStaysOnItsThread() throws InterruptedException {
    try (Arena arena = Arena.ofConfined()) {
      Storage storage = Storage.wrap(arena.allocate(16));
      Throwable thrown = Threads.failureOf(storage::segment);
      assertEquals(WrongThreadException.class, thrown.getClass());
    }
  }

  @Test
  void aHeapSegmentIsRefused() {
    MemorySegment heap = MemorySegment.ofArray(new float[4]);
    assertThrows(IllegalArgumentException.class, () -> Storage.wrap(heap));
  }

  @Test
  void aScopeLeavesWrappedSegmentsAlone() {
    try (Arena arena = Arena.ofConfined()) {
      Storage storage;
      try (var scope = Scope.open()) {
        storage = Storage.wrap(arena.allocate(8));
        assertSame(storage, scope.keep(storage));
      }
      storage.escape();
      assertFalse(storage.isFreed());
    }
  }

  @Test
  void aMappedFileCanBeReadButNotChanged(@TempDir Path folder) throws Exception {
    Path file = Files.write(folder.resolve("data"), new byte[] {1, 2, 3, 4});
    try (Arena arena = Arena.ofShared();
        var channel = FileChannel.open(file)) {
      Storage storage = Storage.wrap(channel.map(FileChannel.MapMode.READ_ONLY, 0, 4, arena));
      assertTrue(storage.isReadOnly());
      assertArrayEquals(new byte[] {1, 2, 3, 4}, storage.segment().toArray(BYTE));
      assertThrows(IllegalStateException.class, () -> RawMemory.bumpVersion(storage));
    }
  }
}
