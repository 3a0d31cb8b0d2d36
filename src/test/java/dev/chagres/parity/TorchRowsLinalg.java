package dev.chagres.parity;

import dev.chagres.core.DType;
import dev.chagres.core.Diagonal;
import dev.chagres.core.Driver;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.linalg.Linalg;
import dev.chagres.linalg.NormOrder;
import dev.chagres.linalg.QrMode;
import dev.chagres.linalg.SvdMode;
import dev.chagres.linalg.Symmetry;
import dev.chagres.linalg.Tolerance;
import dev.chagres.parity.TorchRows.Call;
import dev.chagres.tensor.Tensor;
import java.util.List;
import java.util.Locale;

/**
 * Linear algebra, of {@code torch.linalg} and of {@code torch}, whose older names call the same.
 */
final class TorchRowsLinalg {
  private TorchRowsLinalg() {}

  static void add() {
    systems();
    factorisations();
    spectra();
    norms();
    olderNames();
  }

  private static void row(String op, String method, Call call) {
    TorchRows.row(op, "Linalg." + method, call);
  }

  // ---- how arguments read here

  private static Triangle triangle(TorchArguments a) {
    return a.flag("upper") ? Triangle.UPPER : Triangle.LOWER;
  }

  private static Triangle uplo(TorchArguments a) {
    return a.text("UPLO", "L").equalsIgnoreCase("U") ? Triangle.UPPER : Triangle.LOWER;
  }

  private static Side side(TorchArguments a) {
    return a.has("left") && !a.flag("left") ? Side.RIGHT : Side.LEFT;
  }

  private static Transposed transposed(TorchArguments a, String name) {
    return a.flag(name) ? Transposed.YES : Transposed.NO;
  }

  private static Symmetry symmetry(TorchArguments a) {
    return a.flag("hermitian") ? Symmetry.HERMITIAN : Symmetry.GENERAL;
  }

  /** What there is no form of here. */
  private static void unset(TorchArguments a, String name) {
    if (a.flag(name)) {
      throw new NotThereException(name + ": bool");
    }
  }

  /** LU without exchanges is not there on PyTorch's CPU either. */
  private static void pivoted(TorchArguments a, String name) {
    if (a.has(name) && !a.flag(name)) {
      throw new NotThereException(name + ": bool");
    }
  }

  private static Tolerance tolerance(TorchArguments a) {
    boolean absolute = a.has("atol");
    boolean relative = a.has("rtol");
    if (absolute && relative) {
      return Tolerance.of(tolerance(a, "atol"), tolerance(a, "rtol"));
    } else if (absolute) {
      return Tolerance.absolute(tolerance(a, "atol"));
    }
    return relative ? Tolerance.relative(tolerance(a, "rtol")) : Tolerance.DEFAULT;
  }

  private static Tensor tolerance(TorchArguments a, String name) {
    return a.get(name) instanceof Double number
        ? Tensor.scalar(number, DType.FLOAT64)
        : a.tensor(name);
  }

  private static Tensor inDtype(TorchArguments a) {
    return a.has("dtype") ? a.self().to(a.dtype(a.self().dtype())) : a.self();
  }

  // ---- rows

  private static void systems() {
    row("linalg.solve", "solve", a -> Linalg.solve(a.self(), a.tensor("B"), side(a)));
    row(
        "linalg.solve_ex",
        "solveEx",
        a -> {
          unset(a, "check_errors");
          return Linalg.solveEx(a.self(), a.tensor("B"), side(a));
        });
    row(
        "linalg.solve_triangular",
        "solveTriangular",
        a ->
            Linalg.solveTriangular(
                a.self(),
                a.tensor("B"),
                triangle(a),
                side(a),
                a.flag("unitriangular") ? Diagonal.ONES : Diagonal.STORED));
    row("logdet", "logdet", a -> Linalg.logdet(a.self()));
    row(
        "cholesky_solve",
        "choleskySolve",
        a -> Linalg.choleskySolve(a.self(), a.tensor("input2"), triangle(a)));
    row("cholesky_inverse", "choleskyInverse", a -> Linalg.choleskyInverse(a.self(), triangle(a)));
    row(
        "linalg.lu_solve",
        "luSolve",
        a ->
            Linalg.luSolve(
                a.self(), a.tensor("pivots"), a.tensor("B"), side(a), transposed(a, "adjoint")));
    row(
        "linalg.ldl_solve",
        "ldlSolve",
        a -> {
          a.flag("hermitian"); // the same for real numbers
          return Linalg.ldlSolve(a.self(), a.tensor("pivots"), a.tensor("B"));
        });
    row(
        "linalg.tensorsolve",
        "tensorsolve",
        a -> Linalg.tensorsolve(a.self(), a.tensor("other"), dims(a, "dims")));
  }

  private static int[] dims(TorchArguments a, String name) {
    long[] longs = a.longs(name);
    int[] dims = new int[longs.length];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = Math.toIntExact(longs[i]);
    }
    return dims;
  }

  private static void factorisations() {
    row(
        "linalg.lu",
        "lu",
        a -> {
          pivoted(a, "pivot");
          return Linalg.lu(a.self());
        });
    row(
        "linalg.lu_factor",
        "luFactor",
        a -> {
          pivoted(a, "pivot");
          return Linalg.luFactor(a.self());
        });
    row(
        "linalg.lu_factor_ex",
        "luFactorEx",
        a -> {
          pivoted(a, "pivot");
          unset(a, "check_errors");
          return Linalg.luFactorEx(a.self());
        });
    row(
        "lu_unpack",
        "luUnpack",
        a -> {
          pivoted(a, "unpack_data");
          pivoted(a, "unpack_pivots");
          return Linalg.luUnpack(a.self(), a.tensor("LU_pivots"));
        });
    row("linalg.cholesky", "cholesky", a -> Linalg.cholesky(a.self(), triangle(a)));
    row(
        "linalg.cholesky_ex",
        "choleskyEx",
        a -> {
          unset(a, "check_errors");
          return Linalg.choleskyEx(a.self(), triangle(a));
        });
    row(
        "linalg.ldl_factor",
        "ldlFactor",
        a -> {
          a.flag("hermitian"); // the same for real numbers
          return Linalg.ldlFactor(a.self());
        });
    row(
        "linalg.ldl_factor_ex",
        "ldlFactorEx",
        a -> {
          a.flag("hermitian");
          unset(a, "check_errors");
          return Linalg.ldlFactorEx(a.self());
        });
    row(
        "linalg.qr",
        "qr",
        a ->
            Linalg.qr(
                a.self(), QrMode.valueOf(a.text("mode", "reduced").toUpperCase(Locale.ROOT))));
    row("geqrf", "geqrf", a -> Linalg.geqrf(a.self()));
    row(
        "ormqr",
        "ormqr",
        a ->
            Linalg.ormqr(
                a.self(),
                a.tensor("input2"),
                a.tensor("input3"),
                side(a),
                transposed(a, "transpose")));
    row("matrix_exp", "matrixExp", a -> Linalg.matrixExp(a.self()));
  }

  private static void spectra() {
    row(
        "linalg.svd",
        "svd",
        a -> {
          boolean reduced = a.has("full_matrices") && !a.flag("full_matrices");
          return Linalg.svd(a.self(), reduced ? SvdMode.REDUCED : SvdMode.FULL);
        });
    row("linalg.eigh", "eigh", a -> Linalg.eigh(a.self(), uplo(a)));
    row("linalg.eigvalsh", "eigvalsh", a -> Linalg.eigvalsh(a.self(), uplo(a)));
    row("linalg.matrix_rank", "matrixRank", TorchRowsLinalg::matrixRank);
    row(
        "linalg.pinv",
        "pinv",
        a ->
            a.has("b")
                ? Linalg.pinv(a.self().matmul(a.tensor("b").mT()))
                : Linalg.pinv(a.self(), tolerance(a), symmetry(a)));
    row(
        "pinverse",
        "pinverse",
        a -> Linalg.pinverse(a.self(), a.number("rcond", 1e-15).doubleValue()));
    row("linalg.lstsq", "lstsq", TorchRowsLinalg::lstsq);
  }

  private static Tensor matrixRank(TorchArguments a) {
    return Linalg.matrixRank(a.self(), tolerance(a), symmetry(a));
  }

  private static Object lstsq(TorchArguments a) {
    Driver driver = Driver.valueOf(a.text("driver", "gelsy").toUpperCase(Locale.ROOT));
    var result =
        a.has("rcond")
            ? Linalg.lstsq(a.self(), a.tensor("b"), driver, a.number("rcond").doubleValue())
            : Linalg.lstsq(a.self(), a.tensor("b"), driver);
    // One variant of the samples has what can be differentiated alone.
    return a.name(0).equals("a") ? List.of(result.solution(), result.residuals()) : result;
  }

  private static void norms() {
    row(
        "linalg.vector_norm",
        "vectorNorm",
        a -> Linalg.vectorNorm(inDtype(a), a.number("ord", 2).doubleValue(), a.keep(), a.dims()));
    row(
        "linalg.matrix_norm",
        "matrixNorm",
        a ->
            a.get("ord") instanceof String
                ? Linalg.matrixNorm(inDtype(a), order(a, "ord"), a.keep(), a.dims())
                : Linalg.matrixNorm(inDtype(a), a.number("ord").doubleValue(), a.keep(), a.dims()));
    row("linalg.norm", "norm", TorchRowsLinalg::norm);
    row("linalg.cond", "cond", TorchRowsLinalg::cond);
  }

  private static NormOrder order(TorchArguments a, String name) {
    return NormOrder.valueOf(a.text(name, "fro").toUpperCase(Locale.ROOT));
  }

  private static Tensor norm(TorchArguments a) {
    Tensor x = inDtype(a);
    if (!a.has("ord")) {
      return Linalg.norm(x, a.keep(), a.dims());
    }
    return a.get("ord") instanceof String
        ? Linalg.norm(x, order(a, "ord"), a.keep(), a.dims())
        : Linalg.norm(x, a.number("ord").doubleValue(), a.keep(), a.dims());
  }

  private static Tensor cond(TorchArguments a) {
    if (!a.has("p")) {
      return Linalg.cond(a.self());
    }
    return a.get("p") instanceof String
        ? Linalg.cond(a.self(), order(a, "p"))
        : Linalg.cond(a.self(), a.number("p").doubleValue());
  }

  /** Deprecated in PyTorch, and the same as functions of torch.linalg. */
  private static void olderNames() {
    row("cholesky", "cholesky", a -> Linalg.cholesky(a.self(), triangle(a)));
    row(
        "lu",
        "luFactorEx",
        a -> {
          pivoted(a, "1");
          var factors = Linalg.luFactorEx(a.self());
          return a.flag("2") ? factors : List.of(factors.lu(), factors.pivots());
        });
    row(
        "lu_solve",
        "luSolve",
        a -> Linalg.luSolve(a.tensor("LU_data"), a.tensor("LU_pivots"), a.self()));
    row(
        "qr",
        "qr",
        a ->
            Linalg.qr(
                a.self(), a.has("some") && !a.flag("some") ? QrMode.COMPLETE : QrMode.REDUCED));
    row(
        "svd",
        "svd",
        a -> {
          pivoted(a, "compute_uv");
          boolean full = a.has("some") && !a.flag("some");
          var svd = Linalg.svd(a.self(), full ? SvdMode.FULL : SvdMode.REDUCED);
          return List.of(svd.u(), svd.s(), svd.vh().mT());
        });
    row(
        "triangular_solve",
        "solveTriangular",
        a -> {
          boolean upper = !a.has("upper") || a.flag("upper");
          boolean turned = a.flag("transpose");
          Diagonal diagonal = a.flag("unitriangular") ? Diagonal.ONES : Diagonal.STORED;
          Tensor matrix = turned ? a.tensor("A").mT() : a.tensor("A");
          Triangle triangle = upper == turned ? Triangle.LOWER : Triangle.UPPER;
          Tensor x = Linalg.solveTriangular(matrix, a.self(), triangle, Side.LEFT, diagonal);
          return List.of(x, a.tensor("A").mT().contiguous().mT().clone()); // by columns
        });
  }
}
