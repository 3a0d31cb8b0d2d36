package dev.chagres.backend.cuda;

import dev.chagres.backend.AttentionKernels;
import dev.chagres.backend.Axes;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.primitive.AttentionForm;
import java.util.Objects;

/** Attention in tiles, of which a block of threads makes one after the other. */
final class Attention implements AttentionKernels {
  private static final String FILE = "attention.cu";

  /** As in {@code attention.cu}: threads along a side of a tile, and rows of each. */
  private static final int SIDE = 16;

  private static final int ROWS = 4;
  private static final int ROWS_FLOAT64 = 2;
  private static final int MOST_BLOCKS = 65_535;
  private static final int WARP = 32;

  /** The first major compute capability whose tensor cores take all 16-bit floats. */
  private static final int TENSOR_CORES = 8;

  /** As in {@code tensorcore.cuh}: columns of a result at most, and threads. */
  private static final int MOST_FRAGMENTS = 128;

  private static final int FRAGMENT_THREADS = 128;

  /** Words of a block of the generator's stream. */
  private static final int WORDS = 4;

  /** Numbers of the {@code struct Sizes}, and operands of heads of each kernel's layout. */
  private static final int SIZES = 13;

  private static final int FORWARD = 6;
  private static final int BACKWARD = 11;

  /** Words of the {@code struct Picks}. */
  private static final int PICKS = 5;

  private final CudaDevice device;

  Attention(CudaDevice device) {
    this.device = device;
  }

  @Override
  public void attention(Weighing weighing, Attended of, Result result) {
    Strided y = result.y();
    Axes heads =
        Attended.heads(of.query(), of.key(), of.value(), y, result.levels(), mask(weighing, of));
    device
        .launch(FILE, "attention" + types(weighing, of, true))
        .struct(sizes(weighing.form(), of, y))
        .struct(picks(weighing, of))
        .struct(Layouts.of(heads, FORWARD))
        .float64(weighing.form().scale())
        .pointerOrNull(weighing.mask())
        .pointerOrNull(weighing.drawn())
        .pointer(of.query())
        .pointer(of.key())
        .pointer(of.value())
        .pointer(y)
        .pointer(result.levels())
        .run(grid(of.query(), heads), block(weighing, of, true), 0);
  }

  @Override
  public void attentionBackward(
      Weighing weighing, Attended of, Result result, Strided g, Slopes wanted) {
    Strided levels = result.levels();
    // What is not wanted has what it would be of in its place, which nobody writes to.
    Strided gq = Objects.requireNonNullElse(wanted.query(), of.query());
    Strided gk = Objects.requireNonNullElse(wanted.key(), of.key());
    Strided gv = Objects.requireNonNullElse(wanted.value(), of.value());
    Elementwise.withTemporary(
        levels.like(levels.shape(), levels.dtype()),
        dots -> {
          Axes heads =
              Attended.heads(
                  of.query(),
                  of.key(),
                  of.value(),
                  result.y(),
                  g,
                  gq,
                  gk,
                  gv,
                  levels,
                  dots,
                  mask(weighing, of));
          long[] sizes = sizes(weighing.form(), of, result.y(), g, gq, gk, gv);
          long rows = of.query().layout().size(-2);
          device
              .launch(FILE, "attention_dots<" + Types.of(g) + ">")
              .struct(sizes)
              .struct(Layouts.of(heads, BACKWARD))
              .pointer(result.y())
              .pointer(g)
              .pointer(dots)
              .share(heads.numel() * rows * WARP);
          if (wanted.query() != null) {
            slopes("attention_queries", weighing, of, heads, sizes, g, levels, dots)
                .pointer(wanted.query())
                .run(grid(of.query(), heads), block(weighing, of, false), 0);
          }
          if (wanted.ofKeys()) {
            slopes("attention_keys", weighing, of, heads, sizes, g, levels, dots)
                .pointerOrNull(wanted.key())
                .pointerOrNull(wanted.value())
                .run(grid(of.key(), heads), block(weighing, of, false), 0);
          }
        });
  }

  /** Where in the generator's stream the draws are: each has a block of it of its own. */
  @Override
  public Shape drawn(Shape scores) {
    return Shape.of(2);
  }

  @Override
  public void draw(Storage generator, double dropout, Shape scores, Strided drawn) {
    device
        .launch(FILE, "attention_draw")
        .struct(RandomNumbers.taken(device, generator, WORDS))
        .pointer(drawn)
        .run(Grid.of(1), Grid.of(1), 0);
  }

  @Override
  public void factors(AttentionForm form, Strided drawn, Strided factors) {
    device
        .launch(FILE, "attention_factors<" + Types.of(factors) + ">")
        .struct(picks(new Weighing(form, null, drawn), factors.dtype()))
        .integer(factors.numel())
        .divisor(factors.layout().size(-1))
        .pointer(drawn)
        .pointer(factors)
        .share(factors.numel());
  }

  private Launch slopes(
      String kernel, Weighing weighing, Attended of, Axes heads, long[] sizes, Strided... known) {
    Launch launch =
        device
            .launch(FILE, kernel + types(weighing, of, false))
            .struct(sizes)
            .struct(picks(weighing, of))
            .struct(Layouts.of(heads, BACKWARD))
            .float64(weighing.form().scale())
            .pointerOrNull(weighing.mask())
            .pointerOrNull(weighing.drawn())
            .pointer(of.query())
            .pointer(of.key())
            .pointer(of.value());
    for (Strided operand : known) {
      launch.pointer(operand);
    }
    return launch;
  }

  /** The mask, or what stands for it in a layout. */
  private static Strided mask(Weighing weighing, Attended of) {
    return Objects.requireNonNullElse(weighing.mask(), of.query());
  }

  private static long[] picks(Weighing weighing, Attended of) {
    return picks(weighing, of.query().dtype());
  }

  /** The {@code struct Picks}: of the mask kind and steps, and of dropout how much is kept. */
  private static long[] picks(Weighing weighing, DType dtype) {
    long[] picks = new long[PICKS];
    Strided mask = weighing.mask();
    if (mask != null) {
      picks[0] = mask.dtype() == DType.BOOL ? 1 : 2;
      picks[1] = mask.layout().stride(-2);
      picks[2] = mask.layout().stride(-1);
    }
    AttentionForm form = weighing.form();
    picks[3] = Double.doubleToRawLongBits(1 - form.dropout());
    picks[4] = Double.doubleToRawLongBits(form.keptFactor(dtype == DType.FLOAT64));
    return picks;
  }

  /**
   * Whether tensor cores multiply: of 16-bit floats, with nothing that picks. Slopes of float16 may
   * be too small for it, so that its gradients are computed in float32.
   */
  private boolean onTensorCores(Weighing weighing, Attended of, boolean forward) {
    DType dtype = of.query().dtype();
    return device.properties().major() >= TENSOR_CORES
        && (dtype == DType.BFLOAT16 || (dtype == DType.FLOAT16 && forward))
        && !picks(weighing)
        && most(of) <= MOST_FRAGMENTS;
  }

  private static boolean picks(Weighing weighing) {
    return weighing.mask() != null || weighing.drawn() != null;
  }

  private static long most(Attended of) {
    return Math.max(of.query().layout().size(-1), of.value().layout().size(-1));
  }

  /**
   * The tiles, with how many columns of a result they have, on tensor cores also of scores, as many
   * as there are registers for; and whether anything picks.
   */
  private String types(Weighing weighing, Attended of, boolean forward) {
    long most = most(of);
    String stored = Types.of(of.query());
    if (onTensorCores(weighing, of, forward)) {
      boolean few = most <= MOST_FRAGMENTS / 2;
      String size = few ? (forward ? "64, 64" : "64, 32") : (forward ? "128, 32" : "128, 16");
      return "<Fragments<" + stored + ", " + size + ">, false>";
    }
    long columns = most <= 4 * SIDE ? 4 : most <= 8 * SIDE ? 8 : MOST_SIZE / SIDE;
    return "<Tiles<" + stored + ", " + columns + ">, " + picks(weighing) + ">";
  }

  private Grid block(Weighing weighing, Attended of, boolean forward) {
    return Grid.of(onTensorCores(weighing, of, forward) ? FRAGMENT_THREADS : SIDE * SIDE);
  }

  /** A block for each tile's rows of each head. */
  private static Grid grid(Strided x, Axes heads) {
    int rows = SIDE * (x.dtype() == DType.FLOAT64 ? ROWS_FLOAT64 : ROWS);
    return Grid.of(
        Math.toIntExact(Math.ceilDiv(x.layout().size(-2), rows)),
        (int) Math.min(heads.numel(), MOST_BLOCKS));
  }

  /** The {@code struct Sizes}: sizes, and the steps from row to row. */
  private static long[] sizes(AttentionForm form, Attended of, Strided... others) {
    long[] sizes = new long[SIZES];
    sizes[0] = of.query().layout().size(-2);
    sizes[1] = of.key().layout().size(-2);
    sizes[2] = of.query().layout().size(-1);
    sizes[3] = of.value().layout().size(-1);
    sizes[4] = form.causal() ? 1 : 0;
    sizes[5] = of.query().layout().stride(-2);
    sizes[6] = of.key().layout().stride(-2);
    sizes[7] = of.value().layout().stride(-2);
    for (int i = 0; i < others.length; i++) {
      sizes[8 + i] = others[i].layout().stride(-2);
    }
    return sizes;
  }
}
