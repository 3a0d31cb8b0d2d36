package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.chagres.backend.Backend;
import dev.chagres.backend.Strided;
import dev.chagres.backend.cpu.TestArrays.Form;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Memory;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Matrix products against three loops, through every route: our kernel, a vector, BLAS in one call
 * and in blocks, batches.
 */
class MatrixProductsTest {
  private final Backend backend = CpuBackend.on(new WorkerTeam(3));
  private final Random random = new Random(7);

  private static double tolerance(DType dtype, double k) {
    return switch (dtype) {
      case FLOAT16 -> 2e-2 * Math.sqrt(k);
      case BFLOAT16 -> 1.5e-1 * Math.sqrt(k);
      case FLOAT32 -> 1e-4 * Math.sqrt(k);
      default -> 1e-10 * k;
    };
  }

  /** Compares some elements, those of the corners and the edges of blocks among them. */
  private void check(double alpha, Strided a, Strided b, double beta, Form form, long... sizes) {
    Shape shape = Shape.of(sizes);
    DType dtype = a.dtype();
    Strided y = form == Form.CONTIGUOUS ? Strided.allocate(shape, dtype) : padded(dtype, sizes);
    Strided before = Strided.allocate(shape, DType.FLOAT64);
    TestArrays.forEach(
        shape,
        i -> {
          double held = beta == 0 && dtype.isFloating() ? Double.NaN : random.nextInt(3);
          TestArrays.set(y, held, i);
          TestArrays.set(before, beta == 0 ? 0 : held, i);
        });
    backend.matrices().matmul(alpha, a, b, beta, y);
    int rank = sizes.length;
    long k = a.layout().size(-1);
    long stride = Math.max(1, shape.numel() * k / 2_000_000);
    long[] number = {0};
    TestArrays.forEach(
        shape,
        i -> {
          boolean edge = i[rank - 1] + 1 == sizes[rank - 1] || i[rank - 2] + 1 == sizes[rank - 2];
          if (number[0]++ % stride != 0 && !edge) {
            return;
          }
          double sum = 0;
          long[] left = i.clone();
          long[] right = i.clone();
          for (long j = 0; j < k; j++) {
            left[rank - 1] = j;
            right[rank - 2] = j;
            sum += TestArrays.get(a, left) * TestArrays.get(b, right);
          }
          double expected = alpha * sum + (beta == 0 ? 0 : beta * TestArrays.get(before, i));
          assertEquals(
              expected,
              TestArrays.get(y, i),
              tolerance(dtype, (double) k) * Math.max(1, Math.abs(alpha)),
              () -> a.layout() + " x " + b.layout());
        });
  }

  /** Returns an array whose rows have a gap after them. */
  private static Strided padded(DType dtype, long... sizes) {
    long[] wider = sizes.clone();
    wider[wider.length - 1] += 5;
    Strided base = TestArrays.empty(dtype, wider);
    return base.with(base.layout().narrow(-1, 2, sizes[sizes.length - 1]));
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FLOAT32", "FLOAT64"})
  void everyLayoutAndSize(DType dtype) {
    long[][] sizes = {
      {1, 1, 1},
      {3, 4, 5},
      {1, 30, 400},
      {400, 1, 30},
      {1, 1, 9000},
      {50, 40, 60},
      {33, 1, 300},
      {1, 300, 33},
      {130, 70, 90},
      {2, 300, 100},
      {300, 2, 100},
      {257, 191, 64},
      {600, 1, 700},
      {1, 700, 600}
    };
    for (long[] size : sizes) {
      for (Form formA : Form.values()) {
        for (Form formB : Form.values()) {
          Strided a = TestArrays.random(random, dtype, Shape.of(size[0], size[2]), formA);
          Strided b = TestArrays.random(random, dtype, Shape.of(size[2], size[1]), formB);
          Form form = formA == formB ? Form.SLICED : Form.CONTIGUOUS;
          check(1, a, b, 0, form, size[0], size[1]);
          if (formB == Form.TRANSPOSED) {
            check(-0.5, a, b, 2, form, size[0], size[1]);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FLOAT16", "BFLOAT16", "UINT8", "INT8", "INT16", "INT32", "INT64"})
  void otherTypes(DType dtype) {
    for (Form form : Form.values()) {
      Strided a = TestArrays.random(random, DType.INT8, Shape.of(2, 5, 6), form);
      Strided b = TestArrays.random(random, DType.INT8, Shape.of(2, 6, 3), form);
      Strided left = TestArrays.empty(dtype, 2, 5, 6);
      Strided right = TestArrays.empty(dtype, 2, 6, 3);
      TestArrays.forEach(
          left.shape(), i -> TestArrays.set(left, Math.abs(TestArrays.get(a, i)) % 3, i));
      TestArrays.forEach(
          right.shape(), i -> TestArrays.set(right, Math.abs(TestArrays.get(b, i)) % 4, i));
      check(1, left, right, 0, Form.CONTIGUOUS, 2, 5, 3);
      check(2, left, right, 3, Form.SLICED, 2, 5, 3);
    }
  }

  /**
   * Blocks, parts of batches and shared matrices of 16-bit floats give what one product of float32
   * rounded once does: half a step of the result, and the rounding of the sum.
   */
  @Test
  void halvesAreRoundedOnce() {
    checkHalves(Shape.of(1030, 1060), Shape.of(1060, 40), 1, 0);
    checkHalves(Shape.of(3, 2100), Shape.of(2100, 1200), -0.5, 2);
    checkHalves(Shape.of(9, 400, 310), Shape.of(9, 310, 20), 1, 1);
    checkHalves(Shape.of(5, 2, 300, 400), Shape.of(400, 30), 1, 0);
    checkHalves(Shape.of(1, 1500, 900), Shape.of(1, 900, 7), 2, 1);
  }

  private void checkHalves(Shape left, Shape right, double alpha, double beta) {
    int rank = left.dim();
    Strided a = halves(left);
    Strided stored = halves(right);
    Shape to = left.with(rank - 2, right.size(-2)).with(rank - 1, right.size(-1));
    Strided b = stored.with(stored.layout().expand(to));
    Shape shape = left.with(rank - 1, right.size(-1));
    Strided y = halves(shape);
    Strided expected = wide(y);
    backend.matrices().matmul(alpha, wide(a), wide(b), beta, expected);
    backend.matrices().matmul(alpha, a, b, beta, y);
    TestArrays.forEach(
        shape,
        i -> {
          double exact = TestArrays.get(expected, i);
          double half = Math.scalb(1.0, Math.getExponent(exact) - 11);
          assertEquals(exact, TestArrays.get(y, i), half + 1e-4, () -> left + " x " + right);
        });
  }

  private Strided halves(Shape shape) {
    Strided x = TestArrays.random(random, DType.FLOAT32, shape, Form.CONTIGUOUS);
    Strided y = Strided.allocate(shape, DType.FLOAT16);
    backend.elements().copy(x, y);
    return y;
  }

  private Strided wide(Strided x) {
    Strided y = Strided.allocate(x.shape(), DType.FLOAT32);
    backend.elements().copy(x, y);
    return y;
  }

  @Test
  void halvesNeedLittleMemoryBesideTheirOwn() {
    Strided a = halves(Shape.of(2048, 1024));
    Strided b = halves(Shape.of(1024, 2048));
    Strided y = Strided.allocate(Shape.of(2048, 2048), DType.FLOAT16);
    Strided many = halves(Shape.of(64, 256, 256));
    Strided products = Strided.allocate(Shape.of(64, 256, 256), DType.FLOAT16);
    Memory.emptyCache();
    long limit = Memory.limit();
    try {
      // In float32 the first product would take 32 MiB, the second 48.
      Memory.setLimit(Memory.stats().reservedBytes() + (20 << 20));
      backend.matrices().matmul(1, a, b, 0, y);
      backend.matrices().matmul(1, many, many, 0, products);
    } finally {
      Memory.setLimit(limit);
    }
    for (Strided x : List.of(a, b, y, many, products)) {
      x.storage().free();
    }
  }

  @Test
  void integersWrapAround() {
    long[][] sizes = {{1, 1, 700}, {5, 1, 300}, {1, 40, 300}, {90, 1100, 70}, {300, 30, 130}};
    for (long[] size : sizes) {
      for (Form form : Form.values()) {
        Strided a = TestArrays.random(random, DType.INT32, Shape.of(size[0], size[2]), form);
        Strided b = TestArrays.random(random, DType.INT32, Shape.of(size[2], size[1]), form);
        TestArrays.forEach(a.shape(), i -> TestArrays.set(a, random.nextInt(), i));
        TestArrays.forEach(b.shape(), i -> TestArrays.set(b, random.nextInt(), i));
        Strided y = TestArrays.empty(DType.INT32, size[0], size[1]);
        backend.matrices().matmul(1, a, b, 0, y);
        long stride = Math.max(1, y.numel() / 500);
        for (long at = 0; at < y.numel(); at += stride) {
          long i = at / size[1];
          long j = at % size[1];
          int sum = 0;
          for (long k = 0; k < size[2]; k++) {
            sum += (int) TestArrays.get(a, i, k) * (int) TestArrays.get(b, k, j);
          }
          assertEquals(sum, (int) TestArrays.get(y, i, j), form + " " + a.shape());
        }
      }
    }
  }

  @Test
  void batches() {
    for (Form formA : Form.values()) {
      for (Form formB : Form.values()) {
        Strided a = TestArrays.random(random, DType.FLOAT32, Shape.of(3, 2, 4, 5), formA);
        Strided b = TestArrays.random(random, DType.FLOAT32, Shape.of(3, 2, 5, 6), formB);
        check(1, a, b, 0, Form.CONTIGUOUS, 3, 2, 4, 6);
        check(2, a, b, 1, Form.SLICED, 3, 2, 4, 6);
      }
    }
    Strided many = TestArrays.random(random, DType.FLOAT64, 40, 32, 48);
    Strided others =
        TestArrays.random(random, DType.FLOAT64, Shape.of(40, 48, 24), Form.TRANSPOSED);
    check(1, many, others, 0, Form.CONTIGUOUS, 40, 32, 24);
  }

  /** Enough for several threads, whose parts begin and end inside a row of the batch. */
  @Test
  void manySmallProducts() {
    Strided a = TestArrays.random(random, DType.FLOAT32, 53, 61, 4, 3);
    Strided turned = a.with(a.layout().permute(1, 0, 2, 3));
    Strided b = TestArrays.random(random, DType.FLOAT32, 61, 53, 3, 5);
    check(1, turned, b, 0, Form.CONTIGUOUS, 61, 53, 4, 5);
    Strided shared = b.with(b.layout().narrow(1, 0, 1).expand(Shape.of(61, 53, 3, 5)));
    check(-1, turned, shared, 2, Form.SLICED, 61, 53, 4, 5);
    Strided rows = TestArrays.random(random, DType.FLOAT64, 900, 1, 30);
    Strided matrices = TestArrays.random(random, DType.FLOAT64, 900, 30, 9);
    check(1, rows, matrices, 0, Form.CONTIGUOUS, 900, 1, 9);
  }

  @Test
  void aBatchAgainstOneMatrix() {
    for (long rows : new long[] {1, 7}) {
      Strided a = TestArrays.random(random, DType.FLOAT32, 20, rows, 33);
      Strided weight = TestArrays.random(random, DType.FLOAT32, 17, 33);
      Strided b =
          weight.with(weight.layout().transpose(0, 1).unsqueeze(0).expand(Shape.of(20, 33, 17)));
      check(1, a, b, 0, Form.CONTIGUOUS, 20, rows, 17);
      check(1, a, b, 1, Form.SLICED, 20, rows, 17);
      Strided swapped = a.with(a.layout().permute(1, 0, 2));
      Strided c =
          weight.with(weight.layout().transpose(0, 1).unsqueeze(0).expand(Shape.of(rows, 33, 17)));
      check(1, swapped, c, 0, Form.CONTIGUOUS, rows, 20, 17);
    }
  }

  @Test
  void nothingToAddUpScalesTheResult() {
    Strided a = TestArrays.empty(DType.FLOAT32, 3, 0);
    Strided b = TestArrays.empty(DType.FLOAT32, 0, 4);
    check(1, a, b, 0, Form.SLICED, 3, 4);
    check(1, a, b, 2, Form.CONTIGUOUS, 3, 4);
    Strided none = TestArrays.empty(DType.FLOAT32, 0, 4);
    backend
        .matrices()
        .matmul(
            1,
            TestArrays.empty(DType.FLOAT32, 0, 2),
            TestArrays.empty(DType.FLOAT32, 2, 4),
            0,
            none);
  }

  /** Large and middling products, which several threads work on. */
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FLOAT32", "FLOAT64"})
  void productsOfSeveralThreads(DType dtype) {
    long[][] sizes = {
      {133, 141, 150}, {17, 2000, 130}, {3000, 17, 130}, {90, 31, 1500}, {310, 275, 290}
    };
    for (long[] size : sizes) {
      for (Form formA : List.of(Form.CONTIGUOUS, Form.TRANSPOSED)) {
        for (Form formB : List.of(Form.CONTIGUOUS, Form.TRANSPOSED)) {
          Strided a = TestArrays.random(random, dtype, Shape.of(size[0], size[2]), formA);
          Strided b = TestArrays.random(random, dtype, Shape.of(size[2], size[1]), formB);
          check(1, a, b, 0, Form.CONTIGUOUS, size[0], size[1]);
          check(-0.5, a, b, 2, Form.SLICED, size[0], size[1]);
        }
      }
    }
  }

  @Test
  void blocksOfALargeProduct() {
    Strided a = TestArrays.random(random, DType.FLOAT32, 515, 130);
    Strided b = TestArrays.random(random, DType.FLOAT32, Shape.of(130, 333), Form.TRANSPOSED);
    check(1, a, b, 0, Form.CONTIGUOUS, 515, 333);
    Strided wide = TestArrays.random(random, DType.FLOAT64, 40, 300);
    Strided wider = TestArrays.random(random, DType.FLOAT64, 300, 2001);
    check(1.5, wide, wider, -1, Form.SLICED, 40, 2001);
  }

  /** A single sum of so many ones would stay at 2^24 in float32. */
  @Test
  void aRowThatIsLongDoesNotAddUpItsErrors() {
    long k = (1 << 24) + 4096;
    Strided one = TestArrays.random(random, DType.FLOAT32, 1);
    TestArrays.set(one, 1, 0);
    for (long columns : new long[] {1, 2, 150}) {
      Strided row = new Strided(one.storage(), one.dtype(), one.layout().expand(Shape.of(1, k)));
      Strided ones = new Strided(one.storage(), one.dtype(), one.layout().expand(Shape.of(k, 1)));
      Strided spread = TestArrays.empty(DType.FLOAT32, 1, columns);
      TestArrays.forEach(spread.shape(), i -> TestArrays.set(spread, 1, i));
      Strided matrix =
          columns == 1
              ? ones
              : new Strided(
                  spread.storage(), one.dtype(), spread.layout().expand(Shape.of(k, columns)));
      Strided y = TestArrays.empty(DType.FLOAT32, 1, columns);
      backend.matrices().matmul(1, row, matrix, 0, y);
      TestArrays.forEach(y.shape(), i -> assertEquals(k, TestArrays.get(y, i)));
    }
  }

  /** As if BLAS took sizes up to 200 only: what is longer is cut, in any of the three sizes. */
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FLOAT32", "FLOAT64"})
  void whatIsTooLongForBlasIsCut(DType dtype) {
    var team = new WorkerTeam(2);
    var elementwise = new Elementwise(team);
    var products = new MatrixProducts(team, elementwise, new Gemm(team, elementwise, 200));
    long[][] sizes = {
      {1, 1, 30_000},
      {30_000, 1, 3},
      {1, 30_000, 3},
      {700, 1, 1000},
      {2, 5000, 100},
      {350, 390, 390},
      {450, 390, 410}
    };
    for (long[] size : sizes) {
      for (Form formA : Form.values()) {
        for (Form formB : List.of(Form.CONTIGUOUS, Form.TRANSPOSED)) {
          Strided a = TestArrays.random(random, dtype, Shape.of(size[0], size[2]), formA);
          Strided b = TestArrays.random(random, dtype, Shape.of(size[2], size[1]), formB);
          Strided y = Strided.allocate(Shape.of(size[0], size[1]), dtype);
          Strided expected = Strided.allocate(y.shape(), dtype);
          for (Strided each : List.of(y, expected)) {
            TestArrays.forEach(each.shape(), i -> TestArrays.set(each, i[0] % 3, i));
          }
          products.matmul(-0.5, a, b, 2, y);
          backend.matrices().matmul(-0.5, a, b, 2, expected);
          double tolerance = tolerance(dtype, (double) size[2]);
          TestArrays.forEach(
              y.shape(),
              i -> assertEquals(TestArrays.get(expected, i), TestArrays.get(y, i), tolerance));
        }
      }
    }
  }
}
