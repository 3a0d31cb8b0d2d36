package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.nn.Upsample.Corners;
import dev.chagres.nn.Upsample.Mode;
import dev.chagres.nn.Upsample.Variant;
import dev.chagres.primitive.Halves;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Other sizes, one dimension after the other: every mode is a product of what it is along one. */
final class Interpolation {
  private static final String NAME = "interpolate";

  // Keys, 1981, with the a of PyTorch
  private static final double A = -0.75;

  private final Mode mode;
  private final Corners corners;
  private final DType dtype;

  private Interpolation(Mode mode, Corners corners, DType dtype) {
    this.mode = mode;
    this.corners = corners;
    this.dtype = dtype;
  }

  static Tensor interpolate(Tensor x, Upsample.Options options) {
    given(NAME, "input", x);
    Mode mode = given(NAME, "options", options).mode();
    int dims = x.dim() - 2;
    if (dims < 1 || dims > 3) {
      throw new IllegalArgumentException(
          NAME + ": needs (n, c, length), (n, c, h, w) or (n, c, d, h, w), not " + x.shape());
    }
    boolean nearest = mode == Mode.NEAREST || mode == Mode.NEAREST_EXACT;
    boolean antialiased = options.variants().contains(Variant.ANTIALIAS);
    boolean weighed = mode == Mode.BILINEAR || mode == Mode.BICUBIC;
    int wanted =
        switch (mode) {
          case NEAREST, NEAREST_EXACT, AREA -> dims;
          case LINEAR -> 1;
          case BILINEAR, BICUBIC -> 2;
          case TRILINEAR -> 3;
        };
    String word = mode.name().toLowerCase(Locale.ROOT);
    if (dims != wanted) {
      throw new IllegalArgumentException(
          NAME + ": " + word + " is for " + wanted + " dimensions, not for " + x.shape());
    }
    if ((nearest || mode == Mode.AREA) && options.corners() == Corners.ALIGNED) {
      throw new IllegalArgumentException(NAME + ": " + word + " has no corners to align");
    }
    if (antialiased && !weighed) {
      throw new IllegalArgumentException(
          NAME + ": antialiasing is for bilinear and bicubic, not for " + word);
    }
    boolean bytes = x.dtype() == DType.UINT8;
    if (!x.dtype().isFloating() && !(bytes && (nearest || weighed))) {
      throw new IllegalArgumentException(NAME + ": " + word + " is not defined for " + x.dtype());
    }
    for (int dim = 1; dim < x.dim(); dim++) {
      if (x.size(dim) == 0) {
        throw new IllegalArgumentException(
            NAME + ": only the batch of an input " + x.shape() + " may be empty");
      }
    }
    long[] sizes = sizes(x, options, dims);
    DType reckoned = nearest ? DType.FLOAT32 : Halves.computed(x.dtype());
    var way = new Interpolation(mode, options.corners(), reckoned);
    Tensor y = nearest ? x : Checks.widened(x);
    if (antialiased || bytes && weighed) {
      var resampling = new Resampling(reckoned, options);
      for (int i = dims - 1; i >= 0; i--) {
        double step = way.step(x.size(2 + i), sizes[i], factor(options, i));
        y = resampling.along(y, 2 + i, sizes[i], step);
      }
      return y == x ? x.clone() : Images.laid(x, y.to(x.dtype()));
    }
    for (int i = 0; i < dims; i++) {
      y = way.along(y, 2 + i, sizes[i], factor(options, i));
    }
    return y == x ? x.clone() : Images.laid(x, y.to(x.dtype()));
  }

  /** The factor that steps are made of; 0 to make them of the sizes. */
  private static double factor(Upsample.Options options, int i) {
    boolean given =
        !options.factors().isEmpty()
            && !options.variants().contains(Variant.RECOMPUTE_SCALE_FACTOR);
    return given ? at(options.factors(), i) : 0;
  }

  private static <T> T at(List<T> numbers, int i) {
    return numbers.size() == 1 ? numbers.getFirst() : numbers.get(i);
  }

  private static long[] sizes(Tensor x, Upsample.Options options, int dims) {
    int given = Math.max(options.sizes().size(), options.factors().size());
    if (given != 1 && given != dims) {
      throw new IllegalArgumentException(
          NAME + ": " + given + " numbers for the " + dims + " dimensions of " + x.shape());
    }
    long[] sizes = new long[dims];
    Arrays.setAll(
        sizes,
        i ->
            options.factors().isEmpty()
                ? at(options.sizes(), i)
                : (long) Math.floor(x.size(2 + i) * at(options.factors(), i)));
    for (long size : sizes) {
      if (size < 1) {
        throw new IllegalArgumentException(NAME + ": nothing is left of " + x.shape());
      }
    }
    return sizes;
  }

  /** The distance of two new elements, in old ones. */
  private double step(long old, long size, double factor) {
    double step = factor > 0 ? 1 / factor : (double) old / size;
    if (corners == Corners.ALIGNED) {
      step = size > 1 ? (double) (old - 1) / (size - 1) : 0;
    }
    return dtype == DType.FLOAT32 ? (float) step : step;
  }

  private Tensor along(Tensor x, int dim, long size, double factor) {
    double rounded = step(x.size(dim), size, factor);
    Tensor places = Tensor.arange(x.device(), size).to(dtype);
    return switch (mode) {
      case NEAREST -> at(x, dim, places.mul(rounded));
      case NEAREST_EXACT -> at(x, dim, places.add(0.5).mul(rounded));
      // As in PyTorch on the CPU, whatever the factor was that has left the size as it is.
      case LINEAR, BILINEAR, TRILINEAR ->
          x.size(dim) == size ? x : between(x, dim, sources(places, rounded).clampMin(0));
      case BICUBIC -> cubic(x, dim, sources(places, rounded));
      case AREA -> AdaptivePooling.along(x, dim - x.dim(), size);
    };
  }

  private Tensor sources(Tensor places, double step) {
    return corners == Corners.ALIGNED ? places.mul(step) : places.add(0.5).mul(step).sub(0.5);
  }

  private static Tensor at(Tensor x, int dim, Tensor places) {
    return x.indexSelect(dim, places.floor().toLong().clamp(0, x.size(dim) - 1));
  }

  private static Tensor between(Tensor x, int dim, Tensor places) {
    Tensor first = places.floor();
    Tensor part = behind(places.sub(first), x, dim);
    return at(x, dim, first).mul(part.rsub(1)).add(at(x, dim, first.add(1)).mul(part));
  }

  private static Tensor cubic(Tensor x, int dim, Tensor places) {
    Tensor first = places.floor();
    Tensor part = places.sub(first);
    Tensor rest = part.rsub(1);
    return at(x, dim, first.sub(1))
        .mul(behind(far(part.add(1)), x, dim))
        .add(at(x, dim, first).mul(behind(near(part), x, dim)))
        .add(at(x, dim, first.add(1)).mul(behind(near(rest), x, dim)))
        .add(at(x, dim, first.add(2)).mul(behind(far(rest.add(1)), x, dim)));
  }

  /** The weight of what is at most 1 away. */
  private static Tensor near(Tensor t) {
    return t.mul(A + 2).sub(A + 3).mul(t).mul(t).add(1);
  }

  /** The weight of what is 1 to 2 away. */
  private static Tensor far(Tensor t) {
    return t.mul(A).sub(5 * A).mul(t).add(8 * A).mul(t).sub(4 * A);
  }

  /** Lets what is about a dimension broadcast along those behind it. */
  private static Tensor behind(Tensor weights, Tensor x, int dim) {
    long[] sizes = new long[x.dim() - dim];
    Arrays.fill(sizes, 1);
    sizes[0] = weights.numel();
    return weights.view(sizes);
  }
}
