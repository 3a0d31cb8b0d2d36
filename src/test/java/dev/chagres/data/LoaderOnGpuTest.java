package dev.chagres.data;

import static dev.chagres.testing.TestDevice.runsLate;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.chagres.Cuda;
import dev.chagres.core.Device;
import dev.chagres.core.Transfer;
import dev.chagres.cuda.CudaStream;
import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCuda;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Batches that come pinned, or on a GPU, and the streams that bring them. */
@OnCuda
@Timeout(120)
class LoaderOnGpuTest {
  private static final Device GPU = Device.cuda(0);
  private static final int WIDTH = 20_000;

  private final Dataset rows =
      new TensorDataset(
          Tensor.arange(Device.cpu(), 8).unsqueeze(1).expand(8, WIDTH).toFloat().contiguous(),
          Tensor.arange(Device.cpu(), 8));

  private static DataLoader.Options two() {
    return DataLoader.options().batchSize(2).workers(2);
  }

  @BeforeEach
  void finish() {
    Memory.emptyCache();
    Cuda.synchronize();
  }

  private static void assertRows(int batch, Tensor x) {
    float[] expected = new float[2 * WIDTH];
    Arrays.fill(expected, 0, WIDTH, 2 * batch);
    Arrays.fill(expected, WIDTH, 2 * WIDTH, 2 * batch + 1);
    assertArrayEquals(expected, x.reshape(-1).toFloatArray());
  }

  @Test
  void batchesComePinned() {
    for (int workers : new int[] {0, 2}) {
      int count = 0;
      for (Batch batch : new DataLoader(rows, two().workers(workers).pinMemory())) {
        try (var _ = Scope.open()) {
          assertTrue(batch.x().isPinned() && batch.y().isPinned());
          Tensor there = batch.x().to(GPU, Transfer.NON_BLOCKING);
          assertRows(count++, there);
        }
      }
      assertEquals(4, count);
    }
  }

  @Test
  void batchesComeOnADevice() {
    for (int workers : new int[] {0, 2}) {
      int count = 0;
      for (Batch batch : new DataLoader(rows, two().workers(workers).device(GPU))) {
        try (var _ = Scope.open()) {
          assertEquals(GPU, batch.x().device());
          assertEquals(GPU, batch.y().device());
          assertRows(count++, batch.x());
        }
      }
      assertEquals(4, count);
    }
  }

  /** Copies go beside the default stream, which waits for them and is not waited for. */
  @Test
  void theStreamOfWhoTakesABatchWaitsForItsCopies() throws InterruptedException {
    assumeTrue(runsLate(), "only the emulator can be asked to work late");
    var other = new CudaStream(GPU);
    CudaStream first = CudaStream.defaultStream(GPU);
    for (boolean inOther : new boolean[] {false, true}) {
      try (var pass = new DataLoader(rows, two().device(GPU)).iterator()) {
        for (int i = 0; i < 4; i++) {
          Tensor doubled;
          if (inOther) {
            try (var _ = other.use()) {
              doubled = pass.next().x().mul(2);
              assertFalse(other.query());
            }
            other.synchronize();
          } else {
            doubled = pass.next().x().mul(2);
            assertFalse(first.query());
            first.synchronize();
          }
          assertRows(i, doubled.div(2));
        }
      }
    }
  }

  /** A batch that a scope gave back is not overwritten by one ahead before its last use. */
  @Test
  void memoryIsReusedBehindItsLastUse() {
    List<Tensor> doubled = new ArrayList<>();
    try (var pass = new DataLoader(rows, two().device(GPU)).iterator()) {
      while (pass.hasNext()) {
        try (var scope = Scope.open()) {
          doubled.add(scope.keep(pass.next().x().mul(2)));
        }
      }
    }
    for (int i = 0; i < 4; i++) {
      assertRows(i, doubled.get(i).div(2));
    }
  }

  @Test
  void flatMemoryOverManyPasses() {
    long before = -1;
    for (int epoch = 0; epoch < 6; epoch++) {
      for (Batch batch : new DataLoader(rows, two().device(GPU))) {
        try (var _ = Scope.open()) {
          batch.x().sum().item();
        }
        batch.tensors().forEach(each -> each.storage().free());
      }
      Cuda.synchronize();
      long live = Cuda.memoryStats(0).liveBytes();
      assertTrue(before < 0 || live <= before, () -> "live: " + live);
      before = live;
    }
  }

  /** What the loader copied for nobody goes back at once. */
  @Test
  void copiesOfAPassThatIsClosedAreGivenBack() throws InterruptedException {
    long before = Cuda.memoryStats(0).liveBytes();
    var made = new CountDownLatch(4);
    Dataset counted =
        new Dataset() {
          @Override
          public long size() {
            return 8;
          }

          @Override
          public Batch get(long index) {
            return rows.get(index);
          }

          @Override
          public Batch batch(long... indices) {
            made.countDown();
            return rows.batch(indices);
          }
        };
    var loader = new DataLoader(counted, two().device(GPU));
    try (var _ = loader.iterator()) {
      made.await();
    }
    long end = System.nanoTime() + 60_000_000_000L;
    while (Cuda.memoryStats(0).liveBytes() > before) {
      assertTrue(System.nanoTime() < end, Cuda.memoryStats(0)::toString);
      Thread.sleep(2);
    }
  }

  @Test
  void whatIsThereStaysThere() {
    Tensor there = Tensor.arange(GPU, 8).toFloat();
    Dataset data =
        new Dataset() {
          @Override
          public long size() {
            return 1;
          }

          @Override
          public Batch get(long index) {
            throw new AssertionError("batches come at once");
          }

          @Override
          public Batch batch(long... indices) {
            return new Batch(there);
          }
        };
    for (Batch batch : new DataLoader(data, two().device(GPU))) {
      assertSame(there, batch.x());
    }
    for (Batch batch : new DataLoader(data, two().pinMemory())) {
      assertSame(there, batch.x());
    }
    for (Batch batch : new DataLoader(data, two().device(Device.cpu()).pinMemory())) {
      assertTrue(batch.x().device().isCpu());
      assertArrayEquals(there.toFloatArray(), batch.x().toFloatArray());
    }
  }

  /** What a dataset computes on the GPU in a worker is there for a stream that takes it. */
  @Test
  void datasetsMayComputeOnTheGpu() {
    Tensor there = Tensor.arange(GPU, 8).unsqueeze(1).expand(8, WIDTH).toFloat().contiguous();
    Cuda.synchronize();
    var other = new CudaStream(GPU);
    int count = 0;
    try (var _ = other.use()) {
      for (Batch batch : new DataLoader(new TensorDataset(there), two())) {
        Tensor taken = batch.x().mul(1);
        other.synchronize();
        assertRows(count++, taken);
      }
    }
    assertEquals(4, count);
  }
}
