package dev.chagres.parity;

import static dev.chagres.parity.TorchRows.row;

import dev.chagres.core.DType;
import dev.chagres.linalg.Linalg;
import dev.chagres.linalg.NormOrder;
import dev.chagres.tensor.Correction;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** The rows of {@link TorchRows} of reductions and of products of matrices. */
final class TorchRowsReductions {
  private TorchRowsReductions() {}

  static void add() {
    spreads();
    sums();
    norms();
    products();
  }

  private static Correction correction(TorchArguments a) {
    if (a.has("unbiased")) {
      return a.flag("unbiased") ? Correction.BESSEL : Correction.NONE;
    }
    return Correction.of(a.number("correction", 1).doubleValue());
  }

  private static void spreads() {
    row("var", "Tensor.var", a -> a.self().var(correction(a), a.keep(), a.dims()));
    row("std", "Tensor.std", a -> a.self().std(correction(a), a.keep(), a.dims()));
    row("var_mean", "Tensor.varMean", a -> a.self().varMean(correction(a), a.keep(), a.dims()));
    row("std_mean", "Tensor.stdMean", a -> a.self().stdMean(correction(a), a.keep(), a.dims()));
    row(
        "cov",
        "Tensor.cov",
        a ->
            a.self()
                .cov(
                    a.number("correction", 1L).longValue(),
                    a.tensorOrNull("fweights"),
                    a.tensorOrNull("aweights")));
  }

  @FunctionalInterface
  private interface OfDtype {
    Tensor of(Tensor x, DType dtype, Keep keep, int... dims);
  }

  @FunctionalInterface
  private interface Plain {
    Tensor of(Tensor x, Keep keep, int... dims);
  }

  private static void sum(String op, String ours, Plain plain, OfDtype ofDtype) {
    row(
        op,
        ours,
        a ->
            a.has("dtype")
                ? ofDtype.of(a.self(), a.dtype(DType.FLOAT32), a.keep(), a.dims())
                : plain.of(a.self(), a.keep(), a.dims()));
  }

  private static void sums() {
    sum("sum", "Tensor.sum", Tensor::sum, Tensor::sum);
    sum("prod", "Tensor.prod", Tensor::prod, Tensor::prod);
    sum("mean", "Tensor.mean", Tensor::mean, Tensor::mean);
    sum("nansum", "Tensor.nansum", Tensor::nansum, Tensor::nansum);
    sum("nanmean", "Tensor.nanmean", Tensor::nanmean, Tensor::nanmean);
    row(
        "sum_to_size",
        "Tensor.sumToSize",
        a ->
            a.self()
                .sumToSize(
                    a.all().keySet().stream()
                        .filter(name -> !name.equals("self"))
                        .flatMapToLong(name -> Arrays.stream(a.longs(name)))
                        .toArray()));
  }

  private static void norms() {
    row(
        "norm",
        "Tensor.norm, Linalg.norm",
        a -> {
          Object p = a.get("p");
          if ("nuc".equals(p)) {
            return Linalg.norm(a.self(), NormOrder.NUC, a.keep(), a.dims());
          }
          // Frobenius' norm is that of order 2.
          double order = p == null || p.equals("fro") ? 2 : a.number("p").doubleValue();
          return a.self().norm(order, a.keep(), a.dims());
        });
    row(
        "nn.functional.pdist",
        "Tensor.pdist",
        a -> a.self().pdist(a.number("p", 2.0).doubleValue()));
  }

  private static void products() {
    row(
        "tensordot",
        "Tensor.tensordot",
        a -> {
          Tensor x = a.tensor("a");
          Tensor y = a.tensor("b");
          if (a.get("dims") instanceof List<?> lists) {
            return Tensor.tensordot(x, y, ints(lists.getFirst()), ints(lists.getLast()));
          }
          return Tensor.tensordot(x, y, a.integer("dims", 2));
        });
  }

  private static int[] ints(Object list) {
    return ((List<?>) list).stream().mapToInt(i -> Math.toIntExact((Long) i)).toArray();
  }
}
