package dev.chagres.programs;

import static dev.chagres.core.Order.ASCENDING;
import static dev.chagres.core.Order.DESCENDING;

import dev.chagres.core.DType;
import dev.chagres.core.Order;
import dev.chagres.tensor.Located;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Plain;
import dev.chagres.testing.Quickselect;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Sorting, choosing by rank and running sums: what works on each line along a dimension. */
final class LineMoves {
  static final List<Consumer<Program>> ALL =
      List.of(
          LineMoves::sort,
          LineMoves::sort,
          LineMoves::argsort,
          LineMoves::topk,
          LineMoves::kthvalue,
          LineMoves::median,
          LineMoves::cumsum,
          LineMoves::cumprod,
          LineMoves::extremum,
          LineMoves::logcumsumexp,
          LineMoves::diff,
          LineMoves::softmax);

  private LineMoves() {}

  /** Keeps the values that were found, or where they were. */
  private static void located(
      Program p,
      Live x,
      String call,
      Function<Tensor, Located> there,
      UnaryOperator<double[]> places,
      int dim,
      boolean drops) {
    UnaryOperator<Plain> shape = m -> drops ? Meaning.dropped(m, dim) : m;
    if (p.isSmooth() || p.once(2)) {
      p.make(
          x + "." + call + ".values()",
          x.tensor().dtype(),
          x,
          t -> there.apply(t).values(),
          m ->
              shape.apply(Meaning.lines(m, dim, line -> Meaning.picked(line, places.apply(line)))));
    } else {
      p.make(
          x + "." + call + ".indices()",
          DType.INT64,
          x,
          t -> there.apply(t).indices(),
          m -> shape.apply(Meaning.lines(m, dim, places)));
    }
  }

  private static int dim(Program p, Live x) {
    return x.dim() == 0 ? 0 : p.below(x.dim());
  }

  private static void sort(Program p) {
    Live x = p.among(p.live());
    int d = dim(p, x);
    Order order = p.among(List.of(ASCENDING, DESCENDING));
    String call = "sort(" + d + ", " + order + ")";
    located(
        p,
        x,
        call,
        t -> t.sort(d, order),
        line -> Meaning.order(order == DESCENDING, line),
        d,
        /* drops= */ false);
  }

  private static void argsort(Program p) {
    Live x = p.number();
    int d = dim(p, x);
    if (!p.isSmooth()) {
      p.make(
          x + ".argsort(" + d + ")",
          DType.INT64,
          x,
          t -> t.argsort(d),
          m -> Meaning.lines(m, d, line -> Meaning.order(/* descending= */ false, line)));
    }
  }

  private static void topk(Program p) {
    Live x = p.numberWithDims();
    int d = p.below(x.dim());
    int k = p.below((int) x.sizes()[d] + 1);
    Order order = p.among(List.of(ASCENDING, DESCENDING));
    located(
        p,
        x,
        "topk(" + k + ", " + d + ", " + order + ")",
        t -> t.topk(k, d, order),
        line -> Arrays.copyOf(Meaning.order(order == DESCENDING, line), k),
        d,
        /* drops= */ false);
  }

  private static void kthvalue(Program p) {
    Live x = p.numberWithDims();
    int d = p.below(x.dim());
    int size = (int) x.sizes()[d];
    if (size > 0) {
      int k = 1 + p.below(size);
      located(
          p,
          x,
          "kthvalue(" + k + ", " + d + ")",
          t -> t.kthvalue(k, d),
          line ->
              new double[] {
                Quickselect.chosen(
                    size, k - 1, (i, j) -> Double.compare(line[i] + 0.0, line[j] + 0.0))
              },
          d,
          /* drops= */ true);
    }
  }

  private static void median(Program p) {
    Live x = p.number();
    int d = dim(p, x);
    if (x.dim() == 0 || x.sizes()[d] > 0) {
      located(
          p,
          x,
          "median(" + d + ")",
          t -> t.median(d),
          line ->
              new double[] {Meaning.order(/* descending= */ false, line)[(line.length - 1) / 2]},
          d,
          /* drops= */ true);
    }
  }

  private static void cumsum(Program p) {
    Live x = p.among(p.live());
    int d = dim(p, x);
    p.make(
        x + ".cumsum(" + d + ")",
        Meaning.summed(x),
        x,
        t -> t.cumsum(d),
        m -> Meaning.lines(m, d, line -> Meaning.running(Double::sum, line)));
  }

  /** Numbers whose products stay small: 0, 1 and 2, or less than 1. */
  static Tensor tamed(Program p, Tensor x) {
    return p.isSmooth() ? x.tanh() : x.remainder(3);
  }

  static double tamed(Program p, double x) {
    return p.isSmooth() ? Math.tanh(x) : Math.floorMod((long) x, 3L);
  }

  private static void cumprod(Program p) {
    Live x = p.number();
    int d = dim(p, x);
    if (x.dim() == 0 || x.sizes()[d] < 20) {
      p.make(
          x + ".<tamed>.cumprod(" + d + ")",
          Meaning.summed(x),
          x,
          t -> tamed(p, t).cumprod(d),
          m ->
              Meaning.lines(
                  m.map(v -> tamed(p, v)), d, line -> Meaning.running((a, b) -> a * b, line)));
    }
  }

  private static void extremum(Program p) {
    Live x = p.number();
    int d = dim(p, x);
    if (p.once(2)) {
      located(
          p,
          x,
          "cummax(" + d + ")",
          t -> t.cummax(d),
          Meaning::greatestSoFar,
          d,
          /* drops= */ false);
    } else {
      UnaryOperator<double[]> least =
          line -> Meaning.greatestSoFar(Arrays.stream(line).map(v -> -v).toArray());
      located(p, x, "cummin(" + d + ")", t -> t.cummin(d), least, d, /* drops= */ false);
    }
  }

  private static void logcumsumexp(Program p) {
    Live x = p.floating();
    int d = p.below(x.dim());
    p.near(
        x + ".logcumsumexp(" + d + ")",
        x.tensor().dtype(),
        x,
        t -> t.logcumsumexp(d),
        m -> Meaning.lines(m, d, line -> Meaning.running(Meaning::logSumExp, line)));
  }

  private static void softmax(Program p) {
    Live x = p.floating();
    int d = p.below(x.dim());
    p.near(
        x + ".logSoftmax(" + d + ")",
        x.tensor().dtype(),
        x,
        t -> t.logSoftmax(d),
        m ->
            Meaning.lines(
                m,
                d,
                line -> {
                  double sum = Meaning.logSumExp(line);
                  return Arrays.stream(line).map(v -> v - sum).toArray();
                }));
  }

  private static double[] differences(double... line) {
    double[] result = new double[Math.max(0, line.length - 1)];
    Arrays.setAll(result, i -> line[i + 1] - line[i]);
    return result;
  }

  private static void diff(Program p) {
    Live x = p.numberWithDims();
    int d = p.below(x.dim());
    int times = p.below(3);
    p.make(
        x + ".diff(" + times + ", " + d + ")",
        x.tensor().dtype(),
        x,
        t -> t.diff(times, d),
        m ->
            times == 0
                ? m.copy()
                : Meaning.lines(m, d, line -> differences(times == 2 ? differences(line) : line)));
  }
}
