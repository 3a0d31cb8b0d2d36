package dev.chagres.nn;

import static dev.chagres.check.Given.given;
import static dev.chagres.check.Named.named;

import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.core.Triple;
import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Located;
import dev.chagres.tensor.Tensor;

/**
 * The functions of {@link Functional} that pool to a wanted size, say where the greatest elements
 * were, or put them there again.
 */
abstract sealed class WindowFunctions extends DroppingFunctions permits SamplingFunctions {
  WindowFunctions() {}

  // ---- means of so many windows

  /** Returns sequences (n, c, length) or (c, length) of the wanted length, of means of windows. */
  public static Tensor adaptiveAvgPool1d(Tensor x, long outputSize) {
    given("adaptiveAvgPool1d", "input", x);
    return named("adaptiveAvgPool1d", () -> AdaptivePooling.one(x, outputSize));
  }

  /** Returns images of so many rows, and so many columns, whose pixels are means of windows. */
  public static Tensor adaptiveAvgPool2d(Tensor x, long outputSize) {
    return adaptiveAvgPool2d(x, Pair.of(outputSize));
  }

  /**
   * Returns images (n, c, h, w) or (c, h, w) of the wanted size, whose pixels are means of windows;
   * {@link AdaptiveAvgPool2d#SAME} leaves a side as it is.
   */
  public static Tensor adaptiveAvgPool2d(Tensor x, Pair outputSize) {
    given("adaptiveAvgPool2d", "input", x);
    return named(
        "adaptiveAvgPool2d",
        () -> AdaptivePooling.two(x, given("adaptiveAvgPool2d", "outputSize", outputSize)));
  }

  /**
   * Returns volumes (n, c, d, h, w) or (c, d, h, w) of the wanted size, of means of windows; {@link
   * AdaptiveAvgPool2d#SAME} leaves a side as it is.
   */
  public static Tensor adaptiveAvgPool3d(Tensor x, Triple outputSize) {
    given("adaptiveAvgPool3d", "input", x);
    return named(
        "adaptiveAvgPool3d",
        () -> AdaptivePooling.three(x, given("adaptiveAvgPool3d", "outputSize", outputSize)));
  }

  // ---- greatest elements of so many windows

  /** Returns sequences of the wanted length, of the greatest elements of windows. */
  public static Tensor adaptiveMaxPool1d(Tensor x, long outputSize) {
    given("adaptiveMaxPool1d", "input", x);
    return named(
        "adaptiveMaxPool1d", () -> AdaptiveMaxima.one("adaptiveMaxPool1d", x, outputSize).values());
  }

  /** Returns the greatest elements and their positions. */
  public static Located adaptiveMaxPool1dWithIndices(Tensor x, long outputSize) {
    given("adaptiveMaxPool1dWithIndices", "input", x);
    return named(
        "adaptiveMaxPool1dWithIndices",
        () -> AdaptiveMaxima.one("adaptiveMaxPool1dWithIndices", x, outputSize));
  }

  /**
   * Returns images of the wanted size, of the greatest elements of windows; {@link
   * AdaptiveAvgPool2d#SAME} leaves a side as it is.
   */
  public static Tensor adaptiveMaxPool2d(Tensor x, Pair outputSize) {
    given("adaptiveMaxPool2d", "input", x);
    given("adaptiveMaxPool2d", "outputSize", outputSize);
    return named(
        "adaptiveMaxPool2d", () -> AdaptiveMaxima.two("adaptiveMaxPool2d", x, outputSize).values());
  }

  /** Returns the greatest elements and their positions in their plane, row by row. */
  public static Located adaptiveMaxPool2dWithIndices(Tensor x, Pair outputSize) {
    given("adaptiveMaxPool2dWithIndices", "input", x);
    given("adaptiveMaxPool2dWithIndices", "outputSize", outputSize);
    return named(
        "adaptiveMaxPool2dWithIndices",
        () -> AdaptiveMaxima.two("adaptiveMaxPool2dWithIndices", x, outputSize));
  }

  /**
   * Returns volumes of the wanted size, of the greatest elements of windows; {@link
   * AdaptiveAvgPool2d#SAME} leaves a side as it is.
   */
  public static Tensor adaptiveMaxPool3d(Tensor x, Triple outputSize) {
    given("adaptiveMaxPool3d", "input", x);
    given("adaptiveMaxPool3d", "outputSize", outputSize);
    return named(
        "adaptiveMaxPool3d",
        () -> AdaptiveMaxima.three("adaptiveMaxPool3d", x, outputSize).values());
  }

  /** Returns the greatest elements and their positions in their volume. */
  public static Located adaptiveMaxPool3dWithIndices(Tensor x, Triple outputSize) {
    given("adaptiveMaxPool3dWithIndices", "input", x);
    given("adaptiveMaxPool3dWithIndices", "outputSize", outputSize);
    return named(
        "adaptiveMaxPool3dWithIndices",
        () -> AdaptiveMaxima.three("adaptiveMaxPool3dWithIndices", x, outputSize));
  }

  // ---- greatest elements of windows at places that are drawn

  /**
   * Returns the greatest elements of windows of images (n, c, h, w) or (c, h, w), whose places are
   * drawn so that the result has the wanted size.
   *
   * @throws IllegalArgumentException if so many windows do not begin at different places
   */
  public static Tensor fractionalMaxPool2d(
      Tensor x, Pair kernel, FractionalMaxPool2d.Options options) {
    return named(
        "fractionalMaxPool2d",
        () ->
            FractionalPooling.maxima(
                    "fractionalMaxPool2d",
                    x,
                    Tuples.of("fractionalMaxPool2d", "kernel", kernel),
                    options)
                .values());
  }

  /** Returns the greatest elements and their positions in their plane, row by row. */
  public static Located fractionalMaxPool2dWithIndices(
      Tensor x, Pair kernel, FractionalMaxPool2d.Options options) {
    return named(
        "fractionalMaxPool2dWithIndices",
        () ->
            FractionalPooling.maxima(
                "fractionalMaxPool2dWithIndices",
                x,
                Tuples.of("fractionalMaxPool2dWithIndices", "kernel", kernel),
                options));
  }

  /**
   * Returns the greatest elements of windows of volumes (n, c, d, h, w) or (c, d, h, w), whose
   * places are drawn so that the result has the wanted size.
   *
   * @throws IllegalArgumentException if so many windows do not begin at different places
   */
  public static Tensor fractionalMaxPool3d(
      Tensor x, Triple kernel, FractionalMaxPool2d.Options options) {
    return named(
        "fractionalMaxPool3d",
        () ->
            FractionalPooling.maxima(
                    "fractionalMaxPool3d",
                    x,
                    Tuples.of("fractionalMaxPool3d", "kernel", kernel),
                    options)
                .values());
  }

  /** Returns the greatest elements and their positions in their volume. */
  public static Located fractionalMaxPool3dWithIndices(
      Tensor x, Triple kernel, FractionalMaxPool2d.Options options) {
    return named(
        "fractionalMaxPool3dWithIndices",
        () ->
            FractionalPooling.maxima(
                "fractionalMaxPool3dWithIndices",
                x,
                Tuples.of("fractionalMaxPool3dWithIndices", "kernel", kernel),
                options));
  }

  // ---- norms of windows

  /** Returns the norm of every window of this width, side by side. */
  public static Tensor lpPool1d(Tensor x, double normType, long kernel) {
    return lpPool1d(x, normType, kernel, kernel, Rounding.FLOOR);
  }

  /**
   * Returns the norm, with this power or an infinite one, of every window of sequences (n, c,
   * length) or (c, length).
   */
  public static Tensor lpPool1d(
      Tensor x, double normType, long kernel, long stride, Rounding rounding) {
    return named(
        "lpPool1d",
        () -> LpPooling.norms(x, normType, Tuples.of(kernel), Tuples.of(stride), rounding));
  }

  /** Returns the norm of every square of this width, side by side. */
  public static Tensor lpPool2d(Tensor x, double normType, long kernel) {
    return lpPool2d(x, normType, Pair.of(kernel), Pair.of(kernel), Rounding.FLOOR);
  }

  /** Returns the norm of every window of images (n, c, h, w) or (c, h, w). */
  public static Tensor lpPool2d(
      Tensor x, double normType, Pair kernel, Pair stride, Rounding rounding) {
    return named(
        "lpPool2d",
        () ->
            LpPooling.norms(
                x,
                normType,
                Tuples.of("lpPool2d", "kernel", kernel),
                Tuples.of("lpPool2d", "stride", stride),
                rounding));
  }

  /** Returns the norm of every cube of this width, side by side. */
  public static Tensor lpPool3d(Tensor x, double normType, long kernel) {
    return lpPool3d(x, normType, Triple.of(kernel), Triple.of(kernel), Rounding.FLOOR);
  }

  /** Returns the norm of every window of volumes (n, c, d, h, w) or (c, d, h, w). */
  public static Tensor lpPool3d(
      Tensor x, double normType, Triple kernel, Triple stride, Rounding rounding) {
    return named(
        "lpPool3d",
        () ->
            LpPooling.norms(
                x,
                normType,
                Tuples.of("lpPool3d", "kernel", kernel),
                Tuples.of("lpPool3d", "stride", stride),
                rounding));
  }

  // ---- where the greatest elements were

  /** Returns the greatest elements of sequences' windows, and their positions. */
  public static Located maxPool1dWithIndices(Tensor x, long kernel, MaxPool1d.Options options) {
    return named(
        "maxPool1dWithIndices", () -> Lines.maxPool1d("maxPool1dWithIndices", x, kernel, options));
  }

  /**
   * Returns the greatest elements of images' windows, and their positions in their plane, row by
   * row; -1 of a window that meets no pixel.
   */
  public static Located maxPool2dWithIndices(Tensor x, Pair kernel, MaxPool2d.Options options) {
    given("maxPool2dWithIndices", "input", x);
    given("maxPool2dWithIndices", "kernel", kernel);
    given("maxPool2dWithIndices", "options", options);
    var found =
        named(
            "maxPool2dWithIndices",
            () -> Primitives.of(x).maxPool2d(x, kernel, options.sliding(), options.rounding()));
    return new Located(found.values(), found.positions());
  }

  /**
   * Returns sequences of a length that are 0 but for x (n, c, windows) or (c, windows), which lies
   * where the positions of the same shape say.
   *
   * @throws IllegalArgumentException if the shapes differ
   * @throws IndexOutOfBoundsException if a position is none of the result; on a GPU when the
   *     program next waits for it
   */
  public static Tensor maxUnpool1d(Tensor x, Tensor indices, long outputSize) {
    return named("maxUnpool1d", () -> Unpooling.unpool("maxUnpool1d", x, indices, outputSize));
  }

  /** Returns the same of images, where positions count row by row. */
  public static Tensor maxUnpool2d(Tensor x, Tensor indices, Pair outputSize) {
    given("maxUnpool2d", "outputSize", outputSize);
    return named(
        "maxUnpool2d",
        () -> Unpooling.unpool("maxUnpool2d", x, indices, outputSize.height(), outputSize.width()));
  }

  /** Returns the same of volumes, where positions count row by row and plane by plane. */
  public static Tensor maxUnpool3d(Tensor x, Tensor indices, Triple outputSize) {
    given("maxUnpool3d", "outputSize", outputSize);
    return named(
        "maxUnpool3d",
        () ->
            Unpooling.unpool(
                "maxUnpool3d",
                x,
                indices,
                outputSize.depth(),
                outputSize.height(),
                outputSize.width()));
  }
}
