package dev.chagres.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.backend.LinearAlgebra;
import dev.chagres.backend.Strided;
import dev.chagres.backend.cpu.CpuBackend;
import dev.chagres.backend.cuda.Twins.Form;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Driver;
import dev.chagres.core.Triangle;
import dev.chagres.primitive.Factorizations.Vectors;
import dev.chagres.testing.OnCuda;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Values are compared with LAPACK's; vectors, of which the signs are free, by what they make. */
@OnCuda
@Tag("kernels")
class CudaSpectraTest {
  private static final List<DType> DTYPES = List.of(DType.FLOAT32, DType.FLOAT64);

  private final Random random = new Random(6);

  /** Values on the host, and as the operands of both backends. */
  private static final class Operand {
    final Strided host;
    final Strided device;

    Operand(Strided host) {
      Twins.cuda();
      this.host = host;
      device = Twins.upload(host);
    }

    double[] found() {
      return Twins.values(Twins.download(device));
    }

    double[] expected() {
      return Twins.values(host);
    }
  }

  private static Operand operand(DType dtype, DoubleSupplier values, long... sizes) {
    return new Operand(Twins.of(dtype, Form.CONTIGUOUS, values, sizes));
  }

  private static Operand empty(DType dtype, long... sizes) {
    return new Operand(Twins.empty(dtype, sizes));
  }

  private static DoubleSupplier listed(double... values) {
    int[] at = {0};
    return () -> values[at[0]++ % values.length];
  }

  private static LinearAlgebra cpu() {
    return CpuBackend.instance().linearAlgebra();
  }

  private LinearAlgebra cuda() {
    return large > 0
        ? new Factoring(CudaRuntime.device(Device.cuda(0)), large)
        : Twins.cuda().linearAlgebra();
  }

  /** The side up to which one block has a matrix, or 0 for the library's. */
  private long large;

  /** How many matrices there are at once; an emulator takes long for large ones. */
  private int batch = 3;

  /** Which triangles are given, and what is asked for. */
  private List<Triangle> triangles = List.of(Triangle.values());

  private List<Vectors> wanted = List.of(Vectors.values());

  private static double tolerance(DType dtype, long side) {
    return 20 * dtype.eps() * (side + 2);
  }

  private static void assertNear(
      String what, double tolerance, double[] expected, double... found) {
    double size = Math.max(1e-300, Arrays.stream(expected).map(Math::abs).max().orElse(1));
    assertEquals(expected.length, found.length, what);
    for (int i = 0; i < found.length; i++) {
      assertEquals(expected[i], found[i], tolerance * size, what + ", number " + i);
    }
  }

  /** The columns of each matrix (rows, columns), stored column by column, are orthonormal. */
  private static void assertOrthonormal(
      String what, double tolerance, double[] q, int rows, int columns) {
    for (int z = 0; z < q.length / Math.max(1, rows * columns); z++) {
      for (int i = 0; i < columns; i++) {
        for (int j = 0; j <= i; j++) {
          double sum = 0;
          for (int k = 0; k < rows; k++) {
            sum += q[(z * columns + i) * rows + k] * q[(z * columns + j) * rows + k];
          }
          assertEquals(i == j ? 1 : 0, sum, tolerance, what + ": " + i + " by " + j);
        }
      }
    }
  }

  // ---- eigenvalues

  private void checkEigh(String what, DType dtype, int n, DoubleSupplier values) {
    for (Triangle triangle : triangles) {
      double[] held = new double[batch * n * n];
      Arrays.setAll(held, i -> values.getAsDouble());
      double[] symmetric = new double[held.length];
      Arrays.setAll(
          symmetric,
          at -> {
            int i = at % n;
            int j = at / n % n;
            boolean lower = triangle == Triangle.LOWER ? i >= j : i <= j;
            return lower ? held[at] : held[at / (n * n) * n * n + i * n + j];
          });
      for (Vectors vectors : wanted) {
        if (vectors == Vectors.ALL) {
          continue; // of eigenvectors there is one set
        }
        Operand a = operand(dtype, listed(held), batch, n, n);
        double[] asHeld = operand(dtype, listed(symmetric), batch, n, n).expected();
        Operand w = empty(dtype, batch, n);
        Operand info = operand(DType.INT32, () -> 7, batch);
        cuda().eigh(vectors, triangle, a.device, w.device, info.device);
        cpu().eigh(vectors, triangle, a.host, w.host, info.host);
        String name = what + " of " + n + ", " + dtype + ", " + triangle;
        double tolerance = tolerance(dtype, n);
        assertArrayEquals(info.expected(), info.found(), name);
        assertNear(name, tolerance, w.expected(), w.found());
        if (vectors == Vectors.THIN) {
          double[] v = a.found();
          assertOrthonormal(name, tolerance, v, n, n);
          double[] made = new double[v.length];
          double[] found = w.found();
          for (int at = 0; at < made.length; at++) {
            int z = at / (n * n);
            for (int k = 0; k < n; k++) {
              double left = v[(z * n + k) * n + at % n];
              made[at] += left * found[z * n + k] * v[(z * n + k) * n + at / n % n];
            }
          }
          assertNear(name + ", product", tolerance, asHeld, made);
        }
      }
    }
  }

  @Test
  void eigenvaluesAreLapacks() {
    for (DType dtype : DTYPES) {
      for (int n : new int[] {1, 2, 5, 33}) {
        checkEigh("random", dtype, n, random::nextGaussian);
      }
      checkEigh("equal", dtype, 5, () -> 1);
      checkEigh("zero", dtype, 4, () -> 0);
      double scale = dtype == DType.FLOAT32 ? 1e30 : 1e250;
      checkEigh("great", dtype, 6, () -> random.nextGaussian() * scale);
      checkEigh("small", dtype, 6, () -> random.nextGaussian() / scale);
    }
  }

  /** Of the triangle that is not read NaN does not matter. */
  @Test
  void matricesThatAreNotFiniteAreTold() {
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      Operand[] a = new Operand[3];
      Arrays.setAll(a, i -> operand(DType.FLOAT32, listed(2, 1, bad, 2), 1, 2, 2));
      Operand w = empty(DType.FLOAT32, 1, 2);
      Operand info = empty(DType.INT32, 1);
      cuda().eigh(Vectors.NONE, Triangle.UPPER, a[0].device, w.device, info.device);
      assertArrayEquals(new double[] {-1}, info.found());
      cuda().eigh(Vectors.NONE, Triangle.LOWER, a[1].device, w.device, info.device);
      assertArrayEquals(new double[] {0}, info.found());
      assertNear("values", 1e-6, new double[] {1, 3}, w.found());
      Operand none = empty(DType.FLOAT32, 1, 0, 0);
      cuda().svd(Vectors.NONE, a[2].device, none.device, w.device, none.device, info.device);
      assertArrayEquals(new double[] {-1}, info.found());
    }
  }

  // ---- singular values

  private void checkSvd(String what, DType dtype, int m, int n, DoubleSupplier values) {
    int least = Math.min(m, n);
    for (Vectors vectors : wanted) {
      boolean none = vectors == Vectors.NONE;
      boolean all = vectors == Vectors.ALL;
      Operand a = operand(dtype, values, batch, n, m);
      double[] held = a.expected();
      int left = none ? 0 : all ? m : least;
      int right = none ? 0 : all ? n : least;
      Operand u = empty(dtype, batch, left, none ? 0 : m);
      Operand vh = empty(dtype, batch, none ? 0 : n, right);
      Operand s = empty(dtype, batch, least);
      Operand info = operand(DType.INT32, () -> 7, batch);
      cuda().svd(vectors, a.device, u.device, s.device, vh.device, info.device);
      cpu().svd(vectors, a.host, u.host, s.host, vh.host, info.host);
      String name = what + " of " + m + " by " + n + ", " + dtype + ", " + vectors;
      double tolerance = tolerance(dtype, Math.max(m, n));
      assertArrayEquals(info.expected(), info.found(), name);
      double[] found = s.found();
      assertNear(name, tolerance, s.expected(), found);
      for (int i = 1; i < least; i++) {
        assertTrue(found[i] <= found[i - 1], name);
      }
      if (none) {
        continue;
      }
      double[] columns = u.found();
      double[] rows = vh.found();
      assertOrthonormal(name + ", u", tolerance, columns, m, left);
      double[] turned = new double[rows.length];
      Arrays.setAll(
          turned, at -> rows[at / (n * right) * n * right + at % n * right + at / n % right]);
      assertOrthonormal(name + ", vh", tolerance, turned, n, right);
      double[] made = new double[held.length];
      for (int at = 0; at < made.length; at++) {
        int z = at / (m * n);
        for (int k = 0; k < least; k++) {
          made[at] +=
              columns[(z * left + k) * m + at % m]
                  * found[z * least + k]
                  * rows[(z * n + at / m % n) * right + k];
        }
      }
      assertNear(name + ", product", tolerance, held, made);
    }
  }

  @Test
  void singularValuesAreLapacks() {
    int[][] sizes = {{1, 1}, {4, 4}, {7, 2}, {2, 7}, {40, 9}, {9, 40}, {33, 33}};
    for (DType dtype : DTYPES) {
      for (int[] size : sizes) {
        checkSvd("random", dtype, size[0], size[1], random::nextGaussian);
      }
      for (int[] size : new int[][] {{6, 4}, {4, 6}, {5, 5}}) {
        checkSvd("zero", dtype, size[0], size[1], () -> 0);
        checkSvd("equal", dtype, size[0], size[1], () -> 3);
        checkSvd("sparse", dtype, size[0], size[1], () -> random.nextInt(4) == 0 ? 1 : 0);
        double scale = dtype == DType.FLOAT32 ? 1e30 : 1e250;
        checkSvd("great", dtype, size[0], size[1], () -> random.nextGaussian() * scale);
        checkSvd("small", dtype, size[0], size[1], () -> random.nextGaussian() / scale);
      }
      checkSvd("graded", dtype, 12, 12, graded(12));
    }
  }

  /** Columns whose sizes go far below the precision. */
  private DoubleSupplier graded(int rows) {
    int[] at = {0};
    return () -> random.nextGaussian() * Math.pow(10, -2.5 * (at[0]++ / rows % 12));
  }

  // ---- by many blocks for a matrix

  /** With one pair of spans, of which a part is padding, and with an odd number of several. */
  @Test
  void valuesOfLargeMatricesAreLapacksToo() {
    large = 2;
    batch = 2;
    for (DType dtype : DTYPES) {
      for (int n : new int[] {3, 33, 70}) {
        checkEigh("random", dtype, n, random::nextGaussian);
      }
      checkEigh("equal", dtype, 5, () -> 1);
      checkEigh("zero", dtype, 40, () -> 0);
      checkEigh("sparse", dtype, 40, () -> random.nextInt(20) == 0 ? 1 : 0);
      double scale = dtype == DType.FLOAT32 ? 1e30 : 1e250;
      checkEigh("great", dtype, 36, () -> random.nextGaussian() * scale);
      checkEigh("small", dtype, 6, () -> random.nextGaussian() / scale);
      for (int[] size : new int[][] {{4, 4}, {7, 3}, {3, 7}, {66, 34}, {34, 66}}) {
        checkSvd("random", dtype, size[0], size[1], random::nextGaussian);
      }
      for (int[] size : new int[][] {{70, 33}, {33, 70}, {80, 5}, {5, 80}, {9, 1}, {1, 9}}) {
        checkSvd("random", dtype, size[0], size[1], random::nextGaussian);
      }
      for (int[] size : new int[][] {{40, 35}, {35, 40}, {40, 18}, {18, 40}}) {
        checkSvd("zero", dtype, size[0], size[1], () -> 0);
        checkSvd("equal", dtype, size[0], size[1], () -> 3);
        checkSvd("sparse", dtype, size[0], size[1], () -> random.nextInt(40) == 0 ? 1 : 0);
        checkSvd("great", dtype, size[0], size[1], () -> random.nextGaussian() * scale);
        checkSvd("small", dtype, size[0], size[1], () -> random.nextGaussian() / scale);
      }
      checkSvd("graded", dtype, 36, 36, graded(36));
      checkSvd("graded", dtype, 90, 36, graded(90));
    }
  }

  /** Columns of one size that are nearly dependent, with values down to nothing. */
  @Tag("slow")
  @Test
  void columnsThatAreNearlyDependentAreTurnedInTime() {
    int n = 257;
    int[] at = {0};
    DoubleSupplier values =
        () -> {
          double apart = 5.0 * (at[0] % n - at[0]++ / n % n) / n;
          return Math.exp(-apart * apart) + random.nextGaussian() * 1e-9;
        };
    Operand a = operand(DType.FLOAT32, values, 1, n, n);
    Operand none = empty(DType.FLOAT32, 1, 0, 0);
    Operand s = empty(DType.FLOAT32, 1, n);
    Operand info = operand(DType.INT32, () -> 7, 1);
    cuda().svd(Vectors.NONE, a.device, none.device, s.device, none.device, info.device);
    cpu().svd(Vectors.NONE, a.host, none.host, s.host, none.host, info.host);
    assertArrayEquals(info.expected(), info.found());
    assertNear("values", tolerance(DType.FLOAT32, n), s.expected(), s.found());
  }

  /** Just below and above where many blocks work for a matrix. */
  @Test
  void bothSidesOfTheThresholdAgree() {
    batch = 1;
    triangles = List.of(Triangle.UPPER);
    wanted = List.of(Vectors.THIN);
    for (int n : new int[] {128, 129}) {
      checkEigh("random", DType.FLOAT64, n, random::nextGaussian);
      checkSvd("random", DType.FLOAT32, n, n, random::nextGaussian);
    }
  }

  @Test
  void largeMatricesThatAreNotFiniteAreTold() {
    large = 2;
    matricesThatAreNotFiniteAreTold();
    Operand[] a = new Operand[2];
    Arrays.setAll(a, i -> operand(DType.FLOAT32, listed(Double.NaN, 1, 2), 2, 3, 3));
    Operand w = empty(DType.FLOAT32, 2, 3);
    Operand info = empty(DType.INT32, 2);
    cuda().eigh(Vectors.THIN, Triangle.UPPER, a[0].device, w.device, info.device);
    assertArrayEquals(new double[] {-1, -1}, info.found());
    Operand u = empty(DType.FLOAT32, 2, 3, 3);
    cuda().svd(Vectors.ALL, a[1].device, u.device, w.device, u.device, info.device);
    assertArrayEquals(new double[] {-1, -1}, info.found());
  }

  // ---- least squares

  private void checkLeast(Driver driver, DType dtype, int m, int n, int rank, boolean finite) {
    int most = Math.max(m, n);
    int least = Math.min(m, n);
    double[] factors = random.doubles(batch * rank * (m + n), -1, 1).toArray();
    int[] at = {0};
    DoubleSupplier values =
        () -> {
          if (rank == least) {
            return random.nextGaussian();
          }
          int i = at[0]++ % (batch * m * n);
          double sum = 0;
          for (int k = 0; k < rank; k++) {
            int from = (i / (m * n) * rank + k) * (m + n);
            sum += factors[from + i % m] * factors[from + m + i / m % n];
          }
          return sum;
        };
    Operand a = operand(dtype, values, batch, n, m);
    double bad = finite ? 1 : Double.NaN;
    int[] next = {0};
    Operand b =
        operand(
            dtype, () -> next[0]++ % most >= m ? 0 : random.nextGaussian() * bad, batch, 2, most);
    Operand ranks = empty(DType.INT32, batch);
    Operand s = empty(dtype, batch, least);
    Operand info = operand(DType.INT32, () -> 7, batch);
    double rcond = 1e-4;
    cuda().leastSquares(driver, rcond, a.device, b.device, ranks.device, s.device, info.device);
    cpu().leastSquares(driver, rcond, a.host, b.host, ranks.host, s.host, info.host);
    String name = driver + " of " + m + " by " + n + ", " + dtype;
    double tolerance = 1000 * tolerance(dtype, most);
    assertArrayEquals(info.expected(), info.found(), name);
    if (driver != Driver.GELS) {
      assertArrayEquals(ranks.expected(), ranks.found(), name);
    }
    if (driver == Driver.GELSD) {
      assertNear(name, tolerance, s.expected(), s.found());
    }
    double[] expected = b.expected();
    double[] found = b.found();
    if (!finite) {
      assertArrayEquals(expected, found, name);
      return;
    }
    for (int column = 0; column < 2 * batch; column++) {
      int from = column * most;
      double[] unknowns = Arrays.copyOfRange(expected, from, from + n);
      assertNear(name, tolerance, unknowns, Arrays.copyOfRange(found, from, from + n));
      if (rank == least && driver != Driver.GELSY) {
        double[] rests = {rest(expected, from + n, from + m), rest(found, from + n, from + m)};
        assertEquals(rests[0], rests[1], tolerance, name + ", what remains");
      }
    }
  }

  private static double rest(double[] x, int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += x[i] * x[i];
    }
    return Math.sqrt(sum);
  }

  @Test
  void leastSquaresAreLapacks() {
    for (DType dtype : DTYPES) {
      for (int[] size : new int[][] {{1, 1}, {9, 4}, {4, 9}, {34, 6}}) {
        for (Driver driver : Driver.values()) {
          int least = Math.min(size[0], size[1]);
          checkLeast(driver, dtype, size[0], size[1], least, true);
          checkLeast(driver, dtype, size[0], size[1], least, false);
          if (driver != Driver.GELS && least > 2) {
            checkLeast(driver, dtype, size[0], size[1], 2, true);
          }
        }
      }
    }
  }

  /** By reflections in panels, and triangles that blocks or many of them turn. */
  @Test
  void leastSquaresOfLargeMatricesAreLapacksToo() {
    large = 2;
    leastSquaresSayWhatTheyCannotDo();
    leastSquaresAreLapacks();
    for (DType dtype : DTYPES) {
      for (int[] size : new int[][] {{40, 35}, {33, 70}}) {
        for (Driver driver : List.of(Driver.GELS, Driver.GELSD)) {
          checkLeast(driver, dtype, size[0], size[1], Math.min(size[0], size[1]), true);
        }
        checkLeast(Driver.GELSY, dtype, size[0], size[1], 5, true);
      }
      large = 34;
      checkLeast(Driver.GELSS, dtype, 70, 33, 33, true);
      large = 2;
    }
  }

  @Test
  void leastSquaresSayWhatTheyCannotDo() {
    Operand zero = operand(DType.FLOAT64, listed(1, 0, 0, 0, 0, 0), 1, 2, 3);
    Operand b = operand(DType.FLOAT64, () -> 1, 1, 1, 3);
    Operand rank = empty(DType.INT32, 1);
    Operand s = empty(DType.FLOAT64, 1, 2);
    Operand info = empty(DType.INT32, 1);
    cuda().leastSquares(Driver.GELS, 0, zero.device, b.device, rank.device, s.device, info.device);
    assertArrayEquals(new double[] {2}, info.found());
    Operand bad = operand(DType.FLOAT64, listed(1, Double.NaN), 1, 2, 3);
    for (Driver driver : Driver.values()) {
      cuda().leastSquares(driver, 0, bad.device, b.device, rank.device, s.device, info.device);
      assertArrayEquals(new double[] {-1}, info.found(), driver::toString);
    }
  }
}
