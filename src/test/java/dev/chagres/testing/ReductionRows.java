package dev.chagres.testing;

import dev.chagres.backend.ReduceOp;
import dev.chagres.core.DType;
import dev.chagres.tensor.Correction;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OpDb.CallDims;
import dev.chagres.testing.OpDb.FoldSlack;
import dev.chagres.testing.OpDb.Reduction;
import dev.chagres.testing.OpDb.ResultType;
import dev.chagres.testing.OpDb.Traits;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rows of {@link ReduceOp} and of the reductions composed from them. */
final class ReductionRows {
  private static final List<DType> ALL = List.of(DType.values());
  private static final List<DType> NO_BOOL = ALL.stream().filter(t -> t != DType.BOOL).toList();
  private static final List<DType> FLOATING = ALL.stream().filter(DType::isFloating).toList();

  private static final FoldSlack EXACT = _ -> 0;
  // Pairwise summation: the error grows with the logarithm of the count (Higham, 1993).
  private static final FoldSlack PAIRWISE = values -> pairwise(values) * absoluteSum(values);
  private static final FoldSlack MEAN =
      values -> pairwise(values) * absoluteSum(values) / Math.max(1, values.length);
  private static final FoldSlack PRODUCT =
      values -> 2.0 * values.length * Math.abs(product(values));
  // Variances subtract the rounded mean: what that costs is relative to the squares.
  private static final FoldSlack SPREAD =
      values ->
          8
              * pairwise(values)
              * Arrays.stream(values).map(v -> v * v).sum()
              / Math.max(1, values.length - 1);

  static final List<Reduction> ROWS =
      List.of(
          new Reduction(
              "sum",
              ReduceOp.SUM,
              Tensor::sum,
              v -> Arrays.stream(v).sum(),
              PAIRWISE,
              traits(ALL, ResultType.WIDE, true)),
          new Reduction(
              "prod",
              ReduceOp.PROD,
              Tensor::prod,
              ReductionRows::product,
              PRODUCT,
              traits(ALL, ResultType.WIDE, true)),
          new Reduction(
              "amax",
              ReduceOp.MAX,
              Tensor::amax,
              ReductionRows::max,
              EXACT,
              traits(ALL, ResultType.SAME, false)),
          new Reduction(
              "amin",
              ReduceOp.MIN,
              Tensor::amin,
              ReductionRows::min,
              EXACT,
              traits(ALL, ResultType.SAME, false)),
          new Reduction(
              "argmax",
              ReduceOp.ARGMAX,
              single(Tensor::argmax),
              v -> first(v, max(v)),
              EXACT,
              one(NO_BOOL, ResultType.INT64, false)),
          new Reduction(
              "argmin",
              ReduceOp.ARGMIN,
              single(Tensor::argmin),
              v -> first(v, min(v)),
              EXACT,
              one(NO_BOOL, ResultType.INT64, false)),
          new Reduction(
              "any",
              ReduceOp.ANY,
              dropping(Tensor::any),
              v -> is(Arrays.stream(v).anyMatch(x -> x != 0)),
              EXACT,
              new Traits(ALL, ResultType.TRUTH, false, true, false)),
          new Reduction(
              "all",
              ReduceOp.ALL,
              dropping(Tensor::all),
              v -> is(Arrays.stream(v).allMatch(x -> x != 0)),
              EXACT,
              new Traits(ALL, ResultType.TRUTH, false, true, false)),
          new Reduction(
              "max(dim)",
              null,
              single((x, keep, dim) -> x.max(keep, dim).values()),
              ReductionRows::max,
              EXACT,
              one(ALL, ResultType.SAME, true)),
          new Reduction(
              "min(dim)",
              null,
              single((x, keep, dim) -> x.min(keep, dim).values()),
              ReductionRows::min,
              EXACT,
              one(ALL, ResultType.SAME, true)),
          new Reduction(
              "max(dim) indices",
              null,
              single((x, keep, dim) -> x.max(keep, dim).indices()),
              v -> first(v, max(v)),
              EXACT,
              one(ALL, ResultType.INT64, false)),
          new Reduction(
              "min(dim) indices",
              null,
              single((x, keep, dim) -> x.min(keep, dim).indices()),
              v -> first(v, min(v)),
              EXACT,
              one(ALL, ResultType.INT64, false)),
          new Reduction(
              "mean",
              null,
              Tensor::mean,
              v -> Arrays.stream(v).sum() / v.length,
              MEAN,
              traits(FLOATING, ResultType.SAME, true)),
          new Reduction(
              "var",
              null,
              (x, keep, dims) -> x.var(keep, dims),
              v -> variance(1, v),
              SPREAD,
              traits(FLOATING, ResultType.SAME, true)),
          new Reduction(
              "var, biased",
              null,
              (x, keep, dims) -> x.var(Correction.NONE, keep, dims),
              v -> variance(0, v),
              SPREAD,
              traits(FLOATING, ResultType.SAME, true)),
          new Reduction(
              "std",
              null,
              (x, keep, dims) -> x.std(keep, dims),
              v -> Math.sqrt(variance(1, v)),
              v -> SPREAD.of(v) / Math.sqrt(Math.max(variance(1, v), 1e-3)),
              traits(FLOATING, ResultType.SAME, true)),
          norm("norm", ReduceOp.SUM_SQUARES, 2),
          norm("norm of order 1", ReduceOp.SUM_MAGNITUDES, 1),
          norm("norm of order 3", null, 3),
          norm("norm of order 1.5", null, 1.5),
          norm("norm of order 0.5", null, 0.5),
          norm("norm of order 0", null, 0),
          new Reduction(
              "norm of order inf",
              null,
              (x, keep, dims) -> x.norm(Double.POSITIVE_INFINITY, keep, dims),
              v -> max(magnitudes(v)),
              EXACT,
              traits(FLOATING, ResultType.SAME, false)),
          new Reduction(
              "norm of order -inf",
              null,
              (x, keep, dims) -> x.norm(Double.NEGATIVE_INFINITY, keep, dims),
              v -> min(magnitudes(v)),
              EXACT,
              traits(FLOATING, ResultType.SAME, false)),
          new Reduction(
              "nansum",
              null,
              Tensor::nansum,
              v -> Arrays.stream(numbers(v)).sum(),
              v -> PAIRWISE.of(numbers(v)),
              traits(ALL, ResultType.WIDE, true)),
          new Reduction(
              "nanmean",
              null,
              Tensor::nanmean,
              v -> Arrays.stream(numbers(v)).sum() / numbers(v).length,
              v -> MEAN.of(numbers(v)),
              traits(FLOATING, ResultType.SAME, true)),
          new Reduction(
              "countNonzero",
              null,
              dropping(Tensor::countNonzero),
              v -> Arrays.stream(v).filter(x -> x != 0).count(),
              EXACT,
              new Traits(ALL, ResultType.INT64, false, true, false)),
          new Reduction(
              "aminmax, least",
              null,
              single((x, keep, dim) -> x.aminmax(keep, dim).min()),
              ReductionRows::min,
              EXACT,
              one(ALL, ResultType.SAME, true)),
          new Reduction(
              "aminmax, greatest",
              null,
              single((x, keep, dim) -> x.aminmax(keep, dim).max()),
              ReductionRows::max,
              EXACT,
              one(ALL, ResultType.SAME, true)),
          new Reduction(
              "varMean, mean",
              null,
              (x, keep, dims) -> x.varMean(keep, dims).mean(),
              v -> Arrays.stream(v).sum() / v.length,
              MEAN,
              traits(FLOATING, ResultType.SAME, true)),
          new Reduction(
              "logsumexp",
              null,
              Tensor::logsumexp,
              ReductionRows::logsumexp,
              v -> pairwise(v) * (4 + Math.abs(max(v))),
              traits(ALL, ResultType.FLOATING, true)));

  private ReductionRows() {}

  private static Reduction norm(String name, @Nullable ReduceOp op, double p) {
    return new Reduction(
        name,
        op,
        (x, keep, dims) -> x.norm(p, keep, dims),
        v -> norm(p, v),
        p == 0 ? EXACT : v -> 4 * pairwise(v) * norm(p, v),
        traits(FLOATING, ResultType.SAME, true));
  }

  private static Traits traits(List<DType> dtypes, ResultType result, boolean empty) {
    return new Traits(dtypes, result, false, empty, true);
  }

  private static Traits one(List<DType> dtypes, ResultType result, boolean smooth) {
    return new Traits(dtypes, result, true, false, smooth);
  }

  @FunctionalInterface
  private interface CallDim {
    Tensor of(Tensor x, Keep keep, int dim);
  }

  private static CallDims single(CallDim call) {
    return (x, keep, dims) -> call.of(x, keep, dims[0]);
  }

  @FunctionalInterface
  private interface CallDropping {
    Tensor of(Tensor x, int... dims);
  }

  /** An operation that has no form that keeps the reduced dimensions. */
  private static CallDims dropping(CallDropping call) {
    return (x, keep, dims) -> {
      Tensor y = call.of(x, dims);
      return keep == Keep.DROPDIM ? y : y.reshape(x.to(DType.INT64).sum(keep, dims).shape());
    };
  }

  private static double pairwise(double... values) {
    return 4 + Math.log(Math.max(1, values.length)) / Math.log(2);
  }

  private static double absoluteSum(double... values) {
    return Arrays.stream(values).map(Math::abs).sum();
  }

  private static double product(double... values) {
    return Arrays.stream(values).reduce(1, (a, b) -> a * b);
  }

  /** A NaN wins. */
  private static double max(double... values) {
    double best = values.length == 0 ? Double.NEGATIVE_INFINITY : values[0];
    for (double value : values) {
      best = value > best || Double.isNaN(value) ? value : best;
    }
    return best;
  }

  private static double min(double... values) {
    double best = values.length == 0 ? Double.POSITIVE_INFINITY : values[0];
    for (double value : values) {
      best = value < best || Double.isNaN(value) ? value : best;
    }
    return best;
  }

  private static double first(double[] values, double wanted) {
    for (int i = 0; i < values.length; i++) {
      if (values[i] == wanted || Double.isNaN(values[i]) && Double.isNaN(wanted)) {
        return i;
      }
    }
    return -1;
  }

  private static double is(boolean truth) {
    return truth ? 1 : 0;
  }

  private static double variance(int correction, double... values) {
    double mean = Arrays.stream(values).sum() / values.length;
    double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    return squares / Math.max(0, values.length - correction);
  }

  private static double norm(double p, double... values) {
    if (p == 0) {
      return Arrays.stream(values).filter(v -> v != 0).count();
    }
    double sum = Arrays.stream(values).map(v -> Math.pow(Math.abs(v), p)).sum();
    return p == 2 ? Math.sqrt(sum) : Math.pow(sum, 1 / p);
  }

  private static double[] magnitudes(double... values) {
    return Arrays.stream(values).map(Math::abs).toArray();
  }

  private static double[] numbers(double... values) {
    return Arrays.stream(values).filter(v -> !Double.isNaN(v)).toArray();
  }

  private static double logsumexp(double... values) {
    double top = max(values);
    if (Double.isInfinite(top)) {
      return top;
    }
    return top + Math.log(Arrays.stream(values).map(v -> Math.exp(v - top)).sum());
  }
}
