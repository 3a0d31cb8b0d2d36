package dev.chagres.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.backend.BinaryOp;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Doors;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OpDb.Binary;
import dev.chagres.testing.OpDb.Call2;
import dev.chagres.testing.Placement.Placed;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every elementwise operation of two operands, over dtypes, values, sizes and memory layouts. */
class BinaryOpsTest {
  private static final Tally TALLY = new Tally("op database, two operands");
  private static final DType[] TYPES = DType.values();

  static List<Binary> rows() {
    return OpDb.binary();
  }

  @AfterAll
  static void summary() {
    TALLY.print();
  }

  @Test
  void everyOperationHasARow() {
    for (BinaryOp op : BinaryOp.values()) {
      assertEquals(1, rows().stream().filter(row -> row.op() == op).count(), op.name());
    }
  }

  static boolean takes(Binary row, DType dtype) {
    return row.op().domain().holds(row.op().computeType(dtype));
  }

  private static boolean divides(Binary row) {
    return switch (row.op()) {
      case FLOOR_DIVIDE, TRUNC_DIVIDE, REMAINDER, FMOD -> true;
      default -> false;
    };
  }

  // ---- values

  @ParameterizedTest
  @MethodSource("rows")
  void everyDtypeGivesItsMeaningOrAnError(Binary row) {
    for (DType dtype : TYPES) {
      try (Scope _ = Scope.open()) {
        if (!takes(row, dtype)) {
          refused(row, dtype);
        } else if (dtype.isFloating()) {
          reals(row, dtype);
        } else {
          integers(row, dtype);
        }
      }
    }
  }

  private static void refused(Binary row, DType dtype) {
    Tensor x = Cells.tensor(dtype, new long[] {2}, 1.0, 0.0);
    String name = Spelling.method(row.op());
    Call2[] calls = {
      row.call(),
      (a, b) -> Doors.binary(row.op(), a, b),
      (a, b) -> Doors.binaryInPlace(row.op(), a, b),
      (a, b) -> Doors.binaryOut(row.op(), a, b, Tensor.empty(2))
    };
    for (Call2 call : calls) {
      Exception e =
          assertThrows(IllegalArgumentException.class, () -> call.of(x, x), row + " of " + dtype);
      assertTrue(e.getMessage().startsWith(name), e.getMessage());
      TALLY.ran();
    }
    assertEquals(List.of(1.0, 0.0), Arrays.stream(Cells.doubles(x)).boxed().toList());
  }

  private static void reals(Binary row, DType dtype) {
    double[] awkward = Samples.awkward(dtype);
    double[] many = Samples.reals(dtype);
    int pairs = awkward.length * awkward.length;
    double[] a = new double[pairs + many.length];
    double[] b = new double[pairs + many.length];
    for (int i = 0; i < pairs; i++) {
      a[i] = awkward[i / awkward.length];
      b[i] = awkward[i % awkward.length];
    }
    for (int i = 0; i < many.length; i++) {
      a[pairs + i] = many[i];
      b[pairs + i] = many[(i * 17 + 5) % many.length];
    }
    check(row, dtype, a, b);
  }

  private static void check(Binary row, DType dtype, double[] a, double[] b) {
    long[] sizes = {a.length};
    Tensor y = row.call().of(Cells.tensor(dtype, sizes, a), Cells.tensor(dtype, sizes, b));
    DType result = row.op().resultType(dtype);
    Compare.meta(y, result, Shape.of(sizes), () -> row + " of " + dtype);
    double[] got = Cells.doubles(y);
    for (int i = 0; i < a.length; i++) {
      double x = a[i];
      double z = b[i];
      if (!row.admits(x, z)) {
        TALLY.skipped("a gradient formula does not get these operands");
        continue;
      }
      TALLY.ran();
      double meaning = row.meaning().of(dtype, x, z);
      Supplier<String> where = () -> row + "(" + x + ", " + z + ")";
      if (result == DType.BOOL) {
        assertEquals(meaning, got[i], () -> where.get() + " of " + dtype);
      } else {
        boolean finite = Double.isFinite(x) && Double.isFinite(z);
        Compare.close(dtype, meaning, got[i], finite ? row.slack().of(x, z, dtype) : 0, where);
      }
    }
  }

  private static void integers(Binary row, DType dtype) {
    long[] some = Samples.integers(dtype);
    long[] right = divides(row) ? Arrays.stream(some).filter(v -> v != 0).toArray() : some;
    long[] a = new long[some.length * right.length];
    long[] b = new long[a.length];
    for (int i = 0; i < a.length; i++) {
      a[i] = some[i / right.length];
      b[i] = right[i % right.length];
    }
    if (row.integers() == null) {
      double[] x = Arrays.stream(a).mapToDouble(v -> (float) v).toArray();
      double[] z = Arrays.stream(b).mapToDouble(v -> (float) v).toArray();
      check(row, DType.FLOAT32, x, z);
      long[] sizes = {a.length};
      Tensor cast =
          row.call()
              .of(Cells.tensor(DType.FLOAT32, sizes, x), Cells.tensor(DType.FLOAT32, sizes, z));
      Tensor direct = row.call().of(Cells.tensor(dtype, sizes, a), Cells.tensor(dtype, sizes, b));
      Compare.identical(cast, direct, () -> row + " of " + dtype);
      return;
    }
    long[] sizes = {a.length};
    Tensor y = row.call().of(Cells.tensor(dtype, sizes, a), Cells.tensor(dtype, sizes, b));
    DType result = row.op().resultType(dtype);
    Compare.meta(y, result, Shape.of(sizes), () -> row + " of " + dtype);
    long[] got = Cells.longs(y);
    for (int i = 0; i < a.length; i++) {
      long x = a[i];
      long z = b[i];
      long expected = Cells.wrap(result, row.integers().of(dtype, x, z));
      assertEquals(expected, got[i], () -> row + "(" + x + ", " + z + ") of " + dtype);
    }
    TALLY.ran(a.length);
  }

  @Test
  void anIntegerDivisorOfZeroIsAnErrorAndNothingIsWritten() {
    for (Binary row : rows()) {
      if (!divides(row)) {
        continue;
      }
      for (DType dtype : TYPES) {
        if (!dtype.isInteger()) {
          continue;
        }
        for (int length : new int[] {1, 5, 70_001}) {
          try (Scope _ = Scope.open()) {
            long[] sizes = {length};
            long[] left = new long[length];
            long[] right = new long[length];
            Arrays.fill(left, 7);
            Arrays.fill(right, 3);
            right[length - 1] = 0;
            Tensor a = Cells.tensor(dtype, sizes, left);
            Tensor b = Cells.tensor(dtype, sizes, right);
            long[] before = Cells.bits(a);
            assertThrows(
                ArithmeticException.class, () -> row.call().of(a, b), row + " of " + dtype);
            assertThrows(
                ArithmeticException.class,
                () -> Doors.binaryInPlace(row.op(), a, b),
                row + " of " + dtype + " in place");
            Compare.untouched(before, a, () -> row + " of " + dtype + " by zero, " + length);
            TALLY.ran(2);
          }
        }
      }
    }
  }

  /** A difference is not even defined where a bool would be promoted. */
  private static boolean takesNo(Binary row, DType operand) {
    return row.op() == BinaryOp.SUB && operand == DType.BOOL;
  }

  @ParameterizedTest
  @MethodSource("rows")
  void mixedDtypesArePromoted(Binary row) {
    for (DType left : TYPES) {
      for (DType right : TYPES) {
        try (Scope _ = Scope.open()) {
          Tensor a = tame(left, 1, 3, 4);
          Tensor b = divisors(row, tame(right, 2, 3, 4));
          DType common = left.promote(right);
          Supplier<String> where = () -> row + " of " + left + " and " + right;
          if (!takes(row, common) || takesNo(row, left) || takesNo(row, right)) {
            assertThrows(IllegalArgumentException.class, () -> row.call().of(a, b), where);
          } else {
            Tensor expected = row.call().of(a.to(common), b.to(common));
            Compare.identical(expected, row.call().of(a, b), where);
          }
          TALLY.ran();
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void aNumberIsAWeakOperand(Binary row) {
    for (DType dtype : TYPES) {
      for (Number number : new Number[] {3, 2L, 1.5, 2.5f}) {
        try (Scope _ = Scope.open()) {
          Tensor x = divisors(row, tame(dtype, 1, 3, 4));
          boolean floating = number instanceof Double || number instanceof Float;
          DType alone = floating ? DType.FLOAT32 : DType.INT64;
          DType common = alone.kind().compareTo(dtype.kind()) > 0 ? alone : dtype;
          Supplier<String> where = () -> row + " of " + dtype + " and " + number;
          if (!takes(row, common) || takesNo(row, dtype)) {
            assertThrows(
                IllegalArgumentException.class, () -> Doors.binary(row.op(), x, number), where);
            TALLY.ran();
            continue;
          }
          DType compute = row.op().computeType(common);
          Tensor full = Cells.tensor(compute, new long[0], number.doubleValue());
          Tensor cast = x.to(compute);
          Compare.identical(row.call().of(cast, full), Doors.binary(row.op(), x, number), where);
          Compare.identical(row.call().of(full, cast), Doors.binary(row.op(), number, x), where);
          TALLY.ran(2);
        }
      }
    }
  }

  // ---- layouts and sizes

  static Tensor tame(DType dtype, int seed, long... sizes) {
    int count = Indices.numel(sizes);
    if (!dtype.isFloating()) {
      return Cells.tensor(dtype, sizes, Samples.tameIntegers(dtype, count, seed));
    }
    return Cells.tensor(dtype, sizes, Samples.tame(count, seed));
  }

  /** The same without zeros, for the operations that divide. */
  private static Tensor divisors(Binary row, Tensor x) {
    if (!divides(row) || x.dtype().isFloating()) {
      return x;
    }
    long[] values = Cells.longs(x);
    for (int i = 0; i < values.length; i++) {
      values[i] = values[i] == 0 ? 1 : values[i];
    }
    return Cells.tensor(x.dtype(), x.shape().toArray(), values);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void everyLengthIsComputedToItsEnd(Binary row) {
    int period = 251;
    for (DType dtype :
        List.of(
            DType.FLOAT32, DType.FLOAT64, DType.BFLOAT16, DType.BOOL, DType.INT8, DType.INT32)) {
      if (!takes(row, dtype)) {
        continue;
      }
      try (Scope _ = Scope.open()) {
        Tensor a = tame(dtype, 1, period);
        Tensor b = divisors(row, tame(dtype, 2, period));
        double[] expected = Cells.doubles(row.call().of(a, b));
        Tensor scalar = divisors(row, tame(dtype, 3));
        double[] byScalar = Cells.doubles(row.call().of(a, scalar));
        double[] ofScalar = Cells.doubles(row.call().of(scalar, b));
        for (long length : Samples.LENGTHS) {
          Tensor x = repeated(a, (int) length);
          Tensor y = repeated(b, (int) length);
          Supplier<String> where = () -> row + " of " + dtype + " (" + length + ",)";
          periodic(expected, row.call().of(x, y), where);
          periodic(byScalar, row.call().of(x, scalar), () -> where.get() + " and a scalar");
          periodic(ofScalar, row.call().of(scalar, y), () -> where.get() + " after a scalar");
          TALLY.ran(3);
        }
      }
    }
  }

  private static Tensor repeated(Tensor once, int length) {
    double[] values = Cells.doubles(once);
    double[] all = new double[length];
    for (int i = 0; i < length; i++) {
      all[i] = values[i % values.length];
    }
    return Cells.tensor(once.dtype(), new long[] {length}, all);
  }

  private static void periodic(double[] expected, Tensor got, Supplier<String> where) {
    double[] values = Cells.doubles(got);
    for (int i = 0; i < values.length; i++) {
      int at = i;
      assertTrue(
          Floats.same(expected[i % expected.length], values[i]),
          () ->
              where.get()
                  + ": element "
                  + at
                  + ": got "
                  + values[at]
                  + " where another length gives "
                  + expected[at % expected.length]);
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theLayoutsMakeNoDifference(Binary row) {
    for (DType dtype : TYPES) {
      if (!takes(row, dtype)) {
        continue;
      }
      boolean all = dtype == DType.FLOAT32 || dtype == DType.INT64;
      for (long[] sizes : Samples.SHAPES) {
        List<Placement> placements = Placement.of(sizes);
        for (int i = 0; i < placements.size(); i++) {
          for (int j = 0; j < placements.size(); j++) {
            if (all || j == (i * 3 + 1) % placements.size()) {
              try (Scope _ = Scope.open()) {
                layoutCell(row, dtype, placements.get(i), placements.get(j), sizes);
              }
            }
          }
        }
      }
    }
  }

  private static void layoutCell(
      Binary row, DType dtype, Placement left, Placement right, long... sizes) {
    Supplier<String> where =
        () -> row + " of " + dtype + " " + Shape.of(sizes) + " " + left + ", " + right;
    Placed a = left.place(tame(dtype, 1, sizes));
    Placed b = right.place(divisors(row, tame(dtype, 2, sizes)));
    long[] beforeA = Cells.bits(a.carrier());
    long[] beforeB = Cells.bits(b.carrier());
    Tensor denseA = UnaryOpsTest.copied(a.tensor());
    Tensor denseB = UnaryOpsTest.copied(b.tensor());
    Tensor expected = row.call().of(denseA, denseB);
    Compare.identical(expected, row.call().of(a.tensor(), b.tensor()), where);
    Tensor out = Tensor.empty(expected.dtype(), sizes);
    assertSame(out, Doors.binaryOut(row.op(), a.tensor(), b.tensor(), out), where);
    Compare.identical(expected, out, () -> where.get() + " with out=");
    Compare.untouched(beforeA, a.carrier(), where);
    Compare.untouched(beforeB, b.carrier(), where);
    TALLY.ran();
    if (row.inPlace() != null) {
      inPlace(row, left, a, b, expected, where);
      Compare.untouched(beforeB, b.carrier(), where);
    }
  }

  private static void inPlace(
      Binary row,
      Placement placement,
      Placed a,
      Placed b,
      Tensor expected,
      Supplier<String> where) {
    Tensor x = a.tensor();
    boolean storable = expected.dtype().kind().compareTo(x.dtype().kind()) <= 0;
    long[] before = Cells.bits(a.carrier());
    long version = x.storage().version();
    TALLY.ran();
    if (!storable || (placement.repeats() && x.layout().mayOverlap())) {
      assertThrows(IllegalArgumentException.class, () -> row.inPlace().of(x, b.tensor()), where);
      Compare.untouched(before, a.carrier(), where);
      assertEquals(version, x.storage().version(), where);
      return;
    }
    List<Long> around = a.surroundings();
    assertSame(x, row.inPlace().of(x, b.tensor()), where);
    assertNotEquals(version, x.storage().version(), () -> where.get() + ": no new version");
    Compare.identical(expected, x, () -> where.get() + " in place");
    assertEquals(around, a.surroundings(), () -> where.get() + " in place wrote beside it");
  }

  @ParameterizedTest
  @MethodSource("rows")
  void shapesBroadcast(Binary row) {
    long[][][] pairs = {
      {{2, 3}, {3}},
      {{2, 3}, {2, 1}},
      {{2, 1}, {1, 3}},
      {{}, {2, 3}},
      {{4, 1, 3}, {2, 1}},
      {{0, 3}, {3}},
      {{0, 1}, {1, 3}},
      {{1}, {0}},
      {{3, 1, 2}, {1, 4, 1}},
      {{1, 1}, {5}},
      {{300, 1}, {1, 301}}
    };
    for (DType dtype : List.of(DType.FLOAT32, DType.INT32, DType.BOOL)) {
      for (long[][] pair : pairs) {
        if (!takes(row, dtype)) {
          continue;
        }
        try (Scope _ = Scope.open()) {
          Tensor a = tame(dtype, 1, pair[0]);
          Tensor b = divisors(row, tame(dtype, 2, pair[1]));
          Shape shape = Shape.broadcast(a.shape(), b.shape());
          Tensor full = UnaryOpsTest.copied(a.expand(shape.toArray()));
          Tensor other = UnaryOpsTest.copied(b.expand(shape.toArray()));
          Supplier<String> where = () -> row + " of " + dtype + " " + a.shape() + ", " + b.shape();
          Compare.identical(row.call().of(full, other), row.call().of(a, b), where);
          TALLY.ran();
          if (!a.shape().equals(shape) && row.inPlace() != null) {
            assertThrows(IllegalArgumentException.class, () -> row.inPlace().of(a, b), where);
          }
        }
      }
    }
    DType any = takes(row, DType.INT64) ? DType.INT64 : DType.FLOAT32;
    Exception e =
        assertThrows(
            IllegalArgumentException.class,
            () -> row.call().of(tame(any, 1, 2, 3), tame(any, 1, 4)));
    String name = Spelling.method(row.op());
    assertEquals(name + ": shapes (2, 3) and (4,) do not broadcast", e.getMessage());
  }

  // ---- one tensor as both operands

  @ParameterizedTest
  @MethodSource("rows")
  void oneTensorMayBeBothOperands(Binary row) {
    for (DType dtype : TYPES) {
      if (!takes(row, dtype)) {
        continue;
      }
      long[] sizes = {5, 7};
      for (Placement placement : Placement.of(sizes)) {
        try (Scope _ = Scope.open()) {
          Placed placed = placement.place(divisors(row, tame(dtype, 1, sizes)));
          Tensor x = placed.tensor();
          Tensor expected = row.call().of(UnaryOpsTest.copied(x), UnaryOpsTest.copied(x));
          Supplier<String> where = () -> row + " of " + dtype + " with itself, " + placement;
          Compare.identical(expected, row.call().of(x, x), where);
          if (row.inPlace() != null && !placement.repeats() && expected.dtype() == dtype) {
            row.inPlace().of(x, x);
            Compare.identical(expected, x, () -> where.get() + " in place");
          }
          TALLY.ran();
        }
      }
    }
  }

  /** The dtypes whose results an operand can hold. */
  private static List<DType> storable(Binary row) {
    return Stream.of(DType.FLOAT32, DType.INT64)
        .filter(dtype -> takes(row, dtype))
        .filter(dtype -> row.op().resultType(row.op().computeType(dtype)) == dtype)
        .toList();
  }

  static List<Binary> rowsInPlace() {
    return rows().stream()
        .filter(row -> row.inPlace() != null && !storable(row).isEmpty())
        .toList();
  }

  @ParameterizedTest
  @MethodSource("rowsInPlace")
  void anOperandMayOverlapWhatIsWritten(Binary row) {
    for (DType dtype : storable(row)) {
      for (int shift : new int[] {1, 5, 64}) {
        try (Scope _ = Scope.open()) {
          int length = 1000;
          Tensor memory = divisors(row, tame(dtype, 1, length + shift));
          Tensor target = memory.narrow(0, shift, length);
          Tensor source = memory.narrow(0, 0, length);
          Tensor expected = row.call().of(UnaryOpsTest.copied(target), UnaryOpsTest.copied(source));
          row.inPlace().of(target, source);
          Compare.identical(expected, target, () -> row + " of " + dtype + ", shifted by " + shift);
          Tensor square = divisors(row, tame(dtype, 1, 33, 33));
          Tensor turned = square.t();
          Tensor both = row.call().of(UnaryOpsTest.copied(square), UnaryOpsTest.copied(turned));
          row.inPlace().of(square, turned);
          Compare.identical(both, square, () -> row + " of " + dtype + " with its transpose");
          TALLY.ran(2);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void noMemoryStaysBehind(Binary row) {
    boolean integral = !takes(row, DType.FLOAT32);
    DType dtype = integral ? DType.INT32 : DType.FLOAT32;
    long live = Memory.stats().liveStorages();
    try (Scope _ = Scope.open()) {
      Tensor a = tame(dtype, 1, 10, 10).abs();
      Tensor b = tame(dtype, 2, 10);
      if (!integral) {
        a.requiresGrad_(row.hasFirstGradient());
        b.requiresGrad_();
      }
      Tensor y = row.call().of(a, b);
      if (y.requiresGrad()) {
        y.sum().backward();
        if (a.grad() != null) {
          a.grad().storage().free();
        }
        if (b.grad() != null) {
          b.grad().storage().free();
        }
      }
    }
    assertTrue(Memory.stats().liveStorages() <= live, () -> row + ": " + Memory.stats());
    TALLY.ran();
  }
}
