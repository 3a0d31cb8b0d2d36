package dev.chagres.programs;

import static dev.chagres.tensor.IncludeSelf.EXCLUDE_SELF;
import static dev.chagres.tensor.IncludeSelf.INCLUDE_SELF;

import dev.chagres.core.DType;
import dev.chagres.tensor.IncludeSelf;
import dev.chagres.tensor.Reduce;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Cells;
import dev.chagres.testing.Indices;
import dev.chagres.testing.Plain;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Elements that are sent to places along a dimension, where several may meet. */
final class ScatterMoves {
  private ScatterMoves() {}

  /** A call that returns a changed copy, or its form that writes; of operands apart. */
  static void both(
      Program p,
      String call,
      List<Live> xs,
      Function<List<Tensor>, Tensor> there,
      Function<List<Tensor>, Tensor> inPlace,
      Function<List<Plain>, Plain> meaning) {
    Live x = xs.getFirst();
    if (p.once(2)) {
      p.make(call.replaceFirst("_\\(", "("), x.tensor().dtype(), xs, there, meaning);
    } else if (xs.stream().skip(1).noneMatch(x::shares)) {
      p.write(call, xs, inPlace, meaning);
    }
  }

  /**
   * What is sent where: for each element of a source, the element of the target that it meets.
   *
   * @param dim along which the index counts
   * @param sizes of the part of the source that is sent
   * @param places in the dimension, for each element of the part, or for each slice of it
   */
  private record Sent(int dim, long[] sizes, long... places) {
    private int target(long[] wide, long... i) {
      int at = places.length == Indices.numel(sizes) ? Indices.flat(sizes, i) : (int) i[dim];
      return Indices.flat(wide, Indices.with(i, dim, Math.floorMod(places[at], wide[dim])));
    }

    /** Makes of each element, and of those that are sent to it, another. */
    Plain meet(Plain x, Plain source, ToDoubleFunction<List<Double>> function) {
      List<List<Double>> met = new ArrayList<>();
      Arrays.stream(x.values()).forEach(v -> met.add(new ArrayList<>(List.of(v))));
      Indices.forEach(sizes, i -> met.get(target(x.sizes(), i)).add(source.at(i)));
      return new Plain(
          x.sizes(),
          met.stream()
              .mapToDouble(m -> m.size() == 1 ? m.getFirst() : function.applyAsDouble(m))
              .toArray());
    }

    @Override
    public String toString() {
      return dim + ", " + Arrays.toString(sizes) + Arrays.toString(places);
    }
  }

  private static double sum(List<Double> values) {
    return values.stream().mapToDouble(v -> v).sum();
  }

  private static double reduced(Reduce reduce, IncludeSelf self, boolean whole, List<Double> met) {
    List<Double> values = self == INCLUDE_SELF ? met : met.subList(1, met.size());
    return switch (reduce) {
      case SUM -> sum(values);
      case PROD -> values.stream().reduce(1.0, (a, b) -> a * b);
      case MEAN -> whole ? Math.floor(sum(values) / values.size()) : sum(values) / values.size();
      case AMAX -> values.stream().mapToDouble(v -> v).max().orElseThrow();
      case AMIN -> values.stream().mapToDouble(v -> v).min().orElseThrow();
    };
  }

  private static double last(List<Double> met) {
    return met.getLast();
  }

  // ---- slices

  private static Live target(Program p) {
    Live x = WritingMoves.target(p, /* numbers= */ true);
    return x.dim() > 0 && x.model().numel() > 0
        ? x
        : p.partner(p.isSmooth() ? DType.FLOAT64 : DType.INT32, 3, 2);
  }

  /** Some slices' places; none twice if one replaces the other, where derivatives are asked for. */
  private static Sent slices(Program p, Live x, boolean apart) {
    int d = p.below(x.dim());
    int size = (int) x.sizes()[d];
    int count = 1 + p.below(Math.min(size, 4));
    long[] places =
        apart
            ? Arrays.copyOf(ArrangingMoves.shuffled(p, size), count)
            : IndexingMoves.places(p, count, size);
    return new Sent(d, Indices.with(x.sizes(), d, count), places);
  }

  /** The same places, some of them counted from the end. */
  private static Sent fromEitherEnd(Program p, Live x, Sent sent) {
    long size = x.sizes()[sent.dim];
    long[] places =
        Arrays.stream(sent.places).map(place -> p.once(2) ? place : place - size).toArray();
    return new Sent(sent.dim, sent.sizes, places);
  }

  private static Tensor vector(Program p, Sent sent) {
    return IndexingMoves.tensor(p, new long[] {sent.places.length}, sent.places);
  }

  static void indexAdd(Program p) {
    Live x = target(p);
    Sent sent = slices(p, x, /* apart= */ false);
    Live source = p.partner(x.tensor().dtype(), sent.sizes);
    Tensor index = vector(p, sent);
    both(
        p,
        x + ".indexAdd_(" + sent + ", " + source + ", 2)",
        List.of(x, source),
        t -> t.get(0).indexAdd(sent.dim, index, t.get(1), 2),
        t -> t.get(0).indexAdd_(sent.dim, index, t.get(1), 2),
        m -> sent.meet(m.get(0), m.get(1).map(v -> 2 * v), ScatterMoves::sum));
  }

  static void indexCopy(Program p) {
    Live x = target(p);
    Sent sent = slices(p, x, p.isSmooth());
    Live source = p.partner(x.tensor().dtype(), sent.sizes);
    Tensor index = vector(p, sent);
    both(
        p,
        x + ".indexCopy_(" + sent + ", " + source + ")",
        List.of(x, source),
        t -> t.get(0).indexCopy(sent.dim, index, t.get(1)),
        t -> t.get(0).indexCopy_(sent.dim, index, t.get(1)),
        m -> sent.meet(m.get(0), m.get(1), ScatterMoves::last));
  }

  static void indexFill(Program p) {
    Live x = target(p);
    Sent sent = fromEitherEnd(p, x, slices(p, x, /* apart= */ false));
    Live value = p.partner(x.tensor().dtype());
    Tensor index = vector(p, sent);
    both(
        p,
        x + ".indexFill_(" + sent + ", " + value + ")",
        List.of(x, value),
        t -> t.get(0).indexFill(sent.dim, index, t.get(1)),
        t -> t.get(0).indexFill_(sent.dim, index, t.get(1)),
        m -> sent.meet(m.get(0), m.get(1).expand(sent.sizes), ScatterMoves::last));
  }

  static void indexReduce(Program p) {
    Live x = target(p);
    Sent sent = slices(p, x, /* apart= */ false);
    Live source = p.partner(x.tensor().dtype(), sent.sizes);
    Tensor index = vector(p, sent);
    reduce(
        p,
        "indexReduce_",
        x,
        source,
        sent,
        new Reductions() {
          @Override
          public Tensor of(Tensor a, Tensor b, Reduce reduce, IncludeSelf self) {
            return a.indexReduce(sent.dim, index, b, reduce, self);
          }

          @Override
          public Tensor inPlace(Tensor a, Tensor b, Reduce reduce, IncludeSelf self) {
            return a.indexReduce_(sent.dim, index, b, reduce, self);
          }
        });
  }

  // ---- elements

  private static Sent elements(Program p, Live x, boolean apart) {
    int d = p.below(x.dim());
    long[] sizes = x.sizes().clone();
    int most = (int) sizes[d];
    Arrays.setAll(
        sizes, i -> i == d ? 1 + p.below(Math.min(4, most)) : 1 + p.below((int) sizes[i]));
    if (!apart) {
      return new Sent(d, sizes, IndexingMoves.places(p, Indices.numel(sizes), most));
    }
    long[] order = ArrangingMoves.shuffled(p, most);
    long[] places =
        IntStream.range(0, Indices.numel(sizes))
            .mapToLong(i -> order[(int) Indices.of(i, sizes)[d]])
            .toArray();
    return new Sent(d, sizes, places);
  }

  private static Tensor index(Sent sent) {
    return Cells.tensor(DType.INT64, sent.sizes, sent.places);
  }

  /** A source of at least the sizes that are sent. */
  private static Live source(Program p, Live x, Sent sent) {
    return p.partner(x.tensor().dtype(), p.once(2) ? sent.sizes : x.sizes());
  }

  private static boolean covers(Live source, Sent sent) {
    return IntStream.range(0, source.dim()).allMatch(d -> source.sizes()[d] >= sent.sizes[d]);
  }

  static void scatter(Program p) {
    Live x = target(p);
    Sent sent = elements(p, x, p.isSmooth());
    Live source = source(p, x, sent);
    Tensor index = index(sent);
    if (covers(source, sent)) {
      both(
          p,
          x + ".scatter_(" + sent + ", " + source + ")",
          List.of(x, source),
          t -> t.get(0).scatter(sent.dim, index, t.get(1)),
          t -> t.get(0).scatter_(sent.dim, index, t.get(1)),
          m -> sent.meet(m.get(0), m.get(1), ScatterMoves::last));
    }
  }

  static void scatterNumber(Program p) {
    Live x = target(p);
    Sent sent = elements(p, x, /* apart= */ false);
    Tensor index = index(sent);
    Plain five = new Plain(new long[0], 5).expand(sent.sizes);
    both(
        p,
        x + ".scatter_(" + sent + ", 5)",
        List.of(x),
        t -> t.get(0).scatter(sent.dim, index, 5),
        t -> t.get(0).scatter_(sent.dim, index, 5),
        m -> sent.meet(m.get(0), five, ScatterMoves::last));
  }

  static void scatterReduce(Program p) {
    Live x = target(p);
    Sent sent = elements(p, x, /* apart= */ false);
    Live source = source(p, x, sent);
    Tensor index = index(sent);
    if (covers(source, sent)) {
      reduce(
          p,
          "scatterReduce_",
          x,
          source,
          sent,
          new Reductions() {
            @Override
            public Tensor of(Tensor a, Tensor b, Reduce reduce, IncludeSelf self) {
              return a.scatterReduce(sent.dim, index, b, reduce, self);
            }

            @Override
            public Tensor inPlace(Tensor a, Tensor b, Reduce reduce, IncludeSelf self) {
              return a.scatterReduce_(sent.dim, index, b, reduce, self);
            }
          });
    }
  }

  private interface Reductions {
    Tensor of(Tensor a, Tensor b, Reduce reduce, IncludeSelf self);

    Tensor inPlace(Tensor a, Tensor b, Reduce reduce, IncludeSelf self);
  }

  private static void reduce(
      Program p, String name, Live x, Live source, Sent sent, Reductions there) {
    Reduce reduce = p.among(List.of(Reduce.values()));
    // As in PyTorch an extremum's gradient goes to an equal element too that does not count.
    boolean shared = p.isSmooth() && (reduce == Reduce.AMAX || reduce == Reduce.AMIN);
    IncludeSelf self = shared || p.once(2) ? INCLUDE_SELF : EXCLUDE_SELF;
    DType dtype = x.tensor().dtype();
    boolean whole = !dtype.isFloating();
    boolean wide = dtype == DType.INT64 || dtype == DType.INT32 || !whole;
    String call = x + "." + name + "(" + sent + ", " + source + ", " + reduce + ", " + self + ")";
    Function<List<Tensor>, Tensor> made = t -> there.of(t.get(0), t.get(1), reduce, self);
    Function<List<Plain>, Plain> meaning =
        m -> sent.meet(m.get(0), m.get(1), met -> reduced(reduce, self, whole, met));
    if (reduce != Reduce.MEAN && reduce != Reduce.PROD || p.isSmooth()) {
      both(
          p,
          call,
          List.of(x, source),
          made,
          t -> there.inPlace(t.get(0), t.get(1), reduce, self),
          meaning);
    } else if (wide) { // narrower integers overflow on the way
      p.near(call, dtype, List.of(x, source), made, meaning);
    }
  }
}
