package dev.chagres.backend.cuda;

import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.SoftmaxKernels.Softmax;
import dev.chagres.backend.Strided;
import dev.chagres.backend.cpu.CpuBackend;
import dev.chagres.backend.cuda.Twins.Form;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.testing.OnCuda;
import dev.chagres.primitive.BatchNormForm;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@OnCuda
@Tag("kernels")
class CudaReductionsTest {
  private final Random random = new Random(2);

  private static long[] without(long[] shape, int... dims) {
    long[] result = shape.clone();
    for (int dim : dims) {
      result[dim] = 1;
    }
    return result;
  }

  private void check(ReduceOp op, DType dtype, Form form, long[] shape, int... dims) {
    boolean exact =
        switch (op) {
          case SUM, PROD, SUM_SQUARES, SUM_MAGNITUDES -> false;
          case MAX, MIN, ARGMAX, ARGMIN, ANY, ALL -> true;
        };
    DoubleSupplier numbers =
        exact
            ? Twins.numbers(random, dtype)
            : op == ReduceOp.PROD && dtype.isFloating()
                ? () -> random.nextBoolean() ? 0.5 : -2
                : Twins.finite(random, dtype);
    Strided x = Twins.of(dtype, form, numbers, shape);
    Strided y = Twins.empty(op.resultType(dtype), without(shape, dims));
    Twins.check(
        op + " " + form + " " + List.of(dims[0], shape.length),
        exact ? 0 : 64,
        exact || op == ReduceOp.PROD ? 0 : 64,
        (b, o) -> b.reductions().reduce(op, o[0], dims[0], o[1]),
        x,
        y);
  }

  private static List<DType> dtypes(ReduceOp op) {
    return switch (op) {
      case SUM, MAX -> List.of(DType.values());
      case PROD, MIN, ARGMAX, ARGMIN -> List.of(DType.FLOAT32, DType.BFLOAT16, DType.INT16);
      case ANY, ALL -> List.of(DType.BOOL);
      case SUM_SQUARES, SUM_MAGNITUDES -> List.of(DType.FLOAT64, DType.FLOAT16);
    };
  }

  @ParameterizedTest
  @EnumSource
  void oneDimension(ReduceOp op) {
    for (DType dtype : dtypes(op)) {
      for (Form form : Form.USUAL) {
        check(op, dtype, form, new long[] {9}, 0);
        check(op, dtype, form, new long[] {3, 70}, 1);
        check(op, dtype, form, new long[] {70, 33}, 0);
        check(op, dtype, form, new long[] {2, 5, 40}, 1);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"SUM", "MAX"})
  void severalDimensions(ReduceOp op) {
    for (Form form : Form.USUAL) {
      check(op, DType.FLOAT32, form, new long[] {4, 5, 6}, 0, 2);
      check(op, DType.FLOAT32, form, new long[] {4, 5, 6}, 0, 1, 2);
      check(op, DType.FLOAT32, form, new long[] {2, 3, 4, 5}, 1, 3);
    }
  }

  @Test
  void axesBeyondTheLayoutAreCopiedTogether() {
    long[] shape = new long[18];
    int[] dims = new int[9];
    for (int i = 0; i < 18; i++) {
      shape[i] = 2;
    }
    for (int i = 0; i < 9; i++) {
      dims[i] = 2 * i;
    }
    check(ReduceOp.SUM, DType.INT32, Form.TRANSPOSED, shape, dims);
  }

  @Test
  void nothingHasAnIdentity() {
    for (ReduceOp op : List.of(ReduceOp.SUM, ReduceOp.PROD)) {
      check(op, DType.FLOAT32, Form.CONTIGUOUS, new long[] {3, 0}, 1);
      check(op, DType.FLOAT32, Form.CONTIGUOUS, new long[] {0, 3}, 1);
    }
  }

  /** Lines that are cut into parts, and joined. */
  @Test
  void longLines() {
    check(ReduceOp.SUM, DType.FLOAT32, Form.CONTIGUOUS, new long[] {2, 50_000}, 1);
    check(ReduceOp.SUM, DType.FLOAT32, Form.TRANSPOSED, new long[] {3, 9_000}, 1);
    check(ReduceOp.ARGMAX, DType.FLOAT32, Form.CONTIGUOUS, new long[] {40_000}, 0);
    check(ReduceOp.MAX, DType.FLOAT32, Form.OFFSET, new long[] {30_001}, 0);
  }

  @Test
  void momentsOfInfiniteNumbers() {
    double inf = Double.POSITIVE_INFINITY;
    for (double[] some : new double[][] {{inf}, {-inf, 1}, {1, 2, 3, -inf}, {inf, 1, -inf}}) {
      for (int length : new int[] {some.length, 40, 20_000}) {
        int[] at = {0};
        Strided x =
            Twins.of(DType.FLOAT32, Form.CONTIGUOUS, () -> some[at[0]++ % some.length], length, 1);
        Strided mean = Twins.empty(DType.FLOAT64, 1, 1);
        Strided squares = Twins.empty(DType.FLOAT64, 1, 1);
        Twins.check(
            "moments", 64, 0, (b, o) -> b.reductions().moments(o[0], o[1], o[2]), x, mean, squares);
      }
    }
  }

  @Test
  void moments() {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64, DType.FLOAT16)) {
      for (Form form : Form.USUAL) {
        Strided x = Twins.of(dtype, form, () -> 100 + random.nextInt(64) / 16.0, 6, 7, 8);
        Strided mean = Twins.empty(DType.FLOAT64, 1, 7, 1);
        Strided squares = Twins.empty(DType.FLOAT64, 1, 7, 1);
        Twins.check(
            "moments",
            64,
            100,
            (b, o) -> b.reductions().moments(o[0], o[1], o[2]),
            x,
            mean,
            squares);
      }
    }
    Strided x =
        Twins.of(DType.FLOAT64, Form.CONTIGUOUS, Twins.finite(random, DType.FLOAT64), 20_000);
    Strided mean = Twins.empty(DType.FLOAT64, 1);
    Strided squares = Twins.empty(DType.FLOAT64, 1);
    Twins.check(
        "moments", 64, 1e5, (b, o) -> b.reductions().moments(o[0], o[1], o[2]), x, mean, squares);
  }

  @ParameterizedTest
  @EnumSource
  void softmax(Softmax kind) {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64, DType.FLOAT16)) {
      for (int dim = 0; dim < 3; dim++) {
        int along = dim;
        long[] shape = {3, 37, 40};
        Strided x = Twins.of(dtype, Form.CONTIGUOUS, Twins.finite(random, dtype), shape);
        Strided y = Twins.empty(dtype, shape);
        Twins.check(
            "softmax", 8, 1, (b, o) -> b.softmaxes().softmax(kind, o[0], along, o[1]), x, y);
        Strided g = Twins.of(dtype, Form.CONTIGUOUS, Twins.finite(random, dtype), shape);
        Strided gx = Twins.empty(dtype, shape);
        Twins.check(
            "softmaxBackward",
            16,
            64,
            (b, o) -> b.softmaxes().softmaxBackward(kind, o[0], o[1], along, o[2]),
            g,
            y,
            gx);
      }
    }
    for (int n : new int[] {1, 5, 256, 300, 1024, 2050, 4100}) {
      rows(kind, DType.FLOAT32, Form.OFFSET, n);
      rows(kind, DType.FLOAT16, Form.CONTIGUOUS, n);
      rows(kind, DType.FLOAT64, Form.CONTIGUOUS, n);
    }
    Strided one = Twins.of(DType.FLOAT32, Form.CONTIGUOUS, () -> 3);
    Twins.check(
        "softmax",
        8,
        0,
        (b, o) -> b.softmaxes().softmax(kind, o[0], 0, o[1]),
        one,
        Twins.empty(DType.FLOAT32));
  }

  /** Rows that a thread, a warp or a block holds, and that are read again. */
  private void rows(Softmax kind, DType dtype, Form form, long n) {
    Strided x = Twins.of(dtype, form, Twins.finite(random, dtype), 3, n);
    Strided g = Twins.of(dtype, Form.CONTIGUOUS, Twins.finite(random, dtype), 3, n);
    Twins.check(
        "softmax",
        16,
        64,
        (b, o) -> {
          Strided dense = o[0].like(o[0].shape(), o[0].dtype());
          b.elements().copy(o[0], dense);
          b.softmaxes().softmax(kind, dense, 1, o[1]);
          b.softmaxes().softmaxBackward(kind, o[2], o[1], 1, o[3]);
          dense.storage().free();
        },
        x,
        Twins.empty(dtype, 3, n),
        g,
        Twins.empty(dtype, 3, n));
  }

  /** Masked elements are 0, and infinity leaves no number, in lines of every kind. */
  @ParameterizedTest
  @EnumSource
  void infinities(Softmax kind) {
    double[] special = {Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, Double.NaN};
    for (double value : special) {
      for (int n : new int[] {9, 4500}) {
        for (int every : new int[] {1, 2, 9}) {
          int[] next = {0};
          DoubleSupplier numbers = () -> next[0]++ % every == 0 ? value : next[0] % 5;
          Strided x = Twins.of(DType.FLOAT32, Form.CONTIGUOUS, numbers, 1, n);
          Strided y = Twins.empty(DType.FLOAT32, 1, n);
          Twins.check("softmax", 8, 8, (b, o) -> b.softmaxes().softmax(kind, o[0], 1, o[1]), x, y);
          Strided z = Twins.empty(DType.FLOAT32, 9, n / 9);
          Strided across = x.with(Shape.of(9, n / 9).contiguous());
          Twins.check(
              "softmax", 8, 8, (b, o) -> b.softmaxes().softmax(kind, o[0], 0, o[1]), across, z);
        }
      }
    }
  }

  @Test
  void layerNorm() {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      for (long[] shape :
          new long[][] {{5, 1}, {3, 40}, {130, 33}, {2, 700}, {2, 2048}, {1, 3001}, {2, 4100}}) {
        DoubleSupplier numbers = () -> 10 + random.nextInt(64) / 16.0;
        Strided x = Twins.of(dtype, Form.CONTIGUOUS, numbers, shape);
        Strided weight = Twins.of(dtype, Form.CONTIGUOUS, Twins.finite(random, dtype), shape[1]);
        Strided bias = Twins.of(dtype, Form.CONTIGUOUS, Twins.finite(random, dtype), shape[1]);
        Strided y = Twins.empty(dtype, shape);
        Strided statistics = Twins.empty(DType.FLOAT64, 2, shape[0]);
        Twins.check(
            "layerNorm",
            64,
            64,
            (b, o) -> b.normalization().layerNorm(o[0], o[1], o[2], 1e-2, o[3], apart(o[0])),
            x,
            weight,
            bias,
            y);
        CpuBackend.instance().normalization().layerNorm(x, weight, bias, 1e-2, y, statistics);
        Strided g = Twins.of(dtype, Form.CONTIGUOUS, Twins.finite(random, dtype), shape);
        Strided gx = Twins.empty(dtype, shape);
        Strided gw = Twins.empty(dtype, shape[1]);
        Strided gb = Twins.empty(dtype, shape[1]);
        Twins.check(
            "layerNormBackward",
            256,
            64,
            (b, o) -> b.normalization().layerNormBackward(o[0], o[1], o[2], o[3], o[4], o[5], o[6]),
            g,
            x,
            weight,
            statistics,
            gx,
            gw,
            gb);
        Strided plain = Twins.empty(dtype, shape);
        Twins.check(
            "layerNorm",
            64,
            64,
            (b, o) -> b.normalization().layerNorm(o[0], null, null, 1e-2, o[1], apart(o[0])),
            x,
            plain);
      }
    }
  }

  @Test
  void batchNorm() {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      for (long[] shape :
          new long[][] {
            {2, 3, 5}, {7, 40, 1}, {3000, 3, 1}, {9, 2, 4}, {40, 1, 700}, {3, 300, 16}, {2, 2, 9000}
          }) {
        batchNorm(dtype, shape);
      }
    }
  }

  private void batchNorm(DType dtype, long... shape) {
    DoubleSupplier numbers = () -> 10 + random.nextInt(64) / 16.0;
    DoubleSupplier finite = Twins.finite(random, dtype);
    DoubleSupplier positive = () -> 0.5 + random.nextInt(64) / 16.0;
    Strided x = Twins.of(dtype, Form.CONTIGUOUS, numbers, shape);
    Strided weight = Twins.of(dtype, Form.CONTIGUOUS, finite, shape[1]);
    Strided bias = Twins.of(dtype, Form.CONTIGUOUS, finite, shape[1]);
    Strided mean = Twins.of(dtype, Form.CONTIGUOUS, finite, shape[1]);
    Strided variance = Twins.of(dtype, Form.CONTIGUOUS, positive, shape[1]);
    Strided y = Twins.empty(dtype, shape);
    Strided g = Twins.of(dtype, Form.CONTIGUOUS, finite, shape);
    for (boolean training : new boolean[] {true, false}) {
      var form = new BatchNormForm(training, 0.3, 1e-2);
      Twins.check(
          "batchNorm",
          64,
          64,
          (b, o) ->
              b.normalization()
                  .batchNorm(form, o[0], o[1], o[2], o[3], o[4], o[5], channels(o[0])),
          x,
          weight,
          bias,
          mean,
          variance,
          y);
      Strided statistics = Twins.empty(DType.FLOAT64, 2, shape[1]);
      CpuBackend.instance()
          .normalization()
          .batchNorm(form, x, weight, bias, mean, variance, y, statistics);
      Twins.check(
          "batchNormBackward",
          256,
          64,
          (b, o) ->
              b.normalization()
                  .batchNormBackward(form, o[0], o[1], o[2], o[3], o[4], o[5], o[6]),
          g,
          x,
          weight,
          statistics,
          Twins.empty(dtype, shape),
          Twins.empty(dtype, shape[1]),
          Twins.empty(dtype, shape[1]));
    }
    var alone = new BatchNormForm(true, 0, 1e-2);
    Twins.check(
        "batchNorm",
        64,
        64,
        (b, o) ->
            b.normalization()
                .batchNorm(alone, o[0], null, null, null, null, o[1], channels(o[0])),
        x,
        Twins.empty(dtype, shape));
  }

  private static Strided channels(Strided x) {
    return x.like(Shape.of(2, x.layout().size(1)), DType.FLOAT64);
  }

  /** Returns room for the statistics of rows: they are compared by what follows from them. */
  private static Strided apart(Strided x) {
    return x.like(Shape.of(2, x.layout().size(0)), DType.FLOAT64);
  }
}
