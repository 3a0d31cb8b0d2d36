package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.check.PythonNumber;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Root mean square normalization (Zhang and Sennrich, 2019): the last dimensions of an input, whose
 * sizes are given, are divided by the root of their mean square, then multiplied by a weight, at
 * first 1.
 */
public final class RMSNorm extends Module {
  private final Shape normalized;
  private final Options options;
  private final @Nullable Parameter weight;

  /** Whether a weight is learned. */
  public enum Affine {
    /** It is. */
    LEARNED,
    /** There is none. */
    NONE
  }

  /**
   * What may differ from PyTorch's defaults.
   *
   * @param eps what is added to the mean square; null for the distance of 1 to the next greater
   *     number that is computed with
   * @param affine whether a weight is learned
   */
  public record Options(@Nullable Double eps, Affine affine) {
    /** Checks them. */
    public Options {
      given("RMSNorm", "affine", affine);
    }

    /** Returns these options with another number to add to the mean square. */
    public Options eps(@Nullable Double eps) {
      return new Options(eps, affine);
    }

    /** Returns these options with a weight or without. */
    public Options affine(Affine affine) {
      return new Options(eps, affine);
    }
  }

  /** Returns PyTorch's defaults. */
  public static Options options() {
    return new Options(null, Affine.LEARNED);
  }

  /** Makes a layer for inputs whose last dimensions have these sizes. */
  public RMSNorm(long... normalizedShape) {
    this(LayerNorm.shape("RMSNorm", normalizedShape), options());
  }

  /** Makes a layer for inputs whose last dimension has this size, with other options. */
  public RMSNorm(long size, Options options) {
    this(LayerNorm.shape("RMSNorm", size), options);
  }

  /**
   * Makes a layer with other options.
   *
   * @throws IllegalArgumentException if the shape has no dimension
   */
  public RMSNorm(Shape normalizedShape, Options options) {
    this.normalized = given("RMSNorm", "normalizedShape", normalizedShape);
    this.options = given("RMSNorm", "options", options);
    if (normalized.dim() == 0) {
      throw new IllegalArgumentException("RMSNorm: there is no dimension to normalize");
    }
    weight =
        options.affine() == Affine.NONE
            ? null
            : registerParameter("weight", Tensor.ones(normalized.toArray()));
  }

  /** Returns the weight, if there is one. */
  public Optional<Parameter> weight() {
    return Optional.ofNullable(weight);
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.rmsNorm(x, normalized, weight, options.eps());
  }

  @Override
  protected String extraRepr() {
    Double eps = options.eps();
    return normalized
        + ", eps="
        + (eps == null ? "None" : PythonNumber.text(eps))
        + ", elementwise_affine="
        + (weight == null ? "False" : "True");
  }
}
