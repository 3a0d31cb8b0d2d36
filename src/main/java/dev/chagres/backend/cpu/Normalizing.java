package dev.chagres.backend.cpu;

import dev.chagres.backend.NormalizationKernels;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.primitive.BatchNormForm;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Layer normalization of rows. Rows are shared out; the gradients of weight and bias are summed
 * over blocks of rows, by the shape only, and then over the blocks. {@link Batches} says how batch
 * normalization goes through its arrays.
 */
final class Normalizing implements NormalizationKernels {
  /** Elements that are worth another thread, and of which a block of rows consists. */
  private static final long GRAIN = 1 << 15;

  private static final long MOST_ROWS = 64;

  private final WorkerTeam team;

  Normalizing(WorkerTeam team) {
    this.team = team;
  }

  @Override
  public void layerNorm(
      Strided x,
      @Nullable Strided weight,
      @Nullable Strided bias,
      double eps,
      Strided y,
      Strided statistics) {
    DType dtype = x.dtype();
    long rows = x.layout().size(0);
    long n = x.layout().size(1);
    MemorySegment px = x.pointer();
    MemorySegment pw = orNull(weight);
    MemorySegment pb = orNull(bias);
    MemorySegment py = y.pointer();
    MemorySegment means = statistics.pointer();
    MemorySegment scales = means.asSlice(rows * Double.BYTES);
    team.run(
        rows,
        Grain.positions(GRAIN, n),
        (from, to) -> {
          long at = from * n * dtype.size();
          long row = from * Double.BYTES;
          NormalizingCalls.layerNorm(
              dtype,
              to - from,
              n,
              eps,
              px.asSlice(at),
              pw,
              pb,
              py.asSlice(at),
              means.asSlice(row),
              scales.asSlice(row));
        });
  }

  @Override
  public void layerNormBackward(
      Strided g,
      Strided x,
      @Nullable Strided weight,
      Strided statistics,
      @Nullable Strided gx,
      @Nullable Strided gweight,
      @Nullable Strided gbias) {
    DType dtype = x.dtype();
    long rows = x.layout().size(0);
    long n = x.layout().size(1);
    long each = Math.clamp(GRAIN / n, 1, MOST_ROWS);
    long blocks = (rows + each - 1) / each;
    long bytes = n * dtype.size();
    MemorySegment pg = g.pointer();
    MemorySegment px = x.pointer();
    MemorySegment pw = orNull(weight);
    MemorySegment pgx = orNull(gx);
    MemorySegment means = statistics.pointer();
    MemorySegment scales = means.asSlice(rows * Double.BYTES);
    boolean parameters = gweight != null || gbias != null;
    try (Scratch between = Scratch.take(parameters ? 2 * blocks * bytes : 0)) {
      MemorySegment weights = parameters ? between.segment() : MemorySegment.NULL;
      MemorySegment biases = from(weights, blocks * bytes);
      team.run(
          blocks,
          Grain.positions(GRAIN, each * n),
          (from, to) -> {
            for (long block = from; block < to; block++) {
              long first = block * each;
              NormalizingCalls.layerNormBackward(
                  dtype,
                  Math.min(each, rows - first),
                  n,
                  pg.asSlice(first * bytes),
                  px.asSlice(first * bytes),
                  pw,
                  means.asSlice(first * Double.BYTES),
                  scales.asSlice(first * Double.BYTES),
                  from(pgx, first * bytes),
                  from(weights, block * bytes),
                  from(biases, block * bytes));
            }
          });
      sum(weights, blocks, gweight);
      sum(biases, blocks, gbias);
    }
  }

  private static void sum(MemorySegment parts, long blocks, @Nullable Strided total) {
    if (total != null) {
      long n = total.numel();
      Kernels.reduce(ReduceOp.SUM, total.dtype(), 1, blocks, n, parts, 0, n, 1, total.pointer());
    }
  }

  private static MemorySegment from(MemorySegment x, long bytes) {
    return x.address() == 0 ? x : x.asSlice(bytes);
  }

  @Override
  public void batchNorm(
      BatchNormForm form,
      Strided x,
      @Nullable Strided weight,
      @Nullable Strided bias,
      @Nullable Strided mean,
      @Nullable Strided variance,
      Strided y,
      Strided statistics) {
    Batches batches = Batches.of(team, x);
    MemorySegment px = x.pointer();
    MemorySegment found = statistics.pointer();
    MemorySegment pw = orNull(weight);
    MemorySegment pb = orNull(bias);
    MemorySegment pm = orNull(mean);
    MemorySegment pv = orNull(variance);
    Batches.Pass pass = new Batches.Pass(MemorySegment.NULL, px, px, found, y.pointer());
    Batches.Between between =
        (from, to, sums, places) ->
            NormalizingCalls.batchNormPlaces(
                x.dtype(),
                to - from,
                batches.channels(),
                (double) batches.outer() * batches.n(),
                form.momentum(),
                form.eps(),
                sums,
                Batches.doubles(found, from),
                batches.numbers(pw, from),
                batches.numbers(pb, from),
                batches.numbers(pm, from),
                batches.numbers(pv, from),
                places);
    if (form.training()) {
      batches.run(
          pass,
          (from, to) ->
              NormalizingCalls.batchCenters(
                  x.dtype(),
                  to - from,
                  batches.n(),
                  batches.numbers(px, from * batches.n()),
                  Batches.doubles(found, from)),
          between);
    } else {
      batches.put(pass, between);
    }
  }

  @Override
  public void batchNormBackward(
      BatchNormForm form,
      Strided g,
      Strided x,
      @Nullable Strided weight,
      Strided statistics,
      @Nullable Strided gx,
      @Nullable Strided gweight,
      @Nullable Strided gbias) {
    Batches batches = Batches.of(team, x);
    MemorySegment px = x.pointer();
    MemorySegment known = statistics.pointer();
    MemorySegment pw = orNull(weight);
    MemorySegment pgw = orNull(gweight);
    MemorySegment pgb = orNull(gbias);
    MemorySegment read = form.training() ? px : MemorySegment.NULL;
    Batches.Pass pass = new Batches.Pass(g.pointer(), px, read, known, orNull(gx));
    Batches.Between between =
        (from, to, sums, places) ->
            NormalizingCalls.batchSlopePlaces(
                x.dtype(),
                to - from,
                batches.channels(),
                (double) batches.outer() * batches.n(),
                sums,
                Batches.doubles(known, from),
                batches.numbers(pw, from),
                places,
                batches.numbers(pgw, from),
                batches.numbers(pgb, from));
    if (form.training() || gweight != null || gbias != null) {
      batches.run(pass, (from, to) -> {}, between);
    } else {
      batches.put(pass, between);
    }
  }

  private static MemorySegment orNull(@Nullable Strided operand) {
    return operand == null ? MemorySegment.NULL : operand.pointer();
  }
}
