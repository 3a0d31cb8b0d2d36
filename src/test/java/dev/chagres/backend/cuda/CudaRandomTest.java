package dev.chagres.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.backend.Backend;
import dev.chagres.backend.Distribution;
import dev.chagres.backend.Strided;
import dev.chagres.backend.Trial;
import dev.chagres.backend.cuda.Twins.Form;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.testing.OnCuda;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@OnCuda
@Tag("kernels")
class CudaRandomTest {
  @FunctionalInterface
  private interface Draw {
    void into(Backend backend, Strided y);
  }

  private static double[] drawn(DType dtype, long n, Draw draw) {
    Backend cuda = Twins.cuda();
    Strided y = Strided.allocate(Device.cuda(0), Shape.of(n), dtype);
    draw.into(cuda, y);
    return Twins.values(Twins.download(y));
  }

  private static double[] seeded(DType dtype, long n, long seed, SeededDraw draw) {
    return drawn(dtype, n, (b, y) -> draw.into(b, b.generators().generator(seed), y));
  }

  @FunctionalInterface
  private interface SeededDraw {
    void into(Backend backend, Storage generator, Strided y);
  }

  /** The words of counter 0 and key 0, as the authors of Philox publish them. */
  @Test
  void theWordsArePhiloxs() {
    long[] words = {0x6627e8d5L, 0xe169c58dL, 0xbc57ac4cL, 0x9b00dbd8L};
    Twins.cuda();
    DeviceProperties properties = CudaRuntime.properties(0);
    int threads = properties.multiprocessors() * properties.threadsPerMultiprocessor();
    double[] drawn =
        seeded(DType.FLOAT32, 4L * threads, 0, (b, g, y) -> b.random().uniform(g, 0, 1, y));
    for (int i = 0; i < words.length; i++) {
      double middle = (words[i] + 0.5) * 0x1p-32;
      assertEquals(middle, drawn[threads * i], 0x1p-24, "number " + i + " of thread 0");
    }
  }

  /** What PyTorch prints of torch.rand and torch.randn of 8 on CUDA, after torch.manual_seed(0). */
  @Test
  void theNumbersArePyTorchs() {
    double[] uniform = seeded(DType.FLOAT32, 8, 0, (b, g, y) -> b.random().uniform(g, 0, 1, y));
    double[] normal = seeded(DType.FLOAT32, 8, 0, (b, g, y) -> b.random().normal(g, 0, 1, y));
    assertNear(
        new double[] {0.3990, 0.5167, 0.0249, 0.9401, 0.9459, 0.7967, 0.4150, 0.8203}, uniform);
    assertNear(
        new double[] {-0.9247, -0.4253, -2.6438, 0.1452, -0.1209, -0.5797, -0.6229, -0.3284},
        normal);
  }

  private static void assertNear(double[] expected, double... found) {
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], found[i], 6e-5, "number " + i);
    }
  }

  @Test
  void aCallTakesTheNumbersThatItUses() {
    double[] both =
        seeded(
            DType.FLOAT64,
            400,
            7,
            (b, g, y) -> {
              b.random().uniform(g, 0, 1, y.with(y.layout().narrow(0, 0, 200)));
              b.random().uniform(g, 0, 1, y.with(y.layout().narrow(0, 200, 200)));
            });
    assertEquals(400, Arrays.stream(both).distinct().count());
    double[] again = seeded(DType.FLOAT64, 200, 7, (b, g, y) -> b.random().uniform(g, 0, 1, y));
    assertEquals(both[3], again[3]);
  }

  private static double mean(double... values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  @Test
  void distributionsHaveTheirMeans() {
    long n = 20_000;
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64, DType.FLOAT16)) {
      assertEquals(3, mean(seeded(dtype, n, 1, (b, g, y) -> b.random().uniform(g, 2, 4, y))), 0.03);
      assertEquals(5, mean(seeded(dtype, n, 2, (b, g, y) -> b.random().normal(g, 5, 2, y))), 0.08);
      assertEquals(
          0.3, mean(seeded(dtype, n, 3, (b, g, y) -> b.random().bernoulli(g, 0.3, y))), 0.02);
      double[] waits =
          seeded(dtype, n, 4, (b, g, y) -> b.random().fill(g, Distribution.EXPONENTIAL, 2, 0, y));
      assertEquals(0.5, mean(waits), 0.02);
      assertTrue(Arrays.stream(waits).allMatch(wait -> wait >= 0));
      double[] trials =
          seeded(dtype, n, 5, (b, g, y) -> b.random().fill(g, Distribution.GEOMETRIC, 0.25, 0, y));
      assertEquals(4, mean(trials), 0.15);
      assertTrue(Arrays.stream(trials).allMatch(trial -> trial >= 1));
      double[] sizes =
          seeded(dtype, n, 6, (b, g, y) -> b.random().fill(g, Distribution.LOG_NORMAL, 0, 0.5, y));
      assertEquals(Math.exp(0.125), mean(sizes), 0.03);
      double[] cauchy =
          seeded(dtype, n, 7, (b, g, y) -> b.random().fill(g, Distribution.CAUCHY, 1, 2, y));
      Arrays.sort(cauchy);
      assertEquals(1, cauchy[(int) n / 2], 0.1);
    }
  }

  @Test
  void integersFillTheirRange() {
    for (DType dtype : List.of(DType.INT64, DType.INT8, DType.FLOAT32)) {
      double[] drawn = seeded(dtype, 4000, 8, (b, g, y) -> b.random().integers(g, -3, 4, y));
      assertEquals(7, Arrays.stream(drawn).distinct().count());
      assertEquals(-3, Arrays.stream(drawn).min().orElseThrow());
      assertEquals(3, Arrays.stream(drawn).max().orElseThrow());
    }
    double[] far =
        seeded(DType.INT64, 100, 9, (b, g, y) -> b.random().integers(g, -1L << 40, 1L << 40, y));
    assertTrue(Arrays.stream(far).anyMatch(value -> Math.abs(value) > 1L << 33));
    for (DType dtype : DType.values()) {
      double[] words = seeded(dtype, 2000, 10, (b, g, y) -> b.random().words(g, y));
      assertTrue(Arrays.stream(words).allMatch(word -> word >= 0), dtype::toString);
      assertTrue(Arrays.stream(words).distinct().count() > 1, dtype::toString);
    }
  }

  @Test
  void drawsHaveTheirOwnParameters() {
    int[] next = {0};
    Strided p = Twins.of(DType.FLOAT32, Form.CONTIGUOUS, () -> next[0]++ % 2, 200);
    Strided on = Twins.upload(p);
    double[] drawn =
        seeded(DType.FLOAT32, 200, 11, (b, g, y) -> b.random().each(g, Trial.BERNOULLI, on, on, y));
    for (int i = 0; i < drawn.length; i++) {
      assertEquals(i % 2, drawn[i], "element " + i);
    }
  }

  /** Below and above where the method changes. */
  @Test
  void countsHaveTheirMeansAndVariances() {
    Twins.cuda();
    int n = 10_000;
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      for (double rate : new double[] {0.5, 4, 30, 400}) {
        Strided rates = Twins.upload(Twins.of(dtype, Form.CONTIGUOUS, () -> rate, n));
        double[] drawn =
            seeded(dtype, n, 14, (b, g, y) -> b.random().each(g, Trial.POISSON, rates, rates, y));
        assertMoments(rate, rate, drawn);
      }
      for (double[] trial : new double[][] {{5, 0.3}, {100, 0.4}, {60, 0.9}, {1000, 0.002}}) {
        Strided counts = Twins.upload(Twins.of(dtype, Form.CONTIGUOUS, () -> trial[0], n));
        Strided p = Twins.upload(Twins.of(dtype, Form.CONTIGUOUS, () -> trial[1], n));
        double[] drawn =
            seeded(dtype, n, 15, (b, g, y) -> b.random().each(g, Trial.BINOMIAL, counts, p, y));
        assertMoments(trial[0] * trial[1], trial[0] * trial[1] * (1 - trial[1]), drawn);
        assertTrue(Arrays.stream(drawn).allMatch(k -> k >= 0 && k <= trial[0]));
      }
    }
  }

  private static void assertMoments(double mean, double variance, double... drawn) {
    double error = Math.sqrt(variance / drawn.length);
    assertEquals(mean, mean(drawn), 5 * error);
    double found = Arrays.stream(drawn).map(x -> (x - mean) * (x - mean)).sum() / drawn.length;
    assertEquals(variance, found, 0.1 * variance);
    assertTrue(Arrays.stream(drawn).allMatch(k -> k == Math.rint(k)));
  }

  @Test
  void countsOfCertainTrialsAreCertain() {
    Twins.cuda();
    double[] p = {0, 1, Double.NaN, -1};
    int[] next = {0};
    Strided on = Twins.upload(Twins.of(DType.FLOAT64, Form.CONTIGUOUS, () -> p[next[0]++], 4));
    Strided ten = Twins.upload(Twins.of(DType.FLOAT64, Form.CONTIGUOUS, () -> 10, 4));
    double[] drawn =
        seeded(DType.FLOAT64, 4, 16, (b, g, y) -> b.random().each(g, Trial.BINOMIAL, ten, on, y));
    assertArrayEquals(new double[] {0, 10, Double.NaN, 0}, drawn);
    double[] none =
        seeded(DType.FLOAT64, 4, 17, (b, g, y) -> b.random().each(g, Trial.POISSON, on, on, y));
    assertEquals(0, none[0]);
    assertEquals(0, none[2]);
    assertEquals(0, none[3]);
  }

  @Test
  void choicesFollowTheirWeights() {
    Backend cuda = Twins.cuda();
    double[] weights = {0, 1, 0, 3};
    int[] next = {0};
    Strided w =
        Twins.upload(Twins.of(DType.FLOAT64, Form.CONTIGUOUS, () -> weights[next[0]++ % 4], 2, 4));
    Strided y = Strided.allocate(Device.cuda(0), Shape.of(2, 2000), DType.INT64);
    cuda.random().choices(cuda.generators().generator(12), w, y);
    double[] drawn = Twins.values(Twins.download(y));
    assertTrue(Arrays.stream(drawn).allMatch(slot -> slot == 1 || slot == 3));
    assertEquals(2.5, mean(drawn), 0.1);
  }

  @Test
  void aPermutationHasEveryPlaceOnce() {
    for (long n : new long[] {0, 1, 600}) {
      double[] order = seeded(DType.INT64, n, 13, (b, g, y) -> b.random().permutation(g, y));
      assertEquals(n, Arrays.stream(order).distinct().count());
      assertTrue(Arrays.stream(order).allMatch(place -> place >= 0 && place < n));
      assertTrue(n < 2 || order[0] != 0 || order[1] != 1);
    }
  }
}
