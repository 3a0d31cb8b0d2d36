package dev.chagres.primitive;

/**
 * How the losses of a cross entropy count.
 *
 * @param ignoreIndex the target of places that do not count
 * @param total what becomes of the losses
 */
public record CrossEntropyForm(long ignoreIndex, Total total) {

  /** What becomes of the losses. */
  public enum Total {
    /** They stay. */
    EACH,
    /** Their sum. */
    SUM,
    /** Their sum, divided by that of the weights of the places' classes. */
    MEAN
  }
}
