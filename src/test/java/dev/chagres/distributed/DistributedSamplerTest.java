package dev.chagres.distributed;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.data.DataLoader;
import dev.chagres.data.Dataset;
import dev.chagres.data.TensorDataset;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The orders were printed by PyTorch 2.13's DistributedSampler, after set_epoch. */
@OnEveryDevice
class DistributedSamplerTest {
  private static Dataset numbers(int count) {
    return new TensorDataset(Tensor.arange(count));
  }

  private static String orders(
      int samples, int ranks, DistributedSampler.Options options, long epoch) {
    List<String> orders = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      var sampler = new DistributedSampler(numbers(samples), rank, ranks, options);
      sampler.setEpoch(epoch);
      assertEquals(sampler.size(), sampler.indices().length);
      orders.add(Arrays.toString(sampler.indices()));
    }
    return String.join(" ", orders);
  }

  @Test
  void ordersArePyTorchs() {
    var options = DistributedSampler.options();
    assertEquals("[4, 7, 3, 0, 6] [1, 5, 9, 8, 2]", orders(10, 2, options, 0));
    assertEquals("[6, 8, 2] [0, 5, 4] [3, 1, 6] [7, 9, 0]", orders(10, 4, options, 3));
    assertEquals("[3, 2] [5, 6] [0, 4] [1, 7]", orders(10, 4, options.dropLast().seed(7), 1));
    assertEquals("[2] [1] [0] [2] [1] [0] [2] [1]", orders(3, 8, options.seed(5), 0));
    assertEquals("[0, 2, 4, 6, 8] [1, 3, 5, 7, 0]", orders(9, 2, options.sequential(), 0));
    assertEquals(
        "[8, 6, 4, 15] [13, 7, 2, 14] [1, 0, 10, 5] [9, 11, 12, 3]",
        orders(16, 4, options.seed(1L << 40), 2));
    assertEquals("[] []", orders(0, 2, options, 0));
  }

  @Test
  void aLoaderFollowsTheEpoch() {
    var sampler = new DistributedSampler(numbers(10), 0, 2, DistributedSampler.options());
    var loader = new DataLoader(numbers(10), DataLoader.options().batchSize(2).sampler(sampler));
    assertEquals(3, loader.size());
    for (long epoch : new long[] {0, 3, 0}) {
      sampler.setEpoch(epoch);
      List<Tensor> batches = new ArrayList<>();
      loader.forEach(batch -> batches.add(batch.x()));
      assertArrayEquals(sampler.indices(), Tensor.cat(batches, 0).toLongArray());
    }
  }

  @Test
  void ranksAreCounted() {
    var failure =
        assertThrows(
            IllegalArgumentException.class,
            () -> new DistributedSampler(numbers(3), 2, 2, DistributedSampler.options()));
    assertEquals("DistributedSampler: there is no rank 2 of 2", failure.getMessage());
  }
}
