package dev.chagres.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.chagres.Chagres;
import dev.chagres.Cuda;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Replacement;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

/** Datasets made of others, samplers, and how samples become batches. */
@OnEveryDevice
class DatasetsTest {
  private final Dataset ten = new TensorDataset(Tensor.arange(10));

  /** Sample i has i + 1 elements. */
  private static final Dataset GROWING =
      new Dataset() {
        @Override
        public long size() {
          return 6;
        }

        @Override
        public Batch get(long index) {
          return new Batch(Tensor.ones(index + 1).mul(index));
        }
      };

  private static List<List<Long>> batches(DataLoader loader) {
    List<List<Long>> all = new ArrayList<>();
    for (Batch batch : loader) {
      List<Long> values = new ArrayList<>();
      for (long value : batch.x().toLongArray()) {
        values.add(value);
      }
      all.add(values);
    }
    return all;
  }

  @Test
  void datasetsFollowEachOther() {
    Dataset all = Dataset.concat(ten.subset(3, 4), ten.subset(), ten.subset(9, 8, 7));
    assertEquals(5, all.size());
    assertArrayEquals(new long[] {3, 7, 4, 9}, all.batch(0, 4, 1, 2).x().toLongArray());
    assertArrayEquals(new long[] {8, 9}, all.batch(3, 2).x().toLongArray());
    assertEquals(8, all.get(3).x().itemLong());
    assertThrows(IndexOutOfBoundsException.class, () -> all.get(5));
    assertThrows(IndexOutOfBoundsException.class, () -> all.get(-1));
    assertThrows(IndexOutOfBoundsException.class, () -> all.batch(0, 5));
    assertThrows(IllegalArgumentException.class, Dataset::concat);
    assertThrows(IllegalArgumentException.class, all::batch);
  }

  @Test
  void datasetsStandSideBySide() {
    Tensor numbers = Tensor.arange(4);
    Dataset two = new TensorDataset(numbers.mul(10), numbers.mul(100));
    Dataset all = Dataset.stack(ten.subset(9, 8, 7, 6), two);
    assertEquals(4, all.size());
    assertEquals(3, all.get(1).tensors().size());
    assertEquals(8, all.get(1).x().itemLong());
    assertEquals(100, all.get(1).tensors().get(2).itemLong());
    Batch batch = all.batch(3, 0);
    assertArrayEquals(new long[] {6, 9}, batch.x().toLongArray());
    assertArrayEquals(new long[] {30, 0}, batch.y().toLongArray());
    assertArrayEquals(new long[] {300, 0}, batch.tensors().get(2).toLongArray());
    assertEquals(
        "batch: there is no sample 4 among 4",
        assertThrows(IndexOutOfBoundsException.class, () -> all.batch(0, 4)).getMessage());
    assertThrows(IndexOutOfBoundsException.class, () -> all.get(-1));
    assertEquals(
        "stack: no datasets",
        assertThrows(IllegalArgumentException.class, Dataset::stack).getMessage());
    assertEquals(
        "stack: one dataset has 10 samples, another 4",
        assertThrows(IllegalArgumentException.class, () -> Dataset.stack(ten, two)).getMessage());
  }

  /** The second is asked for its samples when the first has no more. */
  @Test
  void streamsFollowEachOther() {
    List<String> asked = new ArrayList<>();
    IterableDataset first = share -> begun(asked, "first " + share, 1, 2);
    IterableDataset second = share -> begun(asked, "second " + share, 3);
    var share = new IterableDataset.Share(1, 2);
    Iterator<Batch> all =
        IterableDataset.chain(first, _ -> begun(asked, "none"), second).samples(share);
    assertEquals(List.of(), asked);
    assertEquals(1, all.next().x().itemLong());
    assertEquals(2, all.next().x().itemLong());
    assertEquals(List.of("first " + share), asked);
    assertEquals(3, all.next().x().itemLong());
    assertEquals(List.of("first " + share, "none", "second " + share), asked);
    assertFalse(all.hasNext());
    assertThrows(NoSuchElementException.class, all::next);
    assertFalse(IterableDataset.chain().samples(IterableDataset.Share.ALL).hasNext());
    Iterator<Batch> missing = IterableDataset.chain(_ -> null).samples(share);
    assertEquals(
        "chain: the iterator of a stream is null",
        assertThrows(NullPointerException.class, missing::hasNext).getMessage());
  }

  private static Iterator<Batch> begun(List<String> asked, String name, long... samples) {
    asked.add(name);
    return Arrays.stream(samples).mapToObj(x -> new Batch(Tensor.scalar(x))).iterator();
  }

  /** A dataset that grows while it is split is split as it was at first. */
  @Test
  void aSplitAsksForTheSizeOnce() {
    var growing =
        new Dataset() {
          private long size = 3;

          @Override
          public long size() {
            return size++;
          }

          @Override
          public Batch get(long index) {
            return new Batch(Tensor.scalar(index));
          }
        };
    var sizes = growing.randomSplit(0.5, 0.5).stream().map(Dataset::size).toList();
    assertEquals(List.of(2L, 1L), sizes);
  }

  @Test
  void fractionsAddUpToOne() {
    assertThrows(IllegalArgumentException.class, () -> ten.randomSplit(0.5, 0.4));
    assertThrows(IllegalArgumentException.class, () -> ten.randomSplit(1.5, -0.5));
    assertThrows(IllegalArgumentException.class, () -> ten.randomSplit(Double.NaN, 1));
    var sizes = ten.randomSplit(0.35, 0.35, 0.3).stream().map(Dataset::size).toList();
    assertEquals(List.of(4L, 3L, 3L), sizes);
  }

  @Test
  void collateMakesBatchesOfSamples() {
    for (int workers : new int[] {0, 2}) {
      var options =
          DataLoader.options()
              .batchSize(4)
              .workers(workers)
              .collate(
                  samples ->
                      new Batch(
                          Tensor.cat(samples.stream().map(Batch::x).toList(), 0),
                          Tensor.of(samples.stream().mapToLong(Batch::size).toArray())));
      List<Shape> shapes = new ArrayList<>();
      for (Batch batch : new DataLoader(GROWING, options)) {
        shapes.add(batch.x().shape());
        assertEquals(batch.size(), batch.y().sum().itemLong());
      }
      assertEquals(List.of(Shape.of(10), Shape.of(11)), shapes);
      var pass = new DataLoader(GROWING, options.collate(_ -> Batch.stack(List.of()))).iterator();
      assertInstanceOf(
          IllegalArgumentException.class,
          assertThrows(DatasetException.class, pass::next).getCause());
      pass.close();
    }
  }

  @Test
  void samplesThatAreStackedAreAlike() {
    assertThrows(IllegalArgumentException.class, () -> Batch.stack(List.of()));
    Batch one = new Batch(Tensor.ones(2));
    Batch two = new Batch(Tensor.ones(2), Tensor.ones(1));
    var error = assertThrows(IllegalArgumentException.class, () -> Batch.stack(List.of(one, two)));
    assertEquals("stack: one sample has 1 tensors, another 2", error.getMessage());
    assertEquals(Shape.of(3, 2), Batch.stack(List.of(one, one, one)).x().shape());
  }

  @Test
  void batchSamplersChooseBatches() {
    BatchSampler pairs =
        new BatchSampler() {
          @Override
          public long size() {
            return 3;
          }

          @Override
          public Iterator<long[]> iterator() {
            return List.of(new long[] {1}, new long[] {9, 2, 2}, new long[] {0, 5}).iterator();
          }
        };
    for (int workers : new int[] {0, 2}) {
      var options = DataLoader.options().workers(workers).batchSampler(pairs);
      var loader = new DataLoader(ten, options);
      assertEquals(3, loader.size());
      assertEquals(List.of(List.of(1L), List.of(9L, 2L, 2L), List.of(0L, 5L)), batches(loader));
    }
  }

  @Test
  void samplersAreCutIntoBatches() {
    Sampler five = new SubsetRandomSampler(5, 6, 7, 8, 9);
    assertEquals(3, BatchSampler.of(five, 2, DataLoader.Rest.KEEP).size());
    BatchSampler dropping = BatchSampler.of(five, 2, DataLoader.Rest.DROP);
    assertEquals(2, dropping.size());
    Iterator<long[]> pass = dropping.iterator();
    assertEquals(2, pass.next().length);
    assertEquals(2, pass.next().length);
    assertFalse(pass.hasNext());
    assertThrows(NoSuchElementException.class, pass::next);
    Sampler many = new RandomSampler(ten, Replacement.WITH_REPLACEMENT, 5000);
    Iterator<long[]> large =
        BatchSampler.of(many, Integer.MAX_VALUE, DataLoader.Rest.KEEP).iterator();
    assertEquals(5000, large.next().length);
    assertThrows(
        IllegalArgumentException.class, () -> BatchSampler.of(five, 0, DataLoader.Rest.KEEP));
  }

  @Test
  void optionsMayContradictEachOther() {
    Sampler sampler = new RandomSampler(ten);
    BatchSampler batches = BatchSampler.of(sampler, 2, DataLoader.Rest.KEEP);
    var plain = DataLoader.options();
    for (DataLoader.Options options :
        List.of(
            plain.shuffle().sampler(sampler),
            plain.batchSampler(batches).batchSize(2),
            plain.batchSampler(batches).shuffle(),
            plain.batchSampler(batches).dropLast(),
            plain.batchSampler(batches).sampler(sampler))) {
      assertThrows(IllegalArgumentException.class, () -> new DataLoader(ten, options));
    }
    assertThrows(IllegalArgumentException.class, () -> plain.workers(-1));
    assertThrows(IllegalArgumentException.class, () -> plain.prefetch(0));
    assertThrows(
        IllegalArgumentException.class,
        () -> new RandomSampler(ten, Replacement.WITH_REPLACEMENT, 0));
    assertThrows(
        IllegalArgumentException.class, () -> new WeightedRandomSampler(Tensor.ones(2, 2), 3));
    assertEquals(10, new DataLoader(ten, plain).size());
    assertEquals(1, batches(new DataLoader(ten)).getFirst().size());
  }

  @Test
  void aLoaderOnTheCpuNeedsNoGpu() {
    var options = DataLoader.options().batchSize(4).device(Device.cpu());
    for (int workers : new int[] {0, 2}) {
      for (Batch batch : new DataLoader(ten, options.workers(workers))) {
        assertTrue(batch.x().device().isCpu());
      }
    }
  }

  @OnCpu("there is no GPU")
  @Test
  void pinnedMemoryNeedsAGpu() {
    assumeFalse(Cuda.isAvailable());
    var pinned = DataLoader.options().pinMemory();
    assertThrows(IllegalStateException.class, () -> new DataLoader(ten, pinned));
    var there = DataLoader.options().device(Device.cuda(0));
    assertThrows(IllegalStateException.class, () -> new DataLoader(ten, there));
  }

  // ---- random numbers of a thread

  @Test
  void aThreadHasGeneratorsOfItsOwn() throws InterruptedException {
    Chagres.manualSeed(1);
    Tensor expected = Tensor.rand(3);
    Chagres.manualSeed(2);
    Tensor others = Tensor.cat(List.of(Tensor.rand(3), Tensor.rand(3)), 0);
    Chagres.manualSeed(2);
    Tensor first = Tensor.rand(3);
    try (var outer = Generator.useSeed(1)) {
      assertTrue(expected.equal(Tensor.rand(3)));
      assertEquals(1, Generator.standard().initialSeed());
      Thread other =
          Thread.ofPlatform().start(() -> assertThrows(IllegalStateException.class, outer::close));
      other.join();
      try (var _ = Generator.useSeed(5)) {
        Chagres.manualSeed(1);
        try (var _ = Generator.fork()) {
          Tensor.rand(7);
        }
        assertTrue(expected.equal(Tensor.rand(3)));
      }
      assertFalse(expected.equal(Tensor.rand(3)));
    }
    assertTrue(others.equal(Tensor.cat(List.of(first, Tensor.rand(3)), 0)));
  }
}
