package dev.chagres.programs;

import dev.chagres.core.DType;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Indices;
import dev.chagres.testing.Plain;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Tensors that show the memory of others, in another order or in part. */
final class ViewMoves {
  static final List<Consumer<Program>> ALL =
      List.of(
          ViewMoves::transpose,
          ViewMoves::movedim,
          ViewMoves::narrow,
          ViewMoves::select,
          ViewMoves::slice,
          ViewMoves::expand,
          ViewMoves::unsqueeze,
          ViewMoves::squeeze,
          ViewMoves::reshape,
          ViewMoves::flatten,
          ViewMoves::unfold,
          ViewMoves::diagonal,
          ViewMoves::split,
          ViewMoves::chunk,
          ViewMoves::unbind,
          ViewMoves::contiguous,
          ViewMoves::turnItself,
          ViewMoves::stretchItself);

  /** Views repeat elements; so many are enough. */
  static final int GREATEST = 120;

  private ViewMoves() {}

  private static Live any(Program p) {
    return p.among(p.live());
  }

  /** A tensor with dimensions, in most cases. */
  static Live withDims(Program p) {
    Live x = p.find(one -> one.dim() > 0);
    return x == null ? MakingMoves.of(p, DType.FLOAT64, 2, 3) : x;
  }

  /** The same dimension, counted from one end or from the other. */
  static int spelled(Program p, int dim, int rank) {
    return p.once(2) ? dim : dim - rank;
  }

  private static void view(
      Program p,
      Live x,
      String call,
      UnaryOperator<Tensor> there,
      long[] sizes,
      UnaryOperator<long[]> source) {
    p.make(x + "." + call, x.tensor().dtype(), x, there, m -> m.view(sizes, source));
  }

  private static void transpose(Program p) {
    Live x = withDims(p);
    int a = p.below(x.dim());
    int b = p.below(x.dim());
    int spelled = spelled(p, a, x.dim());
    view(
        p,
        x,
        "transpose(" + spelled + ", " + b + ")",
        t -> t.transpose(spelled, b),
        Indices.swapped(x.sizes(), a, b),
        i -> Indices.swapped(i, a, b));
  }

  private static void movedim(Program p) {
    Live x = withDims(p);
    int from = p.below(x.dim());
    int to = p.below(x.dim());
    view(
        p,
        x,
        "movedim(" + from + ", " + to + ")",
        t -> t.movedim(from, to),
        Indices.inserted(Indices.removed(x.sizes(), from), to, x.sizes()[from]),
        i -> Indices.inserted(Indices.removed(i, to), from, i[to]));
  }

  private static void narrow(Program p) {
    Live x = withDims(p);
    int d = p.below(x.dim());
    int size = (int) x.sizes()[d];
    long start = p.below(size + 1);
    long length = p.below((int) (size - start) + 1);
    view(
        p,
        x,
        "narrow(" + d + ", " + start + ", " + length + ")",
        t -> t.narrow(d, start, length),
        Indices.with(x.sizes(), d, length),
        i -> Indices.with(i, d, i[d] + start));
  }

  private static void select(Program p) {
    Live x = withDims(p);
    int d = p.below(x.dim());
    int size = (int) x.sizes()[d];
    if (size > 0) {
      long at = p.below(2 * size) - size;
      view(
          p,
          x,
          "select(" + d + ", " + at + ")",
          t -> t.select(d, at),
          Indices.removed(x.sizes(), d),
          i -> Indices.inserted(i, d, Math.floorMod(at, size)));
    }
  }

  private static void slice(Program p) {
    Live x = withDims(p);
    int d = p.below(x.dim());
    long size = x.sizes()[d];
    long step = 2 + p.below(2);
    view(
        p,
        x,
        "slice(" + d + ", 0, " + size + ", " + step + ")",
        t -> t.slice(d, 0, size, step),
        Indices.with(x.sizes(), d, (size + step - 1) / step),
        i -> Indices.with(i, d, step * i[d]));
  }

  private static void expand(Program p) {
    Live x = any(p);
    long[] sizes = Indices.inserted(x.sizes(), 0, 1 + p.below(3));
    for (int d = 1; d < sizes.length; d++) {
      sizes[d] = sizes[d] == 1 && p.once(3) ? p.below(4) : sizes[d];
    }
    if (x.dim() < 5 && Indices.numel(sizes) <= GREATEST) {
      String call = x + ".expand(" + Arrays.toString(sizes) + ")";
      p.make(call, x.tensor().dtype(), x, t -> t.expand(sizes), m -> m.expand(sizes));
    }
  }

  private static void unsqueeze(Program p) {
    Live x = any(p);
    int d = p.below(x.dim() + 1);
    int spelled = spelled(p, d, x.dim() + 1);
    if (x.dim() < 5) {
      view(
          p,
          x,
          "unsqueeze(" + spelled + ")",
          t -> t.unsqueeze(spelled),
          Indices.inserted(x.sizes(), d, 1),
          i -> Indices.removed(i, d));
    }
  }

  private static void squeeze(Program p) {
    Live x = any(p);
    long[] sizes = Arrays.stream(x.sizes()).filter(size -> size != 1).toArray();
    p.make(x + ".squeeze()", x.tensor().dtype(), x, Tensor::squeeze, m -> m.reshape(sizes));
  }

  /** A view where the layout allows it, else a copy: the memory says which it was. */
  private static void perhaps(
      Program p, Live x, String call, UnaryOperator<Tensor> there, long... sizes) {
    boolean shares = there.apply(x.tensor()).storage() == x.tensor().storage();
    if (!shares && x.tensor().isContiguous() && x.model().numel() > 0) {
      throw new AssertionError(call + " copies a contiguous tensor");
    }
    UnaryOperator<Plain> meaning = m -> (shares ? m : m.copy()).reshape(sizes);
    p.make(x + "." + call, x.tensor().dtype(), x, there, meaning);
  }

  private static void reshape(Program p) {
    Live x = any(p);
    int count = x.model().numel();
    long first = 1 + p.below(4);
    if (count % first == 0 && count > 0) {
      String call = "reshape(" + first + ", -1)";
      perhaps(p, x, call, t -> t.reshape(first, -1), first, count / first);
    }
  }

  private static void flatten(Program p) {
    Live x = any(p);
    perhaps(p, x, "flatten()", Tensor::flatten, x.model().numel());
  }

  private static void contiguous(Program p) {
    Live x = any(p);
    perhaps(p, x, "contiguous()", Tensor::contiguous, x.sizes());
  }

  private static void unfold(Program p) {
    Live x = withDims(p);
    int rank = x.dim();
    int d = p.below(rank);
    int size = (int) x.sizes()[d];
    if (rank > 4 || size == 0 || x.model().numel() > GREATEST / 2) {
      return;
    }
    long window = 1 + p.below(Math.min(size, 3));
    long step = 1 + p.below(2);
    long[] sizes = Indices.with(x.sizes(), d, (size - window) / step + 1);
    view(
        p,
        x,
        "unfold(" + d + ", " + window + ", " + step + ")",
        t -> t.unfold(d, window, step),
        Indices.inserted(sizes, rank, window),
        i -> Indices.with(Indices.removed(i, rank), d, i[d] * step + i[rank]));
  }

  private static void diagonal(Program p) {
    Live x = withDims(p);
    int rank = x.dim();
    int a = p.below(rank);
    int b = p.below(rank);
    long shift = p.below(5) - 2;
    if (a == b) {
      return;
    }
    long[] rest = Indices.removed(Indices.removed(x.sizes(), Math.max(a, b)), Math.min(a, b));
    long down = Math.max(0, -shift);
    long along = Math.max(0, shift);
    long length = Math.max(0, Math.min(x.sizes()[a] - down, x.sizes()[b] - along));
    view(
        p,
        x,
        "diagonal(" + shift + ", " + a + ", " + b + ")",
        t -> t.diagonal(shift, a, b),
        Indices.inserted(rest, rest.length, length),
        i -> {
          long at = i[i.length - 1];
          long[] others = Indices.removed(i, i.length - 1);
          return a < b
              ? Indices.inserted(Indices.inserted(others, a, at + down), b, at + along)
              : Indices.inserted(Indices.inserted(others, b, at + along), a, at + down);
        });
  }

  /** One of the parts into which a dimension is cut, each of a length but for the last. */
  private static void part(
      Program p, Live x, int d, String call, UnaryOperator<Tensor> there, long start, long most) {
    long length = Math.min(most, x.sizes()[d] - start);
    view(
        p,
        x,
        call,
        there,
        Indices.with(x.sizes(), d, length),
        i -> Indices.with(i, d, i[d] + start));
  }

  private static void split(Program p) {
    Live x = withDims(p);
    int d = p.below(x.dim());
    int size = (int) x.sizes()[d];
    if (size > 0) {
      int length = 1 + p.below(size);
      int at = p.below((size + length - 1) / length);
      String call = "split(" + length + ", " + d + ").get(" + at + ")";
      part(p, x, d, call, t -> t.split(length, d).get(at), (long) at * length, length);
    }
  }

  private static void chunk(Program p) {
    Live x = withDims(p);
    int d = p.below(x.dim());
    int size = (int) x.sizes()[d];
    if (size > 0) {
      int count = 1 + p.below(4);
      int length = (size + count - 1) / count;
      int at = p.below((size + length - 1) / length);
      String call = "chunk(" + count + ", " + d + ").get(" + at + ")";
      part(p, x, d, call, t -> t.chunk(count, d).get(at), (long) at * length, length);
    }
  }

  private static void unbind(Program p) {
    Live x = withDims(p);
    int d = p.below(x.dim());
    if (x.sizes()[d] > 0) {
      int at = p.below((int) x.sizes()[d]);
      view(
          p,
          x,
          "unbind(" + d + ").get(" + at + ")",
          t -> t.unbind(d).get(at),
          Indices.removed(x.sizes(), d),
          i -> Indices.inserted(i, d, at));
    }
  }

  // ---- tensors that become other views

  private static void turnItself(Program p) {
    Live x = withDims(p);
    int a = p.below(x.dim());
    int b = p.below(x.dim());
    p.move(
        x + ".transpose_(" + a + ", " + b + ")",
        x,
        t -> t.transpose_(a, b),
        m -> m.view(Indices.swapped(m.sizes(), a, b), i -> Indices.swapped(i, a, b)));
  }

  private static void stretchItself(Program p) {
    Live x = any(p);
    int d = p.below(x.dim() + 1);
    if (p.once(2)) {
      long[] sizes = Arrays.stream(x.sizes()).filter(size -> size != 1).toArray();
      p.move(x + ".squeeze_()", x, Tensor::squeeze_, m -> m.reshape(sizes));
    } else if (x.dim() < 5) {
      p.move(
          x + ".unsqueeze_(" + d + ")",
          x,
          t -> t.unsqueeze_(d),
          m -> m.reshape(Indices.inserted(m.sizes(), d, 1)));
    }
  }
}
