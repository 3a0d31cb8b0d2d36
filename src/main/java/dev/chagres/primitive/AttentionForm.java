package dev.chagres.primitive;

/**
 * How the weights of attention are made.
 *
 * @param scale the scores' factor
 * @param causal whether a query sees only the keys up to its own number
 * @param dropout with which probability a weight is set to 0
 */
public record AttentionForm(double scale, boolean causal, double dropout) {
  /** Makes one without dropout. */
  public AttentionForm(double scale, boolean causal) {
    this(scale, causal, 0);
  }

  /** Returns what weights that stay are multiplied by, of float32 or of float64. */
  public double keptFactor(boolean wide) {
    return wide ? 1 / (1 - dropout) : 1 / (float) (1 - dropout);
  }
}
