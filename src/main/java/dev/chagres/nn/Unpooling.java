package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;

/** What pooling chose, where it was. */
final class Unpooling {
  private Unpooling() {}

  static Tensor unpool(String name, Tensor x, Tensor indices, long... sizes) {
    int dims = sizes.length;
    given(name, "input", x);
    given(name, "indices", indices);
    Checks.dims(name, x, dims);
    if (indices.dtype() != DType.INT64 || !indices.shape().equals(x.shape())) {
      throw new IllegalArgumentException(
          name
              + ": needs int64 positions of the input's shape "
              + x.shape()
              + ", not "
              + indices.dtype()
              + " "
              + indices.shape());
    }
    long[] shape = x.shape().toArray();
    for (int i = 0; i < dims; i++) {
      int dim = shape.length - dims + i;
      if (shape[dim] == 0 || sizes[i] < 1) {
        throw new IllegalArgumentException(
            name + ": only the batch of " + x.shape() + " may be empty");
      }
      shape[dim] = sizes[i];
    }
    long room = room(name, Arrays.copyOfRange(shape, shape.length - dims, shape.length));
    Tensor flat = x.flatten(-dims, -1);
    long[] lines = flat.shape().toArray();
    lines[lines.length - 1] = room;
    return x.newZeros(lines).scatter(-1, indices.flatten(-dims, -1), flat).reshape(shape);
  }

  private static long room(String name, long... sizes) {
    try {
      return Shape.of(sizes).numel();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
    }
  }
}
