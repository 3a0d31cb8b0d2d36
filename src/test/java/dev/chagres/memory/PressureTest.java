package dev.chagres.memory;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PressureTest {
  private static final long MIB = 1 << 20;
  private static final long MILLI = 1_000_000;
  private static final long BUDGET = 16L << 30;

  /** A program that drops all that it makes but what it needs, on a clock of its own. */
  private static final class Program {
    final long limit;
    long now;
    long live;
    long needed;
    long most;
    long collecting;
    int collections;
    final Pressure pressure = new Pressure(() -> now);

    Program(long limit) {
      this.limit = limit;
    }

    /** Makes a block of a mebibyte, after a collection if one is due. */
    void step(long nanos, long pause) {
      if (pressure.isDue(live, limit)) {
        long start = now;
        long before = live;
        now += pause;
        live = needed;
        collecting += pause;
        collections++;
        pressure.collected(start, before, live, limit, true);
      }
      live += MIB;
      most = Math.max(most, live);
      now += nanos;
    }

    /** Makes so many blocks and returns the share of the time that collecting took. */
    double share(int blocks, long nanos, long pause) {
      long start = now;
      collecting = 0;
      for (int i = 0; i < blocks; i++) {
        step(nanos, pause);
      }
      return collecting / (double) (now - start);
    }
  }

  @ParameterizedTest
  @CsvSource({
    // nanoseconds for a mebibyte, milliseconds of a collection, most memory in mebibytes
    "200_000, 4, 190",
    "200_000, 1, 129",
    "1_000_000, 10, 129",
    "100_000, 5, 460",
    "400_000, 100, 2300",
  })
  void collectingTakesATenthOfTheTime(long nanos, long millis, long most) {
    var program = new Program(BUDGET);
    program.share(20_000, nanos, millis * MILLI);
    double share = program.share(200_000, nanos, millis * MILLI);
    assertTrue(share < 0.105, () -> "share " + share);
    assertTrue(program.most <= most * MIB, () -> Bytes.text(program.most));
  }

  @Test
  void aCheapCollectionIsRatherRepeatedThanMuchMemoryTaken() {
    var program = new Program(BUDGET);
    program.share(20_000, 15_000, 4 * MILLI);
    assertTrue(program.most <= 513 * MIB, () -> Bytes.text(program.most));
  }

  @Test
  void aQuarterOfTheBudgetBoundsEvenDearCollections() {
    var program = new Program(4L << 30);
    program.share(200_000, 15_000, 1000 * MILLI);
    assertTrue(program.most <= 1025 * MIB, () -> Bytes.text(program.most));
  }

  @Test
  void aLongPauseByAccidentTakesLittleMemory() {
    var program = new Program(BUDGET);
    program.share(20_000, 200_000, 4 * MILLI);
    for (int i = 0; i < 10; i++) {
      int before = program.collections;
      while (program.collections == before) {
        program.step(200_000, 200 * MILLI);
      }
      program.share(2000, 200_000, 4 * MILLI);
    }
    assertTrue(program.most <= 300 * MIB, () -> Bytes.text(program.most));
  }

  @Test
  void reportsThatComeLateLetTheNextCollectionComeNoLater() {
    var program = new Program(BUDGET);
    Pressure pressure = program.pressure;
    pressure.collected(0, 1000 * MIB, 900 * MIB, BUDGET, true);
    assertFalse(pressure.isDue(1500 * MIB, BUDGET));
    pressure.fallen(10 * MIB);
    assertTrue(pressure.isDue(1500 * MIB, BUDGET));
  }

  @Test
  void aGrowingProgramAsksAsOftenAsItsMemoryDoubles() {
    var program = new Program(1L << 50);
    for (int i = 0; i < 128 << 10; i++) {
      program.needed += MIB;
      program.step(100_000, MILLI);
    }
    assertTrue(program.collections <= 11, () -> program.collections + " collections");
  }

  @Test
  void aJvmThatDoesNotCollectIsAskedSeldom() {
    var program = new Program(BUDGET);
    assertTrue(program.pressure.isDue(2048 * MIB, BUDGET));
    program.pressure.collected(program.now, 2048 * MIB, 2048 * MIB, BUDGET, false);
    assertTrue(program.pressure.isIgnored());
    assertFalse(program.pressure.isDue(8192 * MIB, BUDGET));
    program.now += 11_000 * MILLI;
    assertTrue(program.pressure.isDue(8192 * MIB, BUDGET));
  }
}
