package dev.chagres.backend.cuda;

import dev.chagres.backend.AttentionKernels;
import dev.chagres.backend.Axes;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.primitive.AttentionForm;

/** Attention in tiles, of which a block of threads makes one after the other. */
final class Attention implements AttentionKernels {
  private static final String FILE = "attention.cu";

  /** As in {@code attention.cu}: threads along a side of a tile, and rows of each. */
  private static final int SIDE = 16;

  private static final int ROWS = 4;
  private static final int ROWS_FLOAT64 = 2;
  private static final int MOST_BLOCKS = 65_535;
  private static final int WARP = 32;

  /** Numbers of the {@code struct Sizes}, and operands of heads of each kernel's layout. */
  private static final int SIZES = 13;

  private static final int FORWARD = 5;
  private static final int BACKWARD = 10;

  private final CudaDevice device;

  Attention(CudaDevice device) {
    this.device = device;
  }

  @Override
  public void attention(AttentionForm form, Attended of, Result result) {
    Strided y = result.y();
    Axes heads = Attended.heads(of.query(), of.key(), of.value(), y, result.levels());
    device
        .launch(FILE, "attention" + types(of))
        .struct(sizes(form, of, y))
        .struct(Layouts.of(heads, FORWARD))
        .float64(form.scale())
        .pointer(of.query())
        .pointer(of.key())
        .pointer(of.value())
        .pointer(y)
        .pointer(result.levels())
        .run(grid(of.query(), heads), Grid.of(SIDE * SIDE), 0);
  }

  @Override
  public void attentionBackward(
      AttentionForm form, Attended of, Result result, Strided g, Attended gradients) {
    Strided levels = result.levels();
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
                  gradients.query(),
                  gradients.key(),
                  gradients.value(),
                  levels,
                  dots);
          long[] sizes =
              sizes(form, of, result.y(), g, gradients.query(), gradients.key(), gradients.value());
          long rows = of.query().layout().size(-2);
          device
              .launch(FILE, "attention_dots<" + Types.of(g) + ">")
              .struct(sizes)
              .struct(Layouts.of(heads, BACKWARD))
              .pointer(result.y())
              .pointer(g)
              .pointer(dots)
              .share(heads.numel() * rows * WARP);
          slopes("attention_queries", form, of, heads, sizes, g, levels, dots)
              .pointer(gradients.query())
              .run(grid(of.query(), heads), Grid.of(SIDE * SIDE), 0);
          slopes("attention_keys", form, of, heads, sizes, g, levels, dots)
              .pointer(gradients.key())
              .pointer(gradients.value())
              .run(grid(of.key(), heads), Grid.of(SIDE * SIDE), 0);
        });
  }

  private Launch slopes(
      String kernel, AttentionForm form, Attended of, Axes heads, long[] sizes, Strided... known) {
    Launch launch =
        device
            .launch(FILE, kernel + types(of))
            .struct(sizes)
            .struct(Layouts.of(heads, BACKWARD))
            .float64(form.scale())
            .pointer(of.query())
            .pointer(of.key())
            .pointer(of.value());
    for (Strided operand : known) {
      launch.pointer(operand);
    }
    return launch;
  }

  /** The element type, and how many columns of a result a thread has. */
  private static String types(Attended of) {
    long most = Math.max(of.query().layout().size(-1), of.value().layout().size(-1));
    long columns = most <= 4 * SIDE ? 4 : most <= 8 * SIDE ? 8 : MOST_SIZE / SIDE;
    return "<" + Types.of(of.query()) + ", " + columns + ">";
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
