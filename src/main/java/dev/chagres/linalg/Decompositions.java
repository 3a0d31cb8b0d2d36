package dev.chagres.linalg;

import static dev.chagres.check.Given.given;
import static dev.chagres.check.Named.named;

import dev.chagres.autograd.GradMode;
import dev.chagres.core.DType;
import dev.chagres.core.Driver;
import dev.chagres.core.Shape;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.linalg.SpectralFunctions.LinalgEigh;
import dev.chagres.linalg.SpectralFunctions.LinalgLstsq;
import dev.chagres.linalg.SpectralFunctions.LinalgPinv;
import dev.chagres.linalg.SpectralFunctions.LinalgQr;
import dev.chagres.linalg.SpectralFunctions.LinalgSvd;
import dev.chagres.primitive.Factorizations;
import dev.chagres.primitive.Factorizations.Vectors;
import dev.chagres.tensor.Tensor;
import java.util.List;

/**
 * Orthogonal factors, singular and eigenvalues, and what is made of them: static methods of {@link
 * Linalg}.
 */
abstract sealed class Decompositions extends Systems permits Norms {
  Decompositions() {}

  // ---- orthogonal factors

  /** Returns the reduced factors {@code A = Q R} of matrices (…, m, n). */
  public static Qr qr(Tensor a) {
    return qr(a, QrMode.REDUCED);
  }

  /**
   * Returns the factors {@code A = Q R} of matrices (…, m, n). There is a gradient of the reduced
   * factors, and of the complete ones of no more rows than columns.
   */
  public static Qr qr(Tensor a, QrMode mode) {
    if (Autocasting.applies(a)) {
      return Autocasting.call(a, x -> qr(x, mode));
    }
    var function = new LinalgQr(given("qr", "mode", mode));
    List<Tensor> factors = function.apply(Checks.matrices("qr", "a", a));
    return new Qr(factors.get(0), factors.get(1));
  }

  /** Returns R and the reflections that make Q. There is no gradient. */
  public static Geqrf geqrf(Tensor a) {
    if (Autocasting.applies(a)) {
      return Autocasting.call(a, x -> geqrf(x));
    }
    List<Tensor> factors = new SystemFunctions.Geqrf().apply(Checks.matrices("geqrf", "a", a));
    return new Geqrf(factors.get(0), factors.get(1));
  }

  /**
   * Returns the first n columns of the product of k reflections, in the columns of {@code a} (…, m,
   * n) with m >= n >= k, as of {@link #geqrf}.
   */
  public static Tensor householderProduct(Tensor a, Tensor tau) {
    if (tau != null && Autocasting.applies(a)) {
      return Autocasting.call(a, tau, (x, y) -> householderProduct(x, y));
    }
    String name = "householderProduct";
    reflections(name, a, tau);
    if (a.size(-2) < a.size(-1) || tau.size(-1) > a.size(-1)) {
      throw Checks.sizes(name, a, tau);
    }
    return Reflectors.product(a, tau);
  }

  /** Another name of {@link #householderProduct}. */
  public static Tensor orgqr(Tensor a, Tensor tau) {
    return householderProduct(given("orgqr", "a", a), given("orgqr", "tau", tau));
  }

  private static void reflections(String name, Tensor a, Tensor tau) {
    given(name, "tau", tau);
    Checks.matrices(name, "a", a);
    Checks.sameDtype(name, a, tau);
    if (tau.dim() != a.dim() - 1 || !tau.shape().slice(0, tau.dim() - 1).equals(Checks.batch(a))) {
      throw Checks.sizes(name, a, tau);
    }
  }

  /** Returns {@code Q B} for Q the product of reflections as of {@link #geqrf}. */
  public static Tensor ormqr(Tensor a, Tensor tau, Tensor b) {
    return ormqr(a, tau, b, Side.LEFT, Transposed.NO);
  }

  /** Returns {@code op(Q) B} or {@code B op(Q)} for Q the product of reflections. */
  public static Tensor ormqr(Tensor a, Tensor tau, Tensor b, Side side, Transposed transposed) {
    if (tau != null && Autocasting.applies(a)) {
      return Autocasting.call(a, tau, (x, y) -> ormqr(x, y, b, side, transposed));
    }
    given("ormqr", "b", b);
    given("ormqr", "transposed", transposed);
    boolean left = given("ormqr", "side", side) == Side.LEFT;
    reflections("ormqr", a, tau);
    Checks.matrices("ormqr", "b", b);
    Checks.sameDtype("ormqr", a, b);
    if (!Checks.batch(a).equals(Checks.batch(b))
        || b.size(left ? -2 : -1) != a.size(-2)
        || tau.size(-1) > Matrix.least(a)) {
      throw Checks.sizes("ormqr", a, b);
    }
    return Reflectors.times(a, tau, side, transposed, b);
  }

  // ---- singular values

  /** Returns the singular values of matrices (…, m, n), with all singular vectors. */
  public static Svd svd(Tensor a) {
    return svd(a, SvdMode.FULL);
  }

  /**
   * Returns the singular values and vectors of matrices (…, m, n). Vectors are unique up to their
   * sign only if the values differ, and only then have gradients.
   *
   * @throws ArithmeticException if a matrix contains NaN or infinity
   */
  public static Svd svd(Tensor a, SvdMode mode) {
    if (Autocasting.applies(a)) {
      return Autocasting.call(a, x -> svd(x, mode));
    }
    boolean full = given("svd", "mode", mode) == SvdMode.FULL;
    Checks.matrices("svd", "a", a);
    return svdOf("svd", a, full ? Vectors.ALL : Vectors.THIN);
  }

  static Svd svdOf(String name, Tensor a, Vectors vectors) {
    List<Tensor> parts = new LinalgSvd(vectors).apply(a);
    Checks.requireConverged(name, parts.get(3));
    return new Svd(parts.get(0), parts.get(1), parts.get(2));
  }

  /**
   * Returns the singular values of matrices, largest first.
   *
   * @throws ArithmeticException if a matrix contains NaN or infinity
   */
  public static Tensor svdvals(Tensor a) {
    if (Autocasting.applies(a)) {
      return Autocasting.call(a, x -> svdvals(x));
    }
    return valuesOf("svdvals", Checks.matrices("svdvals", "a", a));
  }

  static Tensor valuesOf(String name, Tensor a) {
    boolean recorded = a.requiresGrad() && GradMode.isEnabled();
    return svdOf(name, a, recorded ? Vectors.THIN : Vectors.NONE).s();
  }

  // ---- eigenvalues

  /** Returns the eigenvalues and vectors of symmetric matrices; the lower triangle is read. */
  public static Eigh eigh(Tensor a) {
    return eigh(a, Triangle.LOWER);
  }

  /**
   * Returns the eigenvalues and vectors of symmetric matrices, of which one triangle is read.
   * Vectors are unique up to their sign only if the values differ, and only then have gradients.
   *
   * @throws ArithmeticException if a matrix contains NaN or infinity
   */
  public static Eigh eigh(Tensor a, Triangle triangle) {
    if (Autocasting.applies(a)) {
      return Autocasting.call(a, x -> eigh(x, triangle));
    }
    given("eigh", "triangle", triangle);
    return eighOf("eigh", Checks.square("eigh", "a", a), triangle);
  }

  static Eigh eighOf(String name, Tensor a, Triangle triangle) {
    List<Tensor> parts = new LinalgEigh(triangle).apply(a);
    Checks.requireConverged(name, parts.get(2));
    return new Eigh(parts.get(0), parts.get(1));
  }

  /** Returns the eigenvalues of symmetric matrices, smallest first; the lower triangle is read. */
  public static Tensor eigvalsh(Tensor a) {
    return eigvalsh(a, Triangle.LOWER);
  }

  /**
   * Returns the eigenvalues of symmetric matrices, of which one triangle is read.
   *
   * @throws ArithmeticException if a matrix contains NaN or infinity
   */
  public static Tensor eigvalsh(Tensor a, Triangle triangle) {
    if (Autocasting.applies(a)) {
      return Autocasting.call(a, x -> eigvalsh(x, triangle));
    }
    given("eigvalsh", "triangle", triangle);
    return eigenvaluesOf("eigvalsh", Checks.square("eigvalsh", "a", a), triangle);
  }

  private static Tensor eigenvaluesOf(String name, Tensor a, Triangle triangle) {
    if (a.requiresGrad() && GradMode.isEnabled()) {
      return eighOf(name, a, triangle).eigenvalues();
    }
    var result = Factorizations.of(a).eigh(Vectors.NONE, triangle, a);
    Checks.requireConverged(name, result.info());
    return result.values();
  }

  // ---- rank, pseudoinverse and least squares

  /** Returns the ranks (int64) of matrices: how many singular values are not 0. */
  public static Tensor matrixRank(Tensor a) {
    return matrixRank(a, Tolerance.DEFAULT, Symmetry.GENERAL);
  }

  /** Returns the ranks (int64) of matrices: how many singular values are above a tolerance. */
  public static Tensor matrixRank(Tensor a, Tolerance tolerance) {
    return matrixRank(a, tolerance, Symmetry.GENERAL);
  }

  /**
   * Returns the ranks (int64) of matrices: how many singular values, or eigenvalues of symmetric
   * ones without their signs, are above a tolerance.
   */
  public static Tensor matrixRank(Tensor a, Tolerance tolerance, Symmetry symmetry) {
    if (Autocasting.applies(a)) {
      return Autocasting.call(a, x -> matrixRank(x, tolerance, symmetry));
    }
    String name = "matrixRank";
    given(name, "tolerance", tolerance);
    given(name, "symmetry", symmetry);
    Checks.matrices(name, "a", a);
    Tensor values;
    try (var _ = GradMode.disable()) {
      if (symmetry == Symmetry.HERMITIAN) {
        Checks.requireSquare(name, "a", a);
        values = eigenvaluesOf(name, a, Triangle.LOWER).abs();
      } else {
        values = valuesOf(name, a);
      }
    }
    long side = Math.max(a.size(-2), a.size(-1));
    return named("matrixRank", () -> tolerance.above(values, side).to(DType.INT64).sum(-1));
  }

  /** Returns the pseudoinverses (Moore and Penrose) (…, n, m) of matrices (…, m, n). */
  public static Tensor pinv(Tensor a) {
    return pinv(a, Tolerance.DEFAULT, Symmetry.GENERAL);
  }

  /** Returns the pseudoinverses; singular values up to a tolerance count as 0. */
  public static Tensor pinv(Tensor a, Tolerance tolerance) {
    return pinv(a, tolerance, Symmetry.GENERAL);
  }

  /**
   * Returns the pseudoinverses (…, n, m) of matrices (…, m, n); singular values, or eigenvalues of
   * symmetric ones without their signs, up to a tolerance count as 0.
   */
  public static Tensor pinv(Tensor a, Tolerance tolerance, Symmetry symmetry) {
    if (Autocasting.applies(a)) {
      return Autocasting.call(a, x -> pinv(x, tolerance, symmetry));
    }
    given("pinv", "tolerance", tolerance);
    given("pinv", "symmetry", symmetry);
    Checks.matrices("pinv", "a", a);
    if (symmetry == Symmetry.HERMITIAN) {
      Checks.requireSquare("pinv", "a", a);
    }
    return named("pinv", () -> new LinalgPinv(tolerance, symmetry).call(a));
  }

  /** Returns the pseudoinverses; singular values up to 1e-15 of the greatest count as 0. */
  public static Tensor pinverse(Tensor a) {
    return pinverse(a, 1e-15);
  }

  /** Returns the pseudoinverses; singular values up to {@code rcond} of the greatest count as 0. */
  public static Tensor pinverse(Tensor a, double rcond) {
    if (Autocasting.applies(a)) {
      return Autocasting.call(a, x -> pinverse(x, rcond));
    }
    Checks.matrices("pinverse", "a", a);
    return named(
        "pinverse", () -> new LinalgPinv(Tolerance.relative(rcond), Symmetry.GENERAL).call(a));
  }

  /** Returns X with the least {@code |A X - B|}, by {@link Driver#GELSY}. */
  public static Lstsq lstsq(Tensor a, Tensor b) {
    return lstsq(a, b, Driver.GELSY);
  }

  /**
   * Returns X with the least {@code |A X - B|}; what is up to the precision of the dtype times the
   * longer side of the matrix counts as 0.
   */
  public static Lstsq lstsq(Tensor a, Tensor b, Driver driver) {
    if (b != null && Autocasting.applies(a)) {
      return Autocasting.call(a, b, (x, y) -> lstsq(x, y, driver));
    }
    given("lstsq", "b", b);
    given("lstsq", "driver", driver);
    Checks.matrices("lstsq", "a", a);
    double eps = a.dtype() == DType.FLOAT32 ? Math.ulp(1f) : Math.ulp(1.0);
    return lstsq(a, b, driver, eps * Math.max(a.size(-2), a.size(-1)));
  }

  /**
   * Returns X with the least {@code |A X - B|}, and of these the least {@code |X|}, for matrices A
   * (…, m, n) and B (…, m, k), or vectors (m) or (…, m) with A's leading dimensions; leading
   * dimensions broadcast.
   *
   * <p>Where B contains NaN or infinity the solution is NaN.
   *
   * @param rcond what is up to this part of the greatest counts as 0
   * @throws IllegalArgumentException if rcond is NaN
   * @throws ArithmeticException if a matrix A contains NaN or infinity, or with {@link Driver#GELS}
   *     has not full rank
   */
  public static Lstsq lstsq(Tensor a, Tensor b, Driver driver, double rcond) {
    if (b != null && Autocasting.applies(a)) {
      return Autocasting.call(a, b, (x, y) -> lstsq(x, y, driver, rcond));
    }
    String name = "lstsq";
    given(name, "b", b);
    given(name, "driver", driver);
    if (Double.isNaN(rcond)) {
      throw new IllegalArgumentException(name + ": rcond is NaN");
    }
    Checks.matrices(name, "a", a);
    Checks.sameDtype(name, a, b);
    boolean vectors =
        b.dim() == 1 || b.dim() == a.dim() - 1 && b.shape().equals(a.shape().slice(0, a.dim() - 1));
    Tensor columns = vectors ? b.unsqueeze(-1) : Checks.matrices(name, "b", b);
    if (columns.size(-2) != a.size(-2)) {
      throw Checks.sizes(name, a, b);
    }
    Shape batch = Checks.batch(name, a, columns);
    List<Tensor> parts =
        new LinalgLstsq(driver, rcond)
            .apply(Checks.expanded(a, batch, 2), Checks.expanded(columns, batch, 2));
    if (driver == Driver.GELS) {
      Checks.require(
          name,
          parts.get(4),
          said -> said < 0 ? Checks.NOT_FINITE : "has not full rank; use another driver");
    } else {
      Checks.requireConverged(name, parts.get(4));
    }
    Tensor x = parts.get(0);
    return new Lstsq(vectors ? x.squeeze(-1) : x, parts.get(1), parts.get(2), parts.get(3));
  }
}
