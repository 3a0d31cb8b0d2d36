package dev.chagres.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What one thread makes and another one's scope owns. */
class HandoverTest {
  private static final int LARGE = 1 << 20;

  private static <T> T elsewhere(Supplier<T> body) {
    return CompletableFuture.supplyAsync(body, task -> Thread.ofPlatform().start(task)).join();
  }

  private static List<Storage> some() {
    List<Storage> made = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      made.add(Storage.allocate(i % 4 == 0 ? LARGE : 64L * (i % 7)));
    }
    return made;
  }

  @Test
  void theScopeOfWhoTakesItOwnsIt() {
    Handover<List<Storage>> handover = elsewhere(() -> Handover.of(HandoverTest::some));
    List<Storage> taken;
    try (var scope = Scope.open()) {
      taken = handover.take();
      assertEquals(40, taken.size());
      assertTrue(taken.stream().noneMatch(Storage::isFreed));
      scope.keep(taken.get(4));
      scope.keep(taken.get(5));
      taken.get(7).escape();
      taken.get(8).free();
    }
    for (int i = 0; i < 40; i++) {
      assertEquals(i != 4 && i != 5 && i != 7, taken.get(i).isFreed(), "storage " + i);
    }
    taken.get(4).free();
    taken.get(5).free();
  }

  @Test
  void whatWasMadeOnTheWayIsOwnedToo() {
    List<Storage> onTheWay = new ArrayList<>();
    Handover<String> handover =
        elsewhere(
            () ->
                Handover.of(
                    () -> {
                      onTheWay.addAll(some());
                      return "done";
                    }));
    try (var _ = Scope.open()) {
      assertEquals("done", handover.take());
      assertTrue(onTheWay.stream().noneMatch(Storage::isFreed));
    }
    assertTrue(onTheWay.stream().allMatch(Storage::isFreed));
  }

  @Test
  void withoutAScopeItLivesOn() {
    List<Storage> taken = elsewhere(() -> Handover.of(HandoverTest::some)).take();
    try (var _ = Scope.open()) {
      Storage.allocate(64);
    }
    assertTrue(taken.stream().noneMatch(Storage::isFreed));
    taken.forEach(Storage::free);
  }

  @Test
  void noScopeOfTheThreadThatMadeItOwnsIt() {
    Handover<List<Storage>> handover;
    Storage own;
    try (var _ = Scope.open()) {
      own = Storage.allocate(64);
      handover = Handover.of(HandoverTest::some);
      Storage next = Storage.allocate(64);
      assertFalse(next.isFreed());
    }
    assertTrue(own.isFreed());
    List<Storage> taken = handover.take();
    assertTrue(taken.stream().noneMatch(Storage::isFreed));
    taken.forEach(Storage::free);
  }

  @Test
  void scopesThatTheBodyLeftOpenAreClosed() {
    List<Storage> inner = new ArrayList<>();
    Handover<Storage> handover =
        Handover.of(
            () -> {
              Storage outer = Storage.allocate(64);
              Scope.open();
              inner.add(Storage.allocate(64));
              return outer;
            });
    assertFalse(Scope.isAnyOpen());
    assertTrue(inner.getFirst().isFreed());
    assertFalse(handover.take().isFreed());
  }

  /** On its way it is nobody's: neither freed nor kept by a scope of the thread that made it. */
  @Test
  void onItsWayOnlyFreeAndEscapeReachIt() {
    Handover<List<Storage>> handover = Handover.of(HandoverTest::some);
    List<Storage> all = handover.take();
    Handover<List<Storage>> second = Handover.of(() -> List.of(Storage.allocate(LARGE)));
    Storage[] seen = new Storage[2];
    Handover<Storage> third =
        Handover.of(
            () -> {
              seen[0] = Storage.allocate(LARGE);
              seen[1] = Storage.allocate(LARGE);
              return seen[0];
            });
    seen[0].free();
    seen[1].escape();
    try (var scope = Scope.open()) {
      Storage early = second.take().getFirst();
      scope.keep(early);
      third.take();
      assertFalse(early.isFreed());
    }
    assertTrue(seen[0].isFreed());
    assertFalse(seen[1].isFreed());
    all.forEach(Storage::free);
  }

  @Test
  void itIsTakenOnce() {
    Handover<String> handover = Handover.of(() -> "once");
    handover.take();
    var error = assertThrows(IllegalStateException.class, handover::take);
    assertEquals("take: this was taken before, and can be taken once", error.getMessage());
  }

  @Test
  void aBodyThatFailsLeavesWhatItMadeToTheCollector() {
    var failure = new IllegalArgumentException("no");
    Storage[] made = new Storage[1];
    try (var _ = Scope.open()) {
      assertSame(
          failure,
          assertThrows(
              IllegalArgumentException.class,
              () ->
                  Handover.of(
                      () -> {
                        made[0] = Storage.allocate(64);
                        throw failure;
                      })));
      assertTrue(Scope.isAnyOpen());
    }
    assertFalse(made[0].isFreed());
  }

  /** Memory that is not taken, and that nothing reaches, comes back. */
  @Test
  void whatIsNotTakenIsCollected() throws InterruptedException {
    long before = Memory.stats().liveBytes();
    for (int i = 0; i < 10; i++) {
      Handover.of(() -> Storage.allocate(LARGE));
    }
    for (int i = 0; i < 600 && Memory.stats().liveBytes() > before; i++) {
      System.gc();
      Thread.sleep(20);
    }
    assertTrue(Memory.stats().liveBytes() <= before);
  }
}
