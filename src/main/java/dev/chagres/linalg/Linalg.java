package dev.chagres.linalg;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;
import static dev.chagres.check.Named.named;

import dev.chagres.core.DType;
import dev.chagres.primitive.AutocastFunction;
import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Linear algebra: PyTorch's {@code torch.linalg}, and its relatives in {@code torch}. Matrices are
 * the last two dimensions of tensors of float32 or float64, and the leading ones a batch, which may
 * be empty, as may the matrices. Results have gradients of any order unless a method says
 * otherwise.
 */
public final class Linalg extends Norms {
  private Linalg() {}

  // ---- powers and products

  /**
   * Returns matrices to a whole power; a negative one is of the inverse.
   *
   * @throws ArithmeticException if a matrix is singular and the power negative
   */
  public static Tensor matrixPower(Tensor a, long n) {
    Checks.requireSquare("matrixPower", "a", Checks.matricesOfAny("matrixPower", "a", a));
    if (n < 0) {
      Checks.precise("matrixPower", a);
    }
    if (n == 0) {
      // A function of A, whose gradient is 0.
      return Tensor.where(a.newZeros(DType.BOOL), a, Matrix.identity(a, a.size(-1))).contiguous();
    }
    return named("matrixPower", () -> power(a, n));
  }

  private static Tensor power(Tensor a, long n) {
    Tensor base = a;
    if (n < 0) {
      InvEx inverse = invEx(a);
      Checks.requireRegular("matrixPower", inverse.info());
      base = inverse.inverse();
    }
    Tensor result = null;
    for (long left = n; left != 0; left /= 2) {
      if (left % 2 != 0) {
        result = result == null ? base : result.matmul(base);
      }
      base = left / 2 == 0 ? base : base.matmul(base);
    }
    return result == null || result == a ? a.clone() : result;
  }

  /** Returns the exponentials of square matrices; 16-bit floats are reckoned in 32 bits. */
  public static Tensor matrixExp(Tensor a) {
    Checks.floating("matrixExp", given("matrixExp", "a", a));
    boolean half = a.dtype().size() < Float.BYTES;
    Tensor precise = half ? a.to(DType.FLOAT32) : a;
    Checks.square("matrixExp", "a", precise);
    Tensor result = new LinalgMatrixExp().call(precise);
    return half ? result.to(a.dtype()) : result;
  }

  /**
   * Returns the product of matrices, in the order of multiplications that needs the fewest; the
   * first and the last may be vectors.
   */
  public static Tensor multiDot(Iterable<? extends Tensor> tensors) {
    List<Tensor> all = new ArrayList<>();
    each("multiDot", "a tensor", given("multiDot", "tensors", tensors)).forEach(all::add);
    return named("multiDot", () -> MatrixChain.product(all));
  }

  // ---- approximations of low rank

  /** Returns an approximation of rank 6 by {@link #svdLowrank(Tensor, long, int)}. */
  public static Svd svdLowrank(Tensor a) {
    return svdLowrank(a, 6);
  }

  /** Returns an approximation of rank q by {@link #svdLowrank(Tensor, long, int)}. */
  public static Svd svdLowrank(Tensor a, long q) {
    return svdLowrank(a, q, 2);
  }

  /**
   * Returns the q greatest singular values of matrices (…, m, n), and their vectors, nearly: those
   * of the matrix in a subspace of q dimensions, which begins with numbers from the default
   * generator and is improved some times over. For matrices of a rank not above q it is exact;
   * {@link #svd(Tensor, SvdMode)} always is, and for small ones faster.
   *
   * <p>The algorithms are 4.4 and 5.1 of Halko, Martinsson and Tropp, "Finding structure with
   * randomness" (2009).
   *
   * @throws IllegalArgumentException if {@code q} or {@code iterations} is negative, or there are
   *     more than 1000 iterations
   */
  public static Svd svdLowrank(Tensor a, long q, int iterations) {
    return named(
        "svdLowrank",
        () -> LowRank.svd("svdLowrank", Checks.matrices("svdLowrank", "a", a), q, iterations));
  }

  /** The same of {@code a - m}, where m, matrices of means say, is broadcast. */
  public static Svd svdLowrank(Tensor a, Tensor m, long q, int iterations) {
    Checks.matrices("svdLowrank", "a", a);
    Checks.sameDtype("svdLowrank", a, given("svdLowrank", "m", m));
    return named(
        "svdLowrank", () -> LowRank.svd("svdLowrank", LowRank.without(a, m), q, iterations));
  }

  /** Returns the principal components of matrices (…, m, n): {@code min(6, m, n)} of them. */
  public static Svd pcaLowrank(Tensor a) {
    return pcaLowrank(a, Math.min(6, Matrix.least(Checks.matrices("pcaLowrank", "a", a))));
  }

  /** Returns q principal components by {@link #pcaLowrank(Tensor, long, int)}. */
  public static Svd pcaLowrank(Tensor a, long q) {
    return pcaLowrank(a, q, 2);
  }

  /**
   * Returns the q principal components of m samples of n features, nearly: {@link
   * #svdLowrank(Tensor, long, int)} of the samples less their mean. The rows of {@code vh} are the
   * principal directions, and {@code s² / (m - 1)} the variances along them.
   *
   * @throws IllegalArgumentException if {@code q} is negative or greater than m or n, or {@code
   *     iterations} is negative or more than 1000
   */
  public static Svd pcaLowrank(Tensor a, long q, int iterations) {
    Checks.matrices("pcaLowrank", "a", a);
    if (q > Matrix.least(a)) {
      throw new IllegalArgumentException(
          "pcaLowrank: matrices " + a.shape() + " do not have " + q + " components");
    }
    return named(
        "pcaLowrank",
        () -> LowRank.svd("pcaLowrank", a.sub(a.mean(Keep.KEEPDIM, -2)), q, iterations));
  }

  // ---- vectors

  /** Returns the sums of products along the last dimension; the others broadcast. */
  public static Tensor vecdot(Tensor x, Tensor y) {
    return vecdot(x, y, -1);
  }

  /** Returns the sums of products along a dimension; the others broadcast. */
  public static Tensor vecdot(Tensor a, Tensor b, int dim) {
    given("vecdot", "y", b);
    Checks.floating("vecdot", a);
    Tensor x = Primitives.of(a).autocast(AutocastFunction.VECDOT, a);
    Tensor y = Primitives.of(a).autocast(AutocastFunction.VECDOT, b);
    Checks.sameDtype("vecdot", x, y);
    int rank = Math.max(x.dim(), y.dim());
    if (x.dim() == 0 || y.dim() == 0) {
      throw new IllegalArgumentException(
          "vecdot: needs vectors, not " + x.shape() + " and " + y.shape());
    }
    int axis = dim < 0 ? dim : dim - rank;
    long sizeX = x.shape().size("vecdot", axis);
    long sizeY = y.shape().size("vecdot", axis);
    if (sizeX != sizeY) {
      throw Checks.sizes("vecdot", x, y);
    }
    Tensor rows = x.movedim(axis, -1).unsqueeze(-2);
    Tensor columns = y.movedim(axis, -1).unsqueeze(-1);
    return named("vecdot", () -> rows.matmul(columns).squeeze(-1).squeeze(-1));
  }

  /** Returns the cross products along the last dimension, of three elements. */
  public static Tensor cross(Tensor x, Tensor y) {
    return cross(x, y, -1);
  }

  /** Returns the cross products along a dimension of three elements; the others broadcast. */
  public static Tensor cross(Tensor x, Tensor y, int dim) {
    return given("cross", "x", x).cross(given("cross", "y", y), dim);
  }

  /** Returns the square Vandermonde matrices of vectors (…, n). */
  public static Tensor vander(Tensor x) {
    given("vander", "x", x);
    return vander(x, x.dim() == 0 ? 1 : x.size(-1));
  }

  /** Returns the first {@code columns} powers, from 0 on, of each element of vectors (…, n). */
  public static Tensor vander(Tensor x, long columns) {
    if (given("vander", "x", x).dtype() == DType.BOOL) {
      throw new IllegalArgumentException("vander: not defined for bool");
    }
    if (columns <= 1) {
      throw new IllegalArgumentException("vander: needs two columns at least, not " + columns);
    }
    if (columns > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("vander: too many columns, " + columns);
    }
    Tensor base = x.dim() == 0 ? x.unsqueeze(0) : x;
    Tensor whole = base.dtype().isFloating() ? base : base.to(DType.INT64);
    List<Tensor> powers = new ArrayList<>();
    Tensor power = whole.onesLike();
    for (long i = 0; i < columns; i++) {
      powers.add(power);
      power = i == 0 ? whole : power.mul(whole);
    }
    return Tensor.stack(powers, -1);
  }

  // ---- views

  /** Returns the diagonals of matrices, the last two dimensions, as a view. */
  public static Tensor diagonal(Tensor a) {
    return diagonal(a, 0, -2, -1);
  }

  /** Returns the elements whose column is their row plus {@code offset}, as a view. */
  public static Tensor diagonal(Tensor a, long offset) {
    return diagonal(a, offset, -2, -1);
  }

  /** Returns the elements of two dimensions whose index differs by {@code offset}, as a view. */
  public static Tensor diagonal(Tensor a, long offset, int dim1, int dim2) {
    return given("diagonal", "a", a).diagonal(offset, dim1, dim2);
  }
}
