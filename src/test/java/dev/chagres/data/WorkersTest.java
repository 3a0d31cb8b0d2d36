package dev.chagres.data;

import static dev.chagres.data.MadeAhead.TWO;
import static dev.chagres.data.MadeAhead.await;
import static dev.chagres.data.MadeAhead.first;
import static dev.chagres.data.MadeAhead.made;
import static dev.chagres.data.MadeAhead.sample;
import static dev.chagres.data.MadeAhead.threads;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.Device;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.PrimitiveIterator;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Batches that threads make ahead: whose they are, what is in them, and what goes wrong. */
@OnEveryDevice
@Timeout(120)
class WorkersTest {
  @AfterEach
  void noThreadStays() throws InterruptedException {
    await("a thread stays", () -> threads().isEmpty());
  }

  // ---- whose a batch is

  @Test
  void aBatchBelongsToTheScopeOfWhoTakesIt() {
    try (var pass = new DataLoader(made(8, MadeAhead::sample), TWO).iterator()) {
      List<Tensor> seen = new ArrayList<>();
      while (pass.hasNext()) {
        Tensor kept;
        try (var scope = Scope.open()) {
          Batch batch = pass.next();
          assertEquals(2 * seen.size(), first(batch));
          seen.add(batch.x());
          kept = scope.keep(batch.x().add(1));
        }
        assertTrue(seen.getLast().storage().isFreed());
        assertEquals(2 * seen.size() - 1, kept.select(0, 0).select(0, 0).item());
      }
      assertEquals(4, seen.size());
    }
  }

  @Test
  void withoutAScopeABatchLivesOn() {
    List<Batch> all = new ArrayList<>();
    new DataLoader(made(8, MadeAhead::sample), TWO).forEach(all::add);
    for (int i = 0; i < 4; i++) {
      assertEquals(2 * i, first(all.get(i)));
    }
  }

  @Test
  void aScopeThatAPassBeginsInTakesNoBatches() {
    DataLoader.Pass pass;
    try (var _ = Scope.open()) {
      pass = new DataLoader(made(8, MadeAhead::sample), TWO.shuffle()).iterator();
      pass.next();
    }
    var rest = new TreeSet<Double>();
    while (pass.hasNext()) {
      Batch batch = pass.next();
      rest.add(first(batch));
      rest.add(batch.x().select(0, 1).select(0, 0).item());
    }
    assertEquals(6, rest.size());
  }

  @Test
  void whatADatasetMadeBeforeIsNotTheTakers() {
    Batch shared = sample(5);
    Dataset same =
        new Dataset() {
          @Override
          public long size() {
            return 6;
          }

          @Override
          public Batch get(long index) {
            throw new AssertionError("batches come at once");
          }

          @Override
          public Batch batch(long... indices) {
            return shared;
          }
        };
    for (var pass = new DataLoader(same, TWO).iterator(); pass.hasNext(); ) {
      try (var _ = Scope.open()) {
        pass.next();
      }
    }
    assertEquals(5, shared.x().select(0, 0).item());
  }

  /**
   * A dataset that reads its data when it is first asked, in a thread of a pass that is dropped.
   */
  @Test
  void whatADatasetKeepsOutlivesAPassThatIsClosed() throws InterruptedException {
    AtomicReference<Tensor> kept = new AtomicReference<>();
    var started = new CountDownLatch(4);
    Dataset lazy =
        made(
            8,
            index -> {
              synchronized (kept) {
                if (kept.get() == null) {
                  kept.set(Tensor.ones(3));
                }
              }
              started.countDown();
              return new Batch(kept.get().mul(index));
            });
    try (var _ = new DataLoader(lazy, TWO).iterator()) {
      started.await();
    }
    await("threads", () -> threads().isEmpty());
    double sum = 0;
    for (Batch batch : new DataLoader(lazy, TWO)) {
      sum += batch.x().sum().item();
    }
    assertEquals(3 * 28, sum);
  }

  @Test
  void settingsOfThePassHoldInWorkers() {
    Set<String> seen = ConcurrentHashMap.newKeySet();
    Tensor weight = Tensor.ones(3).requiresGrad_();
    Dataset data =
        made(
            4,
            index -> {
              seen.add(DefaultDevice.get() + " " + Scope.isAnyOpen());
              return new Batch(weight.mul(index));
            });
    for (Batch batch : new DataLoader(data, TWO)) {
      assertTrue(batch.x().requiresGrad());
    }
    try (var _ = Autograd.noGrad();
        var _ = DefaultDevice.use(Device.cpu())) {
      for (Batch batch : new DataLoader(data, TWO)) {
        assertFalse(batch.x().requiresGrad());
      }
    }
    assertEquals(new TreeSet<>(List.of(DefaultDevice.get() + " true", "cpu true")), seen);
  }

  // ---- passes

  @Test
  void severalPassesGoOnAtTheSameTime() {
    var loader = new DataLoader(made(8, MadeAhead::sample), TWO);
    Iterator<Batch> one = loader.iterator();
    for (int i = 0; i < 4; i++) {
      assertEquals(2 * i, first(one.next()));
      int count = 0;
      for (Batch batch : loader) {
        assertEquals(2 * count++, first(batch));
      }
      assertEquals(4, count);
    }
  }

  @Test
  void workersWorkAtTheSameTime() {
    var both = new CountDownLatch(2);
    Dataset data =
        made(
            2,
            index -> {
              both.countDown();
              try {
                both.await();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
              return sample(index);
            });
    int count = 0;
    for (Batch _ : new DataLoader(data, TWO.batchSize(1))) {
      count++;
    }
    assertEquals(2, count);
  }

  @Test
  void anEmptyDatasetHasNoBatches() {
    var pass = new DataLoader(made(0, MadeAhead::sample), TWO.shuffle()).iterator();
    assertFalse(pass.hasNext());
    assertThrows(NoSuchElementException.class, pass::next);
  }

  // ---- random numbers

  /** What other threads draw meanwhile changes no batch. */
  @Test
  void randomNumbersDependOnNoOtherThread() {
    Dataset noisy = made(12, _ -> new Batch(Generator.standard().rand(Tensor.ones(1).dtype(), 2)));
    List<String> runs = new ArrayList<>();
    for (int run = 0; run < 3; run++) {
      Generator.seedAll(5);
      StringBuilder text = new StringBuilder();
      for (Batch batch : new DataLoader(noisy, TWO.shuffle())) {
        Generator.standard().rand(Tensor.ones(1).dtype(), 1 + run);
        text.append(Arrays.toString(batch.x().toFloatArray()));
      }
      runs.add(text.toString());
    }
    assertEquals(runs.get(0), runs.get(1));
    assertEquals(runs.get(0), runs.get(2));
  }

  // ---- what goes wrong

  private static Dataset failing(RuntimeException failure) {
    return made(
        8,
        index -> {
          if (index == 3) {
            throw failure;
          }
          return sample(index);
        });
  }

  @Test
  void anExceptionComesOutOfNextAndNamesTheSample() {
    for (int workers : new int[] {0, 2}) {
      var failure = new UnsupportedOperationException("a broken file");
      var pass = new DataLoader(failing(failure), TWO.workers(workers)).iterator();
      assertEquals(0, first(pass.next()));
      var error = assertThrows(DatasetException.class, pass::next);
      assertSame(failure, error.getCause());
      assertEquals(
          "batch 1, sample 3: java.lang.UnsupportedOperationException: a broken file",
          error.getMessage());
      assertTrue(
          Arrays.stream(error.getStackTrace())
              .anyMatch(frame -> frame.getClassName().equals(WorkersTest.class.getName())),
          "the trace is of who asked");
      assertEquals(4, first(pass.next()));
      assertEquals(6, first(pass.next()));
      assertFalse(pass.hasNext());
    }
  }

  @Test
  void anExceptionOfAWholeBatchNamesItsSamples() {
    Dataset data = new TensorDataset(Tensor.arange(40));
    Sampler wrong =
        new Sampler() {
          @Override
          public long size() {
            return 20;
          }

          @Override
          public PrimitiveIterator.OfLong iterator() {
            return LongStream.range(30, 50).iterator();
          }
        };
    for (int workers : new int[] {0, 2}) {
      var pass = new DataLoader(data, TWO.workers(workers).batchSize(10).sampler(wrong)).iterator();
      pass.next();
      var error = assertThrows(DatasetException.class, pass::next);
      assertEquals(
          "batch 1, samples 40, 41, 42, 43, 44, 45, 46, 47 …:"
              + " java.lang.IndexOutOfBoundsException: batch: there is no sample 40 among 40",
          error.getMessage());
      assertInstanceOf(IndexOutOfBoundsException.class, error.getCause());
    }
  }

  @Test
  void anErrorIsThrownAsItIs() {
    Dataset data =
        made(
            2,
            index -> {
              throw new StackOverflowError("deep " + index);
            });
    for (int workers : new int[] {0, 1}) {
      var pass = new DataLoader(data, TWO.workers(workers)).iterator();
      assertEquals("deep 0", assertThrows(StackOverflowError.class, pass::next).getMessage());
    }
  }

  @Test
  void aSamplerThatFailsDoesInThePlaceOfItsBatch() {
    Sampler failing =
        new Sampler() {
          @Override
          public long size() {
            return 8;
          }

          @Override
          public PrimitiveIterator.OfLong iterator() {
            return LongStream.range(0, 8)
                .peek(
                    index -> {
                      if (index == 4) {
                        throw new IllegalStateException("no more");
                      }
                    })
                .iterator();
          }
        };
    for (int workers : new int[] {0, 2}) {
      var pass =
          new DataLoader(made(8, MadeAhead::sample), TWO.workers(workers).sampler(failing))
              .iterator();
      assertEquals(0, first(pass.next()));
      assertEquals(2, first(pass.next()));
      assertEquals("no more", assertThrows(IllegalStateException.class, pass::next).getMessage());
      pass.close();
    }
  }

  @Test
  void anInterruptThatADatasetLeavesBehindStopsNoWorker() {
    Dataset data =
        made(
            8,
            index -> {
              Thread.currentThread().interrupt();
              return sample(index);
            });
    double sum = 0;
    for (Batch batch : new DataLoader(data, TWO)) {
      sum += first(batch);
    }
    assertEquals(12, sum);
  }

  @Test
  void whoIsInterruptedCanAskAgain() {
    var gate = new Semaphore(0);
    Dataset data =
        made(
            4,
            index -> {
              gate.acquireUninterruptibly();
              return sample(index);
            });
    try (var pass = new DataLoader(data, TWO).iterator()) {
      Thread.currentThread().interrupt();
      var error = assertThrows(IllegalStateException.class, pass::next);
      assertTrue(Thread.interrupted(), "it stays interrupted");
      assertInstanceOf(InterruptedException.class, error.getCause());
      gate.release(4);
      assertEquals(0, first(pass.next()));
      assertEquals(2, first(pass.next()));
    }
  }

  // ---- streams

  @Test
  void aBatchOfAStreamIsTakenByNextNotByHasNext() {
    IterableDataset stream =
        share -> LongStream.range(0, 3).mapToObj(i -> sample(10 * share.index() + i)).iterator();
    for (int workers : new int[] {0, 2}) {
      var pass = new DataLoader(stream, TWO.workers(workers)).iterator();
      List<Double> seen = new ArrayList<>();
      while (true) {
        try (var _ = Scope.open()) {
          if (!pass.hasNext()) {
            break;
          }
        }
        seen.add(first(pass.next()));
      }
      assertEquals(workers == 0 ? List.of(0.0, 2.0) : List.of(0.0, 10.0, 2.0, 12.0), seen);
      assertThrows(NoSuchElementException.class, pass::next);
    }
  }

  @Test
  void aStreamThatFailsDoesSoInNext() {
    IterableDataset stream =
        share -> {
          throw new UnsupportedOperationException("no file " + share.index());
        };
    for (int workers : new int[] {0, 1}) {
      try (var pass = new DataLoader(stream, TWO.workers(workers)).iterator()) {
        assertTrue(pass.hasNext());
        var error = assertThrows(DatasetException.class, pass::next);
        assertEquals(
            "batch 0: java.lang.UnsupportedOperationException: no file 0", error.getMessage());
      }
    }
  }

  @Test
  void aStreamHasNoSizeAndNoOrder() {
    IterableDataset stream = _ -> List.<Batch>of().iterator();
    var loader = new DataLoader(stream);
    assertThrows(IllegalStateException.class, loader::size);
    assertThrows(IllegalStateException.class, loader::dataset);
    assertThrows(
        IllegalArgumentException.class,
        () -> new DataLoader(stream, DataLoader.options().shuffle()));
    assertNotEquals(IterableDataset.Share.ALL, new IterableDataset.Share(1, 2));
    assertThrows(IllegalArgumentException.class, () -> new IterableDataset.Share(2, 2));
  }
}
