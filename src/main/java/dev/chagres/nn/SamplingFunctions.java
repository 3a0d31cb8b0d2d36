package dev.chagres.nn;

import static dev.chagres.check.Given.given;
import static dev.chagres.check.Named.named;

import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** The functions of {@link Functional} that normalize samples, and read at places and rows. */
abstract sealed class SamplingFunctions extends WindowFunctions permits ImageFunctions {
  SamplingFunctions() {}

  // ---- normalization

  /** Returns x (n, c, …) with each channel of each sample brought to mean 0 and variance 1. */
  public static Tensor instanceNorm(Tensor x) {
    return instanceNorm(x, BatchStatistics.ofBatch(), null, null, 1e-5);
  }

  /**
   * Returns x (n, c, …) with each channel of each sample less its mean and divided by the root of
   * its variance plus {@code eps}, then multiplied by a weight (c) and added to a bias (c), either
   * of which may be null. The statistics say which means and variances these are; running ones move
   * towards the mean of the samples'.
   *
   * @throws IllegalArgumentException if the samples' statistics are asked for and a channel has one
   *     value, or if sizes do not fit
   */
  public static Tensor instanceNorm(
      Tensor x,
      BatchStatistics statistics,
      @Nullable Tensor weight,
      @Nullable Tensor bias,
      double eps) {
    given("instanceNorm", "input", x);
    given("instanceNorm", "statistics", statistics);
    return named("instanceNorm", () -> Norms.instance(x, statistics, weight, bias, eps));
  }

  /** Returns {@link #localResponseNorm(Tensor, long, double, double, double)} with the defaults. */
  public static Tensor localResponseNorm(Tensor x, long size) {
    return localResponseNorm(x, size, 1e-4, 0.75, 1);
  }

  /**
   * Returns x (n, c, …) divided by {@code (k + alpha m)^beta}, where m is the mean square of so
   * many neighbouring channels, of which those beyond the first and the last count as 0.
   */
  public static Tensor localResponseNorm(Tensor x, long size, double alpha, double beta, double k) {
    return named(
        "localResponseNorm",
        () -> Norms.local(given("localResponseNorm", "input", x), size, alpha, beta, k));
  }

  // ---- places

  /** Returns images or volumes read at places, as {@link GridSample#options} say. */
  public static Tensor gridSample(Tensor x, Tensor grid) {
    return gridSample(x, grid, GridSample.options());
  }

  /**
   * Returns images (n, c, h, w) read at places (n, h', w', 2), which are pairs of a column and a
   * row from -1 to 1, as (n, c, h', w'); or volumes (n, c, d, h, w) at places (n, d', h', w', 3).
   *
   * @throws IllegalArgumentException if shapes, dtypes and mode do not fit
   */
  public static Tensor gridSample(Tensor x, Tensor grid, GridSample.Options options) {
    return named("gridSample", () -> GridSampling.sample(x, grid, options));
  }

  /**
   * Returns the places (n, h, w, 2) that matrices (n, 2, 3) make of those of an image's pixels, or
   * (n, d, h, w, 3) that matrices (n, 3, 4) make of a volume's; the size is (n, c, h, w) or (n, c,
   * d, h, w).
   *
   * @throws IllegalArgumentException if the matrices do not fit the size
   */
  public static Tensor affineGrid(Tensor theta, Shape size, Upsample.Corners corners) {
    return named("affineGrid", () -> GridSampling.affine(theta, size, corners));
  }

  // ---- rows

  /** Returns the means of the rows of a weight (count, dim) that row numbers (bags, n) name. */
  public static Tensor embeddingBag(Tensor input, Tensor weight) {
    return embeddingBag(input, weight, null, null, EmbeddingBag.options());
  }

  /**
   * Returns the sums, means or maxima (bags, dim) of the rows of a weight (count, dim) that row
   * numbers name: (bags, n), or a vector with the offsets at which bags begin. Sums may have a
   * weight for each row number.
   *
   * @throws IndexOutOfBoundsException if a number is no row; on a GPU when the program next waits
   *     for it
   */
  public static Tensor embeddingBag(
      Tensor input,
      Tensor weight,
      @Nullable Tensor offsets,
      @Nullable Tensor perSampleWeights,
      EmbeddingBag.Options options) {
    return named(
        "embeddingBag",
        () -> EmbeddingBags.reduced(input, weight, offsets, perSampleWeights, options));
  }

  // ---- products

  /**
   * Returns {@code sum_ij x_i w_oij y_j} (…, out) of inputs (…, in1) and (…, in2) and a weight
   * (out, in1, in2), plus a bias (out) or null.
   */
  public static Tensor bilinear(
      Tensor input1, Tensor input2, Tensor weight, @Nullable Tensor bias) {
    return named("bilinear", () -> Bilinear.of(input1, input2, weight, bias));
  }
}
