package dev.chagres.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.ElementKernels.Progression;
import dev.chagres.backend.Strided;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.UnaryOp;
import dev.chagres.backend.cuda.Twins.Form;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Triangle;
import dev.chagres.testing.OnCuda;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;

@OnCuda
@Tag("kernels")
class CudaElementwiseTest {
  private static final long[][] SHAPES = {
    {}, {0}, {1}, {7}, {3, 5}, {2, 0, 3}, {2, 3, 4}, {33, 65}
  };
  static final List<DType> DTYPES = List.of(DType.values());

  private final Random random = new Random(1);

  /** The dtype that every operation is tried in, and one more of those it has. */
  private static List<DType> some(Stream<DType> all, int number) {
    List<DType> held = all.toList();
    DType first = held.contains(DType.FLOAT32) ? DType.FLOAT32 : held.getFirst();
    DType second = held.get(number % held.size());
    return first == second ? List.of(first) : List.of(first, second);
  }

  /**
   * One operation of each kind is tried in all shapes and forms; a kernel takes a while to compile.
   */
  private static long[][] shapes(boolean all) {
    return all ? SHAPES : new long[][] {{33, 5}};
  }

  private static List<Form> forms(boolean all, DType dtype) {
    return all ? Form.USUAL : List.of(dtype == DType.FLOAT32 ? Form.CONTIGUOUS : Form.SLICED);
  }

  @ParameterizedTest
  @EnumSource
  void oneOperand(UnaryOp op) {
    for (DType dtype : some(DTYPES.stream().filter(op.domain()::holds), op.ordinal())) {
      for (long[] shape : shapes(op == UnaryOp.NEG)) {
        for (Form form : forms(op == UnaryOp.NEG, dtype)) {
          Strided x = Twins.of(dtype, form, Twins.numbers(random, dtype), shape);
          Strided y = Twins.empty(op.resultType(dtype), shape);
          Twins.check(op.name(), 16, 1e-30, (b, o) -> b.elements().unary(op, o[0], o[1]), x, y);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void twoOperands(BinaryOp op) {
    for (DType dtype : some(DTYPES.stream().filter(op.domain()::holds), op.ordinal())) {
      boolean divides =
          switch (op) {
            case FLOOR_DIVIDE, TRUNC_DIVIDE, REMAINDER, FMOD -> !dtype.isFloating();
            default -> false;
          };
      boolean hard =
          switch (op) {
            case IGAMMA, IGAMMAC, POLYGAMMA -> true;
            default -> false;
          };
      // Of great inputs the terms of a slope overflow one by one, and near its zeros they cancel.
      boolean slope =
          switch (op) {
            case SILU_BACKWARD, GELU_BACKWARD, GELU_TANH_BACKWARD -> true;
            default -> false;
          };
      DoubleSupplier numbers = slope ? Twins.finite(random, dtype) : Twins.numbers(random, dtype);
      DoubleSupplier second =
          divides ? () -> random.nextInt(1, 9) : hard ? () -> random.nextInt(1, 40) / 8.0 : numbers;
      DoubleSupplier first = hard ? () -> random.nextInt(1, 9) : numbers;
      for (long[] shape : shapes(op == BinaryOp.ADD)) {
        for (Form form : forms(op == BinaryOp.ADD, dtype)) {
          Form other = form == Form.CONTIGUOUS ? form : Form.USUAL.get(random.nextInt(6));
          Strided a = Twins.of(dtype, form, first, shape);
          Strided b = Twins.of(dtype, other, second, shape);
          Strided y = Twins.empty(op.resultType(dtype), shape);
          Twins.check(
              op + " " + form + " " + other,
              64,
              slope ? 1 : 1e-30,
              (backend, o) -> backend.elements().binary(op, o[0], o[1], o[2]),
              a,
              b,
              y);
        }
      }
    }
  }

  @Test
  void halvesTakeFloatsBesideThem() {
    for (DType dtype : List.of(DType.FLOAT16, DType.BFLOAT16)) {
      Strided a = Twins.of(dtype, Form.SLICED, Twins.numbers(random, dtype), 5, 9);
      Strided b = Twins.of(DType.FLOAT32, Form.SINGLE, Twins.numbers(random, DType.FLOAT32), 5, 9);
      Strided y = Twins.empty(dtype, 5, 9);
      Twins.check(
          "MUL", 1, 0, (t, o) -> t.elements().binary(BinaryOp.MUL, o[0], o[1], o[2]), a, b, y);
    }
  }

  @ParameterizedTest
  @EnumSource
  void threeOperands(TernaryOp op) {
    for (DType dtype : some(DTYPES.stream().filter(op.domain()::holds), op.ordinal() + 1)) {
      for (long[] shape : SHAPES) {
        for (Form form : Form.USUAL) {
          Strided a = Twins.of(dtype, form, Twins.finite(random, dtype), shape);
          Strided b = Twins.of(dtype, Form.OFFSET, Twins.finite(random, dtype), shape);
          Strided c = Twins.of(dtype, Form.SINGLE, Twins.finite(random, dtype), shape);
          Strided y = Twins.of(dtype, Form.SLICED, () -> 7, shape);
          Twins.check(
              op + " " + form,
              4,
              16,
              (t, o) -> t.elements().ternary(op, 3, List.of(o[0], o[1], o[2]), o[3]),
              a,
              b,
              c,
              y);
        }
      }
    }
  }

  @ParameterizedTest
  @FieldSource("DTYPES")
  void choice(DType dtype) {
    for (long[] shape : SHAPES) {
      for (Form form : Form.USUAL) {
        Strided condition = Twins.of(DType.BOOL, form, () -> random.nextInt(2), shape);
        Strided a = Twins.of(dtype, Form.CONTIGUOUS, Twins.numbers(random, dtype), shape);
        Strided b = Twins.of(dtype, Form.SINGLE, Twins.numbers(random, dtype), shape);
        Strided y = Twins.empty(dtype, shape);
        Twins.check(
            "where", (t, o) -> t.elements().where(o[0], o[1], o[2], o[3]), condition, a, b, y);
      }
    }
  }

  @ParameterizedTest
  @FieldSource("DTYPES")
  void copies(DType from) {
    for (DType to : DTYPES) {
      DoubleSupplier numbers = Twins.numbers(random, from);
      DoubleSupplier more =
          from.isFloating() && !to.isFloating()
              ? () -> random.nextInt(4) == 0 ? numbers.getAsDouble() * 1e9 : numbers.getAsDouble()
              : numbers;
      for (long[] shape : SHAPES) {
        for (Form form : Form.values()) {
          Strided x = Twins.of(from, form, more, shape);
          Twins.check(
              "copy " + form, (t, o) -> t.elements().copy(o[0], o[1]), x, Twins.empty(to, shape));
          Strided y = Twins.of(to, Form.SLICED, () -> 1, shape);
          Twins.check("copy " + form, (t, o) -> t.elements().copy(o[0], o[1]), x, y);
        }
      }
    }
  }

  @Test
  void transposes() {
    for (DType dtype : List.of(DType.BOOL, DType.FLOAT16, DType.FLOAT32, DType.INT64)) {
      for (long[] shape : new long[][] {{4, 4}, {40, 70}, {5, 33, 34}, {3, 6, 2, 9}}) {
        Strided x = Twins.of(dtype, Form.TRANSPOSED, Twins.numbers(random, dtype), shape);
        Strided y = Twins.empty(dtype, shape);
        Twins.check("copy", (t, o) -> t.elements().copy(o[0], o[1]), x, y);
        if (shape.length > 2) {
          int[] order = {0, 2, 1};
          Strided z = Twins.of(dtype, Form.CONTIGUOUS, Twins.numbers(random, dtype), 5, 34, 33);
          Strided turned = z.with(z.layout().permute(order));
          Twins.check(
              "copy",
              (t, o) -> t.elements().copy(o[0], o[1]),
              turned,
              Twins.empty(dtype, 5, 33, 34));
        }
      }
    }
  }

  @Test
  void manyAxesTakeManyLaunches() {
    long[] shape = {2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 2};
    Strided x = Twins.of(DType.INT16, Form.TRANSPOSED, Twins.numbers(random, DType.INT16), shape);
    Strided y = Twins.empty(DType.INT16, shape);
    Twins.check("copy", (t, o) -> t.elements().copy(o[0], o[1]), x, y);
  }

  @ParameterizedTest
  @FieldSource("DTYPES")
  void progressionsAndTriangles(DType dtype) {
    if (dtype != DType.BOOL) {
      Progression progression = new Progression(-0.3, 0.1, -7, 3, 2);
      Twins.check(
          "arange", (t, o) -> t.elements().arange(progression, o[0]), Twins.empty(dtype, 37));
    }
    for (Triangle kept : Triangle.values()) {
      for (long diagonal : new long[] {-9, -2, 0, 1, 7}) {
        Strided x = Twins.of(dtype, Form.CONTIGUOUS, Twins.numbers(random, dtype), 2, 4, 6);
        Strided y = Twins.empty(dtype, 2, 4, 6);
        Twins.check("triangle", (t, o) -> t.elements().triangle(kept, diagonal, o[0], o[1]), x, y);
      }
    }
  }

  @Test
  void aZeroDivisorIsReported() {
    var cuda = Twins.cuda();
    Strided a = Twins.upload(Twins.of(DType.INT32, Form.CONTIGUOUS, () -> 5, 40));
    Strided b = Twins.upload(Twins.of(DType.INT32, Form.CONTIGUOUS, () -> 0, 40));
    cuda.elements().binary(BinaryOp.FLOOR_DIVIDE, a, b, a);
    var thrown =
        assertThrows(ArithmeticException.class, () -> CudaRuntime.synchronize(Device.cuda(0)));
    assertEquals(
        "floorDivide: integer division by zero, int32 of shape (40,)", thrown.getMessage());
    CudaRuntime.synchronize(Device.cuda(0));
  }
}
