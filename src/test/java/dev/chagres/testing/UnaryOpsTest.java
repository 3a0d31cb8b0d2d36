package dev.chagres.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.backend.ElementwiseOp;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Doors;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OpDb.Call1;
import dev.chagres.testing.OpDb.Unary;
import dev.chagres.testing.Placement.Placed;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every elementwise operation of one operand, over dtypes, values, sizes and memory layouts. */
class UnaryOpsTest {
  private static final Tally TALLY = new Tally("op database, one operand");

  static List<Unary> rows() {
    return OpDb.unary();
  }

  @AfterAll
  static void summary() {
    TALLY.print();
  }

  @Test
  void everyOperationHasARow() {
    for (UnaryOp op : UnaryOp.values()) {
      assertEquals(1, rows().stream().filter(row -> row.op() == op).count(), op.name());
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void everyDtypeGivesItsMeaningOrAnError(Unary row) {
    for (DType dtype : DType.values()) {
      try (Scope _ = Scope.open()) {
        if (row.op() == UnaryOp.SQUARE && dtype == DType.BOOL) {
          // An integer power: int64, unlike all others.
          Tensor y = row.call().of(Cells.tensor(dtype, new long[] {2}, 0L, 1L));
          assertEquals(DType.INT64, y.dtype());
          assertArrayEquals(new long[] {0, 1}, Cells.longs(y));
          TALLY.ran(2);
        } else if (!row.takes(dtype)) {
          refused(row, dtype);
        } else if (dtype.isFloating()) {
          double[] values = Samples.reals(dtype);
          check(row, dtype, Cells.tensor(dtype, new long[] {values.length}, values), values);
        } else {
          integers(row, dtype);
        }
      }
    }
  }

  private static void refused(Unary row, DType dtype) {
    Tensor x = Cells.tensor(dtype, new long[] {2}, 1.0, 0.0);
    // Both forms of GELU have one name, as in PyTorch.
    String name = Spelling.method(row.op());
    boolean door = !row.op().domain().holds(row.op().computeType(dtype));
    Call1[] calls =
        door
            ? new Call1[] {
              row.call(), y -> Doors.unary(row.op(), y), y -> Doors.unaryInPlace(row.op(), y)
            }
            : new Call1[] {row.call()};
    for (Call1 call : calls) {
      Exception e =
          assertThrows(IllegalArgumentException.class, () -> call.of(x), row + " of " + dtype);
      assertTrue(e.getMessage().startsWith(name), e.getMessage());
      TALLY.ran();
    }
    assertEquals(List.of(1.0, 0.0), Arrays.stream(Cells.doubles(x)).boxed().toList());
  }

  private static void check(Unary row, DType dtype, Tensor x, double... values) {
    Tensor y = row.call().of(x);
    DType result = row.op().resultType(dtype);
    Compare.meta(y, result, x.shape(), () -> row + " of " + dtype);
    double[] got = Cells.doubles(y);
    for (int i = 0; i < values.length; i++) {
      double value = values[i];
      double meaning = row.meaning().of(value);
      if (result == DType.BOOL) {
        assertEquals(meaning, got[i], () -> row + "(" + value + ") of " + dtype);
      } else {
        double slack = Double.isFinite(value) ? row.slack().of(value, 0, dtype) : 0;
        Compare.close(dtype, meaning, got[i], slack, () -> row + "(" + value + ")");
      }
    }
    TALLY.ran(values.length);
  }

  private static void integers(Unary row, DType dtype) {
    long[] values = Samples.integers(dtype);
    Tensor x = Cells.tensor(dtype, new long[] {values.length}, values);
    if (row.integers() == null) {
      // Computed as float32: the same as of the cast operand.
      double[] floats = Arrays.stream(values).mapToDouble(v -> (float) v).toArray();
      Tensor cast = Cells.tensor(DType.FLOAT32, new long[] {values.length}, floats);
      Compare.identical(row.call().of(cast), row.call().of(x), () -> row + " of " + dtype);
      check(row, DType.FLOAT32, cast, floats);
      return;
    }
    Tensor y = row.call().of(x);
    DType result = row.op().result() == ElementwiseOp.Result.PREDICATE ? DType.BOOL : dtype;
    Compare.meta(y, result, x.shape(), () -> row + " of " + dtype);
    long[] got = Cells.longs(y);
    for (int i = 0; i < values.length; i++) {
      long value = values[i];
      long expected = Cells.wrap(result, row.integers().of(dtype, value));
      assertEquals(expected, got[i], () -> row + "(" + value + ") of " + dtype);
    }
    TALLY.ran(values.length);
  }

  private static Tensor tame(Unary row, DType dtype, long... sizes) {
    int count = Indices.numel(sizes);
    if (!dtype.isFloating()) {
      return Cells.tensor(dtype, sizes, Samples.tameIntegers(dtype, count, 1));
    }
    double[] values = Samples.tame(count, 1);
    for (int i = 0; i < count; i++) {
      values[i] = Floats.round(dtype, values[i]);
    }
    return Cells.tensor(dtype, sizes, values);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void everyLengthIsComputedToItsEnd(Unary row) {
    for (DType dtype :
        List.of(
            DType.FLOAT32,
            DType.FLOAT64,
            DType.FLOAT16,
            DType.BFLOAT16,
            DType.UINT8,
            DType.INT64)) {
      if (!row.takes(dtype)) {
        continue;
      }
      // The values repeat with a period, so that each needs its meaning worked out once.
      int period = 251;
      try (Scope _ = Scope.open()) {
        Tensor once = row.call().of(tame(row, dtype, period));
        double[] expected = Cells.doubles(once);
        double[] operand = Cells.doubles(tame(row, dtype, period));
        for (long length : Samples.LENGTHS) {
          double[] values = new double[(int) length];
          for (int i = 0; i < length; i++) {
            values[i] = operand[i % period];
          }
          double[] got =
              Cells.doubles(row.call().of(Cells.tensor(dtype, new long[] {length}, values)));
          for (int i = 0; i < length; i++) {
            int at = i;
            assertTrue(
                Floats.same(expected[i % period], got[i]),
                () ->
                    row
                        + " of "
                        + dtype
                        + " ("
                        + length
                        + ",): element "
                        + at
                        + ": "
                        + got[at]
                        + " where another length gives "
                        + expected[at % period]);
          }
          TALLY.ran();
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theLayoutMakesNoDifference(Unary row) {
    for (DType dtype : DType.values()) {
      if (!row.takes(dtype)) {
        continue;
      }
      for (long[] sizes : Samples.SHAPES) {
        for (Placement placement : Placement.of(sizes)) {
          try (Scope _ = Scope.open()) {
            layoutCell(row, dtype, placement, sizes);
          }
        }
      }
    }
  }

  private static void layoutCell(Unary row, DType dtype, Placement placement, long... sizes) {
    Supplier<String> where = () -> row + " of " + dtype + " " + Shape.of(sizes) + " " + placement;
    Placed placed = placement.place(tame(row, dtype, sizes));
    Tensor x = placed.tensor();
    Tensor dense = copied(x);
    long[] before = Cells.bits(placed.carrier());
    Tensor expected = row.call().of(dense);
    Compare.identical(expected, row.call().of(x), where);
    Compare.identical(expected, Doors.unary(row.op(), x), where);
    Compare.untouched(before, placed.carrier(), where);
    Tensor out = Tensor.empty(expected.dtype(), sizes);
    long version = out.storage().version();
    assertSame(out, Doors.unaryOut(row.op(), x, out), where);
    Compare.identical(expected, out, where);
    assertTrue(out.storage().version() > version, () -> where.get() + ": out= is a new version");
    Compare.untouched(before, placed.carrier(), where);
    TALLY.ran();
    inPlace(row, placement, placed, expected, where);
  }

  /** A contiguous copy made without any kernel. */
  static Tensor copied(Tensor x) {
    return Placement.CONTIGUOUS.place(x).tensor();
  }

  private static void inPlace(
      Unary row, Placement placement, Placed placed, Tensor expected, Supplier<String> where) {
    Call1 call = row.inPlace();
    if (call == null) {
      return;
    }
    Tensor x = placed.tensor();
    long version = x.storage().version();
    long[] before = Cells.bits(placed.carrier());
    boolean storable = expected.dtype().kind().compareTo(x.dtype().kind()) <= 0;
    if (!storable || (placement.repeats() && x.layout().mayOverlap())) {
      assertThrows(IllegalArgumentException.class, () -> call.of(x), where);
      Compare.untouched(before, placed.carrier(), where);
      assertEquals(version, x.storage().version(), where);
      TALLY.ran();
      return;
    }
    List<Long> around = placed.surroundings();
    assertSame(x, call.of(x), where);
    assertNotEquals(version, x.storage().version(), () -> where.get() + ": no new version");
    Tensor stored = expected.dtype() == x.dtype() ? expected : expected.to(x.dtype());
    Compare.identical(stored, x, () -> where.get() + " in place");
    assertEquals(around, placed.surroundings(), () -> where.get() + " in place wrote beside it");
    TALLY.ran();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void gradientsAreThoseOfDifferences(Unary row) {
    if (row.smooth().length == 0) {
      Tensor x = Tensor.ones(DType.FLOAT64, 3).requiresGrad_();
      if (row.op().domain() != ElementwiseOp.Domain.INTEGRAL) {
        assertTrue(!row.call().of(x).requiresGrad(), () -> row + " has no gradient");
      } else {
        assertThrows(IllegalArgumentException.class, () -> row.call().of(x), row::toString);
      }
      TALLY.ran();
      return;
    }
    long[] sizes = {2, 3, 2};
    double[] values = new double[12];
    for (int i = 0; i < values.length; i++) {
      values[i] = row.smooth()[i % row.smooth().length];
    }
    for (Placement placement : Placement.of(sizes)) {
      try (Scope _ = Scope.open()) {
        Placed placed = placement.place(Cells.tensor(DType.FLOAT64, sizes, values));
        Tensor carrier = smoothCarrier(placed, values[0]);
        GradientChecks.first(
            row + " " + placement,
            in -> row.call().of(placement.view(in.getFirst(), sizes)),
            carrier);
        if (placement == Placement.CONTIGUOUS || placement == Placement.TRANSPOSED) {
          GradientChecks.second(
              row + " " + placement,
              in -> row.call().of(placement.view(in.getFirst(), sizes)),
              carrier);
        }
        TALLY.ran();
      }
    }
  }

  /** The carrier with tame values around the elements. */
  static Tensor smoothCarrier(Placed placed, double value) {
    double[] values = Cells.doubles(placed.carrier());
    for (int i = 0; i < values.length; i++) {
      values[i] = Double.isNaN(values[i]) ? value : values[i];
    }
    return Cells.tensor(DType.FLOAT64, placed.carrier().shape().toArray(), values);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void noMemoryStaysBehind(Unary row) {
    boolean integral = row.op().domain() == ElementwiseOp.Domain.INTEGRAL;
    long live = Memory.stats().liveStorages();
    try (Scope _ = Scope.open()) {
      Tensor x =
          integral ? tame(row, DType.INT32, 100) : tame(row, DType.FLOAT32, 100).requiresGrad_();
      Tensor y = row.call().of(x.transpose(0, 0));
      if (y.requiresGrad()) {
        y.sum().backward();
        // A gradient outlives the scope for as long as its tensor is reachable.
        x.grad().storage().free();
      }
    }
    assertTrue(Memory.stats().liveStorages() <= live, () -> row + ": " + Memory.stats());
    TALLY.ran();
  }
}
