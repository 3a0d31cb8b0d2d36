package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.check.PythonNumber;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Group normalization (Wu and He, 2018) of inputs (n, c, …): the channels of each sample are
 * divided into groups, each of which is brought to mean 0 and variance 1; then each channel is
 * multiplied by a weight, at first 1, and added to a bias, at first 0.
 */
public final class GroupNorm extends Module {
  private final long groups;
  private final long channels;
  private final LayerNorm.Options options;
  private final @Nullable Parameter weight;
  private final @Nullable Parameter bias;

  /** Returns PyTorch's defaults. */
  public static LayerNorm.Options options() {
    return LayerNorm.options();
  }

  /** Makes a layer of so many groups for so many channels. */
  public GroupNorm(long numGroups, long numChannels) {
    this(numGroups, numChannels, options());
  }

  /**
   * Makes a layer with other options.
   *
   * @throws IllegalArgumentException if the channels do not make so many groups
   */
  public GroupNorm(long numGroups, long numChannels, LayerNorm.Options options) {
    this.groups = numGroups;
    this.channels = numChannels;
    this.options = given("GroupNorm", "options", options);
    if (groups < 1 || channels < 0 || channels % groups != 0) {
      throw new IllegalArgumentException(
          "GroupNorm: " + channels + " channels do not make " + groups + " groups");
    }
    LayerNorm.Affine affine = options.affine();
    weight =
        affine == LayerNorm.Affine.NONE ? null : registerParameter("weight", Tensor.ones(channels));
    bias =
        affine == LayerNorm.Affine.LEARNED
            ? registerParameter("bias", Tensor.zeros(channels))
            : null;
  }

  /** Returns the weight, if there is one. */
  public Optional<Parameter> weight() {
    return Optional.ofNullable(weight);
  }

  /** Returns the bias, if there is one. */
  public Optional<Parameter> bias() {
    return Optional.ofNullable(bias);
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.groupNorm(x, groups, weight, bias, options.eps());
  }

  @Override
  protected String extraRepr() {
    return groups
        + ", "
        + channels
        + ", eps="
        + PythonNumber.text(options.eps())
        + ", affine="
        + (weight == null ? "False" : "True")
        + ", bias="
        + (bias == null ? "False" : "True");
  }
}
