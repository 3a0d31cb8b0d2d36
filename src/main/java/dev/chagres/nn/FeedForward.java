package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Activation;
import dev.chagres.tensor.Tensor;
import java.util.Locale;

/**
 * Two linear layers and an activation between them, as one operation: {@link
 * Functional#feedForward}. Parameters have the names and first values of {@code Sequential(Linear,
 * activation, Linear)}, so that their states fit each other. Hooks are this module's; those of its
 * layers are not run.
 */
public final class FeedForward extends Module {
  private final Linear first;
  private final Activation activation;
  private final Linear second;

  /**
   * Makes a block of inputs (…, inFeatures) and outputs (…, outFeatures).
   *
   * @throws IllegalArgumentException if a number of features is negative
   */
  public FeedForward(
      long inFeatures, long hiddenFeatures, long outFeatures, Activation activation) {
    this.activation = given("FeedForward", "activation", activation);
    first = register("0", new Linear(inFeatures, hiddenFeatures));
    second = register("2", new Linear(hiddenFeatures, outFeatures));
  }

  /** Returns the layer before the activation. */
  public Linear first() {
    return first;
  }

  /** Returns the layer behind the activation. */
  public Linear second() {
    return second;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.feedForward(x, affine(first), activation, affine(second));
  }

  private static Affine affine(Linear layer) {
    return new Affine(layer.weight(), layer.bias().orElse(null));
  }

  @Override
  protected String extraRepr() {
    return "activation='" + activation.name().toLowerCase(Locale.ROOT) + "'";
  }
}
