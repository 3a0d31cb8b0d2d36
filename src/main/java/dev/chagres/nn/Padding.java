package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Borders around sequences, images and volumes. */
final class Padding {
  private Padding() {}

  static Tensor constant(Tensor input, long[] pad, Number value) {
    check(input, pad);
    // -1 is not 255 here, as it is where a tensor is filled with an integer
    boolean unsigned = input.dtype() == DType.UINT8 && given("pad", "value", value).longValue() < 0;
    Number filling = unsigned ? value.doubleValue() : given("pad", "value", value);
    Tensor x = input;
    for (int i = 0; i < pad.length; i += 2) {
      int dim = input.dim() - 1 - i / 2;
      long before = pad[i];
      long behind = pad[i + 1];
      long size = Math.addExact(Math.addExact(x.size(dim), before), behind);
      if (size < 0 || before < -x.size(dim) || behind < -x.size(dim)) {
        throw new IllegalArgumentException(
            "pad: "
                + before
                + " and "
                + behind
                + " leave nothing of dim "
                + dim
                + " of "
                + input.shape());
      }
      long start = Math.max(0, -before);
      long end = x.size(dim) - Math.max(0, -behind);
      Tensor kept = x.narrow(dim, Math.min(start, Math.max(end, 0)), Math.max(0, end - start));
      List<Tensor> parts = new ArrayList<>();
      addBlock(parts, kept, dim, Math.min(size, before), filling);
      parts.add(kept);
      addBlock(parts, kept, dim, Math.min(size, behind), filling);
      x = parts.size() == 1 ? kept : Tensor.cat(parts, dim);
    }
    Tensor y = x == input || Arrays.stream(pad).noneMatch(n -> n > 0) ? x.clone() : x;
    return Images.like(input, y);
  }

  private static void addBlock(List<Tensor> parts, Tensor like, int dim, long count, Number value) {
    if (count > 0) {
      long[] sizes = like.shape().toArray();
      sizes[dim] = count;
      parts.add(like.newFull(Shape.of(sizes), value));
    }
  }

  static Tensor pad(Tensor x, long[] pad, PadMode mode) {
    if (given("pad", "mode", mode) == PadMode.CONSTANT) {
      return constant(x, pad, 0);
    }
    check(x, pad);
    int count = pad.length / 2;
    if (count < 1 || count > 3 || (x.dim() != count + 1 && x.dim() != count + 2)) {
      throw new IllegalArgumentException(
          "pad: "
              + pad.length
              + " numbers for an input "
              + x.shape()
              + ", which has other dimensions beside a batch and channels");
    }
    for (int dim = x.dim() - count - 1; dim < x.dim(); dim++) {
      if (x.size(dim) == 0) {
        throw new IllegalArgumentException(
            "pad: only the batch of an input " + x.shape() + " may be empty");
      }
    }
    Tensor y = x;
    for (int i = 0; i < count; i++) {
      int dim = x.dim() - 1 - i;
      long before = pad[2 * i];
      long behind = pad[2 * i + 1];
      if (mode == PadMode.CIRCULAR && (before < 0 || behind < 0)) {
        // What was taken away does not come back at the other side.
        long[] cut = new long[2 * i + 2];
        cut[2 * i] = Math.min(before, 0);
        cut[2 * i + 1] = Math.min(behind, 0);
        y = along(constant(y, cut, 0), dim, Math.max(before, 0), Math.max(behind, 0), mode);
      } else {
        y = along(y, dim, before, behind, mode);
      }
    }
    Tensor result = y == x ? x.clone() : y;
    return mode == PadMode.CIRCULAR ? result.contiguous() : Images.like(x, result);
  }

  private static Tensor along(Tensor x, int dim, long before, long behind, PadMode mode) {
    long size = x.size(dim);
    long most =
        switch (mode) {
          case REFLECT -> size - 1;
          case CIRCULAR -> size;
          case CONSTANT, REPLICATE -> Long.MAX_VALUE;
        };
    if (before > most || behind > most) {
      throw new IllegalArgumentException(
          "pad: a border of "
              + Math.max(before, behind)
              + " cannot be made of dim "
              + dim
              + " of "
              + x.shape()
              + ": "
              + most
              + " is the most");
    }
    if (Math.addExact(Math.addExact(size, before), behind) < 1) {
      throw new IllegalArgumentException(
          "pad: "
              + before
              + " and "
              + behind
              + " leave nothing of dim "
              + dim
              + " of "
              + x.shape());
    }
    if (before == 0 && behind == 0) {
      return x;
    }
    Tensor places = Tensor.arange(x.device(), size + before + behind).sub(before);
    Tensor inside =
        switch (mode) {
          case REFLECT -> places.abs().sub(size - 1).abs().rsub(size - 1);
          case REPLICATE, CONSTANT -> places.clamp(0, size - 1);
          case CIRCULAR -> places.remainder(size);
        };
    return x.indexSelect(dim, inside);
  }

  private static void check(Tensor x, long[] pad) {
    given("pad", "input", x);
    for (long number : given("pad", "pad", pad)) {
      if (Math.abs(number) > Integer.MAX_VALUE || number == Long.MIN_VALUE) {
        throw new IllegalArgumentException("pad: " + number + " is more than 2^31 - 1");
      }
    }
    if (pad.length % 2 != 0 || pad.length > 2 * x.dim()) {
      throw new IllegalArgumentException(
          "pad: needs two numbers for each of the last dimensions of "
              + x.shape()
              + ", not "
              + pad.length);
    }
  }
}
