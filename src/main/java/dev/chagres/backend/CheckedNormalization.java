package dev.chagres.backend;

import static dev.chagres.backend.Operands.areAlike;
import static dev.chagres.backend.Operands.changed;
import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isLikeRow;
import static dev.chagres.backend.Operands.isResult;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.present;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.BatchNormForm;
import dev.chagres.primitive.Halves;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Normalization, with operands that are looked at before. */
record CheckedNormalization(NormalizationKernels device) implements NormalizationKernels {
  @Override
  public void layerNorm(
      Strided x,
      @Nullable Strided weight,
      @Nullable Strided bias,
      double eps,
      Strided y,
      Strided statistics) {
    boolean agree =
        areRows(x, statistics)
            && isLikeRow(weight, x)
            && isLikeRow(bias, x)
            && isWritable(statistics)
            && areAlike(x, y)
            && isResult(y);
    if (!agree) {
      throw changed("layerNorm", present(x, weight, bias, y, statistics));
    }
    device.layerNorm(x, weight, bias, eps, y, statistics);
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
    boolean agree =
        areRows(x, statistics)
            && areGradients(g, gx, x)
            && isLikeRow(weight, x)
            && isLikeRow(gweight, x)
            && isLikeRow(gbias, x)
            && areResults(gx, gweight, gbias);
    if (!agree) {
      throw changed("layerNorm", present(g, x, weight, statistics, gx, gweight, gbias));
    }
    device.layerNormBackward(g, x, weight, statistics, gx, gweight, gbias);
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
    boolean agree =
        areChannels(x, statistics)
            && isWritable(statistics)
            && isByChannel(weight, x)
            && isByChannel(bias, x)
            && isByChannel(mean, x)
            && isByChannel(variance, x)
            && (mean == null) == (variance == null)
            && (form.training()
                ? mean == null || variance == null || isWritable(mean) && isWritable(variance)
                : mean != null)
            && areAlike(x, y)
            && isResult(y);
    if (!agree) {
      throw changed("batchNorm", present(x, weight, bias, mean, variance, y, statistics));
    }
    device.batchNorm(form, x, weight, bias, mean, variance, y, statistics);
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
    boolean agree =
        areChannels(x, statistics)
            && areGradients(g, gx, x)
            && isByChannel(weight, x)
            && isByChannel(gweight, x)
            && isByChannel(gbias, x)
            && areResults(gx, gweight, gbias);
    if (!agree) {
      throw changed("batchNorm", present(g, x, weight, statistics, gx, gweight, gbias));
    }
    device.batchNormBackward(form, g, x, weight, statistics, gx, gweight, gbias);
  }

  /** Whether x is floating channels that have elements, and these are two numbers of each. */
  private static boolean areChannels(Strided x, Strided statistics) {
    return x.layout().dim() == 3 && x.numel() > 0 && areOf(x, 1, statistics);
  }

  /** Whether an operand, if there is one, has a number that x is computed with for each channel. */
  private static boolean isByChannel(@Nullable Strided part, Strided x) {
    return part == null
        || part.dtype() == Halves.computed(x.dtype())
            && part.layout().dim() == 1
            && part.layout().size(0) == x.layout().size(1)
            && isDense(part);
  }

  /** Whether x is floating rows that have elements, and these are two numbers of each. */
  private static boolean areRows(Strided x, Strided statistics) {
    return x.layout().dim() == 2 && x.layout().size(1) > 0 && areOf(x, 0, statistics);
  }

  private static boolean areOf(Strided x, int dim, Strided statistics) {
    return x.dtype().isFloating()
        && isDense(x)
        && statistics.dtype() == DType.FLOAT64
        && statistics.shape().equals(Shape.of(2, x.layout().size(dim)))
        && isDense(statistics);
  }

  /** Whether a gradient that comes in, and the one that is computed of it, if any, are like x. */
  private static boolean areGradients(Strided g, @Nullable Strided gx, Strided x) {
    return areAlike(g, x) && isDense(g) && (gx == null || areAlike(gx, x));
  }

  private static boolean areResults(@Nullable Strided... gradients) {
    Strided[] wanted = present(gradients);
    return wanted.length > 0 && Arrays.stream(wanted).allMatch(Operands::isResult);
  }
}
