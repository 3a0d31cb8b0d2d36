package dev.chagres.backend;

import static dev.chagres.backend.Operands.areAlike;
import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isHalf;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.require;

import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.primitive.AttentionForm;

/** Attention, with operands that are looked at before. */
record CheckedAttention(AttentionKernels device) implements AttentionKernels {
  @Override
  public void attention(AttentionForm form, Attended of, Result result) {
    boolean agree =
        areAttended(of) && isOf(of, result) && isResult(result.y()) && isWritable(result.levels());
    require(agree, "attention", of.query(), of.key(), of.value(), result.y(), result.levels());
    device.attention(form, of, result);
  }

  @Override
  public void attentionBackward(
      AttentionForm form, Attended of, Result result, Strided g, Attended gradients) {
    boolean agree =
        areAttended(of)
            && isOf(of, result)
            && g.dtype() == of.query().dtype()
            && g.shape().equals(result.y().shape())
            && hasRows(g)
            && areAlike(gradients.query(), of.query())
            && areAlike(gradients.key(), of.key())
            && areAlike(gradients.value(), of.value())
            && isResult(gradients.query())
            && isResult(gradients.key())
            && isResult(gradients.value());
    require(
        agree,
        "attention",
        of.query(),
        of.key(),
        of.value(),
        result.y(),
        result.levels(),
        g,
        gradients.query(),
        gradients.key(),
        gradients.value());
    device.attentionBackward(form, of, result, g, gradients);
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
    DType computed = isHalf(of.query().dtype()) ? DType.FLOAT32 : of.query().dtype();
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

  private static boolean isResult(Strided y) {
    return hasRows(y) && y.layout().isGapless() && isWritable(y);
  }
}
