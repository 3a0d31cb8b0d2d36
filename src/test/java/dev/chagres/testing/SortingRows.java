package dev.chagres.testing;

import static dev.chagres.testing.OtherRows.exact;
import static dev.chagres.testing.OtherRows.smooth;

import dev.chagres.core.Order;
import dev.chagres.tensor.EdgeOrder;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Located;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OpDb.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleBinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** The rows of sorting, choosing by rank, scans, differences and integrals. */
final class SortingRows {
  static final List<Row> ROWS = new ArrayList<>();

  private static final long[] CUBE = {2, 5, 4};

  static {
    order();
    scans();
    differences();
  }

  private SortingRows() {}

  /** The line along a dimension through a place. */
  private static double[] line(Plain x, int dim, long[] place) {
    double[] line = new double[(int) x.size(dim)];
    long[] at = place.clone();
    for (int i = 0; i < line.length; i++) {
      at[dim] = i;
      line[i] = x.at(at);
    }
    return line;
  }

  private static long[] with(long[] sizes, int dim, long size) {
    long[] changed = sizes.clone();
    changed[dim] = size;
    return changed;
  }

  /** Each line along a dimension becomes another one, of a length of its own. */
  private static Plain lines(Plain x, int dim, long length, UnaryOperator<double[]> change) {
    return Plain.fill(
        with(x.sizes(), dim, length), i -> change.apply(line(x, dim, i))[(int) i[dim]]);
  }

  private static double[] sorted(double... line) {
    double[] copy = line.clone();
    Arrays.sort(copy);
    return copy;
  }

  private static double[] reversed(double... line) {
    double[] copy = new double[line.length];
    Arrays.setAll(copy, i -> line[line.length - 1 - i]);
    return copy;
  }

  // ---- order

  /** An operation that takes elements of the lines along dimension 1. */
  private static void located(
      String name, Function<Tensor, Located> call, int length, UnaryOperator<double[]> meaning) {
    ROWS.add(
        smooth(
            name,
            List.of(CUBE),
            in -> call.apply(in.getFirst()).values(),
            in -> lines(in.getFirst(), 1, length, meaning)));
  }

  private static void order() {
    for (int dim = 0; dim < 3; dim++) {
      int axis = dim;
      ROWS.add(
          exact(
              "sort along " + dim,
              List.of(CUBE),
              in -> in.getFirst().sort(axis).values(),
              in -> lines(in.getFirst(), axis, CUBE[axis], SortingRows::sorted)));
      ROWS.add(
          exact(
              "sort descending along " + dim,
              List.of(CUBE),
              in -> in.getFirst().sort(axis - 3, Order.DESCENDING).values(),
              in -> lines(in.getFirst(), axis, CUBE[axis], line -> reversed(sorted(line)))));
    }
    ROWS.add(
        exact(
            "msort",
            List.of(CUBE),
            in -> in.getFirst().msort(),
            in -> lines(in.getFirst(), 0, CUBE[0], SortingRows::sorted)));
    located("topk", x -> x.topk(3, 1), 3, line -> reversed(sorted(line)));
    located("topk of the least", x -> x.topk(2, 1, Order.ASCENDING), 2, SortingRows::sorted);
    located(
        "kthvalue", x -> x.kthvalue(Keep.KEEPDIM, 4, 1), 1, line -> new double[] {sorted(line)[3]});
    located(
        "median along a dimension",
        x -> x.median(Keep.KEEPDIM, 1),
        1,
        line -> new double[] {sorted(line)[2]});
    located(
        "nanmedian along a dimension",
        x -> x.nanmedian(Keep.KEEPDIM, 1),
        1,
        line -> new double[] {sorted(line)[2]});
    located("mode", x -> x.mode(Keep.KEEPDIM, 1), 1, line -> new double[] {sorted(line)[0]});
    ROWS.add(
        smooth(
            "median",
            List.of(CUBE),
            in -> in.getFirst().median(),
            in -> new Plain(new long[0], sorted(in.getFirst().values())[19])));
    ROWS.add(
        smooth(
            "nanmedian",
            List.of(CUBE),
            in -> in.getFirst().nanmedian(),
            in -> new Plain(new long[0], sorted(in.getFirst().values())[19])));
  }

  // ---- scans

  private static UnaryOperator<double[]> running(DoubleBinaryOperator step) {
    return line -> {
      double[] all = line.clone();
      for (int i = 1; i < all.length; i++) {
        all[i] = step.applyAsDouble(all[i - 1], all[i]);
      }
      return all;
    };
  }

  private static void scan(
      String name, int dim, UnaryOperator<Tensor> call, DoubleBinaryOperator step) {
    ROWS.add(
        smooth(
            name + " along " + dim,
            List.of(CUBE),
            in -> call.apply(in.getFirst()),
            in -> lines(in.getFirst(), dim, CUBE[dim], running(step))));
  }

  private static void scans() {
    for (int dim = 0; dim < 3; dim++) {
      int axis = dim;
      scan("cumsum", dim, x -> x.cumsum(axis), Double::sum);
      scan("cumprod", dim, x -> x.cumprod(axis), (a, b) -> a * b);
      scan("cummax", dim, x -> x.cummax(axis).values(), Math::max);
      scan("cummin", dim, x -> x.cummin(axis).values(), Math::min);
      scan(
          "logcumsumexp",
          dim,
          x -> x.logcumsumexp(axis),
          (a, b) -> Math.log(Math.exp(a) + Math.exp(b)));
    }
  }

  // ---- differences and integrals

  private static double[] differences(double... line) {
    double[] steps = new double[line.length - 1];
    Arrays.setAll(steps, i -> line[i + 1] - line[i]);
    return steps;
  }

  private static double[] derivative(double step, double... line) {
    int last = line.length - 1;
    double[] slopes = new double[line.length];
    for (int i = 0; i <= last; i++) {
      int before = Math.max(0, i - 1);
      int after = Math.min(last, i + 1);
      slopes[i] = (line[after] - line[before]) / (after - before) / step;
    }
    return slopes;
  }

  private static double[] areas(double step, double... line) {
    double[] areas = new double[line.length - 1];
    double sum = 0;
    for (int i = 0; i < areas.length; i++) {
      sum += (line[i] + line[i + 1]) / 2 * step;
      areas[i] = sum;
    }
    return areas;
  }

  private static void differences() {
    ROWS.add(
        smooth(
            "diff",
            List.of(CUBE),
            in -> in.getFirst().diff(1, 1),
            in -> lines(in.getFirst(), 1, 4, SortingRows::differences)));
    ROWS.add(
        smooth(
            "diff twice",
            List.of(CUBE),
            in -> in.getFirst().diff(2, -1),
            in -> lines(in.getFirst(), 2, 2, line -> differences(differences(line)))));
    ROWS.add(
        smooth(
            "diff with more at both ends",
            List.of(new long[] {2, 3}, new long[] {2, 1}, new long[] {2, 2}),
            in -> in.get(0).diff(1, 1, in.get(1), in.get(2)),
            in -> {
              Plain joined =
                  Plain.fill(
                      new long[] {2, 6},
                      i ->
                          i[1] == 0
                              ? in.get(1).at(i[0], 0)
                              : i[1] < 4
                                  ? in.get(0).at(i[0], i[1] - 1)
                                  : in.get(2).at(i[0], i[1] - 4));
              return lines(joined, 1, 5, SortingRows::differences);
            }));
    ROWS.add(
        smooth(
            "gradient",
            List.of(CUBE),
            in -> in.getFirst().gradient(2, EdgeOrder.FIRST, 1).getFirst(),
            in -> lines(in.getFirst(), 1, 5, line -> derivative(2, line))));
    ROWS.add(
        smooth(
            "trapezoid",
            List.of(CUBE),
            in -> in.getFirst().trapezoid(0.5, 1).unsqueeze(1),
            in -> lines(in.getFirst(), 1, 1, line -> new double[] {areas(0.5, line)[3]})));
    ROWS.add(
        smooth(
            "cumulativeTrapezoid",
            List.of(CUBE),
            in -> in.getFirst().cumulativeTrapezoid(0.5, 1),
            in -> lines(in.getFirst(), 1, 4, line -> areas(0.5, line))));
  }
}
