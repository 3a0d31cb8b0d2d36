package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Located;
import dev.chagres.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The greatest elements of windows whose places are drawn: all windows go together from one of
 * their elements to the next, and the values are read where the greatest were.
 */
final class FractionalPooling {
  private final String name;
  private final Tensor x;
  private final int dims;

  private FractionalPooling(String name, Tensor x, int dims) {
    this.name = name;
    this.x = x;
    this.dims = dims;
    if (x.dim() != dims + 1 && x.dim() != dims + 2) {
      throw new IllegalArgumentException(
          name
              + (dims == 2
                  ? ": needs images (n, c, h, w) or (c, h, w), not "
                  : ": needs volumes (n, c, d, h, w) or (c, d, h, w), not ")
              + x.shape());
    }
    Checks.floating(name, x);
    for (int dim = -dims - 1; dim < 0; dim++) {
      if (x.size(dim) == 0) {
        throw new IllegalArgumentException(
            name + ": only the batch of an input " + x.shape() + " may be empty");
      }
    }
  }

  static Located maxima(
      String name, Tensor x, List<Long> kernel, FractionalMaxPool2d.Options options) {
    given(name, "input", x);
    given(name, "options", options);
    return new FractionalPooling(name, x, kernel.size()).maxima(kernel, options);
  }

  private Located maxima(List<Long> kernel, FractionalMaxPool2d.Options options) {
    long[] sizes = sizes(kernel, options);
    Tensor samples = samples(options.randomSamples());
    Tensor first = starts(samples, 0, sizes[0], kernel.get(0));
    for (int i = 1; i < dims; i++) {
      Tensor starts = starts(samples, i, sizes[i], kernel.get(i));
      first = first.unsqueeze(-1).mul(x.size(i - dims)).add(starts.unsqueeze(2)).flatten(2);
    }
    Tensor flat = x.flatten(-dims, -1);
    Tensor places = greatest(isAlone() ? flat.unsqueeze(0) : flat, first, kernel);
    Tensor there = isAlone() ? places.squeeze(0) : places;
    long[] shape = x.shape().toArray();
    System.arraycopy(sizes, 0, shape, shape.length - dims, dims);
    return new Located(flat.gather(-1, there).reshape(shape), there.reshape(shape));
  }

  private boolean isAlone() {
    return x.dim() == dims + 1;
  }

  private static <T> T at(List<T> numbers, int i) {
    return numbers.size() == 1 ? numbers.getFirst() : numbers.get(i);
  }

  /** The sizes of the result. */
  private long[] sizes(List<Long> kernel, FractionalMaxPool2d.Options options) {
    Tuples.check(name, "the kernel", 1, kernel);
    int given = Math.max(options.sizes().size(), options.ratios().size());
    if (given != 1 && given != dims) {
      throw new IllegalArgumentException(
          name + ": " + given + " numbers for the " + dims + " dimensions of " + x.shape());
    }
    long[] sizes = new long[dims];
    for (int i = 0; i < dims; i++) {
      long old = x.size(i - dims);
      sizes[i] =
          options.ratios().isEmpty()
              ? at(options.sizes(), i)
              : (long) (old * at(options.ratios(), i));
      if (sizes[i] < 1) {
        throw new IllegalArgumentException(name + ": nothing is left of " + x.shape());
      }
      long width = kernel.get(i);
      if (width > old || sizes[i] > old - width + 1) {
        throw new IllegalArgumentException(
            name
                + ": "
                + sizes[i]
                + " windows of "
                + width
                + " do not begin at different places among "
                + old);
      }
    }
    return sizes;
  }

  private Tensor samples(@Nullable Tensor given) {
    Shape wanted = Shape.of(isAlone() ? 1 : x.size(0), x.size(-dims - 1), dims);
    if (given == null) {
      return Tensor.rand(x.device(), x.dtype(), wanted.toArray());
    }
    if (given.dtype() != x.dtype() || !given.shape().equals(wanted)) {
      throw new IllegalArgumentException(
          name
              + ": random samples are "
              + x.dtype()
              + " "
              + wanted
              + " here, not "
              + given.dtype()
              + " "
              + given.shape());
    }
    return given.detach();
  }

  /** Where windows begin along a dimension (n, c, windows); the last one ends where x does. */
  private Tensor starts(Tensor samples, int i, long windows, long kernel) {
    long last = x.size(i - dims) - kernel;
    Shape one = Shape.of(samples.size(0), samples.size(1), 1);
    Tensor end = Tensor.full(x.device(), one, last, DType.INT64);
    if (windows == 1) {
      return end;
    }
    // Rounded at each step to the dtype, as by PyTorch on the CPU.
    Tensor sample = samples.narrow(2, dims == 2 ? 1 - i : i, 1);
    Tensor apart = Tensor.full(x.device(), Shape.of(1), last, x.dtype()).div(windows - 1);
    Tensor numbers = Tensor.arange(x.device(), windows - 1).to(x.dtype());
    Tensor places = sample.add(numbers).mul(apart).toLong();
    return Tensor.cat(List.of(places.sub(sample.mul(apart).toLong()), end), -1);
  }

  /** The places of the greatest elements in planes (n, c, elements) of windows at these. */
  private Tensor greatest(Tensor planes, Tensor first, List<Long> kernel) {
    Tensor elements = planes.detach();
    Tensor greatest = elements.newFull(first.shape(), Double.NEGATIVE_INFINITY);
    Tensor places = first;
    for (long[] at = new long[dims]; at[0] < kernel.get(0); next(at, kernel)) {
      long offset = 0;
      for (int i = 0; i < dims; i++) {
        offset = offset * x.size(i - dims) + at[i];
      }
      Tensor place = first.add(offset);
      Tensor element = elements.gather(-1, place);
      Tensor greater = element.gt(greatest).logicalOr(element.isnan());
      greatest = Tensor.where(greater, element, greatest);
      places = Tensor.where(greater, place, places);
    }
    return places;
  }

  /** Goes to the next element of a window, row by row. */
  private static void next(long[] at, List<Long> kernel) {
    for (int i = at.length - 1; i >= 0; i--) {
      at[i]++;
      if (at[i] < kernel.get(i) || i == 0) {
        return;
      }
      at[i] = 0;
    }
  }
}
