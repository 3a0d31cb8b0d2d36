package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code y = x W^T + b}: inputs (…, in), outputs (…, out). The weight (out, in) and the bias (out)
 * are first drawn uniformly from ±{@code 1 / sqrt(in)}, the weight first.
 */
public final class Linear extends Module {
  private final long inFeatures;
  private final long outFeatures;
  private final Parameter weight;
  private final @Nullable Parameter bias;

  /** Makes a layer with a bias. */
  public Linear(long inFeatures, long outFeatures) {
    this(inFeatures, outFeatures, Bias.LEARNED);
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if a number of features is negative
   */
  public Linear(long inFeatures, long outFeatures, Bias bias) {
    given("Linear", "bias", bias);
    if (inFeatures < 0 || outFeatures < 0) {
      throw new IllegalArgumentException(
          "Linear: " + inFeatures + " input and " + outFeatures + " output features");
    }
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = registerParameter("weight", Tensor.empty(outFeatures, inFeatures));
    this.bias = bias == Bias.NONE ? null : registerParameter("bias", Tensor.empty(outFeatures));
    Init.defaults_(weight);
    if (this.bias != null) {
      Init.defaultBias_(this.bias, weight);
    }
  }

  /** Returns the weight (out, in). */
  public Parameter weight() {
    return weight;
  }

  /** Returns the bias (out), if there is one. */
  public Optional<Parameter> bias() {
    return Optional.ofNullable(bias);
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.linear(x, weight, bias);
  }

  @Override
  protected String extraRepr() {
    return "in_features="
        + inFeatures
        + ", out_features="
        + outFeatures
        + ", bias="
        + (bias == null ? "False" : "True");
  }
}
