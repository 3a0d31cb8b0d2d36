package dev.chagres.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.Cuda;
import dev.chagres.backend.LinearAlgebra;
import dev.chagres.backend.Strided;
import dev.chagres.backend.cpu.CpuBackend;
import dev.chagres.backend.cuda.Twins.Form;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Diagonal;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.primitive.Triangular;
import dev.chagres.testing.OnCuda;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Factors whose numbers a formula fixes, signs too: they are LAPACK's. */
@OnCuda
@Tag("kernels")
class CudaFactoringTest {
  private static final List<DType> DTYPES = List.of(DType.FLOAT32, DType.FLOAT64);
  private static final int BATCH = 3;

  /** Rows and columns: around what a warp has, high, wide. */
  private static final long[][] SIZES = {
    {1, 1}, {3, 3}, {6, 2}, {2, 6}, {33, 33}, {41, 35}, {5, 40}
  };

  private final Random random = new Random(5);

  private Strided matrices(DType dtype, long rows, long columns) {
    return Twins.of(dtype, Form.OFFSET, random::nextGaussian, BATCH, columns, rows);
  }

  /** Matrices with a great diagonal, whose triangles are well-conditioned too. */
  private Strided heavy(DType dtype, int n) {
    int[] at = {0};
    DoubleSupplier values =
        () -> {
          int i = at[0]++ % (n * n);
          return i % (n + 1) == 0 ? n + random.nextDouble() : random.nextDouble();
        };
    return Twins.of(dtype, Form.CONTIGUOUS, values, BATCH, n, n);
  }

  private static Strided copy(Strided x) {
    Strided y = Twins.empty(x.dtype(), x.shape().toArray());
    CpuBackend.instance().elements().copy(x, y);
    return y;
  }

  @FunctionalInterface
  private interface Call {
    void run(LinearAlgebra algebra, Strided... operands);
  }

  private void check(String what, long side, Call call, Strided... operands) {
    Twins.check(
        what + " of " + side,
        50.0 * (side + 4),
        1,
        (backend, all) ->
            call.run(backend == CpuBackend.instance() ? backend.linearAlgebra() : cuda(), all),
        operands);
  }

  private LinearAlgebra cuda() {
    return large > 0
        ? new Factoring(CudaRuntime.device(Device.cuda(0)), large)
        : Twins.cuda().linearAlgebra();
  }

  /** The side up to which one block has a matrix, or 0 for the library's. */
  private long large;

  private static LinearAlgebra cpu() {
    return CpuBackend.instance().linearAlgebra();
  }

  @Test
  void luIsLapacks() {
    for (DType dtype : DTYPES) {
      for (long[] size : SIZES) {
        Strided a = matrices(dtype, size[0], size[1]);
        Strided pivots = Twins.empty(DType.INT32, BATCH, Math.min(size[0], size[1]));
        Strided info = Twins.empty(DType.INT32, BATCH);
        check("lu", size[0], (l, o) -> l.lu(o[0], o[1], o[2]), a, pivots, info);
        Strided order = Twins.empty(DType.INT64, BATCH, size[0]);
        check("order", size[0], (l, o) -> l.order(o[0], o[1]), pivots, order);
      }
    }
  }

  @Test
  void luSaysWhereAMatrixIsSingular() {
    double[] columns = {4, 2, 1, 8, 4, 2, 0, 1, 5};
    int[] at = {0};
    Strided a = Twins.of(DType.FLOAT64, Form.CONTIGUOUS, () -> columns[at[0]++], 1, 3, 3);
    Strided on = Twins.upload(uploadable(a));
    Strided pivots = Twins.upload(Twins.empty(DType.INT32, 1, 3));
    Strided info = Twins.upload(Twins.empty(DType.INT32, 1));
    Twins.cuda().linearAlgebra().lu(on, pivots, info);
    assertArrayEquals(new double[] {2}, Twins.values(Twins.download(info)));
  }

  /** Its device's memory exists from the first use of the device on. */
  private static Strided uploadable(Strided x) {
    Twins.cuda();
    return x;
  }

  @Test
  void systemsAreSolvedByLu() {
    for (DType dtype : DTYPES) {
      for (int n : new int[] {1, 4, 37}) {
        for (Transposed transposed : Transposed.values()) {
          Strided packed = heavy(dtype, n);
          Strided pivots = Twins.empty(DType.INT32, BATCH, n);
          cpu().lu(packed, pivots, Twins.empty(DType.INT32, BATCH));
          Strided b = matrices(dtype, n, 3);
          check("luSolve", n, (l, o) -> l.luSolve(transposed, o[0], o[1], o[2]), packed, pivots, b);
        }
      }
    }
  }

  /** Matrices that are factored in panels. */
  @Test
  void largeMatrices() {
    for (DType dtype : DTYPES) {
      for (long[] size : new long[][] {{150, 150}, {170, 131}, {130, 163}}) {
        Strided a = matrices(dtype, size[0], size[1]);
        Strided pivots = Twins.empty(DType.INT32, BATCH, Math.min(size[0], size[1]));
        Strided info = Twins.empty(DType.INT32, BATCH);
        check("lu", 8 * size[0], (l, o) -> l.lu(o[0], o[1], o[2]), a, pivots, info);
      }
      for (Triangle triangle : Triangle.values()) {
        Strided a = heavy(dtype, 150);
        Strided info = Twins.empty(DType.INT32, BATCH);
        check("cholesky", 150, (l, o) -> l.cholesky(triangle, o[0], o[1]), a, info);
      }
    }
  }

  /** The first place counts, in whichever panel it is. */
  @Test
  void largeMatricesThatAreSingular() {
    for (int place : new int[] {20, 100}) {
      int n = 140;
      int[] at = {0};
      DoubleSupplier values =
          () -> {
            int i = at[0]++ % (n * n);
            return i % (n + 1) == 0 && i / n != place && i / n != 120 ? 2 : 0;
          };
      Strided a = Twins.of(DType.FLOAT64, Form.CONTIGUOUS, values, 1, n, n);
      Strided info = Twins.empty(DType.INT32, 1);
      Strided pivots = Twins.empty(DType.INT32, 1, n);
      LinearAlgebra cuda = Twins.cuda().linearAlgebra();
      Strided on = Twins.upload(info);
      cuda.lu(Twins.upload(a), Twins.upload(pivots), on);
      assertArrayEquals(new double[] {place + 1}, Twins.values(Twins.download(on)));
      cuda.cholesky(Triangle.LOWER, Twins.upload(a), on);
      assertArrayEquals(new double[] {place + 1}, Twins.values(Twins.download(on)));
    }
  }

  /** Matrices of which most steps take two columns, some none, and half exchange rows. */
  private Strided indefinite(DType dtype, int n) {
    int[] at = {0};
    DoubleSupplier values =
        () -> {
          int i = at[0]++ % (n * n);
          return i % (n + 1) == 0 ? random.nextGaussian() / 16 : random.nextGaussian();
        };
    return Twins.of(dtype, Form.CONTIGUOUS, values, BATCH, n, n);
  }

  @Test
  void ldlIsLapacks() {
    for (DType dtype : DTYPES) {
      for (int n : new int[] {1, 2, 3, 8, 37}) {
        for (boolean heavy : new boolean[] {true, false}) {
          Strided a = heavy ? heavy(dtype, n) : indefinite(dtype, n);
          Strided pivots = Twins.empty(DType.INT32, BATCH, n);
          Strided info = Twins.empty(DType.INT32, BATCH);
          check("ldl", 8L * n, (l, o) -> l.ldl(o[0], o[1], o[2]), a, pivots, info);
          Strided b = matrices(dtype, n, 3);
          check("ldlSolve", 512L * n, (l, o) -> l.ldlSolve(o[0], o[1], o[2]), a, pivots, b);
        }
      }
    }
  }

  @Test
  void ldlSaysWhereAMatrixIsSingular() {
    double[][] matrices = {{0, 0, 0, 0, 2, 1, 0, 0, 3}, {1, 1, 0, 0, 1, 0, 0, 0, 5}, new double[9]};
    for (double[] columns : matrices) {
      int[] at = {0};
      Strided a = Twins.of(DType.FLOAT64, Form.CONTIGUOUS, () -> columns[at[0]++], 1, 3, 3);
      Strided pivots = Twins.empty(DType.INT32, 1, 3);
      Strided info = Twins.empty(DType.INT32, 1);
      check("ldl", 3, (l, o) -> l.ldl(o[0], o[1], o[2]), a, pivots, info);
    }
  }

  /** By many blocks, with columns of nothing at the beginning, within and at the end. */
  @Test
  void largeSymmetricMatricesAreLapacksToo() {
    large = 2;
    ldlIsLapacks();
    int n = 12;
    for (int zero : new int[] {0, 6, 11}) {
      int[] at = {0};
      DoubleSupplier values =
          () -> {
            int i = at[0]++ % (n * n);
            return i / n == zero || i % n == zero ? 0 : random.nextGaussian();
          };
      Strided a = Twins.of(DType.FLOAT64, Form.CONTIGUOUS, values, 1, n, n);
      Strided pivots = Twins.empty(DType.INT32, 1, n);
      Strided info = Twins.empty(DType.INT32, 1);
      check("ldl", 8 * n, (l, o) -> l.ldl(o[0], o[1], o[2]), a, pivots, info);
    }
  }

  @Test
  void blocksThatNoFactorisationHasAreRefused() {
    CudaDevice device = CudaRuntime.device(Device.cuda(0));
    int[][] bad = {{1, 2, 0}, {1, -4, -4}, {1, 2, -3}, {-2, -3, 3}, {1, 4, 3}};
    String[] said = {
      "0 for pivot 2", "-4 for pivot 1", "-3 for pivot 2", "-2 for pivot 0", "4 for pivot 1"
    };
    for (int i = 0; i < bad.length; i++) {
      int[] pivots = bad[i];
      int[] at = {0};
      Strided b = Twins.upload(uploadable(matrices(DType.FLOAT32, 3, 2)));
      cuda()
          .ldlSolve(
              Twins.upload(heavy(DType.FLOAT32, 3)),
              Twins.upload(
                  Twins.of(DType.INT32, Form.CONTIGUOUS, () -> pivots[at[0]++ % 3], BATCH, 3)),
              b);
      var thrown = assertThrows(IllegalArgumentException.class, device::synchronize);
      assertEquals("ldlSolve: no factorisation of order 3 has " + said[i], thrown.getMessage());
    }
  }

  @Test
  void blocksOfLargeMatricesAreRefusedToo() {
    large = 2;
    blocksThatNoFactorisationHasAreRefused();
  }

  @Test
  void exchangesOfRowsThatAreNotThereAreRefused() {
    Strided packed = Twins.upload(uploadable(heavy(DType.FLOAT32, 3)));
    int[] pivots = {1, 2, 9};
    int[] at = {0};
    Strided bad =
        Twins.upload(Twins.of(DType.INT32, Form.CONTIGUOUS, () -> pivots[at[0]++ % 3], BATCH, 3));
    Strided b = Twins.upload(matrices(DType.FLOAT32, 3, 2));
    LinearAlgebra cuda = cuda();
    cuda.luSolve(Transposed.NO, packed, bad, b);
    CudaDevice device = CudaRuntime.device(Device.cuda(0));
    var thrown = assertThrows(IndexOutOfBoundsException.class, device::synchronize);
    assertEquals("luSolve: there is no row 9 to exchange, of 3", thrown.getMessage());
    cuda.order(bad, Twins.upload(Twins.empty(DType.INT64, BATCH, 3)));
    assertThrows(IndexOutOfBoundsException.class, device::synchronize);
    device.synchronize();
  }

  @Test
  void trianglesAreSolved() {
    for (DType dtype : DTYPES) {
      for (int n : new int[] {1, 5, 34}) {
        for (Triangle triangle : Triangle.values()) {
          for (Transposed transposed : Transposed.values()) {
            for (Diagonal diagonal : Diagonal.values()) {
              var form = new Triangular(triangle, transposed, diagonal);
              Strided a = diagonal == Diagonal.ONES ? small(dtype, n) : heavy(dtype, n);
              Strided b = matrices(dtype, 2, n);
              check(form.toString(), n, (l, o) -> l.solveTriangular(form, o[0], o[1]), a, b);
            }
          }
        }
      }
    }
  }

  private Strided small(DType dtype, int n) {
    return Twins.of(dtype, Form.CONTIGUOUS, () -> random.nextGaussian() / n, BATCH, n, n);
  }

  @Test
  void choleskyIsLapacks() {
    for (DType dtype : DTYPES) {
      for (int n : new int[] {1, 4, 37}) {
        for (Triangle triangle : Triangle.values()) {
          Strided info = Twins.empty(DType.INT32, BATCH);
          check("cholesky", n, (l, o) -> l.cholesky(triangle, o[0], o[1]), heavy(dtype, n), info);
        }
      }
    }
  }

  @Test
  void choleskySaysWhichMinorIsNotPositive() {
    double[] columns = {4, 2, 0, 2, 1, 0, 0, 0, Double.NaN};
    int[] at = {0};
    Strided a = Twins.of(DType.FLOAT32, Form.CONTIGUOUS, () -> columns[at[0]++], 1, 3, 3);
    Strided on = Twins.upload(uploadable(a));
    Strided info = Twins.upload(Twins.empty(DType.INT32, 1));
    Twins.cuda().linearAlgebra().cholesky(Triangle.LOWER, on, info);
    assertArrayEquals(new double[] {2}, Twins.values(Twins.download(info)));
  }

  /** Reflections of these matrices, which are applied to ones whose other side is {@code other}. */
  private void checkReflections(int other, long[]... sizes) {
    for (DType dtype : DTYPES) {
      for (long[] size : sizes) {
        long least = Math.min(size[0], size[1]);
        Strided a = matrices(dtype, size[0], size[1]);
        Strided tau = Twins.empty(dtype, BATCH, least);
        check("qr", size[0], (l, o) -> l.qr(o[0], o[1]), a, tau);
        for (Transposed transposed : Transposed.values()) {
          for (Side side : Side.values()) {
            long m = side == Side.LEFT ? size[0] : other;
            long n = side == Side.LEFT ? other : size[0];
            check(
                "timesOrthogonal",
                size[0],
                (l, o) -> l.timesOrthogonal(side, transposed, o[0], o[1], o[2]),
                copy(a),
                tau,
                matrices(dtype, m, n));
          }
        }
        if (size[1] <= size[0]) {
          check("orthogonal", size[0], (l, o) -> l.orthogonal(o[0], o[1]), a, tau);
        }
      }
    }
  }

  @Test
  void reflectionsAreLapacks() {
    checkReflections(4, SIZES);
  }

  /** With one panel, and with a part of a third one. */
  @Test
  void largeSystemsAreSolvedToo() {
    large = 2;
    systemsAreSolvedByLu();
    exchangesOfRowsThatAreNotThereAreRefused();
    trianglesAreSolved();
  }

  /** The errors of TF32 would be those of the whole system. */
  @Test
  void factorsAreExactWhereTf32IsAllowed() {
    Cuda.allowTf32(true);
    try {
      largeMatrices();
      reflectionsOfLargeMatricesAreLapacksToo();
    } finally {
      Cuda.allowTf32(false);
    }
  }

  /** Of one panel, of part of a second one, and of three. */
  @Test
  void reflectionsOfLargeMatricesAreLapacksToo() {
    large = 2;
    reflectionsAreLapacks();
    columnsBehindTheReflectionsAreOrthogonalToo();
    checkReflections(5, new long[][] {{70, 70}, {90, 66}, {40, 75}});
  }

  /** With fewer reflections than columns. */
  @Test
  void columnsBehindTheReflectionsAreOrthogonalToo() {
    for (DType dtype : DTYPES) {
      Strided a = matrices(dtype, 9, 2);
      Strided tau = Twins.empty(dtype, BATCH, 2);
      cpu().qr(a, tau);
      Strided wide = matrices(dtype, 9, 7);
      CpuBackend.instance().elements().copy(a, wide.with(wide.layout().narrow(1, 0, 2)));
      check("orthogonal", 9, (l, o) -> l.orthogonal(o[0], o[1]), wide, tau);
    }
  }

  @Test
  void columnsAreReflectedWhateverTheirScale() {
    for (double scale : new double[] {0, 1e-43, 1e-30, 1e30, Double.NaN}) {
      Strided a =
          Twins.of(
              DType.FLOAT32, Form.CONTIGUOUS, () -> scale * random.nextGaussian(), BATCH, 3, 5);
      Strided tau = Twins.empty(DType.FLOAT32, BATCH, 3);
      Twins.check(
          "qr of scale " + scale,
          500,
          Double.isNaN(scale) ? 0 : scale,
          (b, o) -> b.linearAlgebra().qr(o[0], o[1]),
          a,
          tau);
    }
  }
}
