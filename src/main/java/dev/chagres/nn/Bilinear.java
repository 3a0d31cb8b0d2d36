package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is linear in each of two inputs (…, in1) and (…, in2): outputs (…, out), plus a bias. The
 * weight (out, in1, in2) and the bias (out) are first drawn uniformly from ±{@code 1 / sqrt(in1)},
 * the weight first.
 */
public final class Bilinear extends Module {
  private final Parameter weight;
  private final @Nullable Parameter bias;

  /** Makes a layer with a bias. */
  public Bilinear(long in1Features, long in2Features, long outFeatures) {
    this(in1Features, in2Features, outFeatures, Bias.LEARNED);
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if there is no first input, or another size is negative
   */
  public Bilinear(long in1Features, long in2Features, long outFeatures, Bias bias) {
    given("Bilinear", "bias", bias);
    Lines.atLeast("Bilinear", "the size of the first input", 1, in1Features);
    Lines.atLeast("Bilinear", "the size of the second input", 0, in2Features);
    Lines.atLeast("Bilinear", "the size of the output", 0, outFeatures);
    this.weight = registerParameter("weight", Tensor.empty(outFeatures, in1Features, in2Features));
    this.bias = bias == Bias.NONE ? null : registerParameter("bias", Tensor.empty(outFeatures));
    double bound = 1 / Math.sqrt((double) in1Features);
    Init.uniform_(weight, -bound, bound);
    if (this.bias != null) {
      Init.uniform_(this.bias, -bound, bound);
    }
  }

  /** Returns the weight (out, in1, in2). */
  public Parameter weight() {
    return weight;
  }

  /** Returns the bias (out), if there is one. */
  public Optional<Parameter> bias() {
    return Optional.ofNullable(bias);
  }

  @Override
  public Tensor forward(Tensor... inputs) {
    Checks.inputs(this, 2, "two inputs", inputs);
    return Functional.bilinear(inputs[0], inputs[1], weight, bias);
  }

  @Override
  protected String extraRepr() {
    return "in1_features="
        + weight.size(1)
        + ", in2_features="
        + weight.size(2)
        + ", out_features="
        + weight.size(0)
        + ", bias="
        + (bias == null ? "False" : "True");
  }

  // ---- the function

  static Tensor of(Tensor x, Tensor y, Tensor weight, @Nullable Tensor bias) {
    String name = "bilinear";
    given(name, "input1", x);
    given(name, "input2", y);
    given(name, "weight", weight);
    if (x.dim() == 0
        || y.dim() != x.dim()
        || !x.shape().slice(0, x.dim() - 1).equals(y.shape().slice(0, y.dim() - 1))
        || weight.dim() != 3
        || weight.size(1) != x.size(-1)
        || weight.size(2) != y.size(-1)) {
      throw new IllegalArgumentException(
          name
              + ": needs inputs (…, in1) and (…, in2) and a weight (out, in1, in2), not "
              + x.shape()
              + ", "
              + y.shape()
              + " and "
              + weight.shape());
    }
    if (bias != null && (bias.dim() != 1 || bias.size(0) != weight.size(0))) {
      throw new IllegalArgumentException(
          name + ": a bias " + bias.shape() + " for " + weight.size(0) + " outputs");
    }
    Tensor z = Tensor.einsum("...i,oij,...j->...o", List.of(x, weight, y));
    return bias == null ? z : z.add(bias);
  }
}
