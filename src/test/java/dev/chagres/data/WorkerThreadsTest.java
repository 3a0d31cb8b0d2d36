package dev.chagres.data;

import static dev.chagres.data.MadeAhead.TWO;
import static dev.chagres.data.MadeAhead.await;
import static dev.chagres.data.MadeAhead.made;
import static dev.chagres.data.MadeAhead.of;
import static dev.chagres.data.MadeAhead.threads;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How long the threads that make batches live, and what they hold. */
@OnEveryDevice
@Timeout(120)
class WorkerThreadsTest {
  @AfterEach
  void noThreadStays() throws InterruptedException {
    await("a thread stays", () -> threads().isEmpty());
  }

  @Test
  void noMoreIsMadeAheadThanWorkersTimesPrefetch() throws InterruptedException {
    var count = new AtomicInteger();
    Dataset data =
        made(
            100,
            index -> {
              count.incrementAndGet();
              return of(index);
            });
    try (var pass = new DataLoader(data, TWO.prefetch(3)).iterator()) {
      await("made ahead", () -> count.get() == 2 * 2 * 3);
      pass.next();
      await("one more", () -> count.get() == 2 * (2 * 3 + 1));
      Thread.sleep(50);
      assertEquals(2 * (2 * 3 + 1), count.get());
      assertEquals(2, threads().size());
      assertTrue(threads().stream().allMatch(Thread::isDaemon));
    }
  }

  @Test
  void threadsEndWithTheLastBatch() throws InterruptedException {
    var pass = new DataLoader(made(8, MadeAhead::of), TWO).iterator();
    for (int i = 0; i < 4; i++) {
      pass.next();
    }
    await("threads end", () -> threads().isEmpty());
    assertFalse(pass.hasNext());
    assertThrows(NoSuchElementException.class, pass::next);
  }

  @Test
  void closingEndsAPass() throws InterruptedException {
    for (int workers : new int[] {0, 2}) {
      var pass = new DataLoader(made(100, MadeAhead::of), TWO.workers(workers)).iterator();
      pass.next();
      pass.close();
      assertFalse(pass.hasNext());
      assertThrows(NoSuchElementException.class, pass::next);
      pass.close();
      await("threads end", () -> threads().isEmpty());
    }
  }

  @Test
  void closingWakesWhoWaits() throws InterruptedException {
    var gate = new Semaphore(0);
    Dataset data =
        made(
            4,
            index -> {
              gate.acquireUninterruptibly();
              return of(index);
            });
    var pass = new DataLoader(data, TWO).iterator();
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread waits =
        Thread.ofPlatform()
            .start(() -> thrown.set(assertThrows(IllegalStateException.class, () -> pass.next())));
    await("it waits", () -> waits.getState() == Thread.State.WAITING);
    pass.close();
    waits.join();
    gate.release(100);
    assertEquals("next: the pass was closed", thrown.get().getMessage());
  }

  @Test
  void aPassThatNothingReachesEndsItsThreadsAndGivesItsMemoryBack() throws InterruptedException {
    List<WeakReference<Tensor>> all = new ArrayList<>();
    Dataset data =
        new Dataset() {
          @Override
          public long size() {
            return 100;
          }

          @Override
          public Batch get(long index) {
            throw new AssertionError("batches come at once");
          }

          @Override
          public Batch batch(long... indices) {
            Batch batch = new Batch(Tensor.ones(100_000));
            synchronized (all) {
              all.add(new WeakReference<>(batch.x()));
            }
            return batch;
          }
        };
    takeOne(data);
    await(
        "threads and batches",
        () -> {
          System.gc();
          synchronized (all) {
            return threads().isEmpty() && all.stream().allMatch(each -> each.get() == null);
          }
        });
  }

  /** Threads are no load on the heap, so that the collector would not come by itself. */
  @Test
  void passesThatWereLeftDoNotPileUp() throws InterruptedException {
    Dataset data = made(100, MadeAhead::of);
    int most = 0;
    for (int i = 0; i < 3 * Crowd.FEW; i++) {
      for (Batch batch : new DataLoader(data, TWO)) {
        assertEquals(2, batch.size());
        break;
      }
      most = Math.max(most, threads().size());
    }
    assertTrue(most <= 2 * Crowd.FEW, "threads: " + most);
    await(
        "threads",
        () -> {
          System.gc();
          return threads().isEmpty();
        });
  }

  /** A method of its own, so that no local variable of the caller's holds the pass. */
  private static void takeOne(Dataset data) {
    for (Batch batch : new DataLoader(data, TWO)) {
      assertEquals(100_000, batch.size());
      break;
    }
  }

  /** Between two batches no thread of the loader holds the last one. */
  @Test
  void aBatchThatWasTakenIsHeldByNobodyElse() throws InterruptedException {
    try (var pass = new DataLoader(made(100, MadeAhead::of), TWO).iterator()) {
      var batch = new WeakReference<>(pass.next().x());
      await(
          "collected",
          () -> {
            System.gc();
            return batch.get() == null;
          });
      assertTrue(pass.hasNext());
    }
  }
}
