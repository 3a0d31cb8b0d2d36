package dev.chagres.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScopeTest {

  @ParameterizedTest
  @ValueSource(longs = {0, 4, 3000, 70_000, 1_000_000})
  void closingFreesWhatWasMadeInside(long bytes) {
    List<Storage> made = new ArrayList<>();
    Storage before = Storage.allocate(bytes);
    try (var _ = Scope.open()) {
      for (int i = 0; i < 100; i++) {
        made.add(Storage.allocate(bytes));
      }
    }
    Storage after = Storage.allocate(bytes);
    assertTrue(made.stream().allMatch(Storage::isFreed));
    assertFalse(before.isFreed());
    assertFalse(after.isFreed());
    before.free();
    after.free();
  }

  /** Lets the places where scopes close be recorded again after a test that closed many. */
  @BeforeEach
  void pause() throws InterruptedException {
    Thread.sleep(2);
  }

  @Test
  void useAfterCloseSaysWhereAndOnWhichThread() {
    Storage storage;
    try (var _ = Scope.open()) {
      storage = Storage.allocate(12);
    }
    var e = assertThrows(IllegalStateException.class, storage::segment);
    String text = e.getMessage();
    assertTrue(
        text.startsWith(
            "use after close: this storage of 12 bytes on cpu was closed with its Scope at "),
        text);
    assertTrue(
        text.contains("ScopeTest.useAfterCloseSaysWhereAndOnWhichThread(ScopeTest.java:"), text);
    assertTrue(text.contains("(thread " + Thread.currentThread().getName() + ")"), text);
    assertTrue(text.contains("scope.keep(x)"), text);
    assertTrue(text.contains("Scope.escape(x)"), text);
  }

  @Test
  void closingTwiceIsHarmless() {
    Scope outer = Scope.open();
    Scope scope = Scope.open();
    scope.close();
    Storage storage = Storage.allocate(4);
    scope.close();
    assertFalse(storage.isFreed());
    outer.close();
    assertTrue(storage.isFreed());
  }

  @Test
  void closingOnAnotherThreadFreesNothing() throws InterruptedException {
    try (var scope = Scope.open()) {
      Storage storage = Storage.allocate(4);
      for (Threads.Body body : List.<Threads.Body>of(scope::close, () -> scope.keep(storage))) {
        Throwable thrown = Threads.failureOf(body);
        assertEquals(IllegalStateException.class, thrown.getClass());
        assertTrue(
            thrown.getMessage().contains("this scope was opened by " + Thread.currentThread()));
        assertTrue(thrown.getMessage().contains("other"));
      }
      assertFalse(storage.isFreed());
    }
  }

  @Test
  void openScopesInsideAreClosedFirst() {
    Scope outer = Scope.open();
    Storage a = Storage.allocate(4);
    Scope inner = Scope.open();
    Storage b = Storage.allocate(4);
    Scope innermost = Scope.open();
    Storage c = Storage.allocate(4);
    outer.close();
    assertTrue(a.isFreed() && b.isFreed() && c.isFreed());
    innermost.close();
    inner.close();
    Storage free = Storage.allocate(4);
    assertNull(Scope.current());
    assertFalse(free.isFreed());
    free.free();
  }

  @Test
  void whatIsKeptMovesToTheEnclosingScope() {
    Storage a;
    Storage b;
    try (var _ = Scope.open()) {
      try (var inner = Scope.open()) {
        Storage.allocate(8);
        a = inner.keep(Storage.allocate(8));
        b = Storage.allocate(8);
        Storage.allocate(8);
      }
      assertFalse(a.isFreed());
      assertTrue(b.isFreed());
      a.segment().fill((byte) 1);
    }
    assertTrue(a.isFreed());
    var e = assertThrows(IllegalStateException.class, a::segment);
    assertTrue(e.getMessage().contains("was closed with its Scope"));
  }

  @ParameterizedTest
  @ValueSource(longs = {8, 2_000_000})
  void keptOutOfTheOutermostScopeItLivesOn(long bytes) {
    Storage storage;
    try (var scope = Scope.open()) {
      storage = scope.keep(Storage.allocate(bytes));
      scope.keep(storage);
    }
    assertFalse(storage.isFreed());
    storage.segment().fill((byte) 1);
    storage.free();
    assertTrue(storage.isFreed());
  }

  @Test
  void keepingFromTheOuterScopeTakesWhatIsInsideAndLeavesWhatIsOutside() {
    Storage outside;
    try (var _ = Scope.open()) {
      outside = Storage.allocate(8);
      Scope middle = Scope.open();
      Scope.open();
      Storage deep = Storage.allocate(8);
      middle.keep(List.of(deep, outside));
      middle.close();
      assertFalse(deep.isFreed());
    }
    assertTrue(outside.isFreed());
  }

  /** A holder of two storages, as a module has. */
  private record Pair(Storage first, Storage second) implements StorageHolder {
    @Override
    public void forEachStorage(Consumer<Storage> action) {
      action.accept(first);
      action.accept(second);
    }
  }

  private record Result(String name, double loss, Storage storage, List<Storage> more) {}

  @Test
  void everyContainerIsKept() {
    List<Storage> all = new ArrayList<>();
    try (var scope = Scope.open()) {
      for (int i = 0; i < 12; i++) {
        all.add(Storage.allocate(4));
      }
      scope.keep(new Pair(all.get(0), all.get(1)));
      scope.keep(List.of(all.get(2)));
      scope.keep(Map.of("weight", all.get(3)));
      scope.keep(new Storage[][] {{all.get(4)}, {null}});
      scope.keep(Optional.of(all.get(5)));
      scope.keep(Map.entry(all.get(6), "x"));
      scope.keep(new Result("r", 0.5, all.get(7), List.of(all.get(8))));
      scope.keep(List.of(Map.of(1, List.of(new Pair(all.get(9), all.get(10))))));
    }
    for (int i = 0; i < 12; i++) {
      assertEquals(i == 11, all.get(i).isFreed(), "storage " + i);
    }
    all.forEach(Storage::free);
  }

  @Test
  void whatHoldsNoMemoryCannotBeKept() {
    try (var scope = Scope.open()) {
      var e = assertThrows(IllegalArgumentException.class, () -> scope.keep("text"));
      assertTrue(e.getMessage().contains("nothing in this java.lang.String holds memory"));
      assertThrows(IllegalArgumentException.class, () -> scope.keep(List.of(1, 2)));
      assertThrows(IllegalArgumentException.class, () -> scope.keep(new float[3]));
      List<Object> circle = new ArrayList<>();
      circle.add(circle);
      assertThrows(IllegalArgumentException.class, () -> scope.keep(circle));
      scope.keep(List.of());
    }
  }

  @Test
  void whatEscapesIsOfNoScope() {
    List<Storage> all = new ArrayList<>();
    Scope outer = Scope.open();
    try (var _ = Scope.open()) {
      for (int i = 0; i < 4; i++) {
        all.add(Storage.allocate(4));
      }
      assertSame(all.get(0), Scope.escape(all.get(0)));
      Scope.escape(List.of(all.get(1), Map.of("a", all.get(2))));
    }
    outer.close();
    for (int i = 0; i < 4; i++) {
      assertEquals(i == 3, all.get(i).isFreed(), "storage " + i);
    }
    var e = assertThrows(IllegalArgumentException.class, () -> Scope.escape("text"));
    assertTrue(
        e.getMessage().startsWith("escape: nothing in this java.lang.String holds memory"),
        e.getMessage());
    all.forEach(Storage::free);
  }

  @Test
  void aClosedScopeKeepsNothing() {
    Scope scope = Scope.open();
    Storage storage = Storage.allocate(4);
    scope.close();
    var e = assertThrows(IllegalStateException.class, () -> scope.keep(storage));
    assertTrue(e.getMessage().contains("was closed with its Scope at "));
  }

  @Test
  void anExceptionInTheMiddleFreesAll() {
    List<Storage> made = new ArrayList<>();
    var e =
        assertThrows(
            ArithmeticException.class,
            () -> {
              try (var _ = Scope.open()) {
                made.add(Storage.allocate(4));
                try (var _ = Scope.open()) {
                  made.add(Storage.allocate(4));
                  throw new ArithmeticException("in the middle");
                }
              }
            });
    assertEquals("in the middle", e.getMessage());
    assertEquals(2, made.size());
    assertTrue(made.stream().allMatch(Storage::isFreed));
    assertNull(Scope.current());
  }

  @Test
  void whatEscapesStays() {
    Storage parameter;
    Storage large;
    Storage temporary;
    try (var _ = Scope.open()) {
      temporary = Storage.allocate(16);
      parameter = Storage.allocate(16);
      parameter.segment().fill((byte) 5);
      large = Storage.allocate(1 << 20);
      parameter.escape();
      parameter.escape();
      large.escape();
    }
    assertTrue(temporary.isFreed());
    assertEquals(5, parameter.segment().get(java.lang.foreign.ValueLayout.JAVA_BYTE, 15));
    assertFalse(large.isFreed());
    parameter.free();
    large.free();
    parameter.escape();
    assertTrue(parameter.isFreed());
  }

  @Test
  void whatEscapesOnAnotherThreadStays() throws InterruptedException {
    Storage small;
    Storage large;
    try (var _ = Scope.open()) {
      small = Storage.allocate(16);
      large = Storage.allocate(1 << 20);
      assertNull(
          Threads.failureOf(
              () -> {
                small.escape();
                large.escape();
              }));
    }
    assertFalse(small.isFreed());
    assertFalse(large.isFreed());
    small.free();
    large.free();
  }

  @Test
  void whatIsFreedBeforeTheEndIsFreedOnce() {
    Storage.allocate(4).free();
    try (var _ = Scope.open()) {
      Storage a = Storage.allocate(4);
      a.free();
      Storage large = Storage.allocate(1 << 20);
      large.free();
      assertThrows(IllegalStateException.class, a::segment);
      Storage b = Storage.allocate(4);
      b.segment().fill((byte) 1);
    }
  }

  @Test
  void runReturnsItsResultAlive() {
    Storage[] inside = new Storage[1];
    Storage result =
        Scope.run(
            () -> {
              inside[0] = Storage.allocate(4);
              return Storage.allocate(4);
            });
    assertTrue(inside[0].isFreed());
    assertFalse(result.isFreed());
    result.free();
    double plain = Scope.run(() -> 1.5 + Storage.allocate(4).byteSize());
    assertEquals(5.5, plain);
    assertNull(Scope.<Object>run(() -> null));
    Scope.run(
        () -> {
          inside[0] = Storage.allocate(4);
        });
    assertTrue(inside[0].isFreed());
    assertThrows(
        ArithmeticException.class,
        () ->
            Scope.run(
                () -> {
                  inside[0] = Storage.allocate(4);
                  throw new ArithmeticException();
                }));
    assertTrue(inside[0].isFreed());
    assertNull(Scope.current());
  }

  @Test
  void scopesOfThreadsAreApart() throws InterruptedException {
    Storage[] other = new Storage[1];
    try (var scope = Scope.open()) {
      assertNull(
          Threads.failureOf(
              () -> {
                assertNull(Scope.current());
                other[0] = Storage.allocate(4);
              }));
      assertSame(scope, Scope.current());
    }
    assertFalse(other[0].isFreed());
    other[0].free();
  }

  @Test
  void thePlaceIsKnownAfterThousandsOfScopes() {
    List<Storage> late = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      try (var _ = Scope.open()) {
        Storage storage = Storage.allocate(4);
        if (i > 19_990) {
          late.add(storage);
        }
      }
    }
    for (Storage storage : late) {
      String text = assertThrows(IllegalStateException.class, storage::segment).getMessage();
      assertTrue(
          text.contains("ScopeTest.thePlaceIsKnownAfterThousandsOfScopes")
              || text.contains("closes scopes so often"),
          text);
    }
    Memory.startTracing();
    try {
      Storage storage;
      try (var _ = Scope.open()) {
        storage = Storage.allocate(4);
      }
      String text = assertThrows(IllegalStateException.class, storage::segment).getMessage();
      assertTrue(text.contains("ScopeTest.thePlaceIsKnownAfterThousandsOfScopes"), text);
    } finally {
      Memory.stopTracing();
    }
  }

  @Test
  void aBusySegmentDoesNotKeepTheOthers() {
    Scope scope = Scope.open();
    List<Storage> others = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      others.add(Storage.allocate(64));
    }
    Storage busy = Storage.allocate(64);
    Acquired.during(busy.expose(), () -> assertThrowsOnce(scope));
    assertTrue(others.stream().allMatch(Storage::isFreed));
    assertFalse(busy.isFreed());
    busy.free();
    assertTrue(busy.isFreed());
  }

  @Test
  void whatWaitedBesideABusySegmentIsCountedAsGivenBack() {
    var pool = new Pool(new HostAllocator(), 1L << 30);
    try (Scope _ = Scope.open()) {
      for (int i = 0; i < 16; i++) {
        Storage.allocate(pool, 64);
      }
    }
    Scope scope = Scope.open();
    Storage busy = Storage.allocate(pool, 64);
    for (int i = 0; i < 2; i++) {
      Storage.allocate(pool, 64); // the last one lets another wait
    }
    assertEquals(3, pool.stats().liveStorages());
    Acquired.during(busy.expose(), () -> assertThrowsOnce(scope));
    assertEquals(1, pool.stats().liveStorages());
    assertEquals(64, pool.stats().liveBytes());
    busy.free();
    assertEquals(0, pool.stats().liveStorages());
  }

  private static void assertThrowsOnce(Scope scope) {
    if (Scope.current() == scope) {
      var e = assertThrows(IllegalStateException.class, scope::close);
      assertTrue(e.getMessage().contains("inside a native call"));
    }
  }
}
