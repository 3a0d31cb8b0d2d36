package dev.chagres.nn;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.check.PythonNumber;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Gives sequences, images or volumes another size: see {@link Functional#interpolate}. */
public final class Upsample extends Module {
  private final Options options;

  /** What a new element is made of. */
  public enum Mode {
    /** The nearest old one before it. */
    NEAREST,
    /** The nearest old one to its middle. */
    NEAREST_EXACT,
    /** The two around it, of sequences. */
    LINEAR,
    /** The four around it, of images. */
    BILINEAR,
    /** The eight around it, of volumes. */
    TRILINEAR,
    /** The sixteen around it, of images, by cubic polynomials. */
    BICUBIC,
    /** The mean of all that it covers. */
    AREA
  }

  /** What else may be asked for. */
  public enum Variant {
    /**
     * A new element is made of all that it covers, where there are fewer than old ones, bilinear or
     * bicubic; bicubic weights are Pillow's then.
     */
    ANTIALIAS,
    /** Steps are made of the sizes, also where factors are given. */
    RECOMPUTE_SCALE_FACTOR
  }

  /** What lies over what. */
  public enum Corners {
    /** The edges of the outermost elements. */
    EDGES,
    /** The middles of the outermost elements. */
    ALIGNED
  }

  /**
   * The new size, and how it is come by.
   *
   * @param sizes the new sizes, one for each dimension or one for all; empty for factors
   * @param factors of the old sizes, one for each dimension or one for all; empty for sizes
   * @param mode what a new element is made of
   * @param corners what lies over what
   * @param variants what else is asked for
   */
  public record Options(
      List<Long> sizes, List<Double> factors, Mode mode, Corners corners, Set<Variant> variants) {
    /** Checks the numbers. */
    public Options {
      sizes = List.copyOf(each("Upsample", "a size", given("Upsample", "sizes", sizes)));
      factors = List.copyOf(each("Upsample", "a factor", given("Upsample", "factors", factors)));
      given("Upsample", "mode", mode);
      given("Upsample", "corners", corners);
      Set<Variant> all = EnumSet.noneOf(Variant.class);
      all.addAll(each("Upsample", "a variant", given("Upsample", "variants", variants)));
      variants = Collections.unmodifiableSet(all);
      if (!sizes.isEmpty() && all.contains(Variant.RECOMPUTE_SCALE_FACTOR)) {
        throw new IllegalArgumentException(
            "Upsample: sizes are given, and no factors to recompute");
      }
      if (sizes.isEmpty() == factors.isEmpty()) {
        throw new IllegalArgumentException("Upsample: needs either sizes or factors");
      }
      for (long size : sizes) {
        if (size < 1) {
          throw new IllegalArgumentException("Upsample: the size " + size + " is less than 1");
        }
      }
      for (double factor : factors) {
        if (!(factor > 0 && Double.isFinite(factor))) {
          throw new IllegalArgumentException("Upsample: the factor " + factor + " is not positive");
        }
      }
    }

    /** Returns these options with another mode. */
    public Options mode(Mode mode) {
      return new Options(sizes, factors, mode, corners, variants);
    }

    /** Returns these options with the middles of the outermost elements on each other. */
    public Options alignCorners() {
      return new Options(sizes, factors, mode, Corners.ALIGNED, variants);
    }

    /** Returns these options where a new element is made of all that it covers. */
    public Options antialias() {
      return with(Variant.ANTIALIAS);
    }

    /** Returns these options where steps are made of the sizes, which factors gave. */
    public Options recomputeScaleFactor() {
      return with(Variant.RECOMPUTE_SCALE_FACTOR);
    }

    private Options with(Variant variant) {
      Set<Variant> more = EnumSet.of(variant);
      more.addAll(variants);
      return new Options(sizes, factors, mode, corners, more);
    }
  }

  /** Returns options for these sizes, of the nearest elements. */
  public static Options to(long... sizes) {
    List<Long> all = Arrays.stream(given("Upsample", "sizes", sizes)).boxed().toList();
    return new Options(all, List.of(), Mode.NEAREST, Corners.EDGES, Set.of());
  }

  /** Returns options for so many times the sizes, rounded down, of the nearest elements. */
  public static Options by(double... factors) {
    List<Double> all = Arrays.stream(given("Upsample", "factors", factors)).boxed().toList();
    return new Options(List.of(), all, Mode.NEAREST, Corners.EDGES, Set.of());
  }

  /** Makes the layer. */
  public Upsample(Options options) {
    this.options = given("Upsample", "options", options);
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.interpolate(x, options);
  }

  @Override
  protected String extraRepr() {
    String what =
        options.sizes.isEmpty()
            ? "scale_factor=" + text(options.factors.stream().map(PythonNumber::text).toList())
            : "size=" + text(options.sizes.stream().map(size -> "" + size).toList());
    String mode = options.mode.name().toLowerCase(Locale.ROOT).replace('_', '-');
    return what + ", mode='" + mode + "'";
  }

  private static String text(List<String> numbers) {
    return numbers.size() == 1
        ? numbers.getFirst()
        : numbers.stream().collect(Collectors.joining(", ", "(", ")"));
  }
}
