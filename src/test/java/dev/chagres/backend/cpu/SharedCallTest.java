package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.chagres.backend.Backend;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.ffi.openblas.OpenBlasLibrary;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls of OpenBLAS that several threads share, and those that find nobody to share with. */
@Timeout(120)
class SharedCallTest {
  /** Too large for our own kernel in float64, and small enough to be quick. */
  private static final int N = 280;

  private final Random random = new Random(3);

  @BeforeEach
  void isShared() {
    assumeTrue(OpenBlas.shares(), "this OpenBLAS cannot share a call among our threads");
  }

  private Strided matrix() {
    return TestArrays.random(random, DType.FLOAT64, N, N);
  }

  /** The elements are small integers: every order of adding up gives the same. */
  private static double[] product(Backend backend, Strided a, Strided b) {
    Strided y = TestArrays.empty(DType.FLOAT64, N, N);
    backend.matrices().matmul(1, a, b, 0, y);
    return TestArrays.values(y);
  }

  @Test
  void aHelperThatJoinsTakesPart() throws InterruptedException {
    int joined = 0;
    // a busy machine may let the helper begin too late
    for (int millis = 1; joined == 0 && millis < 5_000; millis *= 2) {
      SharedCall call = SharedCall.open(1, 1_000_000);
      assertNotNull(call);
      assertNull(SharedCall.open(1, 0), "one call is shared at a time");
      Thread helper = Thread.ofPlatform().start(SharedCall::join);
      try (call) {
        Thread.sleep(millis);
        joined = call.seal();
      }
      helper.join();
    }
    assertEquals(1, joined);
    SharedCall.join(); // there is none to join
  }

  @Test
  void nobodyIsWaitedForForLong() {
    try (SharedCall call = SharedCall.open(3, 1_000_000)) {
      assertNotNull(call);
      assertEquals(0, call.seal());
    }
    assertEquals(1, OpenBlasLibrary.openblas_get_num_threads());
  }

  @Test
  void evenALargeCallWaitsForMillisecondsOnly() {
    long start = System.nanoTime();
    try (SharedCall call = SharedCall.open(1, 20_000_000_000L)) {
      assertNotNull(call);
      assertEquals(0, call.seal());
    }
    assertTrue(System.nanoTime() - start < 5_000_000_000L);
  }

  @Test
  void manyCallersAndChangingTeams() throws InterruptedException {
    var alone = CpuBackend.on(new WorkerTeam(1));
    var team = new WorkerTeam(4);
    var shared = CpuBackend.on(team);
    Strided a = matrix();
    Strided b = matrix();
    double[] expected = product(alone, a, b);
    List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    var callers = new ArrayList<Thread>();
    for (int i = 0; i < 6; i++) {
      // One has a team of its own, one changes the size of the others'.
      var backend = i == 0 ? CpuBackend.on(new WorkerTeam(3)) : shared;
      boolean changes = i == 1;
      Runnable work =
          () -> {
            try {
              for (int j = 0; j < 60; j++) {
                if (changes) {
                  team.setThreads(1 + j % 5);
                }
                assertArrayEquals(expected, product(backend, a, b));
              }
            } catch (Throwable e) {
              failures.add(e);
            }
          };
      callers.add(i % 2 == 0 ? Thread.ofPlatform().start(work) : Thread.ofVirtual().start(work));
    }
    for (Thread caller : callers) {
      caller.join();
    }
    assertEquals(List.of(), failures);
    assertEquals(1, OpenBlasLibrary.openblas_get_num_threads());
  }

  @Test
  void lapackWaitsUntilASharedCallIsOver() throws InterruptedException {
    SharedCall call = SharedCall.open(1, 0);
    assertNotNull(call);
    Thread solver = Thread.ofPlatform().start(() -> LapackCall.run(1, () -> 0));
    try (call) {
      while (solver.getState() != Thread.State.WAITING) {
        assertTrue(solver.isAlive(), "LAPACK ran beside a shared call");
        Thread.onSpinWait();
      }
      assertTrue(SharedCall.isKeptOut());
    }
    solver.join();
    assertFalse(SharedCall.isKeptOut());
  }

  @Test
  void noCallIsSharedWhileLapackRunsOrWaits() throws InterruptedException {
    CountDownLatch runs = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    Thread solver =
        Thread.ofPlatform()
            .start(
                () ->
                    LapackCall.run(
                        1,
                        () -> {
                          runs.countDown();
                          await(end);
                          return 0;
                        }));
    runs.await();
    assertNull(SharedCall.open(1, 0));
    assertTrue(SharedCall.isKeptOut());
    Strided a = matrix();
    Strided b = matrix();
    assertArrayEquals(
        product(CpuBackend.on(new WorkerTeam(1)), a, b),
        product(CpuBackend.on(new WorkerTeam(3)), a, b));
    end.countDown();
    solver.join();
    SharedCall call = SharedCall.open(1, 0);
    assertNotNull(call);
    call.close();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aCallThatFindsSeveralThreadsSetGetsThem() {
    Strided a = matrix();
    Strided b = matrix();
    var alone = CpuBackend.on(new WorkerTeam(1));
    double[] expected = product(alone, a, b);
    OpenBlasLibrary.openblas_set_num_threads(3);
    try {
      assertArrayEquals(expected, product(alone, a, b));
    } finally {
      OpenBlasLibrary.openblas_set_num_threads(1);
    }
  }

  @Test
  void aStackThatOverflowsLeavesNoCallOpen() throws InterruptedException {
    var backend = CpuBackend.on(new WorkerTeam(2));
    Strided a = matrix();
    Strided b = matrix();
    double[] expected = product(backend, a, b);
    var overflows = new AtomicInteger();
    var failure = new AtomicReference<Throwable>();
    Thread deep =
        new Thread(
            null,
            () -> {
              try {
                dive(backend, a, b, overflows, new AtomicInteger());
              } catch (Throwable e) {
                failure.set(e);
              }
            },
            "deep",
            512 << 10);
    deep.start();
    deep.join();
    assertNull(failure.get());
    assertTrue(overflows.get() > 0);
    assertArrayEquals(expected, product(backend, a, b));
    SharedCall call = SharedCall.open(1, 0);
    assertNotNull(call);
    call.close();
  }

  /** Multiplies at every depth from where the stack ends to 400 frames above. */
  @SuppressWarnings("InfiniteRecursion") // The stack ends it.
  private static void dive(
      Backend backend, Strided a, Strided b, AtomicInteger overflows, AtomicInteger tries) {
    try {
      dive(backend, a, b, overflows, tries);
    } catch (StackOverflowError e) {
      overflows.incrementAndGet();
    }
    if (tries.getAndIncrement() < 400) {
      product(backend, a, b);
    }
  }
}
