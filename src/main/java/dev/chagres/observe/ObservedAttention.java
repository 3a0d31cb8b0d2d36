package dev.chagres.observe;

import dev.chagres.backend.AttentionKernels;
import dev.chagres.backend.Strided;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.primitive.AttentionForm;

/** Attention, every one of which an observer is shown. */
record ObservedAttention(AttentionKernels device, Observer observer) implements AttentionKernels {

  @Override
  public void attention(Weighing weighing, Attended of, Result result) {
    observer.kernel(
        () -> device.attention(weighing, of, result),
        () ->
            work("attention", of)
                .touches(weighing.mask(), weighing.drawn(), result.y(), result.levels())
                .multiplies(scores(weighing.form(), of) * (size(of.query()) + size(of.value()))));
  }

  @Override
  public void attentionBackward(
      Weighing weighing, Attended of, Result result, Strided g, Slopes slopes) {
    observer.kernel(
        () -> device.attentionBackward(weighing, of, result, g, slopes),
        () ->
            work("attentionBackward", of)
                .touches(weighing.mask(), weighing.drawn(), result.y(), result.levels(), g)
                .touches(slopes.query(), slopes.key(), slopes.value())
                .multiplies(scores(weighing.form(), of) * products(of, slopes)));
  }

  /** Returns how many products there are of a score, of those of both and of each gradient. */
  private static long products(Attended of, Slopes slopes) {
    long ofScore = size(of.query());
    long ofValue = size(of.value());
    return ofScore
        + ofValue
        + (slopes.query() == null ? 0 : ofScore)
        + (slopes.key() == null ? 0 : ofScore)
        + (slopes.value() == null ? 0 : ofValue);
  }

  @Override
  public Shape drawn(Shape scores) {
    return device.drawn(scores);
  }

  @Override
  public void draw(Storage generator, double dropout, Shape scores, Strided drawn) {
    observer.kernel(
        () -> device.draw(generator, dropout, scores, drawn),
        () -> Work.of("attentionDraw", drawn).touches(drawn));
  }

  @Override
  public void factors(AttentionForm form, Strided drawn, Strided factors) {
    observer.kernel(
        () -> device.factors(form, drawn, factors),
        () -> Work.of("attentionFactors", factors).touches(drawn, factors));
  }

  private static Work work(String kernel, Attended of) {
    return Work.of(kernel, of.query()).touches(of.query(), of.key(), of.value());
  }

  private static long size(Strided x) {
    return x.layout().size(-1);
  }

  /** How many scores there are, of a causal form about those that are seen. */
  private static long scores(AttentionForm form, Attended of) {
    long rows = of.query().numel() / Math.max(1, size(of.query()));
    long keys = of.key().layout().size(-2);
    long own = of.query().layout().size(-2);
    double seen = own <= keys ? own / 2.0 : keys - keys * (double) keys / (2.0 * own);
    return form.causal() ? Math.round(rows * seen) : rows * keys;
  }
}
