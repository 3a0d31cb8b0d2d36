package dev.chagres.programs;

import dev.chagres.core.DType;
import dev.chagres.tensor.Reduce;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Cells;
import dev.chagres.testing.Indices;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** Calls with arguments that cannot be: they are refused, and nothing changes. */
final class WrongMoves {
  private interface Call {
    void on(Tensor x, int dim);
  }

  /** Calls that name a dimension. */
  private static final List<Call> OF_DIMS =
      List.of(
          (x, d) -> x.sort(d),
          (x, d) -> x.argsort(d),
          (x, d) -> x.topk(1, d),
          (x, d) -> x.kthvalue(1, d),
          (x, d) -> x.median(d),
          (x, d) -> x.cumsum(d),
          (x, d) -> x.cumsum_(d),
          (x, d) -> x.cummax(d),
          (x, d) -> x.diff(1, d),
          (x, d) -> x.flip(d),
          (x, d) -> x.roll(1, d),
          (x, d) -> x.unfold(d, 1, 1),
          (x, d) -> x.diagonal(0, 0, d),
          (x, d) -> x.narrow(d, 0, 1),
          (x, d) -> x.select(d, 0),
          (x, d) -> x.split(1, d),
          (x, d) -> x.chunk(1, d),
          (x, d) -> x.transpose(0, d),
          (x, d) -> x.sum(d),
          (x, d) -> x.amax(d),
          (x, d) -> x.argmax(d),
          (x, d) -> x.any(d),
          (x, d) -> x.repeatInterleave(2, d),
          (x, d) -> Tensor.cat(List.of(x, x), d),
          (x, d) -> Tensor.stack(List.of(x, x), d + Integer.signum(d)),
          (x, d) -> x.indexSelect(d, Tensor.of(0L)),
          (x, d) -> x.gather(d, x.to(DType.INT64)),
          (x, d) -> x.scatter_(d, x.to(DType.INT64), x),
          (x, d) -> x.indexAdd_(d, Tensor.of(0L), x),
          (x, d) -> x.indexFill_(d, Tensor.of(0L), 1),
          (x, d) -> x.indexCopy_(d, Tensor.of(0L), x),
          (x, d) -> x.unique(d));

  static final List<Consumer<Program>> ALL =
      List.of(
          WrongMoves::dim,
          WrongMoves::dim,
          WrongMoves::dim,
          WrongMoves::place,
          WrongMoves::place,
          WrongMoves::rank,
          WrongMoves::shape,
          WrongMoves::dtype);

  private WrongMoves() {}

  private static void dim(Program p) {
    Live x = p.numberWithDims();
    int dim = p.once(2) ? x.dim() + p.below(2) : -x.dim() - 1 - p.below(2);
    int which = p.below(OF_DIMS.size());
    p.refuse(
        IndexOutOfBoundsException.class,
        "wrong call " + which + " of " + x + " with dim " + dim,
        () -> OF_DIMS.get(which).on(x.tensor(), dim));
  }

  /** Some places are right and one is not: nothing may be written to the others. */
  private static void place(Program p) {
    Live live = p.numberWithDims();
    int d = p.below(live.dim());
    long size = live.sizes()[d];
    if (live.model().numel() == 0 || live.model().repeats() || p.isSmooth()) {
      return;
    }
    Tensor x = live.tensor();
    long wrong = p.once(2) ? size + p.below(3) : -size - 1 - p.below(3);
    Tensor index = Tensor.of(0, 0L, wrong);
    Tensor wide = Cells.tensor(DType.INT64, Indices.with(ones(live), d, 3), 0L, 0L, wrong);
    Tensor slices = x.indexSelect(d, Tensor.of(0, 0L, 0)).clone();
    List<Runnable> calls =
        List.of(
            () -> x.indexSelect(d, index),
            () -> x.indexAdd_(d, index, slices),
            () -> x.indexCopy_(d, index, slices),
            () -> x.indexFill_(d, index, 3),
            () -> x.indexReduce_(d, index, slices, Reduce.AMAX),
            () -> x.gather(d, wide),
            () -> x.scatter_(d, wide, 3),
            () -> x.scatter_(d, wide, slices),
            () -> x.scatterAdd_(d, wide, slices),
            () -> x.scatterReduce_(d, wide, slices, Reduce.AMIN));
    int which = p.below(calls.size());
    p.refuse(
        RuntimeException.class,
        "call " + which + " of " + live + " along " + d + " with the place " + wrong,
        calls.get(which)::run);
  }

  private static long[] ones(Live x) {
    long[] sizes = new long[x.dim()];
    Arrays.fill(sizes, 1);
    return sizes;
  }

  private static void rank(Program p) {
    Live live = p.numberWithDims();
    Tensor x = live.tensor();
    int d = p.below(live.dim());
    long size = live.sizes()[d];
    List<Runnable> calls =
        List.of(
            () -> x.topk(size + 1, d),
            () -> x.topk(-1, d),
            () -> x.kthvalue(size + 1, d),
            () -> x.kthvalue(0, d),
            () -> x.narrow(d, 1, size),
            () -> x.narrow(d, 0, -1),
            () -> x.unfold(d, size + 1, 1),
            () -> x.unfold(d, 1, 0),
            () -> x.split(-1, d),
            () -> x.chunk(0, d),
            () -> x.repeatInterleave(-1, d),
            () -> x.diff(-1, d),
            () -> x.transpose(d, live.dim()),
            () -> x.flip(d, d));
    int which = p.below(calls.size());
    p.refuse(
        RuntimeException.class,
        "call " + which + " of " + live + " along " + d + " with a wrong count",
        calls.get(which)::run);
  }

  private static void shape(Program p) {
    Live live = p.numberWithDims();
    Tensor x = live.tensor();
    int rank = live.dim();
    long[] more = live.sizes().clone();
    more[0] += 2;
    Tensor other = Tensor.zeros(x.dtype(), more);
    if (live.sizes()[0] == 1 || live.model().numel() == 0 || live.model().repeats()) {
      return;
    }
    List<Runnable> calls =
        List.of(
            () -> x.add(other),
            () -> x.add_(other),
            () -> x.copy_(other),
            () -> x.addcmul_(other, other),
            () -> x.clampMin_(other),
            () -> Tensor.where(x.gt(0), x, other),
            () -> Tensor.stack(List.of(x, other)),
            () -> x.reshape(live.model().numel() + 1),
            () -> x.expand(more),
            () -> x.maskedSelect(other.gt(0)),
            () -> x.maskedFill_(other.gt(0), 1),
            () -> x.maskedScatter_(other.gt(0), other),
            () -> Tensor.einsum("a,a->", x.flatten(), other.flatten()),
            () -> x.flatten().dot(other.flatten()),
            () -> x.unsqueeze(rank + 1),
            () -> x.tile(-1));
    int which = p.below(calls.size());
    p.refuse(
        RuntimeException.class,
        "call " + which + " of " + live + " with wrong sizes",
        calls.get(which)::run);
  }

  private static void dtype(Program p) {
    Live live = p.numberWithDims();
    Tensor x = live.tensor();
    if (p.isSmooth() || x.dtype().isFloating() || live.model().repeats()) {
      return;
    }
    Tensor floating = Tensor.full(x.shape(), 0.5);
    List<Runnable> calls =
        List.of(
            () -> x.mean(),
            () -> x.std(0),
            () -> x.norm(2, 0),
            () -> x.quantile(0.5, 0),
            () -> x.add_(0.5),
            () -> x.add_(floating),
            () -> x.div_(2),
            () -> x.indexSelect(0, floating.flatten()),
            () -> x.gather(0, floating),
            () -> x.maskedFill(floating, 1),
            () -> x.lerp_(x, 0.5),
            () -> x.requiresGrad_());
    int which = p.below(calls.size());
    p.refuse(
        RuntimeException.class,
        "call " + which + " of " + live + " with a wrong dtype",
        calls.get(which)::run);
  }
}
