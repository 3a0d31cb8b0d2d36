package dev.chagres.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.fail;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every row of the op database on a GPU: in all dtypes of its samples and in several layouts it
 * computes what the CPU does, gradients included, and leaves alone what is not its own.
 */
@OnCuda
class CudaOpDbTest {
  private static final Device GPU = Device.cuda(0);
  private static final Tally TALLY = new Tally("op database on CUDA");
  private static final List<DType> FLOATS = List.of(DType.FLOAT32, DType.FLOAT64);
  private static final List<DType> INTEGERS = List.of(DType.INT64, DType.UINT8);
  private static final long[] SIZES = {3, 4, 5};

  /** Of rows whose results are sums or products, and of gradients: in steps at the greatest. */
  private static final double ROUNDING = 64;

  /**
   * A row of any family.
   *
   * @param values the elements of each operand
   */
  record Case(
      String name,
      OpDb.Call call,
      List<long[]> shapes,
      List<IntToDoubleFunction> values,
      List<DType> dtypes,
      boolean exact,
      boolean smooth) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Case> rows() {
    List<Case> rows = new ArrayList<>();
    for (OpDb.Unary row : OpDb.unary()) {
      boolean smooth = row.smooth().length > 0;
      rows.add(
          new Case(
              row.toString(),
              in -> row.call().of(in.getFirst()),
              List.of(SIZES),
              List.of(smooth ? i -> row.smooth()[i % row.smooth().length] : i -> i % 7 - 2.5),
              taken(row::takes),
              false,
              smooth));
    }
    for (OpDb.Binary row : OpDb.binary()) {
      boolean smooth = row.smooth().length > 0;
      rows.add(
          new Case(
              row.toString(),
              in -> row.call().of(in.get(0), in.get(1)),
              List.of(SIZES, new long[] {4, 5}),
              smooth
                  ? List.of(
                      i -> row.smooth()[0][i % row.smooth()[0].length],
                      i -> row.smooth()[1][i % row.smooth()[1].length])
                  : List.of(i -> i % 7 + 1.5, i -> i % 3 + 1),
              taken(row.op().domain()::holds),
              false,
              smooth && row.hasFirstGradient()));
    }
    for (OpDb.Reduction row : OpDb.reductions()) {
      rows.add(
          new Case(
              row.toString(),
              in -> row.call().of(in.getFirst(), Keep.DROPDIM, 1),
              List.of(SIZES),
              List.of(i -> 0.25 + (i * 37 % 60) / 32.0),
              taken(row.traits().dtypes()::contains),
              false,
              row.traits().smooth()));
    }
    for (OpDb.Row row : OpDb.rows()) {
      List<IntToDoubleFunction> values = new ArrayList<>();
      for (long[] sizes : row.shapes()) {
        double step = (row.high() - row.low()) / Indices.numel(sizes);
        int odd = values.size() * 2 + 7;
        int count = Indices.numel(sizes);
        values.add(i -> row.low() + step * ((i * odd) % count + 0.5));
      }
      rows.add(
          new Case(
              row.toString(),
              row.call(),
              row.shapes(),
              values,
              row.moves() ? taken(_ -> true) : FLOATS,
              row.moves(),
              row.smooth()));
    }
    return rows;
  }

  private static List<DType> taken(java.util.function.Predicate<DType> takes) {
    List<DType> floats = FLOATS.stream().filter(takes).toList();
    return floats.isEmpty() ? INTEGERS.stream().filter(takes).toList() : floats;
  }

  @AfterAll
  static void summary() {
    TALLY.print();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void itIsWhatTheCpuComputes(Case row) {
    for (DType dtype : row.dtypes) {
      for (Placement placement :
          List.of(
              Placement.CONTIGUOUS,
              Placement.TRANSPOSED,
              Placement.STEPPED,
              Placement.OFFSET,
              Placement.EXPANDED)) {
        try (Scope _ = Scope.open()) {
          check(row, dtype, placement);
        } catch (RuntimeException | AssertionError e) {
          throw new AssertionError(row + " of " + dtype + " " + placement + ": " + e, e);
        }
        TALLY.ran();
      }
    }
  }

  private static void check(Case row, DType dtype, Placement wanted) {
    List<Tensor> here = new ArrayList<>();
    List<Placement.Placed> there = new ArrayList<>();
    for (int i = 0; i < row.shapes.size(); i++) {
      long[] sizes = row.shapes.get(i);
      IntToDoubleFunction values = row.values.get(i);
      double[] elements = new double[Indices.numel(sizes)];
      Arrays.setAll(elements, at -> Cells.wrapped(dtype, values.applyAsDouble(at)));
      Tensor dense = Cells.tensor(dtype, sizes, elements);
      Placement placement = wanted.fits(sizes) ? wanted : Placement.CONTIGUOUS;
      here.add(placement.place(dense).tensor());
      there.add(placement.place(dense.to(GPU)));
    }
    List<Tensor> operands = there.stream().map(Placement.Placed::tensor).toList();
    List<long[]> before = there.stream().map(each -> Cells.bits(each.carrier())).toList();
    boolean differentiable = row.smooth && dtype.isFloating();
    if (differentiable) {
      here.forEach(Tensor::requiresGrad_);
      operands.forEach(Tensor::requiresGrad_);
    }
    Tensor expected = row.call.of(here);
    Tensor got;
    try (var _ = DefaultDevice.use(GPU)) {
      got = row.call.of(operands);
    }
    assertEquals(GPU, got.device());
    compare("result", expected, got, row.exact ? 0 : ROUNDING);
    if (differentiable && expected.requiresGrad()) {
      double[] slopes = new double[Math.toIntExact(expected.numel())];
      Arrays.setAll(slopes, i -> (i % 7 - 3) * 0.5 + 0.25);
      Tensor gradient = Cells.tensor(dtype, expected.shape().toArray(), slopes);
      expected.backward(gradient);
      got.backward(gradient.to(GPU));
      for (int i = 0; i < operands.size(); i++) {
        if (here.get(i).grad() == null) {
          assertEquals(null, operands.get(i).grad(), "gradient " + i);
        } else {
          assertNotNull(operands.get(i).grad(), "no gradient " + i);
          compare("gradient " + i, here.get(i).grad(), operands.get(i).grad(), ROUNDING);
        }
      }
    }
    for (int i = 0; i < operands.size(); i++) {
      Compare.untouched(before.get(i), there.get(i).carrier(), () -> "operand");
    }
  }

  private static void compare(String what, Tensor expected, Tensor got, double rounding) {
    Compare.meta(got, expected.dtype(), expected.shape(), () -> what);
    double[] wanted = Cells.doubles(expected);
    double[] found = Cells.doubles(got);
    // The samples are of the order of 1, and sums of them may cancel.
    double greatest = Arrays.stream(wanted).map(Math::abs).filter(Double::isFinite).max().orElse(0);
    DType dtype = expected.dtype();
    double most = dtype.isFloating() ? rounding * Floats.ulp(dtype, Math.max(1, greatest)) : 0;
    for (int i = 0; i < wanted.length; i++) {
      if (!Floats.same(wanted[i], found[i]) && !(Math.abs(wanted[i] - found[i]) <= most)) {
        fail(what + ": element " + i + " is " + found[i] + " where the CPU has " + wanted[i]);
      }
    }
  }
}
