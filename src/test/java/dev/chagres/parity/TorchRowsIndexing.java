package dev.chagres.parity;

import static dev.chagres.parity.TorchRows.row;
import static dev.chagres.tensor.Accumulate.ACCUMULATE;
import static dev.chagres.tensor.Accumulate.REPLACE;

import dev.chagres.nn.Functional;
import dev.chagres.tensor.Accumulate;
import dev.chagres.tensor.Index;
import dev.chagres.tensor.Reduce;
import dev.chagres.tensor.Tensor;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rows of indexing and scatter. */
final class TorchRowsIndexing {
  private TorchRowsIndexing() {}

  static void add() {
    row("__getitem__", "Tensor.index", a -> a.self().index(items(a.get(a.name(1)))));
    row(
        "slice",
        "Tensor.slice",
        a ->
            a.self()
                .slice(
                    a.integer("dim", 0),
                    a.number("start", 0).longValue(),
                    a.number("end", Long.MAX_VALUE).longValue(),
                    a.number("step", 1).longValue()));
    row(
        "slice_scatter",
        "Tensor.sliceScatter",
        a ->
            a.self()
                .sliceScatter(
                    a.tensor("src"),
                    a.integer("dim", 0),
                    a.number("start", 0).longValue(),
                    a.number("end", Long.MAX_VALUE).longValue(),
                    a.number("step", 1).longValue()));
    row(
        "nonzero",
        "Tensor.nonzero, nonzeroAsTuple",
        a -> a.flag("as_tuple") ? a.self().nonzeroAsTuple() : a.self().nonzero());
    row("index_add", "Tensor.indexAdd", TorchRowsIndexing::indexAdd);
    row(
        "index_put",
        "Tensor.indexPut",
        a -> a.self().indexPut(a.tensor("values"), accumulate(a), items(a.get("indices"))));
    row(
        "put",
        "Tensor.putFlat",
        a -> a.self().putFlat(a.tensor("index"), a.tensor("source"), accumulate(a)));
    row("scatter", "Tensor.scatter", TorchRowsIndexing::scatter);
    row("index_fill", "Tensor.indexFill", TorchRowsIndexing::indexFill);
    row(
        "nn.functional.one_hot",
        "Functional.oneHot",
        a -> {
          long count = a.number("num_classes", -1).longValue();
          return count == -1 ? Functional.oneHot(a.self()) : Functional.oneHot(a.self(), count);
        });
  }

  private static Accumulate accumulate(TorchArguments a) {
    return a.flag("accumulate") ? ACCUMULATE : REPLACE;
  }

  /** A number, or a bool as one. */
  private static @Nullable Number number(TorchArguments a, String name) {
    Object value = a.get(name);
    return value instanceof Boolean flag ? (Number) (flag ? 1 : 0) : (Number) value;
  }

  private static Tensor indexAdd(TorchArguments a) {
    Number alpha = number(a, "alpha");
    int dim = a.integer("dim", 0);
    return alpha == null
        ? a.self().indexAdd(dim, a.tensor("index"), a.tensor("source"))
        : a.self().indexAdd(dim, a.tensor("index"), a.tensor("source"), alpha);
  }

  private static Tensor indexFill(TorchArguments a) {
    int dim = a.integer("dim", 0);
    return a.get("value") instanceof Tensor value
        ? a.self().indexFill(dim, a.tensor("index"), value)
        : a.self().indexFill(dim, a.tensor("index"), number(a, "value"));
  }

  private static Tensor scatter(TorchArguments a) {
    int dim = a.integer("dim", 0);
    Tensor index = a.tensor("index");
    if (!a.has("reduce")) {
      return a.has("src")
          ? a.self().scatter(dim, index, a.tensor("src"))
          : a.self().scatter(dim, index, a.number("value"));
    }
    Reduce reduce = a.text("reduce", "").equals("add") ? Reduce.SUM : Reduce.PROD;
    return a.has("src")
        ? a.self().scatter(dim, index, a.tensor("src"), reduce)
        : a.self().scatter(dim, index, a.number("value"), reduce);
  }

  /** What stands between Python's brackets. */
  private static Index[] items(@Nullable Object key) {
    // A list of lists is what Python takes for a tuple here.
    boolean several =
        key instanceof List<?> list && !list.stream().allMatch(Long.class::isInstance);
    List<?> keys = several ? (List<?>) key : Collections.singletonList(key);
    return keys.stream().map(TorchRowsIndexing::item).toArray(Index[]::new);
  }

  private static Index item(@Nullable Object key) {
    return switch (key) {
      case null -> Index.newAxis();
      case Long position -> Index.at(position);
      case Index index -> index;
      case Tensor tensor -> Index.of(tensor);
      case List<?> list when list.stream().allMatch(Long.class::isInstance) ->
          Index.of(list.stream().mapToLong(Long.class::cast).toArray());
      default -> throw new NotThereException("an index of " + key.getClass().getSimpleName());
    };
  }
}
