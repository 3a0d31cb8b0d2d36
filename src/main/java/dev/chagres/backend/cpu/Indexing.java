package dev.chagres.backend.cpu;

import dev.chagres.backend.IndexKernels;
import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.IndexKernels.Store;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.primitive.Halves;
import java.lang.foreign.MemorySegment;
import java.util.function.BiConsumer;

/**
 * Reading and writing at positions that are data. What reads looks at them on its way; what writes
 * has them all looked at before, so that a bad one leaves the result as it was.
 */
final class Indexing implements IndexKernels {
  private final WorkerTeam team;
  private final Elementwise elementwise;

  Indexing(WorkerTeam team, Elementwise elementwise) {
    this.team = team;
    this.elementwise = elementwise;
  }

  /** Whether results would be rounded at each step: halves add up in float32, and once at last. */
  private static boolean isRounded(Store store, DType dtype) {
    return Halves.isHalf(dtype) && (store == Store.ADD || store == Store.MULTIPLY);
  }

  /** Runs a task that writes x into what y holds, on 32-bit copies. */
  private void inFloat32(Strided x, Strided y, BiConsumer<Strided, Strided> task) {
    elementwise.inFloat32(
        new Strided[] {x, y, y},
        wide -> {
          elementwise.copy(wide[1], wide[2]);
          task.accept(wide[0], wide[2]);
        });
  }

  /**
   * An array (outer, n, inner) along a dimension of n positions, and what is picked there, (outer,
   * count, inner).
   */
  private record Along(DType dtype, long outer, long n, long inner, long count) {
    static Along of(Strided whole, int dim, Strided index) {
      Shape shape = whole.shape();
      return new Along(
          whole.dtype(),
          shape.slice(0, dim).numel(),
          shape.size(dim),
          shape.slice(dim + 1, shape.dim()).numel(),
          index.numel());
    }

    /** What is done with so many of the outer ones, from where they lie in both. */
    @FunctionalInterface
    interface Body {
      void run(long outer, MemorySegment whole, MemorySegment picked);
    }

    /** Shares the outer ones out. */
    void share(WorkerTeam team, long grain, MemorySegment whole, MemorySegment picked, Body body) {
      team.run(
          outer,
          Grain.positions(grain, count * inner),
          (from, to) ->
              body.run(
                  to - from,
                  whole.asSlice(from * n * inner * dtype.size()),
                  picked.asSlice(from * count * inner * dtype.size())));
    }
  }

  /** Throws for a position out of range: for the first as they lie, whichever thread finds one. */
  private void check(String operation, Strided index, long n, Negatives negatives) {
    long[] sizes = index.shape().toArray();
    long[] strides = index.layout().strides();
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = strides[i] == 0 ? 1 : sizes[i];
    }
    LoopNest loops = LoopNest.of(sizes, strides);
    DType[] types = {DType.INT64};
    MemorySegment[] pointers = {index.pointer()};
    LoopNest.Body body =
        (rank, dims, p) -> IndexCalls.check(operation, rank, dims, n, negatives, p[0]);
    try {
      loops.run(team, Grain.MOVE, types, pointers, body);
    } catch (IndexOutOfBoundsException e) {
      loops.run(types, pointers, body);
      throw e;
    }
  }

  /** Runs what reads at positions; of those out of range the first is named, as by a check. */
  private void read(
      String operation, Strided index, long n, Negatives negatives, Runnable reading) {
    try {
      reading.run();
    } catch (IndexOutOfBoundsException e) {
      check(operation, index, n, negatives);
      throw e;
    }
  }

  /** Throws for a position outside of 0 … n - 1. */
  void checkWithin(String operation, Strided index, long n) {
    check(operation, index, n, Negatives.BAD);
  }

  /** Checks positions where there is nothing to move. */
  private void checkAlone(String operation, Strided index, long n, Negatives negatives) {
    if (index.numel() > 0) {
      check(operation, index, n, negatives);
    }
  }

  @Override
  public void indexSelect(Strided x, int dim, Strided index, Negatives negatives, Strided y) {
    if (y.numel() == 0) {
      checkAlone("indexSelect", index, x.shape().size(dim), negatives);
      return;
    }
    Along along = Along.of(x, dim, index);
    DType dtype = along.dtype;
    long n = along.n;
    long inner = along.inner;
    MemorySegment px = x.pointer();
    MemorySegment pi = index.pointer();
    MemorySegment py = y.pointer();
    long grain = inner == 1 ? Grain.PICK : Grain.MOVE;
    read(
        "indexSelect",
        index,
        n,
        negatives,
        () -> {
          if (along.outer > 1) {
            along.share(
                team,
                grain,
                px,
                py,
                (outer, from, to) ->
                    IndexCalls.indexSelect(
                        dtype, outer, n, negatives, inner, along.count, from, pi, to));
          } else {
            team.run(
                along.count,
                Grain.positions(grain, inner),
                (from, to) ->
                    IndexCalls.indexSelect(
                        dtype,
                        1,
                        n,
                        negatives,
                        inner,
                        to - from,
                        px,
                        pi.asSlice(from * Long.BYTES),
                        py.asSlice(from * inner * dtype.size())));
          }
        });
  }

  @Override
  public void indexPut(
      Store store, Strided x, int dim, Strided index, Negatives negatives, Strided y) {
    if (x.numel() == 0) {
      checkAlone("indexPut", index, y.shape().size(dim), negatives);
      return;
    }
    DType dtype = x.dtype();
    if (isRounded(store, dtype)) {
      inFloat32(x, y, (from, to) -> indexPut(store, from, dim, index, negatives, to));
      return;
    }
    Along along = Along.of(y, dim, index);
    long n = along.n;
    long inner = along.inner;
    long count = along.count;
    MemorySegment px = x.pointer();
    MemorySegment pi = index.pointer();
    MemorySegment py = y.pointer();
    check("indexPut", index, n, negatives);
    if (along.outer > 1) {
      along.share(
          team,
          Grain.MOVE,
          py,
          px,
          (outer, to, from) ->
              IndexCalls.indexPut(
                  store, dtype, outer, n, negatives, inner, inner, count, from, pi, to));
    } else {
      team.run(
          inner,
          Math.max(LoopNest.COLUMNS, Grain.positions(Grain.MOVE, count)),
          (from, to) ->
              IndexCalls.indexPut(
                  store,
                  dtype,
                  1,
                  n,
                  negatives,
                  inner,
                  to - from,
                  count,
                  px.asSlice(from * dtype.size()),
                  pi,
                  py.asSlice(from * dtype.size())));
    }
  }

  /** Returns the strides of a layout, with 0 for the indexed axis, which the index walks. */
  private static long[] without(Layout layout, int dim) {
    long[] strides = layout.strides();
    if (dim < strides.length) {
      strides[dim] = 0;
    }
    return strides;
  }

  private static long sizeOf(Layout layout, int dim) {
    return layout.dim() == 0 ? 1 : layout.size(dim);
  }

  private static long strideOf(Layout layout, int dim) {
    return layout.dim() == 0 ? 1 : layout.stride(dim);
  }

  @Override
  public void gather(Strided x, int dim, Strided index, Negatives negatives, Strided y) {
    if (y.numel() == 0) {
      return;
    }
    DType dtype = x.dtype();
    long n = sizeOf(x.layout(), dim);
    long stride = strideOf(x.layout(), dim);
    LoopNest loops =
        LoopNest.of(
            index.shape().toArray(),
            without(x.layout(), dim),
            index.layout().strides(),
            y.layout().strides());
    DType[] types = {dtype, DType.INT64, dtype};
    MemorySegment[] pointers = {x.pointer(), index.pointer(), y.pointer()};
    LoopNest.Body body =
        (rank, dims, p) ->
            IndexCalls.gather(dtype, rank, dims, n, negatives, stride, p[0], p[1], p[2]);
    read("gather", index, n, negatives, () -> loops.run(team, Grain.PICK, types, pointers, body));
  }

  @Override
  public void scatter(
      Store store, Strided x, int dim, Strided index, Negatives negatives, Strided y) {
    if (index.numel() == 0) {
      return;
    }
    DType dtype = x.dtype();
    if (isRounded(store, dtype)) {
      inFloat32(x, y, (from, to) -> scatter(store, from, dim, index, negatives, to));
      return;
    }
    long n = sizeOf(y.layout(), dim);
    long stride = strideOf(y.layout(), dim);
    LoopNest loops =
        LoopNest.of(
            index.shape().toArray(),
            x.layout().strides(),
            index.layout().strides(),
            without(y.layout(), dim),
            index.shape().contiguous().strides());
    check("scatter", index, n, negatives);
    loops.runApart(
        team,
        Grain.PICK,
        2,
        new DType[] {dtype, DType.INT64, dtype},
        new MemorySegment[] {x.pointer(), index.pointer(), y.pointer()},
        (rank, dims, p) ->
            IndexCalls.scatter(store, dtype, rank, dims, n, negatives, stride, p[0], p[1], p[2]));
  }

  @Override
  public void joinIndex(Strided index, long size, Strided positions) {
    if (positions.numel() == 0) {
      return;
    }
    LoopNest loops = LoopNest.of(index.layout(), positions.layout());
    loops.run(
        team,
        Grain.MOVE,
        new DType[] {DType.INT64, DType.INT64},
        new MemorySegment[] {index.pointer(), positions.pointer()},
        (rank, dims, p) -> IndexCalls.joinIndex(rank, dims, size, p[0], p[1]));
  }
}
