package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.backend.Backend;
import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.IndexKernels.Store;
import dev.chagres.backend.OrderKernels.Bound;
import dev.chagres.backend.ScanKernels.Scan;
import dev.chagres.backend.ScanKernels.Way;
import dev.chagres.backend.ScanOp;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Counts and places against plain loops, and what the kernels refuse. */
class CountsTest {
  private final Backend backend = CpuBackend.on(new WorkerTeam(2));
  private final Random random = new Random(11);

  private static Strided zeros(int n) {
    Strided counts = TestArrays.empty(DType.INT64, n);
    TestArrays.forEach(counts.shape(), i -> TestArrays.set(counts, 0, i));
    return counts;
  }

  /** On both sides of the number of bins up to which there are several tables. */
  @Test
  void everyPositionIsCounted() {
    for (int bins : new int[] {1, 3, 512, 513, 2000}) {
      Strided positions = TestArrays.empty(DType.INT64, 4001);
      Strided counts = zeros(bins);
      double[] expected = new double[bins];
      Arrays.fill(expected, 0);
      TestArrays.set(counts, 5, 0);
      expected[0] = 5;
      for (long i = 0; i < positions.numel(); i++) {
        int bin = i % 3 == 0 ? bins - 1 : random.nextInt(bins);
        TestArrays.set(positions, bin, i);
        expected[bin]++;
      }
      backend.counting().count(positions, counts);
      assertArrayEquals(expected, TestArrays.values(counts));
      for (long wrong : new long[] {-1, bins, Long.MIN_VALUE, Long.MAX_VALUE}) {
        TestArrays.set(positions, (double) wrong, 4000);
        assertThrows(
            IndexOutOfBoundsException.class, () -> backend.counting().count(positions, counts));
      }
    }
  }

  @Test
  void whatIsNotInTheRangeIsNotCounted() {
    for (DType dtype : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
      Strided x = TestArrays.empty(dtype, 1500);
      double[] expected = new double[7];
      for (long i = 0; i < x.numel(); i++) {
        double value =
            i % 50 == 0
                ? new double[] {
                      Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 2, -1.5
                    }
                    [(int) (i / 50 % 5)]
                : Math.rint(random.nextGaussian() * 64) / 64;
        TestArrays.set(x, value, i);
        if (value >= -1.5 && value <= 2) {
          expected[(int) Math.min(6, Math.floor((value + 1.5) * 7 / 3.5))]++;
        }
      }
      Strided counts = zeros(7);
      backend.counting().histogram(x, -1.5, 2, counts);
      assertArrayEquals(expected, TestArrays.values(counts));
    }
  }

  /** Rows of every small length, numbers of elements that do not fill a group, equal elements. */
  @Test
  void placesInSortedRows() {
    for (int n = 0; n <= 20; n++) {
      for (int m : new int[] {1, 7, 8, 19}) {
        Strided sorted = TestArrays.empty(DType.FLOAT32, n);
        double[] row = random.ints(n, 0, 9).asDoubleStream().sorted().toArray();
        if (n > 3) {
          row[n - 1] = Double.NaN;
        }
        for (int i = 0; i < n; i++) {
          TestArrays.set(sorted, row[i], i);
        }
        Strided x = TestArrays.empty(DType.FLOAT32, m);
        Strided y = TestArrays.empty(DType.INT64, m);
        for (int i = 0; i < m; i++) {
          TestArrays.set(x, i == 3 ? Double.NaN : random.nextInt(11) - 1, i);
        }
        for (Bound bound : Bound.values()) {
          backend.ordering().search(bound, sorted, null, x, y);
          for (int i = 0; i < m; i++) {
            double value = TestArrays.get(x, i);
            int place = 0;
            while (place < n
                && !(bound == Bound.RIGHT ? row[place] > value : row[place] >= value)) {
              place++;
            }
            assertEquals(place, TestArrays.get(y, i), Arrays.toString(row) + " " + value);
          }
        }
      }
    }
  }

  @Test
  void extremesAreScannedWithTheirPositionsAlone() {
    Strided x = TestArrays.random(random, DType.FLOAT32, 2, 3);
    Strided y = TestArrays.empty(DType.FLOAT32, 2, 3);
    Strided indices = TestArrays.empty(DType.INT64, 2, 3);
    assertThrows(
        IllegalArgumentException.class,
        () -> backend.scans().scan(new Scan(ScanOp.MAX, Way.FORTH, 1), x, y));
    assertThrows(
        IllegalArgumentException.class,
        () -> backend.scans().scanExtrema(new Scan(ScanOp.SUM, Way.FORTH, 1), x, y, indices));
  }

  /** Large enough for two threads; a position out of range is found, and written to nowhere. */
  @Test
  void gathersOfSeveralThreads() {
    for (int dim = 0; dim < 2; dim++) {
      Strided x = TestArrays.random(random, DType.INT32, 700, 600);
      Strided index = TestArrays.empty(DType.INT64, 650, 550);
      Strided y = TestArrays.empty(DType.INT32, 650, 550);
      int axis = dim;
      long n = x.layout().size(dim);
      TestArrays.forEach(
          index.shape(), i -> TestArrays.set(index, random.nextInt(2 * (int) n) - n, i));
      backend.indexing().gather(x, dim, index, Negatives.FROM_END, y);
      TestArrays.forEach(
          y.shape(),
          i -> {
            long[] from = i.clone();
            from[axis] = Math.floorMod((long) TestArrays.get(index, i), n);
            assertEquals(TestArrays.get(x, from), TestArrays.get(y, i));
          });
      TestArrays.set(index, (double) n, 649, 549);
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> backend.indexing().gather(x, axis, index, Negatives.FROM_END, y));
      TestArrays.forEach(x.shape(), i -> TestArrays.set(x, 77, i));
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> backend.indexing().scatter(Store.REPLACE, y, axis, index, Negatives.FROM_END, x));
      TestArrays.forEach(x.shape(), i -> assertEquals(77, TestArrays.get(x, i)));
    }
  }
}
