package dev.chagres.backend.cpu;

import dev.chagres.backend.AttentionKernels;
import dev.chagres.backend.Axes;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.primitive.AttentionForm;
import dev.chagres.primitive.Halves;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Attention in tiles. Blocks of queries of all heads are shared out; of gradients whole heads, or,
 * where these are few, blocks of queries and then blocks of keys, for which the scores are made
 * twice. Every sum has the same order either way. 16-bit floats are computed in float32.
 */
final class Attention implements AttentionKernels {
  private static final int MATRIX = 2;

  /** Queries of a block, and keys. */
  private static final long ROWS = AttentionCalls.rows();

  /** What {@code struct ch_attention} has before the steps between rows, and how many these are. */
  private static final int FIELDS = 5;

  private static final int STEPS = 8;

  /** Where behind them, in words, the mask is described, and how many words that takes. */
  private static final int MASK = FIELDS + STEPS;

  private static final int MASK_WORDS = 5;

  /** Bytes for the structs of a call. */
  private static final long STRUCTS = 256;

  /** So many heads for each thread even out. */
  private static final long EVEN = 4;

  /** Elements of a row of dot products that are worth another thread. */
  private static final long DOTS_GRAIN = 1 << 16;

  private final WorkerTeam team;
  private final Elementwise elementwise;

  Attention(WorkerTeam team, Elementwise elementwise) {
    this.team = team;
    this.elementwise = elementwise;
  }

  @Override
  public void attention(Weighing weighing, Attended of, Result result) {
    if (!Halves.isHalf(of.query().dtype())) {
      forward(weighing, of, result);
      return;
    }
    try (Wide wide = new Wide()) {
      forward(weighing, wide.operands(of), result);
    }
  }

  @Override
  public void attentionBackward(
      Weighing weighing, Attended of, Result result, Strided g, Slopes slopes) {
    if (!Halves.isHalf(of.query().dtype())) {
      backward(weighing, of, result, g, slopes);
      return;
    }
    try (Wide wide = new Wide()) {
      Slopes made =
          new Slopes(
              wide.result(slopes.query()), wide.result(slopes.key()), wide.result(slopes.value()));
      backward(weighing, wide.operands(of), result, wide.operand(g), made);
      round(made.query(), slopes.query());
      round(made.key(), slopes.key());
      round(made.value(), slopes.value());
    }
  }

  private void round(@Nullable Strided wide, @Nullable Strided half) {
    if (wide != null && half != null) {
      elementwise.copy(wide, half);
    }
  }

  /** A bit for each score, in words of 64 for each row. */
  @Override
  public Shape drawn(Shape scores) {
    int last = scores.dim() - 1;
    return scores.with(last, Math.ceilDiv(scores.size(last), Long.SIZE));
  }

  /** Draws score by score, as if there were an array of them. */
  @Override
  public void draw(Storage generator, double dropout, Shape scores, Strided drawn) {
    long keys = scores.size(scores.dim() - 1);
    AttentionCalls.draw(RawMemory.of(generator), rows(scores), keys, 1 - dropout, drawn.pointer());
  }

  @Override
  public void factors(AttentionForm form, Strided drawn, Strided factors) {
    DType dtype = factors.dtype();
    long keys = factors.layout().size(-1);
    double by = form.keptFactor(dtype == DType.FLOAT64);
    AttentionCalls.factors(
        dtype, rows(factors.shape()), keys, by, drawn.pointer(), factors.pointer());
  }

  private static long rows(Shape scores) {
    return scores.slice(0, scores.dim() - 1).numel();
  }

  /** Arrays of float32 in the place of 16-bit ones, for the length of a call. */
  private final class Wide implements AutoCloseable {
    private final List<Strided> made = new ArrayList<>();

    @Nullable Strided result(@Nullable Strided half) {
      if (half == null) {
        return null;
      }
      Strided wide = half.like(half.layout(), DType.FLOAT32);
      made.add(wide);
      return wide;
    }

    /** Converts an operand, of repeated elements one each. */
    Strided operand(Strided half) {
      Layout once = half.layout();
      for (int dim = 0; dim < once.dim() - MATRIX; dim++) {
        if (once.stride(dim) == 0) {
          once = once.narrow(dim, 0, 1);
        }
      }
      Strided wide = half.like(once.shape(), DType.FLOAT32);
      made.add(wide);
      elementwise.copy(half.with(once), wide);
      return wide.with(wide.layout().expand(half.shape()));
    }

    Attended operands(Attended of) {
      return new Attended(operand(of.query()), operand(of.key()), operand(of.value()));
    }

    @Override
    public void close() {
      made.forEach(array -> array.storage().free());
    }
  }

  /** The heads, and where each array of a call has their rows. */
  private static final class Heads {
    private final Axes axes;
    private final MemorySegment[] pointers;
    private final long[] steps;
    private final long[] elementSizes;
    private final int mask;
    private final long[] maskWords;

    /** Takes matrices (…, rows, n), or arrays with a number for each row. */
    Heads(Weighing weighing, Strided... operands) {
      int rank = operands[0].layout().dim() - MATRIX;
      mask = operands.length;
      // What is not there has an operand in its place, which nobody reads.
      Strided[] arrays = Arrays.copyOf(operands, mask + 2);
      arrays[mask] = Objects.requireNonNullElse(weighing.mask(), operands[0]);
      arrays[mask + 1] = Objects.requireNonNullElse(weighing.drawn(), operands[0]);
      axes = Attended.heads(arrays);
      pointers = new MemorySegment[arrays.length];
      steps = new long[arrays.length];
      elementSizes = new long[arrays.length];
      for (int i = 0; i < arrays.length; i++) {
        pointers[i] = arrays[i].pointer();
        steps[i] = arrays[i].layout().stride(rank);
        elementSizes[i] = arrays[i].dtype().size();
      }
      maskWords = words(weighing, operands[0].dtype());
      maskWords[1] = steps[mask];
      maskWords[2] = weighing.mask() == null ? 0 : arrays[mask].layout().stride(-1);
    }

    /** Returns what describes the mask and dropout in the struct, but for the mask's steps. */
    private static long[] words(Weighing weighing, DType dtype) {
      long[] words = new long[MASK_WORDS];
      words[0] = AttentionCalls.maskKind(weighing.mask());
      if (weighing.drawn() != null) {
        double by = weighing.form().keptFactor(dtype == DType.FLOAT64);
        words[3] = weighing.drawn().layout().size(-1);
        words[4] = Double.doubleToRawLongBits(by);
      }
      return words;
    }

    long[] maskWords() {
      return maskWords;
    }

    MemorySegment maskAt(long head, long row) {
      return maskWords[0] == 0 ? MemorySegment.NULL : at(mask, head, row);
    }

    MemorySegment keptAt(long head, long row) {
      return maskWords[3] == 0 ? MemorySegment.NULL : at(mask + 1, head, row);
    }

    long count() {
      return axes.numel();
    }

    long step(int array) {
      return steps[array];
    }

    /** Returns where a row of an array is. */
    MemorySegment at(int array, long head, long row) {
      long elements = axes.position(array, head) + row * steps[array];
      return pointers[array].asSlice(elements * elementSizes[array]);
    }
  }

  /** What is alike for all calls of an operation: {@code struct ch_attention}, but for its rows. */
  private record Sizes(long rows, long keys, long size, long width, boolean causal) {
    static Sizes of(AttentionForm form, Attended of) {
      Layout query = of.query().layout();
      Layout value = of.value().layout();
      return new Sizes(
          query.size(-2), value.size(-2), query.size(-1), value.size(-1), form.causal());
    }

    long blocks() {
      return Math.ceilDiv(rows, ROWS);
    }

    long keyBlocks() {
      return Math.ceilDiv(keys, ROWS);
    }

    /** Returns what products of all keys with a block of queries take, as often as that is. */
    double block(long products) {
      return (double) ROWS * keys * (size + width) / MATRIX * products;
    }

    /** Writes the struct, for all rows. */
    MemorySegment to(Scratch scratch, long[] mask, long... steps) {
      MemorySegment struct = scratch.allocate((long) Long.BYTES * (MASK + MASK_WORDS), Long.BYTES);
      long[] all = {rows, keys, size, width, causal ? 0 : -1};
      MemorySegment.copy(all, 0, struct, ValueLayout.JAVA_LONG, 0, FIELDS);
      MemorySegment.copy(
          steps, 0, struct, ValueLayout.JAVA_LONG, (long) FIELDS * Long.BYTES, steps.length);
      MemorySegment.copy(
          mask, 0, struct, ValueLayout.JAVA_LONG, (long) MASK * Long.BYTES, mask.length);
      return struct;
    }

    /** Lets the struct be of so many rows from one on. */
    void choose(MemorySegment struct, long first, long count) {
      struct.setAtIndex(ValueLayout.JAVA_LONG, 0, count);
      struct.setAtIndex(ValueLayout.JAVA_LONG, FIELDS - 1, causal ? first : -1);
    }

    /**
     * Returns the number of a block by when it is done: blocks at the end, which see much in a
     * causal form, take turns with those at the beginning, so that all parts take as long.
     */
    static long turn(long number, long blocks) {
      return number % 2 == 0 ? number / 2 : blocks - 1 - number / 2;
    }
  }

  private void forward(Weighing weighing, Attended of, Result result) {
    DType dtype = of.query().dtype();
    AttentionForm form = weighing.form();
    Sizes sizes = Sizes.of(form, of);
    Heads heads =
        new Heads(weighing, of.query(), of.key(), of.value(), result.y(), result.levels());
    long blocks = sizes.blocks();
    team.run(
        heads.count() * blocks,
        Grain.positions(Gemm.OUR_GRAIN, sizes.block(MATRIX)),
        (from, to) -> {
          try (Scratch scratch = Scratch.take(STRUCTS)) {
            MemorySegment struct = sizes.to(scratch, heads.maskWords(), steps(heads, 4));
            for (long i = from; i < to; i++) {
              long head = i / blocks;
              long row = Sizes.turn(i % blocks, blocks) * ROWS;
              sizes.choose(struct, row, Math.min(ROWS, sizes.rows - row));
              AttentionCalls.forward(
                  dtype,
                  struct,
                  form.scale(),
                  heads.at(0, head, row),
                  heads.at(1, head, 0),
                  heads.at(2, head, 0),
                  heads.maskAt(head, row),
                  heads.keptAt(head, row),
                  heads.at(3, head, row),
                  heads.at(4, head, row));
            }
          }
        });
  }

  /** The steps of the first arrays, and zeros for the others that the struct knows. */
  private static long[] steps(Heads heads, int count) {
    long[] steps = new long[STEPS];
    for (int i = 0; i < count; i++) {
      steps[i] = heads.step(i);
    }
    return steps;
  }

  private void backward(Weighing weighing, Attended of, Result result, Strided g, Slopes wanted) {
    AttentionForm form = weighing.form();
    Sizes sizes = Sizes.of(form, of);
    Strided levels = result.levels();
    Strided dots = levels.like(levels.shape(), levels.dtype());
    try {
      Heads heads =
          new Heads(
              weighing,
              of.query(),
              of.key(),
              of.value(),
              result.y(),
              g,
              // What is not wanted has what it would be of in its place, which nobody writes to.
              Objects.requireNonNullElse(wanted.query(), of.query()),
              Objects.requireNonNullElse(wanted.key(), of.key()),
              Objects.requireNonNullElse(wanted.value(), of.value()),
              levels,
              dots);
      Way slopes = new Way(of.query().dtype(), form, sizes, heads, wanted);
      team.run(
          heads.count(),
          Grain.positions(DOTS_GRAIN, sizes.rows * sizes.width),
          (from, to) -> {
            for (long head = from; head < to; head++) {
              slopes.dots(head);
            }
          });
      if (heads.count() % team.threads() == 0 || heads.count() >= EVEN * team.threads()) {
        team.run(
            heads.count(),
            Grain.positions(
                Gemm.OUR_GRAIN, sizes.blocks() * sizes.block(slopes.products(true, true))),
            (from, to) -> {
              for (long head = from; head < to; head++) {
                slopes.whole(head);
              }
            });
        return;
      }
      if (wanted.query() != null) {
        long blocks = sizes.blocks();
        team.run(
            heads.count() * blocks,
            Grain.positions(Gemm.OUR_GRAIN, sizes.block(slopes.products(true, false))),
            (from, to) -> {
              for (long i = from; i < to; i++) {
                slopes.queries(i / blocks, Sizes.turn(i % blocks, blocks) * ROWS);
              }
            });
      }
      if (wanted.ofKeys()) {
        long blocks = sizes.keyBlocks();
        double each = sizes.block(slopes.products(false, true)) * sizes.rows / sizes.keys;
        team.run(
            heads.count() * blocks,
            Grain.positions(Gemm.OUR_GRAIN, each),
            (from, to) -> {
              for (long i = from; i < to; i++) {
                slopes.keys(i / blocks, Sizes.turn(i % blocks, blocks) * ROWS);
              }
            });
      }
    } finally {
      dots.storage().free();
    }
  }

  /** The calls that make those gradients of a head that are wanted. */
  private record Way(DType dtype, AttentionForm form, Sizes sizes, Heads heads, Slopes wanted) {
    /** Returns how many products of all keys with all queries a call makes, two of them scores. */
    long products(boolean ofQueries, boolean ofKeys) {
      return 2L
          + (ofQueries && wanted.query() != null ? 1 : 0)
          + (ofKeys && wanted.key() != null ? 1 : 0)
          + (ofKeys && wanted.value() != null ? 1 : 0);
    }

    void dots(long head) {
      try (Scratch scratch = Scratch.take(STRUCTS)) {
        AttentionCalls.dots(
            dtype,
            sizes.to(scratch, heads.maskWords(), steps(heads, STEPS)),
            heads.at(4, head, 0),
            heads.at(3, head, 0),
            heads.at(9, head, 0));
      }
    }

    void whole(long head) {
      run(head, true, true, 0, sizes.rows, 0, sizes.keys);
    }

    void queries(long head, long row) {
      run(head, true, false, row, Math.min(sizes.rows, row + ROWS), 0, sizes.keys);
    }

    void keys(long head, long key) {
      run(head, false, true, 0, sizes.rows, key, Math.min(sizes.keys, key + ROWS));
    }

    private void run(long head, boolean ofQueries, boolean ofKeys, long... part) {
      try (Scratch scratch = Scratch.take(STRUCTS)) {
        AttentionCalls.backward(
            dtype,
            sizes.to(scratch, heads.maskWords(), steps(heads, STEPS)),
            scratch.allocateFrom(ValueLayout.JAVA_LONG, part),
            form.scale(),
            heads.at(0, head, 0),
            heads.at(1, head, 0),
            heads.at(2, head, 0),
            heads.maskAt(head, 0),
            heads.keptAt(head, 0),
            heads.at(4, head, 0),
            heads.at(8, head, 0),
            heads.at(9, head, 0),
            ofQueries && wanted.query() != null ? heads.at(5, head, 0) : MemorySegment.NULL,
            ofKeys && wanted.key() != null ? heads.at(6, head, 0) : MemorySegment.NULL,
            ofKeys && wanted.value() != null ? heads.at(7, head, 0) : MemorySegment.NULL);
      }
    }
  }
}
