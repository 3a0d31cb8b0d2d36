package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What a linear layer does, {@code x W^T + b}, for functions that do more than that.
 *
 * @param weight (out, in)
 * @param bias (out), or null for none
 */
public record Affine(Tensor weight, @Nullable Tensor bias) {
  /** Checks that there is a weight. */
  public Affine {
    given("Affine", "weight", weight);
  }
}
