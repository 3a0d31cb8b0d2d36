package dev.chagres.programs;

import dev.chagres.core.DType;
import dev.chagres.core.Order;
import dev.chagres.core.Side;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Indices;
import dev.chagres.testing.Plain;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** Counting, and finding equal elements or places between others. None of it has derivatives. */
final class SearchingMoves {
  static final List<Consumer<Program>> ALL =
      List.of(
          SearchingMoves::searchsorted,
          SearchingMoves::bucketize,
          SearchingMoves::bincount,
          SearchingMoves::unique,
          SearchingMoves::uniqueSlices,
          SearchingMoves::isin,
          SearchingMoves::countNonzero,
          SearchingMoves::nonzero);

  private SearchingMoves() {}

  /** How many of a line come before a value, and before its equals unless it is on the right. */
  private static double place(double value, Side side, double... line) {
    return Arrays.stream(line).filter(v -> side == Side.RIGHT ? v <= value : v < value).count();
  }

  private static void searchsorted(Program p) {
    Live x = p.numberWithDims();
    int last = x.dim() - 1;
    if (p.isSmooth() || x.model().numel() == 0) {
      return;
    }
    Live v = p.partner(x.tensor().dtype(), Indices.with(x.sizes(), last, 1 + p.below(3)));
    Side side = p.among(List.of(Side.LEFT, Side.RIGHT));
    p.make(
        x + ".sort().values().searchsorted(" + v + ", " + side + ")",
        DType.INT64,
        List.of(x, v),
        t -> t.get(0).sort(-1, Order.ASCENDING).values().searchsorted(t.get(1), side),
        m ->
            Plain.fill(
                v.sizes(),
                i -> place(m.get(1).at(i), side, line(m.get(0), Indices.with(i, last, 0)))));
  }

  private static double[] line(Plain x, long... start) {
    int last = x.dim() - 1;
    double[] line = new double[(int) x.size(last)];
    Arrays.setAll(line, i -> x.at(Indices.with(start, last, i)));
    return line;
  }

  private static void bucketize(Program p) {
    Live x = p.number();
    if (p.isSmooth()) {
      return;
    }
    double[] bounds =
        DoubleStream.generate(() -> p.below(19) - 9).limit(p.below(5)).sorted().toArray();
    Tensor boundaries = Tensor.of(bounds).to(DType.INT64);
    Side side = p.among(List.of(Side.LEFT, Side.RIGHT));
    p.make(
        x + ".bucketize(" + Arrays.toString(bounds) + ", " + side + ")",
        DType.INT64,
        x,
        t -> t.bucketize(boundaries, side),
        m -> m.map(v -> place(v, side, bounds)));
  }

  private static void bincount(Program p) {
    Live x =
        p.find(
            one -> one.dim() == 1 && Program.isNumber(one) && !one.tensor().dtype().isFloating());
    if (x == null || p.isSmooth()) {
      return;
    }
    if (Arrays.stream(x.model().values()).anyMatch(v -> v < 0)) {
      p.refuse(RuntimeException.class, x + ".bincount()", () -> x.tensor().bincount());
      return;
    }
    int least = p.below(12);
    p.make(
        x + ".bincount(" + least + ")",
        DType.INT64,
        x,
        t -> t.bincount(least),
        m -> {
          double[] values = m.values();
          int bins = (int) Math.max(least, Arrays.stream(values).max().orElse(-1) + 1);
          double[] counts = new double[bins];
          Arrays.stream(values).forEach(v -> counts[(int) v]++);
          return new Plain(new long[] {bins}, counts);
        });
  }

  private static double[] distinct(double... values) {
    return Arrays.stream(values).distinct().sorted().toArray();
  }

  private static int find(double wanted, double... values) {
    return IntStream.range(0, values.length)
        .filter(i -> values[i] == wanted)
        .findFirst()
        .orElseThrow();
  }

  private static void unique(Program p) {
    Live x = p.among(p.live());
    if (p.isSmooth()) {
      return;
    }
    switch (p.below(3)) {
      case 0 ->
          p.make(
              x + ".unique().values()",
              x.tensor().dtype(),
              x,
              t -> t.unique().values(),
              m -> vector(distinct(positive(m))));
      case 1 ->
          p.make(
              x + ".unique().inverse()",
              DType.INT64,
              x,
              t -> t.unique().inverse(),
              m -> {
                double[] distinct = distinct(positive(m));
                return m.map(v -> find(v, distinct));
              });
      default ->
          p.make(
              x + ".unique().counts()",
              DType.INT64,
              x,
              t -> t.unique().counts(),
              m ->
                  vector(
                      Arrays.stream(distinct(positive(m)))
                          .map(v -> Arrays.stream(m.values()).filter(w -> w == v).count())
                          .toArray()));
    }
  }

  /** Java tells zeros of different signs apart. */
  private static double[] positive(Plain x) {
    return Arrays.stream(x.values()).map(v -> v + 0.0).toArray();
  }

  private static Plain vector(double... values) {
    return new Plain(new long[] {values.length}, values);
  }

  private static void uniqueSlices(Program p) {
    Live x = p.find(one -> one.dim() == 2 && one.model().numel() > 0);
    if (x != null && !p.isSmooth()) {
      p.make(
          x + ".unique(0).values()",
          x.tensor().dtype(),
          x,
          t -> t.unique(0).values(),
          m -> {
            int width = (int) m.size(1);
            double[] values = positive(m);
            double[][] rows =
                IntStream.range(0, (int) m.size(0))
                    .mapToObj(i -> Arrays.copyOfRange(values, i * width, (i + 1) * width))
                    .sorted(Arrays::compare)
                    .toArray(double[][]::new);
            double[][] distinct =
                IntStream.range(0, rows.length)
                    .filter(i -> i == 0 || !Arrays.equals(rows[i - 1], rows[i]))
                    .mapToObj(i -> rows[i])
                    .toArray(double[][]::new);
            return new Plain(
                new long[] {distinct.length, width},
                Arrays.stream(distinct).flatMapToDouble(Arrays::stream).toArray());
          });
    }
  }

  private static void isin(Program p) {
    Live x = p.number();
    Live set = p.find(one -> one.tensor().dtype() == x.tensor().dtype());
    if (set != null && !p.isSmooth()) {
      p.make(
          x + ".isin(" + set + ")",
          DType.BOOL,
          List.of(x, set),
          t -> t.get(0).isin(t.get(1)),
          m -> m.get(0).map(v -> Arrays.stream(m.get(1).values()).anyMatch(w -> w == v) ? 1 : 0));
    }
  }

  private static void countNonzero(Program p) {
    Live x = ViewMoves.withDims(p);
    int d = p.below(x.dim());
    if (!p.isSmooth()) {
      p.make(
          x + ".countNonzero(" + d + ")",
          DType.INT64,
          x,
          t -> t.countNonzero(d),
          m ->
              Meaning.dropped(
                  Meaning.lines(
                      m, d, line -> new double[] {Arrays.stream(line).filter(v -> v != 0).count()}),
                  d));
    }
  }

  private static void nonzero(Program p) {
    Live x = p.among(p.live());
    if (!p.isSmooth()) {
      p.make(
          x + ".nonzero()",
          DType.INT64,
          x,
          Tensor::nonzero,
          m -> {
            double[] values = m.values();
            double[] places =
                IntStream.range(0, values.length)
                    .filter(i -> values[i] != 0)
                    .mapToObj(i -> Indices.of(i, m.sizes()))
                    .flatMapToDouble(i -> Arrays.stream(i).asDoubleStream())
                    .toArray();
            long found = Arrays.stream(values).filter(v -> v != 0).count();
            return new Plain(new long[] {found, m.dim()}, places);
          });
    }
  }
}
