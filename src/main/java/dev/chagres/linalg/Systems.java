package dev.chagres.linalg;

import static dev.chagres.check.Given.given;

import dev.chagres.autograd.GradMode;
import dev.chagres.core.DType;
import dev.chagres.core.Diagonal;
import dev.chagres.core.Shape;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.linalg.SystemFunctions.CholeskySolve;
import dev.chagres.linalg.SystemFunctions.LinalgCholeskyEx;
import dev.chagres.linalg.SystemFunctions.LinalgDet;
import dev.chagres.linalg.SystemFunctions.LinalgInvEx;
import dev.chagres.linalg.SystemFunctions.LinalgLuFactorEx;
import dev.chagres.linalg.SystemFunctions.LinalgSlogdet;
import dev.chagres.linalg.SystemFunctions.LinalgSolveEx;
import dev.chagres.linalg.SystemFunctions.LinalgSolveTriangular;
import dev.chagres.primitive.Factorizations;
import dev.chagres.primitive.Factorizations.Packed;
import dev.chagres.primitive.Primitives;
import dev.chagres.primitive.Triangular;
import dev.chagres.tensor.Tensor;
import java.util.List;

/** Systems of equations, determinants and inverses: static methods of {@link Linalg}. */
abstract sealed class Systems permits Decompositions {
  Systems() {}

  // ---- square systems

  /**
   * Returns X of {@code A X = B} for square matrices A (…, n, n) and B (…, n, k), or vectors (n) or
   * (…, n) with A's leading dimensions; leading dimensions broadcast.
   *
   * @throws ArithmeticException if a matrix is singular
   */
  public static Tensor solve(Tensor a, Tensor b) {
    return solve(a, b, Side.LEFT);
  }

  /**
   * Returns X of {@code A X = B}, or of {@code X A = B} with A on the right.
   *
   * @throws ArithmeticException if a matrix is singular
   */
  public static Tensor solve(Tensor a, Tensor b, Side side) {
    SolveEx solved = solved("solve", a, b, side);
    Checks.requireRegular("solve", solved.info());
    return solved.result();
  }

  /** The same as {@link #solve(Tensor, Tensor)}, but a singular matrix is told in {@code info}. */
  public static SolveEx solveEx(Tensor a, Tensor b) {
    return solveEx(a, b, Side.LEFT);
  }

  /**
   * The same as {@link #solve(Tensor, Tensor, Side)}, but a singular matrix is told in {@code
   * info}.
   */
  public static SolveEx solveEx(Tensor a, Tensor b, Side side) {
    return solved("solveEx", a, b, side);
  }

  private static SolveEx solved(String name, Tensor a, Tensor b, Side side) {
    if (b != null && Autocasting.applies(a)) {
      return Autocasting.call(a, b, (x, y) -> solved(name, x, y, side));
    }
    given(name, "b", b);
    boolean left = given(name, "side", side) == Side.LEFT;
    Checks.square(name, "a", a);
    Checks.sameDtype(name, a, b);
    boolean vectors = isVectors(a, b);
    if (!vectors) {
      Checks.matrices(name, "b", b);
    }
    Tensor columns = vectors ? b.unsqueeze(-1) : left ? b : b.mT();
    if (columns.size(-2) != a.size(-1) || vectors && !left) {
      throw Checks.sizes(name, a, b);
    }
    Shape batch = Checks.batch(name, a, columns);
    Packed<Tensor> factors;
    try (var _ = GradMode.disable()) {
      factors = Factorizations.of(a).lu(a);
    }
    Tensor packed = Checks.expanded(factors.packed(), batch, 2);
    Tensor pivots = Checks.expanded(factors.pivots(), batch, 1);
    Tensor x =
        new LinalgSolveEx(packed, pivots, left ? Transposed.NO : Transposed.YES)
            .call(Checks.expanded(a, batch, 2), Checks.expanded(columns, batch, 2));
    return new SolveEx(vectors ? x.squeeze(-1) : left ? x : x.mT(), factors.info());
  }

  /** PyTorch's rule: a vector, or a batch of vectors with exactly the matrices' batch. */
  private static boolean isVectors(Tensor a, Tensor b) {
    return b.dim() == 1
        || b.dim() == a.dim() - 1 && b.shape().equals(a.shape().slice(0, a.dim() - 1));
  }

  /**
   * Returns the inverses of square matrices.
   *
   * @throws ArithmeticException if a matrix is singular
   */
  public static Tensor inv(Tensor a) {
    if (Autocasting.applies(a)) {
      return Autocasting.call(a, x -> inv(x));
    }
    List<Tensor> inverse = new LinalgInvEx().apply(Checks.square("inv", "a", a));
    Checks.requireRegular("inv", inverse.get(1));
    return inverse.get(0);
  }

  /** Another name of {@link #inv}. */
  public static Tensor inverse(Tensor a) {
    return inv(given("inverse", "a", a));
  }

  /** Returns the inverses of square matrices; a singular one is told in {@code info}. */
  public static InvEx invEx(Tensor a) {
    if (Autocasting.applies(a)) {
      return Autocasting.call(a, x -> invEx(x));
    }
    List<Tensor> inverse = new LinalgInvEx().apply(Checks.square("invEx", "a", a));
    return new InvEx(inverse.get(0), inverse.get(1));
  }

  /**
   * Returns the tensor {@code y} with which {@code tensordot(y, a)} is the identity over the last
   * {@code a.dim() - ind} dimensions: the first {@code ind} dimensions have as many elements as the
   * others.
   *
   * @throws ArithmeticException if there is none
   */
  public static Tensor tensorinv(Tensor a, int ind) {
    if (Autocasting.applies(a)) {
      return Autocasting.call(a, x -> tensorinv(x, ind));
    }
    int rank = given("tensorinv", "a", a).dim();
    if (ind < 1 || ind > rank) {
      throw new IllegalArgumentException(
          "tensorinv: ind is from 1 to the number of dimensions, " + rank + ", not " + ind);
    }
    Shape rows = a.shape().slice(0, ind);
    Shape columns = a.shape().slice(ind, rank);
    if (rows.numel() != columns.numel()) {
      throw new IllegalArgumentException(
          "tensorinv: the sizes " + rows + " and " + columns + " have unequal products");
    }
    Checks.precise("tensorinv", a);
    List<Tensor> inverse = new LinalgInvEx().apply(a.reshape(rows.numel(), columns.numel()));
    Checks.requireRegular("tensorinv", inverse.get(1));
    return inverse.get(0).reshape(columns.concat(rows));
  }

  /** Returns the same for the first two dimensions. */
  public static Tensor tensorinv(Tensor a) {
    return tensorinv(a, 2);
  }

  /**
   * Returns X of {@code tensordot(a, X) = b}, with b's shape the first dimensions of {@code a} and
   * X's the others; {@code dims} of {@code a} are moved to its end first.
   *
   * @throws ArithmeticException if the matrix that {@code a} stands for is singular
   */
  public static Tensor tensorsolve(Tensor a, Tensor b, int... dims) {
    if (b != null && Autocasting.applies(a)) {
      return Autocasting.call(a, b, (x, y) -> tensorsolve(x, y, dims));
    }
    given("tensorsolve", "a", a);
    given("tensorsolve", "b", b);
    Tensor moved = a;
    if (given("tensorsolve", "dims", dims).length > 0) {
      int[] ends = new int[dims.length];
      for (int i = 0; i < dims.length; i++) {
        ends[i] = i - dims.length;
      }
      a.shape().axes("tensorsolve", dims);
      moved = a.movedim(dims, ends);
    }
    Checks.sameDtype("tensorsolve", a, b);
    Checks.precise("tensorsolve", a);
    Shape unknowns = moved.shape().slice(Math.min(b.dim(), moved.dim()), moved.dim());
    if (unknowns.numel() != b.numel() || moved.numel() != b.numel() * b.numel()) {
      throw Checks.sizes("tensorsolve", moved, b);
    }
    SolveEx solved =
        solved("tensorsolve", moved.reshape(b.numel(), b.numel()), b.flatten(), Side.LEFT);
    Checks.requireRegular("tensorsolve", solved.info());
    return solved.result().reshape(unknowns);
  }

  // ---- triangular systems

  /** Returns X of {@code A X = B} for triangular matrices; the other triangle is not read. */
  public static Tensor solveTriangular(Tensor a, Tensor b, Triangle triangle) {
    return solveTriangular(a, b, triangle, Side.LEFT, Diagonal.STORED);
  }

  /**
   * Returns X of {@code A X = B}, or of {@code X A = B} with A on the right, for triangular
   * matrices; leading dimensions broadcast. A zero on the diagonal divides.
   */
  public static Tensor solveTriangular(
      Tensor a, Tensor b, Triangle triangle, Side side, Diagonal diagonal) {
    String name = "solveTriangular";
    given(name, "b", b);
    given(name, "triangle", triangle);
    given(name, "diagonal", diagonal);
    boolean left = given(name, "side", side) == Side.LEFT;
    Checks.square(name, "a", a);
    Checks.matrices(name, "b", b);
    Checks.sameDtype(name, a, b);
    if (b.size(left ? -2 : -1) != a.size(-1)) {
      throw Checks.sizes(name, a, b);
    }
    Shape batch = Checks.batch(name, a, b);
    Tensor matrices = Checks.expanded(a, batch, 2);
    Tensor columns = Checks.expanded(b, batch, 2);
    Transposed transposed = left ? Transposed.NO : Transposed.YES;
    Tensor x =
        new LinalgSolveTriangular(new Triangular(triangle, transposed, diagonal))
            .call(matrices, left ? columns : columns.mT());
    return left ? x : x.mT();
  }

  // ---- determinants

  /** Returns the determinants of square matrices. */
  public static Tensor det(Tensor a) {
    return new LinalgDet().call(Checks.square("det", "a", a));
  }

  /** Returns the signs of the determinants, and the logarithms of their absolute values. */
  public static SlogDet slogdet(Tensor a) {
    List<Tensor> parts = new LinalgSlogdet().apply(Checks.square("slogdet", "a", a));
    return new SlogDet(parts.get(0), parts.get(1));
  }

  /** Returns the logarithms of determinants: NaN of one below 0, minus infinity of 0. */
  public static Tensor logdet(Tensor a) {
    List<Tensor> parts = new LinalgSlogdet().apply(Checks.square("logdet", "a", a));
    Tensor nan = a.newFull(Shape.scalar(), Double.NaN);
    return Tensor.where(parts.get(0).lt(0), nan, parts.get(1));
  }

  // ---- LU

  /**
   * Returns P, L and U with {@code A = P L U} for matrices (…, m, n): L (…, m, k) and U (…, k, n)
   * of k = min(m, n). P has no gradient.
   */
  public static Lu lu(Tensor a) {
    List<Tensor> factors = new LinalgLuFactorEx().apply(Checks.matrices("lu", "a", a));
    return unpacked(factors.get(0), factors.get(1));
  }

  /**
   * Returns L and U in one matrix, and the exchanges of rows.
   *
   * @throws ArithmeticException if a zero is on U's diagonal, so that it solves no system
   */
  public static LuFactor luFactor(Tensor a) {
    List<Tensor> factors = new LinalgLuFactorEx().apply(Checks.matrices("luFactor", "a", a));
    Checks.requireRegular("luFactor", factors.get(2));
    return new LuFactor(factors.get(0), factors.get(1));
  }

  /** Returns L and U in one matrix, and the exchanges; a zero in U is told in {@code info}. */
  public static LuFactorEx luFactorEx(Tensor a) {
    List<Tensor> factors = new LinalgLuFactorEx().apply(Checks.matrices("luFactorEx", "a", a));
    return new LuFactorEx(factors.get(0), factors.get(1), factors.get(2));
  }

  /** Returns P, L and U of the factors in one matrix. */
  public static Lu luUnpack(Tensor lu, Tensor pivots) {
    given("luUnpack", "pivots", pivots);
    Checks.matricesOfAny("luUnpack", "lu", lu);
    Checks.pivots("luUnpack", pivots, lu.size(-2));
    Shape exchanges = Checks.batch(lu).concat(Shape.of(Matrix.least(lu)));
    if (!pivots.shape().equals(exchanges)) {
      throw Checks.sizes("luUnpack", lu, pivots);
    }
    return unpacked(lu, pivots);
  }

  private static Lu unpacked(Tensor lu, Tensor pivots) {
    long k = Matrix.least(lu);
    Tensor order = Factorizations.of(lu).order(pivots, lu.size(-2));
    Tensor ones = Tensor.eye(lu.device(), lu.dtype(), lu.size(-2), k);
    Tensor l = Matrix.columns(lu, 0, k).tril(-1).add(ones);
    return new Lu(Matrix.permutation(order, lu.dtype()), l, Matrix.rows(lu, 0, k).triu());
  }

  /** Returns X of {@code A X = B} with the factors of {@link #luFactor}. */
  public static Tensor luSolve(Tensor lu, Tensor pivots, Tensor b) {
    return luSolve(lu, pivots, b, Side.LEFT, Transposed.NO);
  }

  /**
   * Returns X of {@code op(A) X = B}, or of {@code X op(A) = B}, with the factors of {@link
   * #luFactor}; leading dimensions broadcast.
   */
  public static Tensor luSolve(
      Tensor lu, Tensor pivots, Tensor b, Side side, Transposed transposed) {
    if (b != null && Autocasting.applies(lu)) {
      return Autocasting.call(lu, b, (x, y) -> luSolve(x, pivots, y, side, transposed));
    }
    String name = "luSolve";
    given(name, "pivots", pivots);
    given(name, "b", b);
    given(name, "transposed", transposed);
    boolean left = given(name, "side", side) == Side.LEFT;
    Checks.square(name, "lu", lu);
    Checks.pivots(name, pivots, lu.size(-1));
    Checks.matrices(name, "b", b);
    Checks.sameDtype(name, lu, b);
    if (!pivots.shape().equals(lu.shape().slice(0, lu.dim() - 1))
        || b.size(left ? -2 : -1) != lu.size(-1)) {
      throw Checks.sizes(name, lu, b);
    }
    Shape batch = Checks.batch(name, lu, b);
    Tensor factors = Checks.expanded(lu, batch, 2);
    Tensor columns = Checks.expanded(left ? b : b.mT(), batch, 2);
    boolean straight = (transposed == Transposed.NO) == left;
    Tensor order = Factorizations.of(lu).order(Checks.expanded(pivots, batch, 1), lu.size(-1));
    Tensor permutation = Matrix.permutation(order, lu.dtype());
    Tensor x =
        Matrix.byColumns(
            straight
                ? straight(factors, permutation, columns)
                : turned(factors, permutation, columns));
    return left ? x : x.mT();
  }

  /** {@code P L U X = B}. */
  private static Tensor straight(Tensor lu, Tensor permutation, Tensor b) {
    Tensor y =
        LinalgSolveTriangular.unit(Triangle.LOWER, Transposed.NO, lu, permutation.mT().matmul(b));
    return LinalgSolveTriangular.of(Triangle.UPPER, Transposed.NO, lu, y);
  }

  /** {@code (P L U)^T X = B}. */
  private static Tensor turned(Tensor lu, Tensor permutation, Tensor b) {
    Tensor y = LinalgSolveTriangular.of(Triangle.UPPER, Transposed.YES, lu, b);
    return permutation.matmul(LinalgSolveTriangular.unit(Triangle.LOWER, Transposed.YES, lu, y));
  }

  // ---- positive definite matrices

  /** Returns the lower Cholesky factors, {@code A = L L^T}; A's lower triangle is read. */
  public static Tensor cholesky(Tensor a) {
    return cholesky(a, Triangle.LOWER);
  }

  /**
   * Returns the lower factors of {@code A = L L^T}, or the upper ones of {@code A = U^T U}, of
   * positive definite matrices, of which that triangle is read.
   *
   * @throws ArithmeticException if a matrix is not positive definite
   */
  public static Tensor cholesky(Tensor a, Triangle triangle) {
    if (Autocasting.applies(a)) {
      return Autocasting.call(a, x -> cholesky(x, triangle));
    }
    CholeskyEx factored = choleskyOf("cholesky", a, triangle);
    Checks.require(
        "cholesky",
        factored.info(),
        order ->
            "is not positive definite: its leading minor of order " + order + " is not positive");
    return factored.l();
  }

  /** The same as {@link #cholesky(Tensor)}; a matrix without a factor is told in {@code info}. */
  public static CholeskyEx choleskyEx(Tensor a) {
    return choleskyEx(a, Triangle.LOWER);
  }

  /**
   * The same as {@link #cholesky(Tensor, Triangle)}; a matrix without a factor is told in {@code
   * info}.
   */
  public static CholeskyEx choleskyEx(Tensor a, Triangle triangle) {
    if (Autocasting.applies(a)) {
      return Autocasting.call(a, x -> choleskyEx(x, triangle));
    }
    return choleskyOf("choleskyEx", a, triangle);
  }

  private static CholeskyEx choleskyOf(String name, Tensor a, Triangle triangle) {
    var function = new LinalgCholeskyEx(given(name, "triangle", triangle));
    List<Tensor> factor = function.apply(Checks.square(name, "a", a));
    return new CholeskyEx(factor.get(0), factor.get(1));
  }

  /** Returns X of {@code A X = B} with A's lower Cholesky factor. */
  public static Tensor choleskySolve(Tensor b, Tensor l) {
    return choleskySolve(b, l, Triangle.LOWER);
  }

  /**
   * Returns X of {@code A X = B} with A's Cholesky factor; leading dimensions broadcast. The
   * gradient is that of {@code A = L L^T} for all of L, though one triangle is read.
   */
  public static Tensor choleskySolve(Tensor b, Tensor l, Triangle triangle) {
    if (l != null && Autocasting.applies(b)) {
      return Autocasting.call(b, l, (x, y) -> choleskySolve(x, y, triangle));
    }
    given("choleskySolve", "l", l);
    given("choleskySolve", "triangle", triangle);
    Checks.matrices("choleskySolve", "b", b);
    return choleskySolved("choleskySolve", b, l, triangle);
  }

  private static Tensor choleskySolved(String name, Tensor b, Tensor l, Triangle triangle) {
    Checks.square(name, "l", l);
    Checks.sameDtype(name, l, b);
    given(name, "triangle", triangle);
    if (b.size(-2) != l.size(-1)) {
      throw Checks.sizes(name, b, l);
    }
    Shape batch = Checks.batch(name, b, l);
    return new CholeskySolve(triangle)
        .call(Checks.expanded(b, batch, 2), Checks.expanded(l, batch, 2));
  }

  /** Returns the inverse of A, of which the lower Cholesky factor is given. */
  public static Tensor choleskyInverse(Tensor l) {
    return choleskyInverse(l, Triangle.LOWER);
  }

  /** Returns the inverse of A, of which a Cholesky factor is given. */
  public static Tensor choleskyInverse(Tensor l, Triangle triangle) {
    if (Autocasting.applies(l)) {
      return Autocasting.call(l, x -> choleskyInverse(x, triangle));
    }
    given("choleskyInverse", "triangle", triangle);
    Checks.square("choleskyInverse", "l", l);
    Tensor inverse = choleskySolved("choleskyInverse", Matrix.identity(l, l.size(-1)), l, triangle);
    return Primitives.of(l).named("CholeskyInverseBackward", inverse, l);
  }

  // ---- symmetric matrices

  /**
   * Returns the factors {@code L D L^T} of symmetric matrices, of which the lower triangle is read,
   * in one matrix. There is no gradient.
   *
   * @throws ArithmeticException if D is singular
   */
  public static LdlFactor ldlFactor(Tensor a) {
    LdlFactorEx factors = ldlOf("ldlFactor", a);
    Checks.require(
        "ldlFactor",
        factors.info(),
        place -> "is singular: element (" + place + ", " + place + ") of D is 0");
    return new LdlFactor(factors.ld(), factors.pivots());
  }

  /** The same as {@link #ldlFactor}; a singular matrix is told in {@code info}. */
  public static LdlFactorEx ldlFactorEx(Tensor a) {
    return ldlOf("ldlFactorEx", a);
  }

  private static LdlFactorEx ldlOf(String name, Tensor a) {
    List<Tensor> factors = new SystemFunctions.LdlFactor().apply(Checks.square(name, "a", a));
    return new LdlFactorEx(factors.get(0), factors.get(1), factors.get(2));
  }

  /** Returns X of {@code A X = B} with the factors of {@link #ldlFactor}. There is no gradient. */
  public static Tensor ldlSolve(Tensor ld, Tensor pivots, Tensor b) {
    String name = "ldlSolve";
    given(name, "pivots", pivots);
    given(name, "b", b);
    Checks.square(name, "ld", ld);
    Checks.matrices(name, "b", b);
    Checks.sameDtype(name, ld, b);
    if (given(name, "pivots", pivots).dtype() != DType.INT32
        || !pivots.shape().equals(ld.shape().slice(0, ld.dim() - 1))
        || b.size(-2) != ld.size(-1)) {
      throw new IllegalArgumentException(
          name
              + ": needs factors, int32 pivots and matrices that belong together, not "
              + ld.shape()
              + ", "
              + pivots.dtype()
              + " "
              + pivots.shape()
              + " and "
              + b.shape());
    }
    Shape batch = Checks.batch(name, ld, b);
    return new SystemFunctions.LdlSolve(Checks.expanded(pivots, batch, 1))
        .call(Checks.expanded(ld, batch, 2), Checks.expanded(b, batch, 2));
  }
}
