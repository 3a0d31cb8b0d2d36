package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkerTeamTest {

  private static void assertEachOnce(WorkerTeam team, int n, long grain) {
    AtomicIntegerArray times = new AtomicIntegerArray(Math.max(1, n));
    team.run(
        n,
        grain,
        (from, to) -> {
          for (long i = from; i < to; i++) {
            times.incrementAndGet((int) i);
          }
        });
    for (int i = 0; i < n; i++) {
      assertEquals(1, times.get(i), "position " + i + " of " + n + " by " + grain);
    }
  }

  @Test
  void eachPositionIsDoneOnce() {
    WorkerTeam team = new WorkerTeam(4);
    for (int n : new int[] {0, 1, 2, 3, 7, 8, 9, 16, 17, 100, 1000, 12_345}) {
      for (long grain : new long[] {1, 2, 3, 64, 5000}) {
        assertEachOnce(team, n, grain);
      }
    }
  }

  /** A thread that sleeps in its piece looks like one that the system has put aside. */
  @Test
  void afterAThreadWasPutAsideTheCallerWorksAloneForAWhile() {
    for (long sleeper : new long[] {0, 1}) {
      WorkerTeam team = new WorkerTeam(2);
      CountDownLatch begun = new CountDownLatch(2);
      team.run(
          2,
          1,
          (from, to) -> {
            try {
              begun.countDown();
              assertTrue(begun.await(30, TimeUnit.SECONDS));
              Thread.sleep(from == sleeper ? 200 : 0);
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          });
      AtomicLong pieces = new AtomicLong();
      team.run(
          2,
          1,
          (from, to) -> {
            assertEquals(2, to - from);
            pieces.incrementAndGet();
          });
      assertEquals(1, pieces.get(), "the range was shared");
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (pieces.get() < 3 && System.nanoTime() < end) {
        pieces.set(1);
        team.run(2, 1, (from, to) -> pieces.incrementAndGet());
      }
      assertEquals(3, pieces.get(), "the range was never shared again");
    }
  }

  /** What a late thread costs is weighed against what threads have gained since another was. */
  @Test
  void aThreadThatIsSeldomLateIsSoonAskedAgain() {
    long milli = 1_000_000;
    assertEquals(8 * milli, WorkerTeam.retreat(milli, 0));
    assertEquals(8 * milli, WorkerTeam.retreat(milli, milli));
    assertEquals(2 * milli, WorkerTeam.retreat(milli, 4 * milli));
    assertEquals(32 * milli, WorkerTeam.retreat(4 * milli, 4 * milli));
    assertEquals(milli / 10, WorkerTeam.retreat(milli, 80 * milli));
  }

  /**
   * Threads that note times in any order, as one may be put aside between its look and its note.
   */
  @Test
  void ofTheTimesThatThreadsNoteTheLatestStays() {
    WorkerTeam team = new WorkerTeam(4);
    int count = 2000;
    for (long first : new long[] {-count / 2, 1, Long.MAX_VALUE - count / 2}) {
      for (int round = 0; round < 20; round++) {
        long[] latest = new long[8];
        team.run(
            count,
            1,
            (from, to) -> {
              for (long i = from; i < to; i++) {
                // Each of them once, up and down: 7 and the count have no divisor in common.
                WorkerTeam.noteLatest(latest, 5, first + i * 7 % count);
              }
            });
        assertEquals(first + count - 1, latest[5]);
      }
    }
  }

  @Test
  void severalThreadsTakePart() throws InterruptedException {
    WorkerTeam team = new WorkerTeam(3);
    CountDownLatch together = new CountDownLatch(3);
    Set<Thread> seen = ConcurrentHashMap.newKeySet();
    team.run(
        3,
        1,
        (from, to) -> {
          seen.add(Thread.currentThread());
          together.countDown();
          try {
            assertTrue(together.await(30, TimeUnit.SECONDS));
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
    assertEquals(3, seen.size());
    assertTrue(seen.contains(Thread.currentThread()));
    for (Thread thread : seen) {
      assertTrue(thread.equals(Thread.currentThread()) || thread.isDaemon());
    }
  }

  @Test
  void whatThreadsWroteIsVisible() {
    WorkerTeam team = new WorkerTeam(3);
    long[] values = new long[4096];
    for (int round = 0; round < 2000; round++) {
      long add = round;
      team.run(
          values.length,
          64,
          (from, to) -> {
            for (int i = (int) from; i < to; i++) {
              values[i] += add;
            }
          });
    }
    for (long value : values) {
      assertEquals(1999L * 2000 / 2, value);
    }
  }

  @Test
  void parkedWorkersWakeUp() throws InterruptedException {
    WorkerTeam team = new WorkerTeam(2);
    for (int round = 0; round < 20; round++) {
      Thread.sleep(2);
      assertEachOnce(team, 1000, 10);
    }
  }

  @Test
  void aShortJobWakesNobodyUnlessAnotherWasJustBefore() throws InterruptedException {
    WorkerTeam team = new WorkerTeam(2);
    int grain = 1000;
    // The system may keep a worker from parking, or put a thread aside.
    eventually(() -> !isShared(team, 3 * grain, grain));
    eventually(
        () -> {
          isShared(team, 3 * grain, grain);
          return isShared(team, 3 * grain, grain);
        });
    eventually(() -> isShared(team, 4 * grain, grain));
    eventually(() -> isShared(team, 2, 1));
  }

  private static void eventually(BooleanSupplier holds) throws InterruptedException {
    int tries = 0;
    do {
      assertTrue(tries++ < 1000);
      Thread.sleep(5);
    } while (!holds.getAsBoolean());
  }

  /** Whether the caller leaves others a part of the range. */
  private static boolean isShared(WorkerTeam team, int n, int grain) {
    long[] first = new long[1];
    team.run(
        n,
        grain,
        (from, to) -> {
          if (from == 0) {
            first[0] = to;
          }
        });
    return first[0] < n;
  }

  @Test
  void aJobInAJobRunsOnItsThread() {
    WorkerTeam team = new WorkerTeam(3);
    AtomicLong sum = new AtomicLong();
    team.run(
        6,
        1,
        (from, to) ->
            team.run(
                100,
                1,
                (start, end) -> {
                  assertEquals(0, start);
                  assertEquals(100, end);
                  sum.addAndGet(to - from);
                }));
    assertEquals(6, sum.get());
    assertEachOnce(team, 100, 1);
  }

  @Test
  void anExceptionReachesTheCallerAndTheTeamGoesOn() {
    WorkerTeam team = new WorkerTeam(3);
    for (int bad = 0; bad < 12; bad++) {
      int position = bad;
      IllegalStateException thrown = new IllegalStateException("at " + bad);
      var caught =
          assertThrows(
              IllegalStateException.class,
              () ->
                  team.run(
                      12,
                      1,
                      (from, to) -> {
                        if (from <= position && position < to) {
                          throw thrown;
                        }
                      }));
      assertSame(thrown, caught);
      assertEachOnce(team, 100, 1);
    }
  }

  @Test
  void manyCallersOfBothKindsShareOneTeam() throws InterruptedException {
    WorkerTeam team = new WorkerTeam(2);
    List<Thread> callers = new ArrayList<>();
    List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < 40; i++) {
      Runnable work =
          () -> {
            try {
              for (int round = 0; round < 50; round++) {
                assertEachOnce(team, 500, 10);
              }
            } catch (Throwable e) {
              failures.add(e);
            }
          };
      callers.add(i % 2 == 0 ? Thread.ofVirtual().start(work) : Thread.ofPlatform().start(work));
    }
    for (Thread caller : callers) {
      caller.join();
    }
    assertEquals(List.of(), failures);
  }

  @Test
  void theNumberOfThreadsCanChange() {
    WorkerTeam team = new WorkerTeam(1);
    for (int threads : new int[] {1, 4, 2, 1, 3}) {
      team.setThreads(threads);
      assertEquals(threads, team.threads());
      assertEachOnce(team, 1000, 10);
    }
    assertThrows(IllegalArgumentException.class, () -> team.setThreads(0));
  }

  /** Also where rounding leaves fewer pieces than threads, as of 9, and where each has several. */
  @Test
  void theFirstPositionIsTheCallers() {
    WorkerTeam team = new WorkerTeam(4);
    Thread caller = Thread.currentThread();
    for (int n : new int[] {2, 4, 9, 1000}) {
      for (int i = 0; i < 500; i++) {
        AtomicReference<Thread> first = new AtomicReference<>();
        team.run(
            n,
            1,
            (from, to) -> {
              if (from == 0) {
                first.set(Thread.currentThread());
              }
              busyFor(3000);
            });
        assertSame(caller, first.get());
      }
    }
  }

  private static void busyFor(long nanos) {
    long start = System.nanoTime();
    while (System.nanoTime() - start < nanos) {
      Thread.onSpinWait();
    }
  }

  @Test
  void aTeamGoesOnWithTheThreadsThatCouldBeStarted() {
    AtomicInteger asked = new AtomicInteger();
    AtomicInteger room = new AtomicInteger(2);
    ThreadFactory scarce =
        work ->
            new Thread(work) {
              {
                setDaemon(true);
              }

              @Override
              public void start() {
                asked.incrementAndGet();
                if (room.getAndDecrement() <= 0) {
                  throw new OutOfMemoryError("unable to create native thread");
                }
                super.start();
              }
            };
    WorkerTeam team = new WorkerTeam(6, scarce);
    workUntil(asked, 3, team); // two workers and one failure
    for (int i = 0; i < 10; i++) {
      assertEachOnce(team, 1000, 1);
    }
    assertEquals(3, asked.get());
    assertEquals(6, team.threads());
    room.set(1);
    team.setThreads(4);
    workUntil(asked, 4, team);
    room.set(0);
    team.setThreads(2);
    assertEachOnce(team, 1000, 1);
    assertEquals(4, asked.get());
  }

  /** A caller that works alone for a while, as a thread was put aside, asks for no threads. */
  private static void workUntil(AtomicInteger asked, int times, WorkerTeam team) {
    while (asked.get() < times) {
      assertEachOnce(team, 1000, 1);
    }
    assertEquals(times, asked.get());
  }

  @Test
  void aFinishedJobHoldsNothing() throws InterruptedException {
    WorkerTeam team = new WorkerTeam(2);
    WeakReference<byte[]> data = runWithData(team);
    for (int i = 0; i < 50 && data.get() != null; i++) {
      System.gc();
      Thread.sleep(10);
    }
    assertSame(null, data.get());
  }

  private static WeakReference<byte[]> runWithData(WorkerTeam team) {
    byte[] data = new byte[1 << 20];
    team.run(4, 1, (from, to) -> data[(int) from] = 1);
    return new WeakReference<>(data);
  }

  @Test
  void anInterruptedCallerStaysInterruptedAndGetsItsResult() {
    WorkerTeam team = new WorkerTeam(3);
    Thread.currentThread().interrupt();
    assertEachOnce(team, 10_000, 1);
    assertTrue(Thread.interrupted());
    assertFalse(Thread.interrupted());
  }

  @Test
  void workersThatAreAwakeMeetJobsForFewerThanThem() {
    var failures = new AtomicReference<Throwable>();
    var before = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> failures.set(failure));
    try {
      var team = new WorkerTeam(5);
      var done = new AtomicLong();
      for (int i = 0; i < 20_000; i++) {
        team.run(i % 2 == 0 ? 5 : 2, 1, (from, to) -> done.addAndGet(to - from));
      }
      assertEquals(70_000, done.get());
      team.setThreads(1);
    } finally {
      Thread.setDefaultUncaughtExceptionHandler(before);
    }
    assertNull(failures.get());
  }
}
