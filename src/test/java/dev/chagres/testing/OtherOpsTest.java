package dev.chagres.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OpDb.Row;
import dev.chagres.testing.Placement.Placed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Views, copies, joining, indexing, products, convolutions and what is composed of others. */
class OtherOpsTest {
  private static final Tally TALLY = new Tally("op database, other operations");

  static List<Row> rows() {
    return OpDb.rows();
  }

  @AfterAll
  static void summary() {
    TALLY.print();
  }

  @Test
  void rowsHaveNamesOfTheirOwn() {
    assertEquals(rows().size(), rows().stream().map(Row::name).distinct().count());
  }

  /** Distinct values, so that no element can stand in for another, and no two tie. */
  private static Tensor operand(Row row, DType dtype, int seed, long... sizes) {
    int count = Indices.numel(sizes);
    double[] values = new double[count];
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      order.add(i);
    }
    java.util.Collections.shuffle(order, new Random(seed));
    for (int i = 0; i < count; i++) {
      double part = (order.get(i) + 0.5 + 0.01 * seed) / count;
      values[i] = row.low() + part * (row.high() - row.low());
      if (!dtype.isFloating()) {
        values[i] =
            dtype == DType.BOOL
                ? order.get(i) % 2
                : order.get(i) - (dtype == DType.UINT8 ? 0 : count / 2);
      }
    }
    return Cells.tensor(dtype, sizes, values);
  }

  private static List<DType> dtypes(Row row) {
    return row.moves()
        ? List.of(DType.values())
        : List.of(DType.FLOAT16, DType.BFLOAT16, DType.FLOAT32, DType.FLOAT64);
  }

  /** One placement for each operand, in many combinations. */
  private static List<List<Placement>> placements(Row row) {
    List<List<Placement>> all = new ArrayList<>();
    for (Placement first : Placement.values()) {
      List<Placement> choice = new ArrayList<>();
      int at = first.ordinal();
      for (long[] sizes : row.shapes()) {
        List<Placement> fitting = Placement.of(sizes);
        choice.add(fitting.get(at % fitting.size()));
        at = at * 5 + 3;
      }
      if (!all.contains(choice)) {
        all.add(choice);
      }
    }
    return all;
  }

  private static List<Placed> place(Row row, DType dtype, List<Placement> placements) {
    List<Placed> placed = new ArrayList<>();
    for (int i = 0; i < placements.size(); i++) {
      placed.add(placements.get(i).place(operand(row, dtype, i + 1, row.shapes().get(i))));
    }
    return placed;
  }

  @ParameterizedTest
  @MethodSource("rows")
  void everyDtypeAndLayoutGivesItsMeaning(Row row) {
    for (DType dtype : dtypes(row)) {
      for (List<Placement> placements : placements(row)) {
        try (Scope _ = Scope.open()) {
          Supplier<String> where = () -> row + " of " + dtype + " " + placements;
          List<Placed> placed = place(row, dtype, placements);
          List<Tensor> inputs = placed.stream().map(Placed::tensor).toList();
          List<long[]> before = placed.stream().map(p -> Cells.bits(p.carrier())).toList();
          check(row, dtype, inputs, where);
          for (int i = 0; i < placed.size(); i++) {
            Compare.untouched(before.get(i), placed.get(i).carrier(), where);
          }
        }
      }
    }
  }

  private static void check(Row row, DType dtype, List<Tensor> inputs, Supplier<String> where) {
    Tensor y = row.call().of(inputs);
    Plain expected = row.meaning().of(inputs.stream().map(Plain::of).toList());
    double[] meant = expected.values();
    Compare.meta(y, dtype, Shape.of(expected.sizes()), where);
    double[] got = Cells.doubles(y);
    for (int i = 0; i < got.length; i++) {
      int at = i;
      double meaning = meant[i];
      Supplier<String> element = () -> where.get() + ": element " + at;
      if (row.moves()) {
        if (!Floats.same(Cells.wrapped(dtype, meaning), got[i])) {
          fail(element.get() + ": expected " + meaning + ", got " + got[i]);
        }
      } else if (!Compare.isClose(dtype, meaning, got[i], tolerance(dtype), Double.MIN_VALUE)) {
        fail(element.get() + ": expected " + meaning + ", got " + got[i] + " (" + dtype + ")");
      }
    }
    TALLY.ran();
  }

  /**
   * The samples and partial results are of the order of 10, and no row adds up more than a few
   * dozen products: 64 steps at 1. Compositions of half types round at every step.
   */
  private static double tolerance(DType dtype) {
    return (dtype.size() == 2 ? 16 : 64) * Floats.ulp(dtype, 1);
  }

  static List<Row> rowsOfEqualShapes() {
    return rows().stream()
        .filter(row -> row.shapes().size() > 1)
        .filter(row -> Arrays.equals(row.shapes().get(0), row.shapes().get(1)))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("rowsOfEqualShapes")
  void oneTensorMayBeSeveralOperands(Row row) {
    List<long[]> shapes = row.shapes();
    for (Placement placement : Placement.of(shapes.get(0))) {
      try (Scope _ = Scope.open()) {
        Tensor x = placement.place(operand(row, DType.FLOAT64, 1, shapes.get(0))).tensor();
        List<Tensor> inputs = new ArrayList<>(List.of(x, x));
        for (int i = 2; i < shapes.size(); i++) {
          inputs.add(operand(row, DType.FLOAT64, i, shapes.get(i)));
        }
        check(row, DType.FLOAT64, inputs, () -> row + " of one tensor, " + placement);
        GradientChecks.first(
            row + " of one tensor",
            in -> {
              List<Tensor> all = new ArrayList<>(inputs);
              all.set(0, in.getFirst());
              all.set(1, in.getFirst());
              return row.call().of(all);
            },
            x);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void gradientsAreThoseOfDifferences(Row row) {
    int cell = 0;
    for (List<Placement> placements : placements(row)) {
      try (Scope _ = Scope.open()) {
        List<Placed> placed = place(row, DType.FLOAT64, placements);
        Tensor[] carriers =
            placed.stream().map(p -> UnaryOpsTest.smoothCarrier(p, 0.7)).toArray(Tensor[]::new);
        OpDb.Call call =
            in -> {
              List<Tensor> views = new ArrayList<>();
              for (int i = 0; i < in.size(); i++) {
                views.add(placements.get(i).view(in.get(i), row.shapes().get(i)));
              }
              return row.call().of(views);
            };
        if (ties(row, placements)) {
          TALLY.skipped("equal elements have no derivative of their greatest");
          continue;
        }
        GradientChecks.first(row + " " + placements, call, carriers);
        if (cell++ < 2) {
          GradientChecks.second(row + " " + placements, call, carriers);
        }
        TALLY.ran();
      }
    }
  }

  private static boolean ties(Row row, List<Placement> placements) {
    boolean extremum = row.name().contains("AM"); // AMAX and AMIN, of any operands
    return row.name().startsWith("maxPool") && placements.getFirst().repeats()
        || extremum && placements.stream().anyMatch(Placement::repeats);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theGradientHasTheShapeAndDtypeOfItsOperand(Row row) {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT16, DType.BFLOAT16)) {
      try (Scope _ = Scope.open()) {
        List<Tensor> leaves = new ArrayList<>();
        for (int i = 0; i < row.shapes().size(); i++) {
          leaves.add(operand(row, dtype, i + 1, row.shapes().get(i)).requiresGrad_());
        }
        Tensor y = row.call().of(leaves);
        assertTrue(y.requiresGrad(), row::toString);
        y.backward(y.detach().onesLike());
        for (Tensor leaf : leaves) {
          Compare.meta(leaf.grad(), dtype, leaf.shape(), () -> row + " of " + dtype);
        }
        TALLY.ran();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void noMemoryStaysBehind(Row row) {
    long live = Memory.stats().liveStorages();
    List<Tensor> leaves = new ArrayList<>();
    try (Scope _ = Scope.open()) {
      for (int i = 0; i < row.shapes().size(); i++) {
        leaves.add(operand(row, DType.FLOAT32, i + 1, row.shapes().get(i)).requiresGrad_());
      }
      Tensor y = row.call().of(leaves);
      y.backward(y.detach().onesLike());
    }
    for (Tensor leaf : leaves) {
      leaf.grad().storage().free();
    }
    assertTrue(Memory.stats().liveStorages() <= live, () -> row + ": " + Memory.stats());
    TALLY.ran();
  }
}
