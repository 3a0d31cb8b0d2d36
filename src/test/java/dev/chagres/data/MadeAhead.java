package dev.chagres.data;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.tensor.Tensor;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;

/** Datasets of numbered samples, and the threads of loaders that make their batches ahead. */
final class MadeAhead {
  private MadeAhead() {}

  static final DataLoader.Options TWO = DataLoader.options().batchSize(2).workers(2).prefetch(2);

  /** A dataset of so many samples, each made by a function. */
  static Dataset made(long size, LongFunction<Batch> sample) {
    return new Dataset() {
      @Override
      public long size() {
        return size;
      }

      @Override
      public Batch get(long index) {
        return sample.apply(index);
      }
    };
  }

  static Batch of(long index) {
    return new Batch(Tensor.ones(3).mul(index));
  }

  static double first(Batch batch) {
    return batch.x().select(0, 0).select(0, 0).item();
  }

  static List<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().matches("chagres-loader-[0-9]+-worker-[0-9]+"))
        .toList();
  }

  static void await(String what, BooleanSupplier isSo) throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!isSo.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, what);
      Thread.sleep(2);
    }
  }
}
