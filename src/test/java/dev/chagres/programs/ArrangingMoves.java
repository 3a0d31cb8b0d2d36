package dev.chagres.programs;

import dev.chagres.core.DType;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Indices;
import dev.chagres.testing.Plain;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Copies with the elements at other places, more than once, or of several tensors. */
final class ArrangingMoves {
  static final List<Consumer<Program>> ALL =
      List.of(
          ArrangingMoves::flip,
          ArrangingMoves::roll,
          ArrangingMoves::rollAll,
          ArrangingMoves::rot90,
          ArrangingMoves::triangle,
          ArrangingMoves::repeat,
          ArrangingMoves::repeatInterleave,
          ArrangingMoves::diagEmbed,
          ArrangingMoves::cat,
          ArrangingMoves::cat,
          ArrangingMoves::stack,
          ArrangingMoves::vstack);

  private ArrangingMoves() {}

  private static void move(
      Program p,
      Live x,
      String call,
      UnaryOperator<Tensor> there,
      long[] sizes,
      UnaryOperator<long[]> source) {
    p.make(x + "." + call, x.tensor().dtype(), x, there, m -> Meaning.moved(m, sizes, source));
  }

  private static void flip(Program p) {
    Live x = ViewMoves.withDims(p);
    int a = p.below(x.dim());
    int b = p.below(x.dim());
    int[] dims = a == b ? new int[] {a} : new int[] {a, b - x.dim()};
    long[] sizes = x.sizes();
    move(
        p,
        x,
        "flip(" + Arrays.toString(dims) + ")",
        t -> t.flip(dims),
        sizes,
        i -> {
          long[] at = i.clone();
          at[a] = sizes[a] - 1 - i[a];
          at[b] = sizes[b] - 1 - i[b];
          return at;
        });
  }

  private static void roll(Program p) {
    Live x = ViewMoves.withDims(p);
    int a = p.below(x.dim());
    int b = p.below(x.dim());
    long[] shifts = {p.below(9) - 4, p.below(9) - 4};
    long[] sizes = x.sizes();
    String call = "roll(" + Arrays.toString(shifts) + ", [" + a + ", " + b + "])";
    move(
        p,
        x,
        call,
        t -> t.roll(shifts, new int[] {a, b}),
        sizes,
        i -> {
          long[] at = i.clone();
          at[a] = Math.floorMod(at[a] - shifts[0], sizes[a]);
          at[b] = Math.floorMod(at[b] - shifts[1], sizes[b]);
          return at;
        });
  }

  private static void rollAll(Program p) {
    Live x = p.among(p.live());
    long shift = p.below(9) - 4;
    int count = x.model().numel();
    long[] sizes = x.sizes();
    move(
        p,
        x,
        "roll(" + shift + ")",
        t -> t.roll(shift),
        sizes,
        i -> Indices.of(Math.floorMod(Indices.flat(sizes, i) - shift, count), sizes));
  }

  private static void rot90(Program p) {
    Live x = ViewMoves.withDims(p);
    int a = p.below(x.dim());
    int b = p.below(x.dim());
    int times = p.below(9) - 4;
    if (a != b) {
      p.make(
          x + ".rot90(" + times + ", " + a + ", " + b + ")",
          x.tensor().dtype(),
          x,
          t -> t.rot90(times, a, b),
          m -> {
            Plain turned = m.copy();
            for (int k = 0; k < Math.floorMod(times, 4); k++) {
              turned = turned(turned, a, b);
            }
            return turned;
          });
    }
  }

  /** What was the last of b is the first of a. */
  private static Plain turned(Plain x, int a, int b) {
    long[] sizes = Indices.swapped(x.sizes(), a, b);
    return Meaning.moved(
        x, sizes, i -> Indices.with(Indices.with(i, a, i[b]), b, x.size(b) - 1 - i[a]));
  }

  private static void triangle(Program p) {
    Live x = ViewMoves.withDims(p);
    int rank = x.dim();
    long shift = p.below(5) - 2;
    if (rank < 2) {
      return;
    }
    boolean lower = p.once(2);
    p.make(
        x + (lower ? ".tril(" : ".triu(") + shift + ")",
        x.tensor().dtype(),
        x,
        t -> lower ? t.tril(shift) : t.triu(shift),
        m ->
            Plain.fill(
                m.sizes(),
                i -> {
                  long above = i[rank - 1] - i[rank - 2];
                  return (lower ? above <= shift : above >= shift) ? m.at(i) : 0;
                }));
  }

  private static void repeat(Program p) {
    Live x = p.among(p.live());
    long[] times = new long[x.dim() + p.below(2)];
    Arrays.setAll(times, _ -> p.below(3));
    long[] own = x.sizes();
    if (times.length > own.length) {
      own = Indices.inserted(own, 0, 1);
    }
    long[] sizes = own.clone();
    Arrays.setAll(sizes, d -> sizes[d] * times[d]);
    long[] whole = own;
    if (times.length > 4 || Indices.numel(sizes) > ViewMoves.GREATEST) {
      return;
    }
    boolean tiles = p.once(2);
    p.make(
        x + (tiles ? ".tile(" : ".repeat(") + Arrays.toString(times) + ")",
        x.tensor().dtype(),
        x,
        t -> tiles ? t.tile(times) : t.repeat(times),
        m ->
            Meaning.moved(
                m.reshape(whole),
                sizes,
                i -> {
                  long[] at = i.clone();
                  Arrays.setAll(at, d -> i[d] % whole[d]);
                  return at;
                }));
  }

  private static void repeatInterleave(Program p) {
    Live x = ViewMoves.withDims(p);
    int d = p.below(x.dim());
    long times = p.below(3);
    if (x.model().numel() <= ViewMoves.GREATEST / 2) {
      move(
          p,
          x,
          "repeatInterleave(" + times + ", " + d + ")",
          t -> t.repeatInterleave(times, d),
          Indices.with(x.sizes(), d, x.sizes()[d] * times),
          i -> Indices.with(i, d, i[d] / times));
    }
  }

  private static void diagEmbed(Program p) {
    Live x = ViewMoves.withDims(p);
    int last = x.dim() - 1;
    long shift = p.below(3) - 1;
    long side = x.sizes()[last] + Math.abs(shift);
    long[] sizes = Indices.inserted(Indices.with(x.sizes(), last, side), x.dim(), side);
    if (x.dim() < 4 && Indices.numel(sizes) <= ViewMoves.GREATEST) {
      p.make(
          x + ".diagEmbed(" + shift + ")",
          x.tensor().dtype(),
          x,
          t -> t.diagEmbed(shift),
          m ->
              Plain.fill(
                  sizes,
                  i -> {
                    long row = i[last];
                    long column = i[last + 1];
                    long at = Math.min(row, column);
                    return column - row == shift
                        ? m.at(Indices.with(Indices.removed(i, last), last, at))
                        : 0;
                  }));
    }
  }

  // ---- of several tensors

  /** One array after the other along a dimension. */
  private static Plain joined(List<Plain> arrays, int dim) {
    long total = arrays.stream().mapToLong(a -> a.size(dim)).sum();
    return Plain.fill(
        Indices.with(arrays.getFirst().sizes(), dim, total),
        i -> {
          long at = i[dim];
          for (Plain array : arrays) {
            if (at < array.size(dim)) {
              return array.at(Indices.with(i, dim, at));
            }
            at -= array.size(dim);
          }
          throw new AssertionError("no such element");
        });
  }

  private static @Nullable Live joinable(Program p, Live x, int dim) {
    return p.find(
        one ->
            one.dim() == x.dim()
                && Arrays.equals(
                    Indices.with(one.sizes(), dim, 0), Indices.with(x.sizes(), dim, 0)));
  }

  private static void cat(Program p) {
    Live x = ViewMoves.withDims(p);
    int d = p.below(x.dim());
    Live y = joinable(p, x, d);
    if (y == null || x.model().numel() + y.model().numel() > 2 * ViewMoves.GREATEST) {
      return;
    }
    p.make(
        "cat([" + x + ", " + y + "], " + d + ")",
        Meaning.promoted(x, y),
        List.of(x, y),
        t -> Tensor.cat(t, d),
        m -> joined(m, d));
  }

  private static void stack(Program p) {
    Live x = p.among(p.live());
    Live y = p.find(one -> Arrays.equals(one.sizes(), x.sizes()));
    if (y == null || x.dim() > 4 || x.model().numel() > ViewMoves.GREATEST) {
      return;
    }
    int d = p.below(x.dim() + 1);
    DType dtype = Meaning.promoted(x, y);
    p.make(
        "stack([" + x + ", " + y + "], " + d + ")",
        dtype,
        List.of(x, y),
        t -> Tensor.stack(t, d),
        m -> joined(m.stream().map(a -> a.reshape(Indices.inserted(a.sizes(), d, 1))).toList(), d));
  }

  private static void vstack(Program p) {
    Live x = ViewMoves.withDims(p);
    long[] sizes = x.dim() == 1 ? Indices.inserted(x.sizes(), 0, 1) : x.sizes();
    if (x.model().numel() <= ViewMoves.GREATEST / 2) {
      p.make(
          "vstack([" + x + ", " + x + "])",
          x.tensor().dtype(),
          List.of(x, x),
          Tensor::vstack,
          m -> joined(m.stream().map(a -> a.reshape(sizes)).toList(), 0));
    }
  }

  /** Numbers from 0 in another order. */
  static long[] shuffled(Program p, int count) {
    List<Long> places = new ArrayList<>(LongStream.range(0, count).boxed().toList());
    Collections.shuffle(places, p.random());
    return places.stream().mapToLong(v -> v).toArray();
  }
}
