package dev.chagres.linalg;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Norms and condition numbers: static methods of {@link Linalg}. */
abstract sealed class Norms extends Decompositions permits Linalg {
  Norms() {}

  // ---- of vectors

  /** Returns the Euclidean norm of all elements. */
  public static Tensor vectorNorm(Tensor x) {
    return vectorNorm(x, 2);
  }

  /** Returns {@code (sum |x|^ord)^(1/ord)} of all elements. */
  public static Tensor vectorNorm(Tensor x, double ord) {
    return vectorNorm(x, ord, Keep.DROPDIM);
  }

  /**
   * Returns {@code (sum |x|^ord)^(1/ord)} along dimensions, all without any: for infinity the
   * greatest {@code |x|}, for minus infinity the least, for 0 how many are not 0. 16-bit floats are
   * added up in 32 bits.
   */
  public static Tensor vectorNorm(Tensor x, double ord, Keep keep, int... dims) {
    return vectorNormOf("vectorNorm", x, ord, keep, dims);
  }

  private static Tensor vectorNormOf(String name, Tensor x, double ord, Keep keep, int... dims) {
    given(name, "keep", keep);
    given(name, "dims", dims);
    Checks.floating(name, x);
    int[] axes =
        dims.length == 0 ? IntStream.range(0, x.dim()).toArray() : x.shape().axes(name, dims);
    if (ord < 0 || ord == Double.POSITIVE_INFINITY) {
      for (int axis : axes) {
        if (x.dim() > 0 && x.size(axis) == 0) {
          throw new IllegalArgumentException(
              name + ": order " + ord + " needs elements, of the shape " + x.shape());
        }
      }
    }
    return x.norm(ord, keep, axes);
  }

  /** Drops dimensions of size 1. */
  private static Tensor without(Tensor x, int... axes) {
    int[] sorted = axes.clone();
    Arrays.sort(sorted);
    Tensor y = x;
    for (int i = sorted.length - 1; i >= 0 && y.dim() > 0; i--) {
      y = y.squeeze(sorted[i]);
    }
    return y;
  }

  // ---- of matrices

  /** Returns the Frobenius norms of matrices. */
  public static Tensor matrixNorm(Tensor a) {
    return matrixNorm(a, NormOrder.FRO);
  }

  /** Returns the norms of that name of matrices, the last two dimensions. */
  public static Tensor matrixNorm(Tensor a, NormOrder ord) {
    return matrixNorm(a, ord, Keep.DROPDIM);
  }

  /**
   * Returns the norms of that name of matrices, along two dimensions, the last ones without any.
   */
  public static Tensor matrixNorm(Tensor a, NormOrder ord, Keep keep, int... dims) {
    return matrixNormOf("matrixNorm", a, ord, keep, dims);
  }

  private static Tensor matrixNormOf(String name, Tensor a, NormOrder ord, Keep keep, int... dims) {
    given(name, "ord", ord);
    int[] axes = matrixAxes(name, a, keep, dims);
    if (ord == NormOrder.FRO) {
      return vectorNormOf(name, a, 2, keep, axes);
    }
    Checks.precise(name, a);
    return placed(valuesOf(name, moved(a, axes)).sum(-1), keep, axes);
  }

  /** Returns the norms of matrices, the last two dimensions. */
  public static Tensor matrixNorm(Tensor a, double ord) {
    return matrixNorm(a, ord, Keep.DROPDIM);
  }

  /**
   * Returns the norms of matrices, along two dimensions, the last ones without any: for 1 the
   * greatest sum of a column's absolute values, for infinity of a row's, for 2 the greatest
   * singular value; with a minus the least.
   */
  public static Tensor matrixNorm(Tensor a, double ord, Keep keep, int... dims) {
    return matrixNormOf("matrixNorm", a, ord, keep, dims);
  }

  private static Tensor matrixNormOf(String name, Tensor a, double ord, Keep keep, int... dims) {
    int[] axes = matrixAxes(name, a, keep, dims);
    double size = Math.abs(ord);
    if (size == 2) {
      Checks.precise(name, a);
      Tensor values = valuesOf(name, moved(a, axes));
      return placed(extreme(name, a, values, ord > 0, -1, Keep.DROPDIM), keep, axes);
    } else if (size == 1 || Double.isInfinite(size)) {
      int summed = axes[size == 1 ? 0 : 1];
      int compared = axes[size == 1 ? 1 : 0];
      Tensor sums = a.abs().sum(Keep.KEEPDIM, summed);
      Tensor norm = extreme(name, a, sums, ord > 0, compared, Keep.KEEPDIM);
      return keep == Keep.KEEPDIM ? norm : without(norm, axes);
    }
    throw new IllegalArgumentException(
        name + ": a matrix has norms of order 1, 2, infinity and their negatives, not " + ord);
  }

  private static int[] matrixAxes(String name, Tensor a, Keep keep, int... dims) {
    given(name, "keep", keep);
    given(name, "dims", dims);
    Checks.floating(name, Checks.matricesOfAny(name, "a", a));
    int[] axes = a.shape().axes(name, dims.length == 0 ? new int[] {-2, -1} : dims);
    if (axes.length != 2) {
      throw new IllegalArgumentException(
          name + ": a matrix has two dimensions, not " + axes.length);
    }
    return axes;
  }

  private static Tensor moved(Tensor a, int... axes) {
    return a.movedim(axes, new int[] {-2, -1});
  }

  /** Puts kept dimensions back where matrices had them. */
  private static Tensor placed(Tensor norm, Keep keep, int... axes) {
    return keep == Keep.DROPDIM
        ? norm
        : norm.unsqueeze(Math.min(axes[0], axes[1])).unsqueeze(Math.max(axes[0], axes[1]));
  }

  private static Tensor extreme(
      String name, Tensor a, Tensor x, boolean greatest, int dim, Keep keep) {
    if (x.size(dim) == 0) {
      if (!greatest) {
        throw new IllegalArgumentException(
            name + ": the least needs elements, of the shape " + a.shape());
      }
      return x.sum(keep, dim);
    }
    return greatest ? x.amax(keep, dim) : x.amin(keep, dim);
  }

  // ---- of either

  /** Returns the Euclidean norm of all elements. */
  public static Tensor norm(Tensor x) {
    return norm(x, Keep.DROPDIM);
  }

  /** Returns the Euclidean norm along dimensions, all without any. */
  public static Tensor norm(Tensor x, Keep keep, int... dims) {
    return vectorNormOf("norm", x, 2, keep, dims);
  }

  /** Returns the norm of a vector or a matrix. */
  public static Tensor norm(Tensor x, double ord) {
    return norm(x, ord, Keep.DROPDIM);
  }

  /**
   * Returns the norm of vectors along one dimension, or of matrices along two; without any of the
   * vector or matrix that the tensor is.
   */
  public static Tensor norm(Tensor x, double ord, Keep keep, int... dims) {
    given("norm", "keep", keep);
    return dimensions(x, dims) == 1
        ? vectorNormOf("norm", x, ord, keep, dims)
        : matrixNormOf("norm", x, ord, keep, dims);
  }

  /** Returns the norm of that name of a matrix. */
  public static Tensor norm(Tensor x, NormOrder ord) {
    return norm(x, ord, Keep.DROPDIM);
  }

  /**
   * Returns the norm of that name of matrices along two dimensions; without any of the matrix that
   * the tensor is.
   */
  public static Tensor norm(Tensor x, NormOrder ord, Keep keep, int... dims) {
    given("norm", "ord", ord);
    given("norm", "keep", keep);
    if (dimensions(x, dims) != 2) {
      throw new IllegalArgumentException(
          "norm: the order " + ord + " is of matrices, with two dimensions");
    }
    return matrixNormOf("norm", x, ord, keep, dims);
  }

  private static int dimensions(Tensor x, int... dims) {
    given("norm", "x", x);
    int count = given("norm", "dims", dims).length == 0 ? x.dim() : dims.length;
    if (count != 1 && count != 2) {
      throw new IllegalArgumentException(
          "norm: an order is of vectors or matrices, one or two dimensions, not " + count);
    }
    return count;
  }

  // ---- condition numbers

  /** Returns the condition numbers of matrices: their greatest singular value by their least. */
  public static Tensor cond(Tensor a) {
    return cond(a, 2);
  }

  /**
   * Returns the condition numbers in a norm: {@code |A| |A^-1|}, infinity for a singular matrix;
   * for 2 and -2 the quotient of the greatest and least singular values.
   */
  public static Tensor cond(Tensor a, double p) {
    if (Autocasting.applies(a)) {
      return Autocasting.call(a, x -> cond(x, p));
    }
    Checks.matrices("cond", "a", a);
    if (Math.abs(p) == 2) {
      long least = Matrix.least(a);
      if (least == 0) {
        return a.newZeros(Checks.batch(a));
      }
      Tensor values = valuesOf("cond", a).add(0); // LAPACK's zeros may be -0
      Tensor first = values.select(-1, 0);
      Tensor last = values.select(-1, least - 1);
      return p > 0 ? first.div(last) : last.div(first);
    }
    return condition(a, x -> matrixNormOf("cond", x, p, Keep.DROPDIM));
  }

  /** Returns the condition numbers in a norm of that name. */
  public static Tensor cond(Tensor a, NormOrder p) {
    if (Autocasting.applies(a)) {
      return Autocasting.call(a, x -> cond(x, p));
    }
    given("cond", "p", p);
    return condition(
        Checks.matrices("cond", "a", a), x -> matrixNormOf("cond", x, p, Keep.DROPDIM));
  }

  private static Tensor condition(Tensor a, UnaryOperator<Tensor> norm) {
    Checks.requireSquare("cond", "a", a);
    if (a.numel() == 0) {
      return a.newZeros(Checks.batch(a));
    }
    InvEx inverse = invEx(a);
    Tensor singular = inverse.info().ne(0);
    Tensor inverted = inverse.inverse();
    if (singular.any().isTrue()) {
      // What divides by zero has no singular values.
      Tensor identity = Matrix.identity(a, a.size(-1));
      inverted = invEx(Tensor.where(Matrix.forMatrices(singular), identity, a)).inverse();
    }
    return norm.apply(a).mul(norm.apply(inverted)).maskedFill(singular, Double.POSITIVE_INFINITY);
  }
}
