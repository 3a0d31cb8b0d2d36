package dev.chagres.parity;

import static dev.chagres.parity.TorchRows.row;

import dev.chagres.core.DType;
import dev.chagres.core.Order;
import dev.chagres.core.Side;
import dev.chagres.tensor.EdgeOrder;
import dev.chagres.tensor.Histogram;
import dev.chagres.tensor.Interpolation;
import dev.chagres.tensor.Tensor;
import dev.chagres.tensor.Unique;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** Sorting, counting and scans that are called in a way of their own. */
final class TorchRowsSorting {
  private TorchRowsSorting() {}

  static void add() {
    order();
    counts();
    histograms();
    differences();
  }

  private static void order() {
    row("sort", "Tensor.sort", a -> a.self().sort(a.integer("dim", -1), order(a)));
    row("argsort", "Tensor.argsort", a -> a.self().argsort(a.integer("dim", -1), order(a)));
    row(
        "topk",
        "Tensor.topk",
        a -> {
          a.get("sorted");
          boolean largest = !a.has("largest") || a.flag("largest");
          return a.self()
              .topk(
                  a.number("k").longValue(),
                  a.integer("dim", -1),
                  largest ? Order.DESCENDING : Order.ASCENDING);
        });
    row(
        "kthvalue",
        "Tensor.kthvalue",
        a -> a.self().kthvalue(a.keep(), a.number("k").longValue(), a.integer("dim", -1)));
    row("quantile", "Tensor.quantile", TorchRowsSorting::quantile);
    row("nanquantile", "Tensor.nanquantile", TorchRowsSorting::nanquantile);
  }

  /** Sorting is stable in any case. */
  private static Order order(TorchArguments a) {
    a.get("stable");
    return a.flag("descending") ? Order.DESCENDING : Order.ASCENDING;
  }

  private static Tensor quantile(TorchArguments a) {
    Tensor x = a.self();
    if (a.get("q") instanceof Number q) {
      return a.has("dim")
          ? x.quantile(a.keep(), q.doubleValue(), a.integer("dim", -1), between(a))
          : x.quantile(q.doubleValue(), between(a));
    }
    return a.has("dim")
        ? x.quantile(a.keep(), a.tensor("q"), a.integer("dim", -1), between(a))
        : x.quantile(a.tensor("q"), between(a));
  }

  private static Tensor nanquantile(TorchArguments a) {
    Tensor x = a.self();
    if (a.get("q") instanceof Number q) {
      return a.has("dim")
          ? x.nanquantile(a.keep(), q.doubleValue(), a.integer("dim", -1), between(a))
          : x.nanquantile(q.doubleValue(), between(a));
    }
    return a.has("dim")
        ? x.nanquantile(a.keep(), a.tensor("q"), a.integer("dim", -1), between(a))
        : x.nanquantile(a.tensor("q"), between(a));
  }

  private static Interpolation between(TorchArguments a) {
    return Interpolation.valueOf(a.text("interpolation", "linear").toUpperCase(Locale.ROOT));
  }

  private static void counts() {
    row(
        "unique",
        "Tensor.unique",
        a -> {
          a.get("sorted"); // they are always
          return chosen(a, a.has("dim") ? a.self().unique(a.integer("dim", 0)) : a.self().unique());
        });
    row(
        "unique_consecutive",
        "Tensor.uniqueConsecutive",
        a ->
            chosen(
                a,
                a.has("dim")
                    ? a.self().uniqueConsecutive(a.integer("dim", 0))
                    : a.self().uniqueConsecutive()));
    row(
        "bincount",
        "Tensor.bincount",
        a -> {
          long minlength = a.number("minlength", 0).longValue();
          return a.has("weights")
              ? a.self().bincount(a.tensor("weights"), minlength)
              : a.self().bincount(minlength);
        });
    row(
        "histc",
        "Tensor.histc",
        a ->
            a.self()
                .histc(
                    a.number("bins", 100).longValue(),
                    a.number("min", 0).doubleValue(),
                    a.number("max", 0).doubleValue()));
    row(
        "searchsorted",
        "Tensor.searchsorted",
        a -> {
          Tensor sorted = a.self();
          Side side = a.text("side", "left").equals("right") ? Side.RIGHT : side(a);
          Tensor sorter = a.tensorOrNull("sorter");
          Tensor y =
              a.get("self") instanceof Number number
                  ? sorted.searchsorted(number, side, sorter)
                  : sorted.searchsorted(a.tensor("self"), side, sorter);
          return a.flag("out_int32") ? y.to(DType.INT32) : y;
        });
    row(
        "bucketize",
        "Tensor.bucketize",
        a -> {
          Tensor y = a.self().bucketize(a.tensor("boundaries"), side(a));
          return a.flag("out_int32") ? y.to(DType.INT32) : y;
        });
    row(
        "isin",
        "Tensor.isin",
        a -> {
          a.get("assume_unique");
          Tensor found = a.self().isin(a.tensor("test_elements"));
          return a.flag("invert") ? found.logicalNot() : found;
        });
  }

  private static Side side(TorchArguments a) {
    return a.flag("right") ? Side.RIGHT : Side.LEFT;
  }

  /** The parts of the result that are asked for. */
  private static Object chosen(TorchArguments a, Unique unique) {
    List<Tensor> parts = new ArrayList<>();
    parts.add(unique.values());
    if (a.flag("return_inverse")) {
      parts.add(unique.inverse());
    }
    if (a.flag("return_counts")) {
      parts.add(unique.counts());
    }
    return parts;
  }

  private static void histograms() {
    row(
        "histogram",
        "Tensor.histogram",
        a ->
            a.get("bins") instanceof Number bins
                ? a.self().histogram(bins.longValue(), options(a))
                : a.self().histogram(a.tensor("bins"), options(a)));
    row(
        "histogramdd",
        "Tensor.histogramdd",
        a -> {
          List<?> bins = (List<?>) Objects.requireNonNull(a.get("bins"));
          return bins.getFirst() instanceof Tensor
              ? a.self().histogramdd(tensors(bins), options(a))
              : a.self().histogramdd(a.longs("bins"), options(a));
        });
  }

  private static List<Tensor> tensors(List<?> values) {
    return values.stream().map(Tensor.class::cast).toList();
  }

  private static Histogram.Options options(TorchArguments a) {
    Histogram.Options options = Histogram.options();
    if (a.get("range") instanceof List<?> range) {
      options =
          options.range(range.stream().mapToDouble(b -> ((Number) b).doubleValue()).toArray());
    }
    Tensor weight = a.tensorOrNull("weight");
    options = weight == null ? options : options.weight(weight);
    return a.flag("density") ? options.density() : options;
  }

  private static void differences() {
    row(
        "diff",
        "Tensor.diff",
        a ->
            a.self()
                .diff(
                    a.number("n", 1).longValue(),
                    a.integer("dim", -1),
                    a.tensorOrNull("prepend"),
                    a.tensorOrNull("append")));
    row("gradient", "Tensor.gradient", TorchRowsSorting::gradient);
    row(
        "trapezoid",
        "Tensor.trapezoid",
        a ->
            a.has("x")
                ? a.self().trapezoid(a.tensor("x"), a.integer("dim", -1))
                : a.self().trapezoid(a.number("dx", 1).doubleValue(), a.integer("dim", -1)));
    row(
        "trapz",
        "Tensor.trapz",
        a ->
            a.has("x")
                ? a.self().trapz(a.tensor("x"), a.integer("dim", -1))
                : a.self().trapz(a.number("dx", 1).doubleValue(), a.integer("dim", -1)));
    row(
        "cumulative_trapezoid",
        "Tensor.cumulativeTrapezoid",
        a ->
            a.has("x")
                ? a.self().cumulativeTrapezoid(a.tensor("x"), a.integer("dim", -1))
                : a.self()
                    .cumulativeTrapezoid(a.number("dx", 1).doubleValue(), a.integer("dim", -1)));
  }

  private static List<Tensor> gradient(TorchArguments a) {
    EdgeOrder order = EdgeOrder.of(a.integer("edge_order", 1));
    int[] dims = a.dims();
    Object spacing = a.get("spacing");
    return switch (spacing) {
      case null -> a.self().gradient(1, order, dims);
      case Number step -> a.self().gradient(step.doubleValue(), order, dims);
      case List<?> steps when steps.getFirst() instanceof Tensor ->
          a.self().gradient(tensors(steps), order, dims);
      case List<?> steps ->
          a.self()
              .gradient(
                  steps.stream().mapToDouble(step -> ((Number) step).doubleValue()).toArray(),
                  order,
                  dims);
      default -> throw new NotThereException("spacing: " + spacing.getClass().getSimpleName());
    };
  }
}
