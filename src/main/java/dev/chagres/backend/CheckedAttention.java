package dev.chagres.backend;

import static dev.chagres.backend.Operands.areAlike;
import static dev.chagres.backend.Operands.changed;
import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.present;
import static dev.chagres.backend.Operands.require;

import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.primitive.AttentionForm;
import dev.chagres.primitive.Halves;
import org.jspecify.annotations.Nullable;

/** Attention, with operands that are looked at before. */
record CheckedAttention(AttentionKernels device) implements AttentionKernels {
  private static final String NAME = "attention";

  @Override
  public void attention(Weighing weighing, Attended of, Result result) {
    boolean agree =
        areAttended(of)
            && weighs(weighing, of)
            && isOf(of, result)
            && isResult(result.y())
            && isWritable(result.levels());
    if (!agree) {
      throw changed(
          NAME,
          present(
              of.query(),
              of.key(),
              of.value(),
              weighing.mask(),
              weighing.drawn(),
              result.y(),
              result.levels()));
    }
    device.attention(weighing, of, result);
  }

  @Override
  public void attentionBackward(
      Weighing weighing, Attended of, Result result, Strided g, Slopes slopes) {
    boolean agree =
        areAttended(of)
            && weighs(weighing, of)
            && isOf(of, result)
            && g.dtype() == of.query().dtype()
            && g.shape().equals(result.y().shape())
            && hasRows(g)
            && (slopes.query() != null || slopes.ofKeys())
            && isSlope(slopes.query(), of.query())
            && isSlope(slopes.key(), of.key())
            && isSlope(slopes.value(), of.value());
    if (!agree) {
      throw changed(
          NAME,
          present(
              of.query(),
              of.key(),
              of.value(),
              weighing.mask(),
              weighing.drawn(),
              result.y(),
              result.levels(),
              g,
              slopes.query(),
              slopes.key(),
              slopes.value()));
    }
    device.attentionBackward(weighing, of, result, g, slopes);
  }

  @Override
  public Shape drawn(Shape scores) {
    return device.drawn(scores);
  }

  @Override
  public void draw(Storage generator, double dropout, Shape scores, Strided drawn) {
    require(isDrawn(drawn, scores) && isWritable(drawn), NAME, drawn);
    device.draw(generator, dropout, scores, drawn);
  }

  @Override
  public void factors(AttentionForm form, Strided drawn, Strided factors) {
    boolean agree =
        factors.layout().dim() >= 2
            && isDrawn(drawn, factors.shape())
            && (factors.dtype() == DType.FLOAT32 || factors.dtype() == DType.FLOAT64)
            && isDense(factors)
            && isWritable(factors);
    require(agree, NAME, drawn, factors);
    device.factors(form, drawn, factors);
  }

  private boolean weighs(Weighing weighing, Attended of) {
    Strided mask = weighing.mask();
    Strided drawn = weighing.drawn();
    return (mask == null
            || (mask.dtype() == DType.BOOL || mask.dtype() == computed(of))
                && mask.shape().equals(scores(of)))
        && (drawn == null || isDrawn(drawn, scores(of)));
  }

  private boolean isDrawn(Strided drawn, Shape scores) {
    return drawn.dtype() == DType.INT64
        && isDense(drawn)
        && drawn.shape().equals(device.drawn(scores));
  }

  private static Shape scores(Attended of) {
    Shape query = of.query().shape();
    return query.with(query.dim() - 1, of.key().layout().size(-2));
  }

  private static DType computed(Attended of) {
    return Halves.computed(of.query().dtype());
  }

  private static boolean areAttended(Attended of) {
    DType dtype = of.query().dtype();
    Layout query = of.query().layout();
    Layout key = of.key().layout();
    Layout value = of.value().layout();
    int rank = query.dim();
    boolean agree =
        dtype.isFloating()
            && of.key().dtype() == dtype
            && of.value().dtype() == dtype
            && rank >= 2
            && rank <= 2 + MOST_LEADING
            && areRows(of.query(), of.key(), rank)
            && areRows(of.query(), of.value(), rank)
            && query.size(-1) == key.size(-1)
            && key.size(-2) == value.size(-2);
    for (Strided x : new Strided[] {of.query(), of.key(), of.value()}) {
      agree = agree && x.numel() > 0 && x.layout().size(-1) <= MOST_SIZE && hasRows(x);
    }
    return agree;
  }

  /** Whether matrices have as many leading dimensions, of the same sizes. */
  private static boolean areRows(Strided a, Strided b, int rank) {
    boolean agree = a.layout().dim() == rank && b.layout().dim() == rank;
    for (int dim = 0; agree && dim < rank - 2; dim++) {
      agree = a.layout().size(dim) == b.layout().size(dim);
    }
    return agree;
  }

  private static boolean isOf(Attended of, Result result) {
    int rank = of.query().layout().dim();
    Layout y = result.y().layout();
    Layout levels = result.levels().layout();
    DType computed = computed(of);
    boolean agree =
        result.y().dtype() == computed
            && areRows(of.query(), result.y(), rank)
            && y.size(-2) == of.query().layout().size(-2)
            && y.size(-1) == of.value().layout().size(-1)
            && hasRows(result.y())
            && result.levels().dtype() == computed
            && levels.dim() == rank - 1
            && isDense(result.levels());
    for (int dim = 0; agree && dim < rank - 1; dim++) {
      agree = levels.size(dim) == y.size(dim);
    }
    return agree;
  }

  private static boolean hasRows(Strided x) {
    return x.layout().stride(-1) == 1 || x.layout().size(-1) == 1;
  }

  private static boolean isSlope(@Nullable Strided slope, Strided of) {
    return slope == null || areAlike(slope, of) && isResult(slope);
  }

  private static boolean isResult(Strided y) {
    return hasRows(y) && y.layout().isGapless() && isWritable(y);
  }
}
