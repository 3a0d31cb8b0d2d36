package dev.chagres.nn;

import dev.chagres.core.Triple;

/**
 * The greatest elements of windows of volumes (n, c, d, h, w) or (c, d, h, w), whose places are
 * drawn anew in each call so that the result has the wanted size. The options are those of a {@link
 * FractionalMaxPool2d}.
 */
public final class FractionalMaxPool3d extends FractionalPool {
  /** Returns options for results of these sizes, one for each dimension or one for all. */
  public static FractionalMaxPool2d.Options to(long... sizes) {
    return FractionalMaxPool2d.to(sizes);
  }

  /** Returns options for results of so many times the input's sizes, rounded down. */
  public static FractionalMaxPool2d.Options by(double... ratios) {
    return FractionalMaxPool2d.by(ratios);
  }

  /** Makes a layer with cubes as windows. */
  public FractionalMaxPool3d(long kernel, FractionalMaxPool2d.Options options) {
    this(Triple.of(kernel), options);
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if the kernel is empty
   */
  public FractionalMaxPool3d(Triple kernel, FractionalMaxPool2d.Options options) {
    super(Tuples.of("FractionalMaxPool3d", "the kernel", kernel), options);
  }
}
