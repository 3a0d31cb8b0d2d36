package dev.chagres.programs;

import static dev.chagres.tensor.Keep.DROPDIM;
import static dev.chagres.tensor.Keep.KEEPDIM;

import dev.chagres.core.DType;
import dev.chagres.tensor.Correction;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Reductions of one, several or all dimensions. */
final class ReducingMoves {
  private interface Call {
    Tensor of(Tensor x, Keep keep, int... dims);
  }

  /** Which tensors a reduction takes. */
  private enum Takes {
    ALL,
    NUMBERS,
    /** At least one element. */
    SOME_NUMBERS,
    FLOATING
  }

  static final List<Consumer<Program>> ALL =
      List.of(
          p -> reduce(p, "sum", Takes.ALL, (t, k, d) -> t.sum(k, d), ReducingMoves::sum),
          p ->
              reduce(
                  p,
                  "prod",
                  Takes.NUMBERS,
                  (t, k, d) -> tamed(p, t).prod(k, d),
                  v -> product(p, v)),
          p -> reduce(p, "amax", Takes.SOME_NUMBERS, (t, k, d) -> t.amax(k, d), v -> greatest(v)),
          p -> reduce(p, "amin", Takes.SOME_NUMBERS, (t, k, d) -> t.amin(k, d), v -> least(v)),
          p ->
              truth(
                  p, "any", (t, k, d) -> t.any(k, d), v -> Arrays.stream(v).anyMatch(a -> a != 0)),
          p ->
              truth(
                  p, "all", (t, k, d) -> t.all(k, d), v -> Arrays.stream(v).allMatch(a -> a != 0)),
          p -> reduce(p, "mean", Takes.FLOATING, (t, k, d) -> t.mean(k, d), v -> sum(v) / v.length),
          p -> spread(p, 0),
          p -> spread(p, 1),
          p ->
              reduce(
                  p,
                  "norm 2",
                  Takes.FLOATING,
                  (t, k, d) -> t.norm(2, k, d),
                  v -> Meaning.norm(2, v)),
          p ->
              reduce(
                  p,
                  "norm 1",
                  Takes.FLOATING,
                  (t, k, d) -> t.norm(1, k, d),
                  v -> Meaning.norm(1, v)),
          p ->
              reduce(
                  p,
                  "logsumexp",
                  Takes.FLOATING,
                  (t, k, d) -> t.logsumexp(k, d),
                  v -> Meaning.logSumExp(v)),
          ReducingMoves::quantile,
          ReducingMoves::argmax,
          ReducingMoves::max,
          ReducingMoves::median);

  private ReducingMoves() {}

  private static double sum(double... values) {
    return Arrays.stream(values).sum();
  }

  private static Tensor tamed(Program p, Tensor x) {
    return LineMoves.tamed(p, x);
  }

  private static double product(Program p, double... values) {
    return Arrays.stream(values).map(v -> LineMoves.tamed(p, v)).reduce(1, (a, b) -> a * b);
  }

  private static double greatest(double... values) {
    return Arrays.stream(values).max().orElseThrow();
  }

  private static double least(double... values) {
    return Arrays.stream(values).min().orElseThrow();
  }

  /** Some of the dimensions, or none, which stands for all. */
  private static int[] dims(Program p, Live x) {
    List<Integer> dims = new ArrayList<>();
    for (int d = 0; d < x.dim(); d++) {
      if (p.once(2)) {
        dims.add(ViewMoves.spelled(p, d, x.dim()));
      }
    }
    return dims.stream().mapToInt(d -> d).toArray();
  }

  private static boolean[] reduced(Live x, int... dims) {
    boolean[] reduced = new boolean[x.dim()];
    Arrays.fill(reduced, dims.length == 0);
    IntStream.of(dims).forEach(d -> reduced[Math.floorMod(d, x.dim())] = true);
    return reduced;
  }

  private static Live operand(Program p, Takes takes) {
    return switch (takes) {
      case ALL -> p.among(p.live());
      case NUMBERS, SOME_NUMBERS -> p.number();
      case FLOATING -> p.floating();
    };
  }

  private static void reduce(
      Program p, String name, Takes takes, Call there, ToDoubleFunction<double[]> meaning) {
    Live x = operand(p, takes);
    if (takes != Takes.ALL && x.model().numel() == 0
        || name.equals("prod") && x.model().numel() > 20) {
      return;
    }
    DType own = x.tensor().dtype();
    DType dtype = takes == Takes.ALL || takes == Takes.NUMBERS ? Meaning.summed(x) : own;
    reduce(p, x, name, dtype, takes == Takes.FLOATING, there, meaning);
  }

  private static void reduce(
      Program p,
      Live x,
      String name,
      DType dtype,
      boolean near,
      Call there,
      ToDoubleFunction<double[]> meaning) {
    int[] dims = dims(p, x);
    Keep keep = p.among(List.of(KEEPDIM, DROPDIM));
    boolean[] reduced = reduced(x, dims);
    String call = x + "." + name + "(" + keep + ", " + Arrays.toString(dims) + ")";
    if (near) {
      p.near(
          call,
          dtype,
          x,
          t -> there.of(t, keep, dims),
          m -> Meaning.reduce(m, reduced, keep == KEEPDIM, meaning));
    } else {
      p.make(
          call,
          dtype,
          x,
          t -> there.of(t, keep, dims),
          m -> Meaning.reduce(m, reduced, keep == KEEPDIM, meaning));
    }
  }

  private interface Test {
    boolean of(double... values);
  }

  private static void truth(Program p, String name, Call there, Test meaning) {
    Live x = p.among(p.live());
    if (!p.isSmooth()) {
      DType dtype = x.tensor().dtype() == DType.UINT8 ? DType.UINT8 : DType.BOOL;
      reduce(p, x, name, dtype, /* near= */ false, there, v -> meaning.of(v) ? 1 : 0);
    }
  }

  private static void spread(Program p, int correction) {
    Correction given = correction == 0 ? Correction.NONE : Correction.of(correction);
    if (p.once(2)) {
      reduce(
          p,
          "var -" + correction,
          Takes.FLOATING,
          (t, k, d) -> t.var(given, k, d),
          v -> Meaning.variance(correction, v));
    } else {
      reduce(
          p,
          "std -" + correction,
          Takes.FLOATING,
          (t, k, d) -> t.std(given, k, d),
          v -> Math.sqrt(Meaning.variance(correction, v)));
    }
  }

  private static void quantile(Program p) {
    Live x = p.floating();
    int d = p.below(x.dim());
    double q = p.below(5) / 4.0;
    if (x.model().numel() > 0) {
      p.near(
          x + ".quantile(" + q + ", " + d + ")",
          x.tensor().dtype(),
          x,
          t -> t.quantile(q, d),
          m ->
              Meaning.dropped(
                  Meaning.lines(m, d, line -> new double[] {Meaning.quantile(q, line)}), d));
    }
  }

  private static double first(double wanted, double... line) {
    return IntStream.range(0, line.length).filter(i -> line[i] == wanted).findFirst().orElseThrow();
  }

  private static void argmax(Program p) {
    Live x = p.numberWithDims();
    int d = p.below(x.dim());
    if (x.model().numel() == 0 || p.isSmooth()) {
      return;
    }
    if (p.once(2)) {
      p.make(
          x + ".argmax(" + d + ")",
          DType.INT64,
          x,
          t -> t.argmax(d),
          m -> Meaning.dropped(Meaning.lines(m, d, v -> new double[] {first(greatest(v), v)}), d));
    } else {
      p.make(
          x + ".min(" + d + ").indices()",
          DType.INT64,
          x,
          t -> t.min(d).indices(),
          m -> Meaning.dropped(Meaning.lines(m, d, v -> new double[] {first(least(v), v)}), d));
    }
  }

  private static void max(Program p) {
    Live x = p.numberWithDims();
    int d = p.below(x.dim());
    if (x.model().numel() > 0) {
      p.make(
          x + ".max(" + d + ").values()",
          x.tensor().dtype(),
          x,
          t -> t.max(d).values(),
          m -> Meaning.dropped(Meaning.lines(m, d, v -> new double[] {greatest(v)}), d));
    }
  }

  private static void median(Program p) {
    Live x = p.number();
    if (x.model().numel() > 0) {
      boolean[] all = reduced(x);
      p.make(
          x + ".median()",
          x.tensor().dtype(),
          x,
          Tensor::median,
          m ->
              Meaning.reduce(
                  m,
                  all,
                  /* keep= */ false,
                  v -> v[(int) Meaning.order(/* descending= */ false, v)[(v.length - 1) / 2]]));
    }
  }
}
