package dev.chagres.backend.cpu;

import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import java.lang.foreign.MemorySegment;

/**
 * How batch normalization goes through an array (outer, channels, n). Where the numbers of a
 * channel lie in rows of several, threads share the channels, each of which is added up and written
 * while it lies in a cache. Where channels lie side by side they share blocks of rows, which the
 * shape alone decides on, and whose sums are added up in their order.
 */
record Batches(WorkerTeam team, DType dtype, long outer, long channels, long n) {
  /** Elements that are worth another thread, and of which a block of rows consists at least. */
  private static final long GRAIN = 1 << 15;

  private static final long MOST_BLOCKS = 64;

  static Batches of(WorkerTeam team, Strided x) {
    return new Batches(team, x.dtype(), x.layout().size(0), x.layout().size(1), x.layout().size(2));
  }

  /** What is done with a channel and all behind it, up to another one. */
  @FunctionalInterface
  interface Step {
    void run(long from, long to);
  }

  /**
   * Reads and writes: g and x are what is added up, and what is written from.
   *
   * @param g null for no gradient
   * @param read null for a gradient that needs no x
   * @param statistics float64 (2, channels), of which the first are where distances begin
   * @param y null where nothing is written
   */
  record Pass(
      MemorySegment g,
      MemorySegment x,
      MemorySegment read,
      MemorySegment statistics,
      MemorySegment y) {}

  private boolean sideBySide() {
    return n == 1;
  }

  private long at(long elements) {
    return elements * dtype.size();
  }

  private static MemorySegment from(MemorySegment x, long bytes) {
    return x.address() == 0 ? x : x.asSlice(bytes);
  }

  /** Returns the part of a pair of numbers for each channel that begins with a channel. */
  static MemorySegment doubles(MemorySegment all, long channel) {
    return from(all, channel * Double.BYTES);
  }

  MemorySegment numbers(MemorySegment all, long channel) {
    return from(all, at(channel));
  }

  /** What a pass has for its steps: the sums (2, channels), and the places (4, channels). */
  private Scratch scratch() {
    return Scratch.take(2 * channels * Double.BYTES + at(4 * channels));
  }

  /** What is between the sums and what is written. */
  @FunctionalInterface
  interface Between {
    void run(long from, long to, MemorySegment sums, MemorySegment places);
  }

  /** Adds up, does what is between, and writes. */
  void run(Pass pass, Step before, Between between) {
    try (Scratch scratch = scratch()) {
      MemorySegment sums = scratch.segment();
      MemorySegment places = sums.asSlice(2 * channels * Double.BYTES);
      if (sideBySide()) {
        before.run(0, channels);
        sumRows(pass, sums);
        between.run(0, channels, sums, places);
        putRows(pass, places);
        return;
      }
      // Both a piece and what is added up and written at once: rounded down, to stay in a cache.
      long together = Math.clamp(GRAIN / (outer * n), 1, channels);
      team.run(
          channels,
          together,
          (first, last) -> {
            for (long from = first; from < last; from += together) {
              long to = Math.min(last, from + together);
              before.run(from, to);
              sumPlanes(pass, from, to, sums);
              between.run(from, to, doubles(sums, from), numbers(places, from));
              putPlanes(pass, from, to, places);
            }
          });
    }
  }

  /** Writes without sums. */
  void put(Pass pass, Between between) {
    try (Scratch scratch = scratch()) {
      MemorySegment places = scratch.segment();
      between.run(0, channels, MemorySegment.NULL, places);
      if (sideBySide()) {
        putRows(pass, places);
      } else {
        team.run(
            channels,
            Grain.positions(GRAIN, outer * n),
            (from, to) -> putPlanes(pass, from, to, places));
      }
    }
  }

  private void sumPlanes(Pass pass, long from, long to, MemorySegment sums) {
    NormalizingCalls.batchSums(
        dtype,
        outer,
        to - from,
        n,
        channels * n,
        from(pass.g, at(from * n)),
        from(pass.x, at(from * n)),
        doubles(pass.statistics, from),
        doubles(sums, from),
        doubles(sums, channels + from));
  }

  private void putPlanes(Pass pass, long from, long to, MemorySegment places) {
    if (pass.y.address() == 0) {
      return;
    }
    NormalizingCalls.batchPut(
        dtype,
        outer,
        to - from,
        n,
        channels * n,
        from(pass.g, at(from * n)),
        from(pass.read, at(from * n)),
        numbers(places, from),
        channels,
        numbers(pass.y, from * n));
  }

  private void sumRows(Pass pass, MemorySegment sums) {
    long each = Math.max(Math.max(1, GRAIN / channels), Math.ceilDiv(outer, MOST_BLOCKS));
    long blocks = Math.ceilDiv(outer, each);
    long pair = 2 * channels;
    try (Scratch parts = Scratch.take(pair * blocks * Double.BYTES)) {
      team.run(
          blocks,
          1,
          (from, to) -> {
            for (long block = from; block < to; block++) {
              long row = block * each;
              NormalizingCalls.batchSums(
                  dtype,
                  Math.min(each, outer - row),
                  channels,
                  1,
                  channels,
                  from(pass.g, at(row * channels)),
                  from(pass.x, at(row * channels)),
                  pass.statistics,
                  doubles(parts.segment(), block * pair),
                  doubles(parts.segment(), block * pair + channels));
            }
          });
      Kernels.reduce(
          ReduceOp.SUM, DType.FLOAT64, 1, blocks, pair, parts.segment(), 0, pair, 1, sums);
    }
  }

  private void putRows(Pass pass, MemorySegment places) {
    if (pass.y.address() == 0) {
      return;
    }
    team.run(
        outer,
        Grain.positions(GRAIN, channels),
        (from, to) ->
            NormalizingCalls.batchPut(
                dtype,
                to - from,
                channels,
                1,
                channels,
                from(pass.g, at(from * channels)),
                from(pass.read, at(from * channels)),
                places,
                channels,
                from(pass.y, at(from * channels))));
  }
}
