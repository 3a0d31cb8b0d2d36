package dev.chagres.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.chagres.autograd.Backward;
import dev.chagres.backend.ReduceOp;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Doors;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OpDb.Reduction;
import dev.chagres.testing.OpDb.ResultType;
import dev.chagres.testing.Placement.Placed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every reduction, over dtypes, dimensions, sizes, memory layouts and awkward values. */
class ReductionsTest {
  private static final Tally TALLY = new Tally("op database, reductions");

  static List<Reduction> rows() {
    return OpDb.reductions();
  }

  @AfterAll
  static void summary() {
    TALLY.print();
  }

  @Test
  void everyOperationHasARow() {
    for (ReduceOp op : ReduceOp.values()) {
      assertEquals(1, rows().stream().filter(row -> row.op() == op).count(), op.name());
    }
  }

  // ---- one cell

  /** Every choice of dimensions that a row takes, none (all of them) included. */
  private static List<int[]> choices(Reduction row, int rank) {
    List<int[]> choices = new ArrayList<>();
    if (row.traits().singleDim()) {
      for (int d = 0; d < Math.max(1, rank); d++) {
        choices.add(new int[] {d % 2 == 0 ? d : d - rank});
      }
      return choices;
    }
    for (int set = 0; set < 1 << rank; set++) {
      int[] dims = new int[Integer.bitCount(set)];
      int count = 0;
      for (int d = 0; d < rank; d++) {
        if ((set >> d & 1) != 0) {
          dims[count++] = (set & 2) == 0 ? d : d - rank;
        }
      }
      choices.add(dims);
    }
    return choices;
  }

  private static boolean[] reduced(int rank, int... dims) {
    boolean[] reduced = new boolean[rank];
    Arrays.fill(reduced, dims.length == 0);
    for (int dim : dims) {
      if (rank > 0) {
        reduced[dim < 0 ? dim + rank : dim] = true;
      }
    }
    return reduced;
  }

  private static DType resultType(Reduction row, DType dtype) {
    return switch (row.traits().result()) {
      case SAME -> dtype;
      case WIDE -> dtype.isFloating() ? dtype : DType.INT64;
      case INT64 -> DType.INT64;
      case TRUTH -> dtype == DType.UINT8 ? DType.UINT8 : DType.BOOL;
      case FLOATING -> dtype.isFloating() ? dtype : DType.FLOAT32;
    };
  }

  private static void check(Reduction row, Tensor x, int[] dims, Supplier<String> where) {
    Plain plain = Plain.of(x);
    int rank = plain.dim();
    boolean[] reduced = reduced(rank, dims);
    long[] kept = plain.sizes().clone();
    List<Long> dropped = new ArrayList<>();
    for (int d = 0; d < rank; d++) {
      if (reduced[d]) {
        kept[d] = 1;
      } else {
        dropped.add(kept[d]);
      }
    }
    DType result = resultType(row, x.dtype());
    boolean nothing = x.numel() == 0 && Indices.numel(kept) > 0;
    if (nothing && !row.traits().empty()) {
      assertThrows(
          IllegalArgumentException.class, () -> row.call().of(x, Keep.KEEPDIM, dims), where);
      TALLY.ran();
      return;
    }
    Tensor keeping = row.call().of(x, Keep.KEEPDIM, dims);
    Compare.meta(keeping, result, Shape.of(kept), where);
    Tensor dropping = row.call().of(x, Keep.DROPDIM, dims);
    long[] sizes = dropped.stream().mapToLong(Long::longValue).toArray();
    Compare.meta(dropping, result, Shape.of(sizes), where);
    assertTrue(
        Arrays.equals(Cells.bits(keeping), Cells.bits(dropping)),
        () -> where.get() + ": keeping dimensions changes values");
    double[] got = Cells.doubles(keeping);
    double[][] groups = groups(plain, reduced, kept);
    for (int i = 0; i < got.length; i++) {
      int at = i;
      compare(row, result, groups[i], got[i], () -> where.get() + ": element " + at);
    }
    TALLY.ran(2);
  }

  /** The elements that are reduced to each element of the result. */
  private static double[][] groups(Plain plain, boolean[] reduced, long... kept) {
    List<List<Double>> groups = new ArrayList<>();
    for (int i = 0; i < Indices.numel(kept); i++) {
      groups.add(new ArrayList<>());
    }
    double[] flat = plain.values();
    for (int i = 0; i < flat.length; i++) {
      long rest = i;
      long place = 0;
      long scale = 1;
      for (int d = plain.dim() - 1; d >= 0; d--) {
        long index = rest % plain.size(d);
        rest /= plain.size(d);
        if (!reduced[d]) {
          place += index * scale;
          scale *= plain.size(d);
        }
      }
      groups.get((int) place).add(flat[i]);
    }
    return groups.stream()
        .map(group -> group.stream().mapToDouble(Double::doubleValue).toArray())
        .toArray(double[][]::new);
  }

  private static void compare(
      Reduction row, DType result, double[] group, double got, Supplier<String> where) {
    double meaning = row.meaning().of(group);
    if (!result.isFloating()) {
      double expected =
          result == DType.INT64 && row.traits().result() == ResultType.WIDE
              ? exact(row, group)
              : meaning;
      if (expected != got) {
        fail(where.get() + ": expected " + expected + ", got " + got);
      }
      return;
    }
    // The half types are accumulated in float32 and rounded at the end.
    DType accumulated = result.size() == 2 ? DType.FLOAT32 : result;
    double slack = row.slack().of(group) * Floats.ulp(accumulated, 1);
    double finite = Double.isFinite(slack) ? slack : 0;
    double step =
        Double.isFinite(meaning)
            ? Compare.ulps(result)
                * Floats.ulp(result, Math.min(Math.abs(meaning), Floats.greatest(result)))
            : 0;
    if (!Compare.isClose(result, meaning, got, step, finite + Double.MIN_VALUE)) {
      fail(where.get() + ": expected " + meaning + " +- " + (step + slack) + ", got " + got);
    }
  }

  /** Sums and products of integers wrap at 64 bits. */
  private static double exact(Reduction row, double... group) {
    long result = row.op() == ReduceOp.PROD ? 1 : 0;
    for (double value : group) {
      result = row.op() == ReduceOp.PROD ? result * (long) value : result + (long) value;
    }
    return result;
  }

  // ---- axes

  @ParameterizedTest
  @MethodSource("rows")
  void everyDtypeAndLayoutGivesItsMeaning(Reduction row) {
    long[][] shapes = {
      {}, {1}, {0}, {9}, {3, 4}, {1, 5}, {0, 3}, {3, 0, 2}, {2, 3, 4}, {2, 3, 2, 3}, {35, 33}
    };
    for (DType dtype : row.traits().dtypes()) {
      boolean all = dtype == DType.FLOAT32 || dtype == DType.INT32;
      for (long[] sizes : shapes) {
        List<Placement> placements = Placement.of(sizes);
        for (int p = 0; p < placements.size(); p += all ? 1 : 3) {
          Placement placement = placements.get(p);
          try (Scope _ = Scope.open()) {
            Placed placed = placement.place(BinaryOpsTest.tame(dtype, 3, sizes));
            long[] before = Cells.bits(placed.carrier());
            for (int[] dims : choices(row, sizes.length)) {
              Supplier<String> where =
                  () ->
                      row
                          + " of "
                          + dtype
                          + " "
                          + Shape.of(sizes)
                          + " "
                          + placement
                          + " dims "
                          + Arrays.toString(dims);
              check(row, placed.tensor(), dims, where);
            }
            Compare.untouched(before, placed.carrier(), row::toString);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void otherDtypesAreRefused(Reduction row) {
    for (DType dtype : DType.values()) {
      if (!row.traits().dtypes().contains(dtype)) {
        Tensor x = Tensor.ones(dtype, 2, 3);
        Exception e =
            assertThrows(
                IllegalArgumentException.class,
                () -> row.call().of(x, Keep.DROPDIM, 0),
                row + " of " + dtype);
        assertTrue(e.getMessage().contains(dtype.toString()), e.getMessage());
        TALLY.ran();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void everyLengthIsReducedToItsEnd(Reduction row) {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64, DType.INT8, DType.BOOL)) {
      if (!row.traits().dtypes().contains(dtype)) {
        continue;
      }
      for (long length : Samples.LENGTHS) {
        try (Scope _ = Scope.open()) {
          Supplier<String> where = () -> row + " of " + dtype + " of length " + length;
          Tensor line = BinaryOpsTest.tame(dtype, 3, length);
          check(row, line, new int[] {0}, where);
          Tensor rows = BinaryOpsTest.tame(dtype, 4, 3, Math.min(length, 9000));
          check(row, rows, new int[] {1}, () -> where.get() + ", in rows");
          Tensor columns = BinaryOpsTest.tame(dtype, 5, Math.min(length, 9000), 3);
          check(row, columns, new int[] {0}, () -> where.get() + ", in columns");
          check(row, rows.t(), new int[] {0}, () -> where.get() + ", in transposed rows");
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void awkwardValuesGiveTheirMeaning(Reduction row) {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      if (!row.traits().dtypes().contains(dtype)) {
        continue;
      }
      double inf = Double.POSITIVE_INFINITY;
      double nan = Double.NaN;
      double[][] groups = {
        {1, nan, 3},
        {nan, nan},
        {inf, 1},
        {-inf, 1},
        {inf, -inf, 0},
        {-0.0, 0.0},
        {0.0, -0.0},
        {-0.0, -0.0},
        {5, 5, 5, 5},
        {2, 7, 7, 1},
        {-3, -9, -9},
        {inf, inf},
        {-inf, -inf},
        {Floats.least(dtype), 0},
        {nan, inf, 1}
      };
      for (double[] group : groups) {
        // At the front, in the vector loop, in its tail, and over two threads' parts.
        for (int length : new int[] {group.length, 37, 70_000}) {
          for (int at : new int[] {0, (length - group.length) / 2, length - group.length}) {
            try (Scope _ = Scope.open()) {
              double[] values = new double[length];
              Arrays.fill(values, group[0]);
              System.arraycopy(group, 0, values, at, group.length);
              if (row.name().startsWith("norm") && group[0] == Floats.least(dtype)) {
                TALLY.skipped("the powers of the least numbers underflow, as in PyTorch");
                continue;
              }
              Tensor x = Cells.tensor(dtype, new long[] {length}, values);
              check(
                  row,
                  x,
                  new int[] {0},
                  () ->
                      row
                          + " of "
                          + dtype
                          + " "
                          + Arrays.toString(group)
                          + " at "
                          + at
                          + " of "
                          + length);
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void wrongDimensionsAreErrors(Reduction row) {
    Tensor x = Tensor.ones(2, 3);
    for (int dim : new int[] {2, -3, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> row.call().of(x, Keep.DROPDIM, dim),
          row.toString());
      TALLY.ran();
    }
    if (!row.traits().singleDim()) {
      assertThrows(
          IllegalArgumentException.class,
          () -> row.call().of(x, Keep.DROPDIM, 1, -1),
          row.toString());
      TALLY.ran();
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void gradientsAreThoseOfDifferences(Reduction row) {
    if (!row.traits().smooth()) {
      Tensor x = Tensor.ones(DType.FLOAT64, 2, 3).requiresGrad_();
      assertTrue(!row.call().of(x, Keep.DROPDIM, 0).requiresGrad(), () -> row + " has no gradient");
      return;
    }
    long[] sizes = {2, 3, 2};
    double[] values = {-1.3, 0.4, 2.1, -0.7, 1.6, 0.9, -2.2, 0.25, 1.1, -0.35, 3.05, -1.85};
    for (Placement placement : Placement.of(sizes)) {
      // Expanded elements tie, and ties have no derivative of extremes.
      boolean extreme =
          row.name().startsWith("m") && !row.name().equals("mean") || row.name().startsWith("am");
      if (placement.repeats() && extreme) {
        TALLY.skipped("equal elements have no derivative of their greatest or least");
        continue;
      }
      if (placement == Placement.EXPANDED_ALL && (row.name().equals("std"))) {
        TALLY.skipped("the deviation of equal elements has no derivative");
        continue;
      }
      for (int[] dims : choices(row, 3)) {
        boolean constant = isConstant(placement, dims);
        if (constant && row.name().equals("std")) {
          TALLY.skipped("the deviation of equal elements has no derivative");
          continue;
        }
        try (Scope _ = Scope.open()) {
          Placed placed = placement.place(Cells.tensor(DType.FLOAT64, sizes, values));
          Tensor carrier = UnaryOpsTest.smoothCarrier(placed, 0.77);
          String name = row + " " + placement + " dims " + Arrays.toString(dims);
          OpDb.Call call =
              in -> row.call().of(placement.view(in.getFirst(), sizes), Keep.DROPDIM, dims);
          GradientChecks.first(name, call, carrier);
          if (placement == Placement.CONTIGUOUS) {
            GradientChecks.first(
                name, in -> row.call().of(in.getFirst(), Keep.KEEPDIM, dims), carrier);
            GradientChecks.second(name, call, carrier);
          }
          TALLY.ran();
        }
      }
    }
  }

  /** Whether the dimensions reduced hold one value each. */
  private static boolean isConstant(Placement placement, int... dims) {
    return switch (placement) {
      case EXPANDED -> dims.length == 1 && (dims[0] == 0 || dims[0] == -3);
      case EXPANDED_LAST -> dims.length == 1 && (dims[0] == 2 || dims[0] == -1);
      case EXPANDED_ALL -> true;
      default -> false;
    };
  }

  @Test
  void productsWithZerosHaveTheGradientOfTheOthers() {
    double[][] cases = {{0, 2, 3}, {0, 2, 0}, {0, 0, 0}, {5, 0, 4}, {0}, {2, 3, 4, 5, 0, 7, 8}};
    for (double[] values : cases) {
      Tensor x = Cells.tensor(DType.FLOAT64, new long[] {values.length}, values);
      GradientChecks.first("prod of " + Arrays.toString(values), in -> in.getFirst().prod(), x);
      GradientChecks.second("prod of " + Arrays.toString(values), in -> in.getFirst().prod(), x);
    }
  }

  @Test
  void tiesShareTheGradientOfExtremesAndOneHasThatOfMaxAlongADimension() {
    Tensor x = Tensor.of(3.0, 7.0, 7.0, 1.0, 7.0, 7.0).requiresGrad_();
    x.amax().backward();
    assertEquals(List.of(0.0, 0.25, 0.25, 0.0, 0.25, 0.25), list(x.grad()));
    x.setGrad(null);
    x.max().backward();
    assertEquals(List.of(0.0, 0.25, 0.25, 0.0, 0.25, 0.25), list(x.grad()));
    x.setGrad(null);
    x.max(0).values().backward();
    assertEquals(List.of(0.0, 1.0, 0.0, 0.0, 0.0, 0.0), list(x.grad()));
    Tensor nan = Tensor.of(3.0, Double.NaN, 7.0, Double.NaN).requiresGrad_();
    nan.min().backward();
    assertEquals(List.of(0.0, 0.5, 0.0, 0.5), list(nan.grad()));
    Tensor curvature = derivativeOfGradient(nan, t -> t.square().max());
    assertEquals(List.of(0.0, 1.0, 0.0, 1.0), list(curvature));
  }

  @Test
  void extremesOverDimensionsThatAreNanHaveNanForAll() {
    Tensor x = Tensor.of(new double[][] {{1, Double.NaN, 3}, {1, 2, 2}}).requiresGrad_();
    List<UnaryOperator<Tensor>> ofRows =
        List.of(t -> t.amax(1), t -> t.neg().amin(1).neg(), t -> t.aminmax(1).max());
    for (var rows : ofRows) {
      Tensor gradient = Autograd.grad(rows.apply(x).sum(), x);
      assertTrue(gradient.get(0).isnan().all().isTrue());
      assertEquals(List.of(0.0, 0.5, 0.5), list(gradient.get(1)));
      Tensor curvature = derivativeOfGradient(x, t -> rows.apply(t.square()).sum());
      assertTrue(curvature.get(0).isnan().all().isTrue());
      assertEquals(List.of(0.0, 1.0, 1.0), list(curvature.get(1)));
    }
  }

  private static Tensor derivativeOfGradient(Tensor x, UnaryOperator<Tensor> function) {
    Tensor gradient = Autograd.grad(function.apply(x), x, Backward.Option.CREATE_GRAPH);
    return Autograd.grad(gradient.sum(), x);
  }

  private static List<Double> list(Tensor tensor) {
    return Arrays.stream(Cells.doubles(tensor)).boxed().toList();
  }

  @Test
  void longSumsOfFloatsAreAsGoodAsPairwise() {
    // A running sum of ten million tenths in float32 would be off by some eight percent.
    try (Scope _ = Scope.open()) {
      Tensor tenths = Tensor.full(Shape.of(10_000_000), 0.1);
      double expected = 10_000_000 * (double) 0.1f;
      assertEquals(expected, tenths.sum().item(), 4 * Math.ulp((float) expected));
      assertEquals(0.1f, tenths.mean().item(), 1e-8);
      Tensor matrix = tenths.view(100_000, 100);
      for (double column : Cells.doubles(matrix.sum(0))) {
        assertEquals(100_000 * (double) 0.1f, column, 1e-2);
      }
    }
  }

  @Test
  void sumsAreTheSameEveryTime() {
    try (Scope _ = Scope.open()) {
      Tensor x =
          Doors.binary(dev.chagres.backend.BinaryOp.MUL, Tensor.arange(0.0, 1_000_003.0), 0.001)
              .sin();
      double sum = x.sum().item();
      for (int i = 0; i < 20; i++) {
        assertEquals(sum, x.sum().item());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void noMemoryStaysBehind(Reduction row) {
    long live = Memory.stats().liveStorages();
    try (Scope _ = Scope.open()) {
      Tensor x = BinaryOpsTest.tame(DType.FLOAT32, 1, 30, 20).requiresGrad_();
      Tensor y = row.call().of(x.t(), Keep.DROPDIM, 1);
      if (y.requiresGrad()) {
        y.sum().backward();
        x.grad().storage().free();
      }
    }
    assertTrue(Memory.stats().liveStorages() <= live, () -> row + ": " + Memory.stats());
    TALLY.ran();
  }
}
