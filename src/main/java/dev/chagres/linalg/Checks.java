package dev.chagres.linalg;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;

/** What the functions ask of their arguments, and the words for what is wrong with one. */
final class Checks {
  /** What is said of a matrix that LAPACK cannot work with. */
  static final String NOT_FINITE = "contains NaN or infinity";

  private Checks() {}

  /** Matrices in the last two dimensions, float32 or float64. */
  static Tensor matrices(String name, String argument, Tensor x) {
    precise(name, matricesOfAny(name, argument, x));
    for (int dim = x.dim() - 2; dim < x.dim(); dim++) {
      if (x.size(dim) > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            name + ": " + argument + " has a side beyond 2^31 - 1, " + x.shape());
      }
    }
    return x;
  }

  /** Matrices in the last two dimensions, of any dtype. */
  static Tensor matricesOfAny(String name, String argument, Tensor x) {
    if (given(name, argument, x).dim() < 2) {
      throw new IllegalArgumentException(
          name + ": " + argument + " needs two dimensions at least, not the shape " + x.shape());
    }
    return x;
  }

  static void precise(String name, Tensor x) {
    if (x.dtype() != DType.FLOAT32 && x.dtype() != DType.FLOAT64) {
      throw new IllegalArgumentException(
          name + ": not defined for " + x.dtype() + ", but for float32 and float64");
    }
  }

  static Tensor floating(String name, Tensor x) {
    if (!given(name, "x", x).dtype().isFloating()) {
      throw new IllegalArgumentException(name + ": not defined for " + x.dtype());
    }
    return x;
  }

  /** Square matrices, float32 or float64. */
  static Tensor square(String name, String argument, Tensor x) {
    requireSquare(name, argument, matrices(name, argument, x));
    return x;
  }

  static void requireSquare(String name, String argument, Tensor x) {
    if (x.size(-1) != x.size(-2)) {
      throw new IllegalArgumentException(
          name + ": " + argument + " needs square matrices, not the shape " + x.shape());
    }
  }

  static void sameDtype(String name, Tensor a, Tensor b) {
    if (a.dtype() != b.dtype()) {
      throw new IllegalArgumentException(
          name
              + ": dtypes differ, "
              + a.dtype()
              + " and "
              + b.dtype()
              + "; convert one with to(dtype)");
    }
  }

  static Shape batch(Tensor matrices) {
    return matrices.shape().slice(0, matrices.dim() - 2);
  }

  /** Returns the shape of the batch that two of them broadcast to. */
  static Shape batch(String name, Tensor a, Tensor b) {
    Shape lead = Shape.broadcast(batch(a), batch(b));
    if (lead == null) {
      throw new IllegalArgumentException(
          name + ": leading sizes do not broadcast, " + a.shape() + " and " + b.shape());
    }
    return lead;
  }

  /** Repeats matrices (or, with {@code dims} 1, vectors) to a batch. */
  static Tensor expanded(Tensor x, Shape batch, int dims) {
    Shape own = x.shape().slice(x.dim() - dims, x.dim());
    return x.expand(batch.concat(own).toArray());
  }

  static IllegalArgumentException sizes(String name, Tensor a, Tensor b) {
    return new IllegalArgumentException(
        name + ": sizes do not match, " + a.shape() + " and " + b.shape());
  }

  /** What is said of a matrix with a number. */
  @FunctionalInterface
  interface Words {
    String of(long info);
  }

  /** Fails if one of a batch has something to say. */
  static void require(String name, Tensor info, Words words) {
    Tensor all = info.flatten();
    Tensor bad = all.nonzero();
    if (bad.numel() > 0) {
      long first = bad.select(0, 0).itemLong();
      String which = info.dim() == 0 ? "the matrix" : "matrix " + first + " of the batch";
      long said = all.select(0, first).itemLong();
      throw new ArithmeticException(name + ": " + which + " " + words.of(said));
    }
  }

  /** Fails if an iteration for singular or eigenvalues did not end. */
  static void requireConverged(String name, Tensor info) {
    require(name, info, said -> said < 0 ? NOT_FINITE : "has values that do not converge");
  }

  static void requireRegular(String name, Tensor info) {
    require(name, info, said -> "is singular: element (" + said + ", " + said + ") of U is 0");
  }

  /** Exchanges of rows, as a factorisation gives them: from 1 to {@code rows}. */
  static void pivots(String name, Tensor pivots, long rows) {
    if (given(name, "pivots", pivots).dtype() != DType.INT32 || pivots.dim() < 1) {
      throw new IllegalArgumentException(
          name
              + ": pivots are int32, one for each row, not "
              + pivots.dtype()
              + " of shape "
              + pivots.shape());
    }
    if (pivots.numel() > 0) {
      long least = pivots.amin().itemLong();
      long greatest = pivots.amax().itemLong();
      if (least < 1 || greatest > rows) {
        throw new IllegalArgumentException(
            name + ": pivots are from 1 to " + rows + ", not from " + least + " to " + greatest);
      }
    }
  }
}
