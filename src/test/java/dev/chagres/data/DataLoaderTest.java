package dev.chagres.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

/**
 * The orders were printed by PyTorch 2.13: two passes over TensorDataset(torch.arange(10)) after
 * manual_seed(42).
 */
@OnEveryDevice
class DataLoaderTest {
  private final Dataset ten = new TensorDataset(Tensor.arange(10));

  private static String passes(DataLoader loader) {
    List<List<List<Long>>> all = new ArrayList<>();
    for (int pass = 0; pass < 2; pass++) {
      List<List<Long>> batches = new ArrayList<>();
      for (Batch batch : loader) {
        List<Long> values = new ArrayList<>();
        for (long value : batch.x().toLongArray()) {
          values.add(value);
        }
        batches.add(values);
      }
      assertEquals(loader.size(), batches.size());
      all.add(batches);
    }
    return all.toString();
  }

  @OnCpu("a GPU draws other numbers than PyTorch's CPU")
  @Test
  void shufflesAsPyTorchDoes() {
    Chagres.manualSeed(42);
    assertEquals(
        "[[[8, 0, 9], [1, 4, 5], [6, 3, 2], [7]], [[4, 6, 9], [3, 7, 5], [2, 0, 1], [8]]]",
        passes(new DataLoader(ten, DataLoader.options().batchSize(3).shuffle())));
    assertEquals(0.9407714605331421, Tensor.rand(1).item());
  }

  @OnCpu("a GPU draws other numbers than PyTorch's CPU")
  @Test
  void dropsTheRestAsPyTorchDoes() {
    Chagres.manualSeed(42);
    assertEquals(
        "[[[8, 0, 9, 1], [4, 5, 6, 3]], [[4, 6, 9, 3], [7, 5, 2, 0]]]",
        passes(new DataLoader(ten, DataLoader.options().batchSize(4).shuffle().dropLast())));
    assertEquals(0.9407714605331421, Tensor.rand(1).item());
  }

  @OnCpu("a GPU draws other numbers than PyTorch's CPU")
  @Test
  void keepsTheOrderAndDrawsWhatPyTorchDraws() {
    Chagres.manualSeed(42);
    assertEquals(
        "[[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]], [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]]",
        passes(new DataLoader(ten, DataLoader.options().batchSize(4))));
    assertEquals(0.3904482126235962, Tensor.rand(1).item());
  }

  @OnCpu("a GPU draws other numbers than PyTorch's CPU")
  @Test
  void usesAGeneratorOfItsOwn() {
    for (int batchSize : new int[] {3, 5, 4}) {
      Chagres.manualSeed(42);
      Generator generator = new Generator(7);
      var options = DataLoader.options().batchSize(batchSize).shuffle().generator(generator);
      String expected =
          switch (batchSize) {
            case 3 ->
                "[[[1, 3, 5], [7, 9, 4], [6, 2, 8], [0]], [[5, 1, 6], [0, 9, 7], [8, 4, 3], [2]]]";
            case 5 -> "[[[1, 3, 5, 7, 9], [4, 6, 2, 8, 0]], [[5, 1, 6, 0, 9], [7, 8, 4, 3, 2]]]";
            default -> "[[[1, 3, 5, 7], [9, 4, 6, 2]], [[5, 1, 6, 0], [9, 7, 8, 4]]]";
          };
      assertEquals(
          expected, passes(new DataLoader(ten, batchSize == 4 ? options.dropLast() : options)));
      assertEquals(0.7405239939689636, generator.rand(DType.FLOAT32, 1).item());
      assertEquals(0.8822692632675171, Tensor.rand(1).item());
    }
  }

  @Test
  void aSeedGivesTheSameOrderTwice() {
    var options = DataLoader.options().batchSize(3).shuffle();
    assertEquals(
        passes(new DataLoader(ten, options.seed(3))), passes(new DataLoader(ten, options.seed(3))));
  }

  @OnCpu("a GPU draws other numbers than PyTorch's CPU")
  @Test
  void splitsAsPyTorchDoes() {
    Chagres.manualSeed(42);
    List<Subset> parts = ten.randomSplit(6, 3, 1);
    List<String> values = parts.stream().map(part -> batchOfAll(part).x().toString()).toList();
    assertEquals(List.of("tensor([2, 6, 1, 8, 4, 5])", "tensor([0, 9, 3])", "tensor([7])"), values);
    assertEquals(9, parts.get(1).get(1).x().itemLong());
    assertArrayEquals(new long[] {2, 6, 1, 8, 4, 5}, parts.get(0).indices());
    parts.get(0).indices()[0] = 7;
    assertEquals(2, parts.get(0).indices()[0]);
    assertSame(ten, parts.get(2).dataset());
    assertThrows(IllegalArgumentException.class, () -> ten.randomSplit(5, 4));
    assertThrows(IllegalArgumentException.class, () -> ten.randomSplit(11, -1));
    long huge = 1L << 62; // four of which add up to 0, in 64 bits
    assertThrows(
        IllegalArgumentException.class, () -> ten.randomSplit(huge, huge, huge, huge + 10));
    assertThrows(IndexOutOfBoundsException.class, () -> ten.subset(10));
  }

  private static Batch batchOfAll(Dataset dataset) {
    return new DataLoader(dataset, DataLoader.options().batchSize((int) dataset.size()))
        .iterator()
        .next();
  }

  @Test
  void batchesHaveAllTensors() {
    var data = new TensorDataset(Tensor.arange(6).reshape(3, 2), Tensor.of(7, 8, 9L));
    Batch batch = data.batch(2, 0);
    assertEquals(2, batch.size());
    assertTrue(batch.x().equal(Tensor.of(new long[][] {{4, 5}, {0, 1}})));
    assertTrue(batch.y().equal(Tensor.of(9, 7L)));
    assertEquals(Shape.of(2), data.get(1).x().shape());
    assertEquals(8, data.get(1).y().itemLong());
    assertThrows(IndexOutOfBoundsException.class, () -> data.get(3));
    assertThrows(IndexOutOfBoundsException.class, () -> data.batch(0, -1));
    assertThrows(IndexOutOfBoundsException.class, () -> new Batch(Tensor.ones(1)).y());
    assertThrows(IllegalArgumentException.class, () -> new Batch());
    assertThrows(
        IllegalArgumentException.class, () -> new TensorDataset(Tensor.ones(2), Tensor.ones(3)));
    assertThrows(IllegalArgumentException.class, () -> new TensorDataset());
  }

  @Test
  void aDatasetOfOnesOwnIsStacked() {
    Dataset squares =
        new Dataset() {
          @Override
          public long size() {
            return 4;
          }

          @Override
          public Batch get(long index) {
            return new Batch(Tensor.of((double) index, index + 1.0), Tensor.scalar(index * index));
          }
        };
    Batch batch = squares.batch(3, 1);
    assertTrue(batch.x().equal(Tensor.of(new float[][] {{3, 4}, {1, 2}})));
    assertTrue(batch.y().equal(Tensor.of(9, 1L)));
    assertTrue(squares.subset(2, 3).batch(1).y().equal(Tensor.of(new long[] {9})));
  }

  @Test
  void aBatchCanBeKeptOutOfAScope() {
    Batch kept = Scope.run(() -> ten.batch(1, 2));
    assertEquals(3, kept.x().sum().itemLong());
  }

  @Test
  void sizesAreChecked() {
    assertThrows(IllegalArgumentException.class, () -> DataLoader.options().batchSize(0));
    var iterator = new DataLoader(new TensorDataset(Tensor.ones(0, 2))).iterator();
    assertThrows(NoSuchElementException.class, iterator::next);
  }

  /** As many samples as an int cannot count. */
  @Test
  void samplesAreCountedInLongs() {
    long samples = (1L << 31) + 5;
    var last = new long[1];
    Dataset many =
        new Dataset() {
          private final Batch nothing = new Batch(List.of(Tensor.zeros(1)));

          @Override
          public long size() {
            return samples;
          }

          @Override
          public Batch get(long index) {
            throw new AssertionError("one by one");
          }

          @Override
          public Batch batch(long... indices) {
            last[0] = indices[indices.length - 1];
            return nothing;
          }
        };
    long batches = 0;
    for (Batch _ : new DataLoader(many, DataLoader.options().batchSize(1 << 22))) {
      batches++;
    }
    assertEquals(513, batches);
    assertEquals(samples - 1, last[0]);
  }

  @Test
  void theOrderOutlivesTheScopeOfAStep() {
    var loader = new DataLoader(ten, DataLoader.options().batchSize(4).shuffle().seed(1));
    var seen = new java.util.TreeSet<Long>();
    var pass = loader.iterator();
    while (pass.hasNext()) {
      try (var _ = Scope.open()) {
        for (long value : pass.next().x().toLongArray()) {
          seen.add(value);
        }
      }
    }
    assertEquals(10, seen.size());
  }

  @Test
  void aBatchOfOneTensorHasNoTargets() {
    Batch batch = new Batch(Tensor.ones(2));
    Exception error = assertThrows(IndexOutOfBoundsException.class, batch::y);
    assertEquals("Batch: it has one tensor, x, and no y", error.getMessage());
  }
}
