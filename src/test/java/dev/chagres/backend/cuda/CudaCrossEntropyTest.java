package dev.chagres.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.backend.Strided;
import dev.chagres.backend.cuda.Twins.Form;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import dev.chagres.primitive.CrossEntropyForm;
import dev.chagres.primitive.CrossEntropyForm.Total;
import dev.chagres.testing.OnCuda;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@OnCuda
@Tag("kernels")
class CudaCrossEntropyTest {
  private static final long IGNORED = -100;
  private final Random random = new Random(6);

  private Strided numbers(DType dtype, long... sizes) {
    return Twins.of(dtype, Form.CONTIGUOUS, Twins.finite(random, dtype), sizes);
  }

  private Strided targets(long rows, int n) {
    return Twins.of(
        DType.INT64,
        Form.CONTIGUOUS,
        () -> random.nextInt(5) == 0 ? IGNORED : random.nextInt(n),
        rows);
  }

  private static Strided losses(DType dtype, Total total, long rows) {
    return total == Total.EACH ? Twins.empty(dtype, rows) : Twins.empty(dtype);
  }

  @ParameterizedTest
  @EnumSource
  void lossesAndGradients(Total total) {
    var form = new CrossEntropyForm(IGNORED, total);
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      for (int[] size : new int[][] {{1, 1}, {5, 3}, {300, 10}, {3, 1500}}) {
        int rows = size[0];
        int n = size[1];
        Strided x = numbers(dtype, rows, n);
        Strided target = targets(rows, n);
        Strided weight = Twins.of(dtype, Form.OFFSET, () -> random.nextInt(1, 9) / 4.0, n);
        for (boolean weighted : new boolean[] {false, true}) {
          Strided statistics = Twins.empty(dtype, 3L * rows + 1);
          // Sums of hundreds of losses of 8, and their quotients
          Twins.check(
              "crossEntropy",
              32,
              total == Total.SUM ? 8.0 * rows : 8,
              (b, o) ->
                  b.softmaxes().crossEntropy(form, o[0], o[1], weighted ? o[2] : null, o[3], o[4]),
              x,
              target,
              weight,
              statistics,
              losses(dtype, total, rows));
          Strided g =
              total == Total.EACH
                  ? numbers(dtype, rows)
                  : Twins.of(dtype, Form.CONTIGUOUS, () -> 3);
          Twins.check(
              "crossEntropyBackward",
              32,
              4,
              (b, o) -> b.softmaxes().crossEntropyBackward(form, o[0], o[1], o[2], o[3], o[4]),
              g,
              x,
              target,
              statistics,
              numbers(dtype, rows, n));
        }
      }
    }
  }

  /** Scores that are infinite or no numbers, and rows that are all ignored. */
  @Test
  void specialScores() {
    for (Total total : Total.values()) {
      var form = new CrossEntropyForm(1, total);
      double[][] rows = {
        {Double.NaN, 0, 1}, {Double.POSITIVE_INFINITY, 0, 1}, {Double.NEGATIVE_INFINITY, 0, 1}
      };
      for (double[] row : rows) {
        for (int t = 0; t < 3; t++) {
          int[] next = {0};
          int at = t;
          Strided x = Twins.of(DType.FLOAT32, Form.CONTIGUOUS, () -> row[next[0]++], 1, 3);
          Strided target = Twins.of(DType.INT64, Form.CONTIGUOUS, () -> at, 1);
          Twins.check(
              "crossEntropy",
              4,
              0,
              (b, o) -> {
                Strided statistics = o[0].like(Shape.of(4), DType.FLOAT32);
                b.softmaxes().crossEntropy(form, o[0], o[1], null, statistics, o[2]);
                b.softmaxes().crossEntropyBackward(form, o[3], o[0], o[1], statistics, o[4]);
                statistics.storage().free();
              },
              x,
              target,
              losses(DType.FLOAT32, total, 1),
              total == Total.EACH
                  ? numbers(DType.FLOAT32, 1)
                  : Twins.of(DType.FLOAT32, Form.CONTIGUOUS, () -> 3),
              numbers(DType.FLOAT32, 1, 3));
        }
      }
    }
  }

  @Test
  void targetThatIsNoClass() {
    var form = new CrossEntropyForm(IGNORED, Total.EACH);
    Strided x = Twins.upload(numbers(DType.FLOAT32, 2, 3));
    Strided target = Twins.upload(Twins.of(DType.INT64, Form.CONTIGUOUS, () -> 3, 2));
    Strided statistics = Twins.upload(Twins.empty(DType.FLOAT32, 7));
    Strided y = Twins.upload(Twins.empty(DType.FLOAT32, 2));
    Twins.cuda().softmaxes().crossEntropy(form, x, target, null, statistics, y);
    var thrown =
        assertThrows(
            IndexOutOfBoundsException.class, () -> CudaRuntime.synchronize(Device.cuda(0)));
    assertEquals("crossEntropy: target 3 is not one of 3 classes", thrown.getMessage());
  }
}
