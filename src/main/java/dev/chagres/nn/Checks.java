package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.primitive.Halves;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** What functions ask of their tensors, and the words for what is wrong with one. */
final class Checks {
  /** More layers are a mistake, which would be noticed only when Java's memory is full. */
  private static final int MOST_LAYERS = 10_000;

  private Checks() {}

  /** The input of a function that has one. */
  static Tensor floating(String name, Tensor x) {
    if (!given(name, "input", x).dtype().isFloating()) {
      throw new IllegalArgumentException(
          name + ": not defined for " + x.dtype() + "; convert to a floating dtype first");
    }
    return x;
  }

  /** One of several operands, {@code what} being its name. */
  static Tensor floating(String name, String what, Tensor x) {
    if (!given(name, what, x).dtype().isFloating()) {
      throw new IllegalArgumentException(
          name + ": the " + what + " needs a floating dtype, not " + x.dtype());
    }
    return x;
  }

  /** The input of means, which are of fractions or of int64. */
  static Tensor averaged(String name, Tensor x) {
    return x.dtype() == DType.INT64 ? x : floating(name, x);
  }

  /** Two operands of one floating dtype. */
  static void oneFloatingDtype(String name, Tensor x, Tensor y) {
    if (!x.dtype().isFloating() || y.dtype() != x.dtype()) {
      throw new IllegalArgumentException(
          name + ": needs one floating dtype, not " + x.dtype() + " and " + y.dtype());
    }
  }

  /** A parameter of its input's dtype. */
  static void sameDtype(String name, String what, Tensor parameter, Tensor x) {
    if (parameter.dtype() != x.dtype()) {
      throw unlike(name, what, parameter, x);
    }
  }

  /** A parameter of its input's dtype, or of that in which the input is computed. */
  static void computable(String name, String what, Tensor parameter, Tensor x) {
    if (parameter.dtype() != x.dtype() && parameter.dtype() != Halves.computed(x.dtype())) {
      throw unlike(name, what, parameter, x);
    }
  }

  private static IllegalArgumentException unlike(
      String name, String what, Tensor parameter, Tensor x) {
    return new IllegalArgumentException(
        name + ": a " + what + " of " + parameter.dtype() + " for an input of " + x.dtype());
  }

  /** Three operands that broadcast, but are of as many dimensions. */
  static void sameDims(String name, Tensor x, Tensor y, Tensor z) {
    if (x.dim() != y.dim() || x.dim() != z.dim()) {
      throw new IllegalArgumentException(
          name
              + ": needs as many dimensions of each, not "
              + x.shape()
              + ", "
              + y.shape()
              + " and "
              + z.shape());
    }
  }

  /** The inputs of a module that takes so many, {@code what} being their names. */
  static void inputs(Module module, int count, String what, Tensor... inputs) {
    inputs(module, count, what, Arrays.asList(inputs));
  }

  /** The same of those that hooks have left. */
  static void inputs(Module module, int count, String what, List<Tensor> inputs) {
    int given = inputs.size();
    if (given != count) {
      throw new IllegalArgumentException(
          module.name()
              + ": takes "
              + what
              + ", not "
              + given
              + (given == 1 ? " tensor" : " tensors"));
    }
  }

  /** An input of so many dimensions, and of channels and perhaps a batch before them. */
  static void dims(String name, Tensor x, int dims) {
    if (x.dim() != dims + 1 && x.dim() != dims + 2) {
      throw new IllegalArgumentException(
          name
              + ": needs an input of "
              + (dims + 1)
              + " or "
              + (dims + 2)
              + " dimensions, not "
              + x.shape());
    }
  }

  /**
   * The sizes that a result is to have in its last dimensions, which may come behind those of a
   * batch and channels, as the input has them.
   */
  static List<Long> lastSizes(String name, Tensor x, Shape outputSize, int dims) {
    dims(name, x, dims);
    int given = outputSize.dim();
    if (given != dims && given != x.dim()) {
      throw new IllegalArgumentException(
          name
              + ": the result of "
              + x.shape()
              + " has a size of "
              + dims
              + " or "
              + x.dim()
              + " numbers, not "
              + outputSize);
    }
    return Tuples.of(outputSize.slice(given - dims, given).toArray());
  }

  /** A number of layers, from the least on that there may be. */
  static void layers(String name, int least, int count) {
    if (count < least || count > MOST_LAYERS) {
      throw new IllegalArgumentException(
          name + ": " + count + " layers are not from " + least + " to " + MOST_LAYERS);
    }
  }

  /** Returns a tensor in the dtype in which it is computed. */
  static Tensor widened(Tensor x) {
    DType computed = Halves.computed(x.dtype());
    return computed == x.dtype() ? x : x.to(computed);
  }
}
