package dev.chagres.nn;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The greatest elements of windows of images (n, c, h, w) or (c, h, w), whose places are drawn anew
 * in each call so that the result has the wanted size (Graham, 2014): each two windows are as far
 * apart as the sizes say, rounded down here and up there.
 */
public final class FractionalMaxPool2d extends FractionalPool {
  /**
   * The size of the result, and what decides where windows are; also of a {@link
   * FractionalMaxPool3d}.
   *
   * @param sizes of the result, one for each dimension or one for all; empty for ratios
   * @param ratios of the result's sizes to the input's, one for each dimension or one for all;
   *     empty for sizes
   * @param randomSamples numbers in [0, 1) of the input's dtype (n, c, dimensions), in PyTorch's
   *     order: of images that of the columns first, of volumes that of the depth; null to draw them
   */
  public record Options(List<Long> sizes, List<Double> ratios, @Nullable Tensor randomSamples) {
    /** Checks the numbers. */
    public Options {
      String name = "FractionalMaxPool";
      sizes = List.copyOf(each(name, "a size", given(name, "sizes", sizes)));
      ratios = List.copyOf(each(name, "a ratio", given(name, "ratios", ratios)));
      if (sizes.isEmpty() == ratios.isEmpty()) {
        throw new IllegalArgumentException(name + ": needs either sizes or ratios");
      }
      for (long size : sizes) {
        if (size < 1) {
          throw new IllegalArgumentException(name + ": the size " + size + " is less than 1");
        }
      }
      for (double ratio : ratios) {
        if (!(ratio > 0 && ratio <= 1)) {
          throw new IllegalArgumentException(
              name + ": the ratio " + ratio + " is not between 0 and 1");
        }
      }
    }

    /** Returns these options with numbers that decide where windows are. */
    public Options randomSamples(Tensor randomSamples) {
      given("FractionalMaxPool", "randomSamples", randomSamples);
      return new Options(sizes, ratios, randomSamples);
    }
  }

  /** Returns options for results of these sizes, one for each dimension or one for all. */
  public static Options to(long... sizes) {
    List<Long> all = Arrays.stream(given("FractionalMaxPool", "sizes", sizes)).boxed().toList();
    return new Options(all, List.of(), null);
  }

  /** Returns options for results of so many times the input's sizes, rounded down. */
  public static Options by(double... ratios) {
    List<Double> all = Arrays.stream(given("FractionalMaxPool", "ratios", ratios)).boxed().toList();
    return new Options(List.of(), all, null);
  }

  /** Makes a layer with square windows. */
  public FractionalMaxPool2d(long kernel, Options options) {
    this(Pair.of(kernel), options);
  }

  /**
   * Makes a layer.
   *
   * @throws IllegalArgumentException if the kernel is empty
   */
  public FractionalMaxPool2d(Pair kernel, Options options) {
    super(Tuples.of("FractionalMaxPool2d", "the kernel", kernel), options);
  }
}
