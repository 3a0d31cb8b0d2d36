package dev.chagres.nn;

import static dev.chagres.check.Named.named;

import dev.chagres.core.Pair;
import dev.chagres.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** The functions of {@link Functional} about images and sequences that are composed. */
abstract sealed class ImageFunctions extends SamplingFunctions permits LossFunctions {
  ImageFunctions() {}

  // ---- convolutions

  /** Returns the cross-correlation of sequences and kernels, with steps of 1 and no padding. */
  public static Tensor conv1d(Tensor x, Tensor weight) {
    return conv1d(x, weight, null, Conv1d.options());
  }

  /**
   * Returns the cross-correlation of sequences (n, in, length) or (in, length) with kernels (out,
   * in / groups, k), plus a bias (out) or null. The options' own bias does not matter here.
   */
  public static Tensor conv1d(
      Tensor x, Tensor weight, @Nullable Tensor bias, Conv1d.Options options) {
    return named("conv1d", () -> Lines.conv1d(x, weight, bias, options));
  }

  /** Returns the transposed convolution, with steps of 1 and no padding. */
  public static Tensor convTranspose1d(Tensor x, Tensor weight) {
    return convTranspose1d(x, weight, null, ConvTranspose1d.options());
  }

  /**
   * Returns sequences whose cross-correlation with kernels (in, out / groups, k) would have the
   * shape of x (n, in, length) or (in, length), of which they are the gradient, plus a bias (out)
   * or null. The options' own bias does not matter here.
   */
  public static Tensor convTranspose1d(
      Tensor x, Tensor weight, @Nullable Tensor bias, ConvTranspose1d.Options options) {
    return named("convTranspose1d", () -> Lines.convTranspose1d(x, weight, bias, options));
  }

  /** Returns the transposed convolution, with steps of 1 and no padding. */
  public static Tensor convTranspose2d(Tensor x, Tensor weight) {
    return convTranspose2d(x, weight, null, ConvTranspose2d.options());
  }

  /**
   * Returns images whose cross-correlation with kernels (in, out / groups, kh, kw) would have the
   * shape of x (n, in, h, w) or (in, h, w), of which they are the gradient, plus a bias (out) or
   * null. The options' own bias does not matter here.
   *
   * @throws IllegalArgumentException if shapes or dtypes do not fit, or the output's padding is
   *     neither below the stride nor below the dilation
   */
  public static Tensor convTranspose2d(
      Tensor x, Tensor weight, @Nullable Tensor bias, ConvTranspose2d.Options options) {
    return named("convTranspose2d", () -> TransposedConvolution.two(x, weight, bias, options));
  }

  // ---- pooling

  /** Returns the greatest element of every window of this width, side by side. */
  public static Tensor maxPool1d(Tensor x, long kernel) {
    return maxPool1d(x, kernel, MaxPool1d.options(kernel));
  }

  /** Returns the greatest element of every window of sequences (n, c, length) or (c, length). */
  public static Tensor maxPool1d(Tensor x, long kernel, MaxPool1d.Options options) {
    return named("maxPool1d", () -> Lines.maxPool1d("maxPool1d", x, kernel, options).values());
  }

  /** Returns the mean of every window of this width, side by side. */
  public static Tensor avgPool1d(Tensor x, long kernel) {
    return avgPool1d(x, kernel, AvgPool1d.options(kernel));
  }

  /** Returns the mean of every window of sequences (n, c, length) or (c, length). */
  public static Tensor avgPool1d(Tensor x, long kernel, AvgPool1d.Options options) {
    return named("avgPool1d", () -> Lines.avgPool1d(x, kernel, options));
  }

  // ---- sizes

  /** Returns x with zeros added: before and behind the last dimension, then the one before … */
  public static Tensor pad(Tensor x, long... pad) {
    return pad(x, pad, 0);
  }

  /**
   * Returns x with a value added: so many times before and behind the last dimension, then the one
   * before it, and so on. A negative number takes away.
   *
   * @throws IllegalArgumentException if the numbers are not in pairs, are more than two for each
   *     dimension, or take away more than there is
   */
  public static Tensor pad(Tensor x, long[] pad, Number value) {
    return named("pad", () -> Padding.constant(x, pad, value));
  }

  /**
   * Returns sequences, images or volumes, with a batch or without, with a border that is made of
   * what they hold: {@code pad} has two numbers for each dimension but the batch and the channels,
   * from the last on. A negative number takes away.
   *
   * @throws IllegalArgumentException if the numbers do not fit the dimensions, or the border is
   *     wider than what it is made of
   */
  public static Tensor pad(Tensor x, long[] pad, PadMode mode) {
    return named("pad", () -> Padding.pad(x, pad, mode));
  }

  /**
   * Returns sequences (n, c, length), images (n, c, h, w) or volumes (n, c, d, h, w) of another
   * size, as {@link Upsample#to} or {@link Upsample#by} say.
   *
   * @throws IllegalArgumentException if sizes, mode and dimensions do not fit
   */
  public static Tensor interpolate(Tensor x, Upsample.Options options) {
    return named("interpolate", () -> Interpolation.interpolate(x, options));
  }

  /**
   * Returns images (…, c, r h, r w) of (…, c r r, h, w): each pixel's r r channels become a square.
   *
   * @throws IllegalArgumentException if the channels do not divide so
   */
  public static Tensor pixelShuffle(Tensor x, long upscaleFactor) {
    return named("pixelShuffle", () -> Rearrangement.pixelShuffle(x, upscaleFactor));
  }

  /**
   * Returns images (…, c r r, h, w) of (…, c, r h, r w): each square becomes channels of a pixel.
   *
   * @throws IllegalArgumentException if height and width do not divide so
   */
  public static Tensor pixelUnshuffle(Tensor x, long downscaleFactor) {
    return named("pixelUnshuffle", () -> Rearrangement.pixelUnshuffle(x, downscaleFactor));
  }

  /**
   * Returns x (n, c, …) with its channels dealt out: the first of each group, then the second …
   *
   * @throws IllegalArgumentException if the groups do not divide the channels
   */
  public static Tensor channelShuffle(Tensor x, long groups) {
    return named("channelShuffle", () -> Rearrangement.channelShuffle(x, groups));
  }

  /**
   * Returns the windows of images side by side, as {@link #unfold(Tensor, Pair, Unfold.Options)}.
   */
  public static Tensor unfold(Tensor x, long kernel) {
    return unfold(x, Pair.of(kernel), Unfold.options());
  }

  /**
   * Returns the windows of images (n, c, h, w) or (c, h, w) as columns (n, c kh kw, windows).
   *
   * @throws IllegalArgumentException if there is no window
   */
  public static Tensor unfold(Tensor x, Pair kernel, Unfold.Options options) {
    return named("unfold", () -> Rearrangement.unfold(x, kernel, options));
  }

  /**
   * Returns images (n, c, h, w) or (c, h, w) of this size whose pixels are the sums of all that
   * windows, given as columns (n, c kh kw, windows) or (c kh kw, windows), have for them.
   *
   * @throws IllegalArgumentException if there are more or fewer windows in images of this size
   */
  public static Tensor fold(Tensor x, Pair outputSize, Pair kernel, Unfold.Options options) {
    return named("fold", () -> Rearrangement.fold(x, outputSize, kernel, options));
  }
}
