package dev.chagres.backend.cuda;

import dev.chagres.backend.NormalizationKernels;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.BatchNormForm;
import dev.chagres.primitive.Halves;
import org.jspecify.annotations.Nullable;

/**
 * Layer normalization of rows. The gradients of weight and bias are summed over parts of the rows,
 * by their sizes alone, and then over the parts.
 */
final class Normalizing implements NormalizationKernels {
  private static final String FILE = "norm.cu";
  private static final int MOST_BLOCKS = 1 << 16;

  /** Rows of which a part consists at least, and how many parts there are at most. */
  private static final long PART_ROWS = 64;

  private static final long MOST_PARTS = 128;

  private final CudaDevice device;
  private final Elementwise elementwise;
  private final Reductions reductions;

  Normalizing(CudaDevice device, Elementwise elementwise, Reductions reductions) {
    this.device = device;
    this.elementwise = elementwise;
    this.reductions = reductions;
  }

  @Override
  public void layerNorm(
      Strided x,
      @Nullable Strided weight,
      @Nullable Strided bias,
      double eps,
      Strided y,
      Strided statistics) {
    long rows = x.layout().size(0);
    long n = x.layout().size(1);
    if (rows == 0) {
      return;
    }
    Rows each = Rows.of(n);
    Launch launch = launch("layer_norm", x, each);
    each.to(launch, rows, n, x, y)
        .float64(eps)
        .pointer(x)
        .pointerOrNull(weight)
        .pointerOrNull(bias)
        .pointer(y)
        .pointer(statistics);
    each.run(launch, rows);
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
    Batches.of(device, x).normalize(form, weight, bias, mean, variance, y, statistics);
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
    Batches.of(device, x).slopes(form, g, weight, statistics, gx, gweight, gbias);
  }

  private Launch launch(String kernel, Strided x, Rows each) {
    return device.launch(FILE, kernel + "<" + Types.of(x) + ", " + each.held() + ">");
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
    long rows = x.layout().size(0);
    long n = x.layout().size(1);
    if (rows > 0 && gx != null) {
      Rows each = Rows.of(n);
      Launch launch = launch("layer_norm_input", x, each);
      each.to(launch, rows, n, g, x, gx)
          .pointer(g)
          .pointer(x)
          .pointerOrNull(weight)
          .pointer(statistics)
          .pointer(gx);
      each.run(launch, rows);
    }
    if (gweight != null || gbias != null) {
      parameters(g, x, statistics, gweight, gbias);
    }
  }

  private void parameters(
      Strided g, Strided x, Strided statistics, @Nullable Strided gw, @Nullable Strided gb) {
    long rows = x.layout().size(0);
    long n = x.layout().size(1);
    long part = Math.max(1, Math.ceilDiv(rows, Math.clamp(rows / PART_ROWS, 1, MOST_PARTS)));
    long parts = Math.max(1, Math.ceilDiv(rows, part));
    DType dtype = Halves.computed(x.dtype());
    Cut cut = Cut.beside(part, n);
    Elementwise.withTemporary(
        x.like(Shape.of(2, parts, n), dtype),
        found -> {
          Strided weights = found.with(found.layout().select(0, 0));
          Strided biases = found.with(found.layout().select(0, 1));
          device
              .launch(FILE, "layer_norm_parameters<" + Types.of(x) + ">")
              .integer(rows)
              .integer(n)
              .integer(cut.along())
              .integer(part)
              .pointer(g)
              .pointer(x)
              .pointer(statistics)
              .pointer(weights)
              .pointer(biases)
              .run(Grid.of(cut.blocks(n, MOST_BLOCKS), (int) parts), Grid.of(CudaDevice.BLOCK), 0);
          sum(weights, gw);
          sum(biases, gb);
        });
  }

  /** Sums up the parts, and rounds once. */
  private void sum(Strided parts, @Nullable Strided total) {
    if (total == null) {
      return;
    }
    Shape row = Shape.of(1, total.numel());
    Strided result = total.with(total.layout().unsqueeze(0));
    if (parts.dtype() == total.dtype()) {
      reductions.reduce(ReduceOp.SUM, parts, 0, result);
    } else {
      Elementwise.withTemporary(
          total.like(row, parts.dtype()),
          wide -> {
            reductions.reduce(ReduceOp.SUM, parts, 0, wide);
            elementwise.copy(wide, result);
          });
    }
  }
}
