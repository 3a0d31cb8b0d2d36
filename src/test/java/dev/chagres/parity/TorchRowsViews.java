package dev.chagres.parity;

import static dev.chagres.core.DType.FLOAT32;
import static dev.chagres.core.DType.INT64;
import static dev.chagres.parity.TorchRows.row;

import dev.chagres.core.Shape;
import dev.chagres.tensor.MeshIndexing;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The rows of {@link TorchRows} for views, rearranging, joining and construction. */
final class TorchRowsViews {
  private TorchRowsViews() {}

  static void add() {
    joining();
    splitting();
    arrangements();
    creation();
  }

  /** All tensors, given one by one or in a list. */
  private static List<Tensor> tensors(TorchArguments a) {
    List<Tensor> found = new ArrayList<>();
    for (String name : a.all().keySet()) {
      Object value = a.all().get(name);
      Collection<?> items = value instanceof List<?> list ? list : List.of(value);
      for (Object item : items) {
        if (item instanceof Tensor tensor) {
          a.get(name);
          found.add(tensor);
        }
      }
    }
    return found;
  }

  private static void joining() {
    row("block_diag", "Tensor.blockDiag", a -> Tensor.blockDiag(tensors(a)));
    row("broadcast_tensors", "Tensor.broadcastTensors", a -> Tensor.broadcastTensors(tensors(a)));
    row("cartesian_prod", "Tensor.cartesianProd", a -> Tensor.cartesianProd(tensors(a)));
    row(
        "broadcast_shapes",
        "Tensor.broadcastShapes",
        a -> {
          Shape[] shapes = a.all().keySet().stream().map(a::shape).toArray(Shape[]::new);
          return Arrays.stream(Tensor.broadcastShapes(shapes).toArray()).boxed().toList();
        });
    row(
        "meshgrid",
        "Tensor.meshgrid",
        a -> {
          String indexing = a.text("indexing", "ij").toUpperCase(Locale.ROOT);
          return Tensor.meshgrid(tensors(a), MeshIndexing.valueOf(indexing));
        });
  }

  private static void splitting() {
    row("hsplit", "Tensor.hsplit", a -> split(a, a.self()::hsplit, a.self()::hsplit));
    row("vsplit", "Tensor.vsplit", a -> split(a, a.self()::vsplit, a.self()::vsplit));
    row("dsplit", "Tensor.dsplit", a -> split(a, a.self()::dsplit, a.self()::dsplit));
    row(
        "tensor_split",
        "Tensor.tensorSplit",
        a -> {
          int dim = a.integer("dim", 0);
          String name = a.has("sections") ? "sections" : "indices";
          return a.get(name) instanceof Tensor tensor
              ? a.self().tensorSplit(tensor, dim)
              : split(a, n -> a.self().tensorSplit(n, dim), at -> a.self().tensorSplit(at, dim));
        });
  }

  private interface Sections {
    List<Tensor> of(long sections);
  }

  private interface Positions {
    List<Tensor> of(long[] positions);
  }

  private static List<Tensor> split(TorchArguments a, Sections sections, Positions positions) {
    return a.has("sections")
        ? sections.of(a.integer("sections", 0))
        : positions.of(a.longs("indices"));
  }

  private static void arrangements() {
    row(
        "roll",
        "Tensor.roll",
        a -> {
          long[] shifts = a.longs("shifts");
          int[] dims = ints(a.longs("dims"));
          return dims.length == 0 && shifts.length == 1
              ? a.self().roll(shifts[0])
              : a.self().roll(shifts, dims);
        });
    row(
        "rot90",
        "Tensor.rot90",
        a -> {
          int[] dims = a.has("dims") ? ints(a.longs("dims")) : new int[] {0, 1};
          return a.self().rot90(a.number("k", 1).longValue(), dims);
        });
    row("repeat_interleave", "Tensor.repeatInterleave", TorchRowsViews::repeatInterleave);
    row(
        "as_strided",
        "Tensor.asStrided",
        a -> {
          long[] sizes = a.longs("size");
          long[] strides = a.longs("stride");
          return a.has("storage_offset")
              ? a.self().asStrided(sizes, strides, a.number("storage_offset").longValue())
              : a.self().asStrided(sizes, strides);
        });
  }

  private static int[] ints(long[] values) {
    return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
  }

  private static Tensor repeatInterleave(TorchArguments a) {
    boolean all = !a.has("dim");
    int dim = a.integer("dim", 0);
    Tensor repeated =
        a.get("repeats") instanceof Tensor counts
            ? all ? a.self().repeatInterleave(counts) : a.self().repeatInterleave(counts, dim)
            : all
                ? a.self().repeatInterleave(a.number("repeats").longValue())
                : a.self().repeatInterleave(a.number("repeats").longValue(), dim);
    // PyTorch is told the size to save a look at the counts.
    if (a.has("output_size")) {
      org.junit.jupiter.api.Assertions.assertEquals(
          a.number("output_size"), repeated.size(dim), "output_size");
    }
    return repeated;
  }

  private static void creation() {
    row(
        "linspace",
        "Tensor.linspace",
        a -> {
          long steps = a.integer("steps", 0);
          if (a.get("start") instanceof Tensor || a.get("end") instanceof Tensor) {
            return Tensor.linspace(a.dtype(FLOAT32), bound(a, "start"), bound(a, "end"), steps);
          }
          double start = a.number("start").doubleValue();
          return Tensor.linspace(a.dtype(FLOAT32), start, a.number("end").doubleValue(), steps);
        });
    row(
        "logspace",
        "Tensor.logspace",
        a -> {
          long steps = a.integer("steps", 0);
          double base = a.number("base", 10.0).doubleValue();
          if (a.get("start") instanceof Tensor || a.get("end") instanceof Tensor) {
            return Tensor.logspace(
                a.dtype(FLOAT32), bound(a, "start"), bound(a, "end"), steps, base);
          }
          double start = a.number("start").doubleValue();
          double end = a.number("end").doubleValue();
          return Tensor.logspace(a.dtype(FLOAT32), start, end, steps, base);
        });
    row(
        "tril_indices",
        "Tensor.trilIndices",
        a ->
            Tensor.trilIndices(
                a.dtype(INT64), a.integer("row", 0), a.integer("col", 0), a.integer("offset", 0)));
    row(
        "triu_indices",
        "Tensor.triuIndices",
        a ->
            Tensor.triuIndices(
                a.dtype(INT64), a.integer("row", 0), a.integer("col", 0), a.integer("offset", 0)));
  }

  /** A bound beside one that is a tensor. */
  private static Tensor bound(TorchArguments a, String name) {
    @Nullable Object value = a.get(name);
    return value instanceof Tensor tensor
        ? tensor
        : Tensor.scalar(a.number(name), dev.chagres.core.DType.FLOAT64);
  }
}
