package dev.chagres.backend.cuda;

import dev.chagres.backend.AttentionKernels.Attended;
import dev.chagres.backend.AttentionKernels.Result;
import dev.chagres.backend.AttentionKernels.Slopes;
import dev.chagres.backend.AttentionKernels.Weighing;
import dev.chagres.backend.Strided;
import dev.chagres.backend.cuda.Twins.Form;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.AttentionForm;
import dev.chagres.testing.OnCuda;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Attention and its gradients, beside the CPU's. */
@OnCuda
@Tag("kernels")
class CudaAttentionTest {
  private final Random random = new Random(8);

  private Strided numbers(DType dtype, Form form, long... sizes) {
    return Twins.of(dtype, form, () -> random.nextInt(-16, 17) / 8.0, sizes);
  }

  /** Two heads, or one that counts as two. */
  private Strided heads(DType dtype, boolean shared, long rows, long n) {
    if (!shared) {
      return numbers(dtype, Form.OFFSET, 2, rows, n);
    }
    Strided one = numbers(dtype, Form.CONTIGUOUS, 1, rows, n);
    return one.with(one.layout().expand(Shape.of(2, rows, n)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void valuesAndGradients(boolean causal) {
    var form = new Weighing(new AttentionForm(0.4, causal));
    long[][] sizes = {
      {1, 1, 1, 1},
      {5, 7, 3, 4},
      {70, 67, 17, 5},
      {33, 70, 66, 65},
      {66, 3, 4, 130},
      {40, 37, 72, 24},
      {37, 40, 24, 8}
    };
    for (DType dtype : List.of(DType.values()).stream().filter(DType::isFloating).toList()) {
      DType computed = dtype == DType.FLOAT64 ? dtype : DType.FLOAT32;
      for (long[] size : sizes) {
        for (boolean shared : new boolean[] {false, true}) {
          Strided q = heads(dtype, false, size[0], size[2]);
          Strided k = heads(dtype, shared, size[1], size[2]);
          Strided v = heads(dtype, shared, size[1], size[3]);
          Twins.check(
              "attention " + dtype,
              64,
              4,
              (b, o) ->
                  b.attention()
                      .attention(form, new Attended(o[0], o[1], o[2]), new Result(o[3], o[4])),
              q,
              k,
              v,
              Twins.empty(computed, 2, size[0], size[3]),
              Twins.empty(computed, 2, size[0]));
          Twins.check(
              "attentionBackward " + dtype,
              dtype.size() == 2 ? 2 : 64,
              64,
              (b, o) -> {
                Attended of = new Attended(o[0], o[1], o[2]);
                Result result = new Result(o[3], o[4]);
                b.attention().attention(form, of, result);
                b.attention()
                    .attentionBackward(form, of, result, o[5], new Slopes(o[6], o[7], o[8]));
              },
              q,
              k,
              v,
              Twins.empty(computed, 2, size[0], size[3]),
              Twins.empty(computed, 2, size[0]),
              numbers(dtype, Form.CONTIGUOUS, 2, size[0], size[3]),
              Twins.empty(dtype, 2, size[0], size[2]),
              Twins.empty(dtype, 2, size[1], size[2]),
              Twins.empty(dtype, 2, size[1], size[3]));
        }
      }
    }
  }

  /** Masks of both kinds, with elements of their own, and repeated along keys, rows or heads. */
  @Test
  void masks() {
    long[][] repeated = {{2, 33, 70}, {1, 33, 70}, {2, 1, 70}, {1, 33, 1}};
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64, DType.BFLOAT16)) {
      DType computed = dtype == DType.FLOAT64 ? dtype : DType.FLOAT32;
      for (long[] sizes : repeated) {
        for (DType kind : List.of(DType.BOOL, computed)) {
          DoubleSupplier values =
              kind == DType.BOOL
                  ? () -> random.nextInt(3) / 2
                  : () -> random.nextInt(4) == 0 ? Double.NEGATIVE_INFINITY : random.nextInt(3);
          Strided some = Twins.of(kind, Form.SLICED, values, sizes);
          Strided mask = some.with(some.layout().expand(Shape.of(2, 33, 70)));
          Twins.check(
              "masked attention " + dtype,
              dtype.size() == 2 ? 2 : 64,
              64,
              (b, o) -> {
                Weighing weighing = new Weighing(new AttentionForm(0.4, false), o[9], null);
                Attended of = new Attended(o[0], o[1], o[2]);
                Result result = new Result(o[3], o[4]);
                b.attention().attention(weighing, of, result);
                b.attention()
                    .attentionBackward(weighing, of, result, o[5], new Slopes(o[6], o[7], o[8]));
              },
              heads(dtype, false, 33, 20),
              heads(dtype, true, 70, 20),
              heads(dtype, true, 70, 6),
              Twins.empty(computed, 2, 33, 6),
              Twins.empty(computed, 2, 33),
              numbers(dtype, Form.CONTIGUOUS, 2, 33, 6),
              Twins.empty(dtype, 2, 33, 20),
              Twins.empty(dtype, 2, 70, 20),
              Twins.empty(dtype, 2, 70, 6),
              mask);
        }
      }
    }
  }
}
