package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.check.PythonNumber;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Layer normalization (Ba, Kiros and Hinton, 2016): the last dimensions of an input, whose sizes
 * are given, are brought to mean 0 and variance 1 together, then multiplied by a weight, at first
 * 1, and added to a bias, at first 0.
 */
public final class LayerNorm extends Module {
  private final Shape normalized;
  private final Options options;
  private final @Nullable Parameter weight;
  private final @Nullable Parameter bias;

  /** What is learned. */
  public enum Affine {
    /** A weight and a bias. */
    LEARNED,
    /** A weight alone. */
    WITHOUT_BIAS,
    /** Nothing. */
    NONE
  }

  /**
   * What may differ from PyTorch's defaults.
   *
   * @param eps what is added to the variance, 1e-5
   * @param affine what is learned
   */
  public record Options(double eps, Affine affine) {
    /** Checks them. */
    public Options {
      given("LayerNorm", "affine", affine);
    }

    /** Returns these options with another number to add to the variance. */
    public Options eps(double eps) {
      return new Options(eps, affine);
    }

    /** Returns these options with other things learned. */
    public Options affine(Affine affine) {
      return new Options(eps, affine);
    }
  }

  /** Returns PyTorch's defaults. */
  public static Options options() {
    return new Options(1e-5, Affine.LEARNED);
  }

  /** Makes a layer for inputs whose last dimensions have these sizes. */
  public LayerNorm(long... normalizedShape) {
    this(shape("LayerNorm", normalizedShape), options());
  }

  static Shape shape(String name, long... normalizedShape) {
    given(name, "normalizedShape", normalizedShape);
    try {
      return Shape.of(normalizedShape);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
    }
  }

  /** Makes a layer for inputs whose last dimension has this size, with other options. */
  public LayerNorm(long size, Options options) {
    this(shape("LayerNorm", size), options);
  }

  /**
   * Makes a layer with other options.
   *
   * @throws IllegalArgumentException if the shape has no dimension
   */
  public LayerNorm(Shape normalizedShape, Options options) {
    this.normalized = given("LayerNorm", "normalizedShape", normalizedShape);
    this.options = given("LayerNorm", "options", options);
    if (normalized.dim() == 0) {
      throw new IllegalArgumentException("LayerNorm: there is no dimension to normalize");
    }
    long[] sizes = normalized.toArray();
    Affine affine = options.affine();
    weight = affine == Affine.NONE ? null : registerParameter("weight", Tensor.ones(sizes));
    bias = affine == Affine.LEARNED ? registerParameter("bias", Tensor.zeros(sizes)) : null;
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
    return Functional.layerNorm(x, normalized, weight, bias, options.eps());
  }

  @Override
  protected String extraRepr() {
    String sizes = normalized.toString();
    return sizes
        + ", eps="
        + PythonNumber.text(options.eps())
        + ", elementwise_affine="
        + (weight == null ? "False" : "True")
        + ", bias="
        + (bias == null ? "False" : "True");
  }
}
