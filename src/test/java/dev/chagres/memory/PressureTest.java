package dev.chagres.memory;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PressureTest {
  private static final long MIB = 1L << 20;
  private static final long LIMIT = 8L << 30;
  private static final long INTERVAL = 100_000_000;

  private final Pressure pressure = new Pressure();
  private long now = System.nanoTime();

  @Test
  void collectionsThatTakeUpToAFifthOfTheTimeLeaveTheSlackAtItsLeast() {
    collect(5, 19);
    assertSlack(128, LIMIT);
  }

  @Test
  void dearOnesWidenItUpToFourTimes() {
    collect(2, 40);
    assertSlack(256, LIMIT);
    collect(5, 40);
    assertSlack(512, LIMIT);
  }

  @Test
  void aSingleLongOneChangesNothing() {
    collect(5, 5);
    collect(1, 30);
    collect(5, 5);
    assertSlack(128, LIMIT);
    collect(1, 30);
    assertSlack(128, LIMIT);
  }

  @Test
  void itNarrowsWhereHalfOfItWouldStillBeCheapEnough() {
    collect(5, 40);
    collect(20, 11);
    assertSlack(512, LIMIT);
    collect(20, 9);
    assertSlack(128, LIMIT);
  }

  @Test
  void aSmallBudgetBoundsIt() {
    for (int i = 0; i < 5; i++) {
      collect(40, 0, 64 * MIB);
    }
    assertSlack(32, 64 * MIB);
  }

  @Test
  void itIsAtLeastWhatIsLive() {
    collect(1, 1000, LIMIT);
    assertSlack(2000, LIMIT);
    collect(1, 100, LIMIT);
    assertSlack(228, LIMIT);
  }

  /** Lets some collections come, each after the same time, and take so many percent of it. */
  private void collect(int times, int percent) {
    for (int i = 0; i < times; i++) {
      collect(percent, 0, LIMIT);
    }
  }

  private void collect(int percent, long liveMib, long limit) {
    now += INTERVAL;
    pressure.collected(now - INTERVAL / 100 * percent, now, liveMib * MIB, limit, true);
  }

  /** A collection is due from so many MiB on. */
  private void assertSlack(long mib, long limit) {
    assertFalse(pressure.isDue(mib * MIB - 1, limit));
    assertTrue(pressure.isDue(mib * MIB, limit));
  }
}
