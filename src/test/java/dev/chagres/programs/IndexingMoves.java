package dev.chagres.programs;

import static dev.chagres.tensor.Accumulate.ACCUMULATE;

import dev.chagres.core.DType;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Cells;
import dev.chagres.testing.Indices;
import dev.chagres.testing.Plain;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Elements by their places: expressions, positions along a dimension or in the whole, and masks.
 */
final class IndexingMoves {
  static final List<Consumer<Program>> ALL =
      List.of(
          IndexingMoves::index,
          IndexingMoves::index,
          IndexingMoves::put,
          IndexingMoves::put,
          IndexingMoves::indexSelect,
          IndexingMoves::gather,
          IndexingMoves::take,
          IndexingMoves::maskedSelect,
          IndexingMoves::maskedFill,
          IndexingMoves::maskedScatter,
          IndexingMoves::putFlat,
          ScatterMoves::indexAdd,
          ScatterMoves::indexCopy,
          ScatterMoves::indexFill,
          ScatterMoves::indexReduce,
          ScatterMoves::scatter,
          ScatterMoves::scatterNumber,
          ScatterMoves::scatterReduce,
          ScatterMoves::scatterReduce);

  private IndexingMoves() {}

  /** Places in a dimension, counted from its start. */
  static long[] places(Program p, int count, long size) {
    long[] places = new long[count];
    Arrays.setAll(places, _ -> p.below((int) size));
    return places;
  }

  /** Places in a dimension, counted from either end. */
  static long[] fromEitherEnd(Program p, int count, long size) {
    long[] places = new long[count];
    Arrays.setAll(places, _ -> p.below((int) (2 * size)) - size);
    return places;
  }

  static Tensor tensor(Program p, long[] sizes, long... places) {
    return Cells.tensor(p.once(3) ? DType.INT32 : DType.INT64, sizes, places);
  }

  /** An index expression for a tensor that names no more than some elements, or null. */
  private static @Nullable RandomIndex expression(Program p, Live x) {
    RandomIndex index = new RandomIndex(p.random(), x.sizes());
    return Indices.numel(index.resultSizes()) <= ViewMoves.GREATEST ? index : null;
  }

  private static void index(Program p) {
    Live x = p.among(p.live());
    RandomIndex index = expression(p, x);
    if (index != null) {
      boolean shares = x.tensor().index(index.items()).storage() == x.tensor().storage();
      long[] sizes = index.resultSizes();
      p.make(
          x + " " + index,
          x.tensor().dtype(),
          x,
          t -> t.index(index.items()),
          m -> {
            Plain view = m.view(sizes, index::source);
            return shares ? view : view.copy();
          });
    }
  }

  /** Writes numbers, or adds them, to what an expression names. */
  private static void put(Program p) {
    Live x = WritingMoves.target(p, /* numbers= */ true);
    RandomIndex index = expression(p, x);
    if (index == null || x.model().repeats()) {
      return;
    }
    long[] sizes = index.resultSizes();
    long[] given = sizes.clone();
    Arrays.setAll(given, d -> p.once(4) ? 1 : sizes[d]);
    boolean adds = p.once(2);
    Live values = adds ? p.partner(x.tensor().dtype(), given) : constants(p, x, given);
    Live source = values.shares(x) ? constants(p, x, given) : values;
    long[] wide = x.sizes();
    p.write(
        x + " " + index + (adds ? " += " : " = ") + source,
        List.of(x, source),
        t -> {
          if (adds) {
            t.get(0).indexPut_(t.get(1), ACCUMULATE, index.items());
          } else {
            t.get(0).put(t.get(1), index.items());
          }
          return t.get(0);
        },
        m -> {
          double[] expected = m.get(0).values();
          double[] numbers = m.get(1).expand(sizes).values();
          for (int i = 0; i < numbers.length; i++) {
            int at = Indices.flat(wide, index.source(Indices.of(i, sizes)));
            expected[at] = adds ? expected[at] + numbers[i] : numbers[i];
          }
          return new Plain(wide, expected);
        });
  }

  /** New numbers that are no leaf: of those written to one place one has no part in the result. */
  private static Live constants(Program p, Live x, long... sizes) {
    return p.constant(
        x.tensor().dtype(),
        sizes,
        MakingMoves.numbers(p, x.tensor().dtype(), Indices.numel(sizes)));
  }

  private static void indexSelect(Program p) {
    Live x = ViewMoves.withDims(p);
    int d = p.below(x.dim());
    long size = x.sizes()[d];
    long[] places = places(p, size == 0 ? 0 : p.below(4), size);
    Tensor index = tensor(p, new long[] {places.length}, places);
    p.make(
        x + ".indexSelect(" + d + ", " + Arrays.toString(places) + ")",
        x.tensor().dtype(),
        x,
        t -> t.indexSelect(d, index),
        m ->
            Meaning.moved(
                m,
                Indices.with(m.sizes(), d, places.length),
                i -> Indices.with(i, d, places[(int) i[d]])));
  }

  private static void gather(Program p) {
    Live x = ViewMoves.withDims(p);
    int d = p.below(x.dim());
    if (x.model().numel() == 0) {
      return;
    }
    long size = x.sizes()[d];
    boolean along = p.once(3);
    long[] sizes = x.sizes().clone();
    Arrays.setAll(sizes, i -> i == d ? p.below(5) : along ? sizes[i] : 1 + p.below((int) sizes[i]));
    int count = Indices.numel(sizes);
    long[] places = along ? fromEitherEnd(p, count, size) : places(p, count, size);
    Tensor index = Cells.tensor(DType.INT64, sizes, places);
    String call = along ? ".takeAlongDim(" : ".gather(";
    p.make(
        x + call + d + ", " + Arrays.toString(sizes) + Arrays.toString(places) + ")",
        x.tensor().dtype(),
        x,
        t -> along ? t.takeAlongDim(index, d) : t.gather(d, index),
        m ->
            Meaning.moved(
                m,
                sizes,
                i -> Indices.with(i, d, Math.floorMod(places[Indices.flat(sizes, i)], size))));
  }

  private static void take(Program p) {
    Live x = p.among(p.live());
    int count = x.model().numel();
    long[] sizes = {1 + p.below(2), p.below(4)};
    if (count > 0) {
      long[] places = fromEitherEnd(p, Indices.numel(sizes), count);
      Tensor index = Cells.tensor(DType.INT64, sizes, places);
      p.make(
          x + ".take(" + Arrays.toString(places) + ")",
          x.tensor().dtype(),
          x,
          t -> t.take(index),
          m -> {
            Plain flat = m.reshape(count);
            return Meaning.moved(
                flat,
                sizes,
                i -> new long[] {Math.floorMod(places[Indices.flat(sizes, i)], count)});
          });
    }
  }

  private static void putFlat(Program p) {
    Live x = WritingMoves.target(p, /* numbers= */ true);
    int count = x.model().numel();
    if (count == 0 || x.model().repeats()) {
      return;
    }
    boolean adds = p.once(2);
    int many = 1 + p.below(Math.min(count, 4));
    long[] places =
        adds
            ? fromEitherEnd(p, many, count)
            : Arrays.copyOf(ArrangingMoves.shuffled(p, count), many);
    Tensor index = Cells.tensor(DType.INT64, new long[] {many}, places);
    Live source = p.partner(x.tensor().dtype(), many);
    ScatterMoves.both(
        p,
        x + ".putFlat_(" + Arrays.toString(places) + ", " + source + (adds ? ", ADD)" : ")"),
        List.of(x, source),
        t ->
            adds
                ? t.get(0).putFlat(index, t.get(1), ACCUMULATE)
                : t.get(0).putFlat(index, t.get(1)),
        t ->
            adds
                ? t.get(0).putFlat_(index, t.get(1), ACCUMULATE)
                : t.get(0).putFlat_(index, t.get(1)),
        m -> {
          double[] values = m.get(0).values();
          double[] numbers = m.get(1).values();
          for (int i = 0; i < many; i++) {
            int at = Math.floorMod(places[i], count);
            values[at] = adds ? values[at] + numbers[i] : numbers[i];
          }
          return new Plain(m.get(0).sizes(), values);
        });
  }

  // ---- masks

  /** Truth for each element, as a tensor and as an array. */
  private record Mask(Tensor tensor, double... truth) {
    static Mask of(Program p, long... sizes) {
      double[] truth = new double[Indices.numel(sizes)];
      Arrays.setAll(truth, _ -> p.below(2));
      return new Mask(Cells.tensor(DType.BOOL, sizes, truth), truth);
    }

    @Override
    public String toString() {
      return Arrays.toString(truth);
    }
  }

  private static void maskedSelect(Program p) {
    Live x = p.among(p.live());
    Mask mask = Mask.of(p, x.sizes());
    p.make(
        x + ".maskedSelect(" + mask + ")",
        x.tensor().dtype(),
        x,
        t -> t.maskedSelect(mask.tensor),
        m -> {
          double[] values = m.values();
          double[] chosen =
              IntStream.range(0, values.length)
                  .filter(i -> mask.truth[i] != 0)
                  .mapToDouble(i -> values[i])
                  .toArray();
          return new Plain(new long[] {chosen.length}, chosen);
        });
  }

  private static void maskedFill(Program p) {
    Live x = WritingMoves.target(p, /* numbers= */ true);
    Mask mask = Mask.of(p, x.sizes());
    Live value = p.partner(x.tensor().dtype());
    ScatterMoves.both(
        p,
        x + ".maskedFill_(" + mask + ", " + value + ")",
        List.of(x, value),
        t -> t.get(0).maskedFill(mask.tensor, t.get(1)),
        t -> t.get(0).maskedFill_(mask.tensor, t.get(1)),
        m -> {
          double[] values = m.get(0).values();
          double number = m.get(1).at();
          Arrays.setAll(values, i -> mask.truth[i] != 0 ? number : values[i]);
          return new Plain(m.get(0).sizes(), values);
        });
  }

  private static void maskedScatter(Program p) {
    Live x = WritingMoves.target(p, /* numbers= */ true);
    Mask mask = Mask.of(p, x.sizes());
    Live source = p.partner(x.tensor().dtype(), x.model().numel());
    ScatterMoves.both(
        p,
        x + ".maskedScatter_(" + mask + ", " + source + ")",
        List.of(x, source),
        t -> t.get(0).maskedScatter(mask.tensor, t.get(1)),
        t -> t.get(0).maskedScatter_(mask.tensor, t.get(1)),
        m -> {
          double[] values = m.get(0).values();
          double[] numbers = m.get(1).values();
          int next = 0;
          for (int i = 0; i < values.length; i++) {
            values[i] = mask.truth[i] != 0 ? numbers[next++] : values[i];
          }
          return new Plain(m.get(0).sizes(), values);
        });
  }
}
