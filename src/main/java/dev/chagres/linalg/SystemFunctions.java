package dev.chagres.linalg;

import dev.chagres.core.Diagonal;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.primitive.Factorizations;
import dev.chagres.primitive.Factorizations.Packed;
import dev.chagres.primitive.Triangular;
import dev.chagres.tensor.Function;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of systems of equations and of the factorisations that solve them. The rules for
 * solutions, inverses and determinants are those of Giles, "Collected matrix derivative results for
 * forward and reverse mode algorithmic differentiation" (2008).
 */
final class SystemFunctions {
  private SystemFunctions() {}

  static List<@Nullable Tensor> gradients(@Nullable Tensor... gradients) {
    return Arrays.asList(gradients);
  }

  /** X of {@code A X = B} or {@code A^T X = B}, with A's factors known. */
  static final class LinalgSolveEx extends Function {
    private final Tensor packed;
    private final Tensor pivots;
    private final Transposed transposed;

    LinalgSolveEx(Tensor packed, Tensor pivots, Transposed transposed) {
      this.packed = packed;
      this.pivots = pivots;
      this.transposed = transposed;
    }

    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Tensor b = inputs.get(1);
      Tensor x = Factorizations.of(b).luSolve(packed, pivots, transposed, b);
      context.saveForBackward(inputs.get(0), x);
      return List.of(x);
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      Tensor a = context.savedTensors().get(0);
      Tensor x = context.savedTensors().get(1);
      Tensor gb =
          new LinalgSolveEx(packed, pivots, transposed.other()).call(a, gradOutput(gradOutputs, 0));
      Tensor ga =
          !context.needsInputGrad(0)
              ? null
              : transposed == Transposed.NO ? gb.matmul(x.mT()).neg() : x.matmul(gb.mT()).neg();
      return gradients(ga, gb);
    }
  }

  /** The inverse, and the info. */
  static final class LinalgInvEx extends Function {
    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Tensor a = inputs.get(0);
      Packed<Tensor> factors = Factorizations.of(a).lu(a);
      Tensor identity = Matrix.identities(a, Checks.batch(a), a.size(-1));
      Tensor inverse =
          Factorizations.of(a).luSolve(factors.packed(), factors.pivots(), Transposed.NO, identity);
      context.saveForBackward(inverse);
      return List.of(inverse, factors.info());
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      Tensor turned = context.savedTensors().get(0).mT();
      return gradients(turned.matmul(gradOutput(gradOutputs, 0)).matmul(turned).neg());
    }
  }

  /** The determinant. */
  static final class LinalgDet extends Function {
    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Tensor a = inputs.get(0);
      Packed<Tensor> factors = Factorizations.of(a).lu(a);
      Tensor det =
          Matrix.diagonal(factors.packed()).prod(-1).mul(Matrix.sign(factors.pivots(), a.dtype()));
      context.saveForBackward(a, det, factors.packed(), factors.pivots(), factors.info());
      return List.of(det);
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      List<Tensor> saved = context.savedTensors();
      Tensor a = saved.get(0);
      Tensor g = gradOutput(gradOutputs, 0);
      if (saved.get(4).ne(0).any().isTrue()) {
        return gradients(Matrix.forMatrices(g).mul(cofactors(a)));
      }
      Tensor scaled = Matrix.forMatrices(g.mul(saved.get(1))).mul(Matrix.identity(a, a.size(-1)));
      return gradients(
          new LinalgSolveEx(saved.get(2), saved.get(3), Transposed.YES).call(a, scaled));
    }

    /**
     * The matrix of cofactors, also of a singular matrix: of {@code U S V^T} that is {@code det(U)
     * det(V) U C V^T}, C with the products of all other singular values on its diagonal.
     */
    private static Tensor cofactors(Tensor a) {
      Svd svd = Decompositions.svd(a, SvdMode.REDUCED);
      Tensor rotation = new LinalgDet().call(svd.u().detach());
      Tensor other = new LinalgDet().call(svd.vh().detach());
      long n = a.size(-1);
      Tensor each = Checks.expanded(svd.s().unsqueeze(-2), Checks.batch(a), 2);
      Tensor all =
          each.expand(Checks.batch(a).concat(a.shape().slice(a.dim() - 2, a.dim())).toArray());
      Tensor products = all.maskedFill(Matrix.identity(a, n).ne(0), 1).prod(-1);
      Tensor turned = Matrix.timesDiagonal(svd.u(), products).matmul(svd.vh());
      return Matrix.forMatrices(rotation.mul(other).sign()).mul(turned);
    }
  }

  /** The sign of the determinant, and the logarithm of its absolute value. */
  static final class LinalgSlogdet extends Function {
    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Tensor a = inputs.get(0);
      Packed<Tensor> factors = Factorizations.of(a).lu(a);
      Tensor diagonal = Matrix.diagonal(factors.packed());
      Tensor sign = diagonal.sign().prod(-1).mul(Matrix.sign(factors.pivots(), a.dtype()));
      Tensor logarithm = diagonal.abs().log().sum(-1);
      context.saveForBackward(a, factors.packed(), factors.pivots());
      context.markNonDifferentiable(sign);
      return List.of(sign, logarithm);
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      List<Tensor> saved = context.savedTensors();
      Tensor a = saved.get(0);
      Tensor scaled =
          Matrix.forMatrices(gradOutput(gradOutputs, 1)).mul(Matrix.identity(a, a.size(-1)));
      return gradients(
          new LinalgSolveEx(saved.get(1), saved.get(2), Transposed.YES).call(a, scaled));
    }
  }

  /** X of {@code op(A) X = B} for triangular A. */
  static final class LinalgSolveTriangular extends Function {
    private final Triangular form;

    LinalgSolveTriangular(Triangular form) {
      this.form = form;
    }

    static Tensor of(Triangle triangle, Transposed transposed, Tensor a, Tensor b) {
      return new LinalgSolveTriangular(new Triangular(triangle, transposed, Diagonal.STORED))
          .call(a, b);
    }

    static Tensor unit(Triangle triangle, Transposed transposed, Tensor a, Tensor b) {
      return new LinalgSolveTriangular(new Triangular(triangle, transposed, Diagonal.ONES))
          .call(a, b);
    }

    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Tensor a = inputs.get(0);
      Tensor x = Factorizations.of(a).solveTriangular(form, a, inputs.get(1));
      context.saveForBackward(a, x);
      return List.of(x);
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      Tensor a = context.savedTensors().get(0);
      Tensor x = context.savedTensors().get(1);
      Tensor gb = new LinalgSolveTriangular(form.adjoint()).call(a, gradOutput(gradOutputs, 0));
      if (!context.needsInputGrad(0)) {
        return gradients(null, gb);
      }
      Tensor full = form.transposed() == Transposed.NO ? gb.matmul(x.mT()) : x.matmul(gb.mT());
      int inner = form.diagonal() == Diagonal.ONES ? 1 : 0;
      Tensor read = form.triangle() == Triangle.LOWER ? full.tril(-inner) : full.triu(inner);
      return gradients(read.neg(), gb);
    }
  }

  /**
   * A Cholesky factor, and the info. The rule is that of Murray, "Differentiation of the Cholesky
   * decomposition" (2016).
   */
  static final class LinalgCholeskyEx extends Function {
    private final Triangle triangle;

    LinalgCholeskyEx(Triangle triangle) {
      this.triangle = triangle;
    }

    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Tensor a = inputs.get(0);
      var result = Factorizations.of(a).cholesky(triangle, a);
      context.saveForBackward(result.factor());
      return List.of(result.factor(), result.info());
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      Tensor factor = context.savedTensors().get(0);
      boolean lower = triangle == Triangle.LOWER;
      Tensor l = lower ? factor : factor.mT();
      Tensor g = lower ? gradOutput(gradOutputs, 0) : gradOutput(gradOutputs, 0).mT();
      Tensor inner = l.mT().matmul(g);
      Tensor half = inner.tril().add(inner.tril(-1).mT()).mul(0.5);
      Tensor left = LinalgSolveTriangular.of(Triangle.LOWER, Transposed.YES, l, half);
      return gradients(LinalgSolveTriangular.of(Triangle.LOWER, Transposed.YES, l, left.mT()).mT());
    }
  }

  /**
   * X of {@code L L^T X = B}, or of {@code U^T U X = B}. As in PyTorch the gradient is that of a
   * factor with no zeros: what a Cholesky factor has in its other triangle gets one too.
   */
  static final class CholeskySolve extends Function {
    private final Triangle triangle;

    CholeskySolve(Triangle triangle) {
      this.triangle = triangle;
    }

    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Tensor l = inputs.get(1);
      boolean lower = triangle == Triangle.LOWER;
      var first = new Triangular(triangle, lower ? Transposed.NO : Transposed.YES, Diagonal.STORED);
      Tensor y = Factorizations.of(l).solveTriangular(first, l, inputs.get(0));
      Tensor x = Matrix.byColumns(Factorizations.of(l).solveTriangular(first.adjoint(), l, y));
      context.saveForBackward(l, x);
      return List.of(x);
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      Tensor l = context.savedTensors().get(0);
      Tensor gb = new CholeskySolve(triangle).call(gradOutput(gradOutputs, 0), l);
      if (!context.needsInputGrad(1)) {
        return gradients(gb, null);
      }
      Tensor half = gb.matmul(context.savedTensors().get(1).mT());
      Tensor both = half.add(half.mT());
      Tensor gl = triangle == Triangle.LOWER ? both.matmul(l) : l.matmul(both);
      return gradients(gb, gl.neg());
    }
  }

  /**
   * L and U in one matrix, the exchanges of rows, and the info. The rule follows from {@code dL = L
   * tril(M, -1)}, {@code dU = triu(M) U} with {@code M = L^-1 P^T dA U^-1}; for the sides of
   * another shape see de Hoog, Anderssen and Lukas, "Differentiation of matrix functionals using
   * triangular factorization" (2011).
   */
  static final class LinalgLuFactorEx extends Function {
    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Tensor a = inputs.get(0);
      Packed<Tensor> factors = Factorizations.of(a).lu(a);
      context.saveForBackward(factors.packed(), factors.pivots());
      return List.of(factors.packed(), factors.pivots(), factors.info());
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      Tensor lu = context.savedTensors().get(0);
      Tensor order = Factorizations.of(lu).order(context.savedTensors().get(1), lu.size(-2));
      Tensor permutation = Matrix.permutation(order, lu.dtype());
      return gradients(permutation.matmul(gradient(lu, gradOutput(gradOutputs, 0))));
    }

    /** The gradient of {@code L U}. */
    private static Tensor gradient(Tensor lu, Tensor g) {
      long m = lu.size(-2);
      long n = lu.size(-1);
      long k = Math.min(m, n);
      Tensor square = Matrix.columns(Matrix.rows(lu, 0, k), 0, k);
      Tensor gSquare = Matrix.columns(Matrix.rows(g, 0, k), 0, k);
      Tensor l = square.tril(-1).add(Matrix.identity(lu, k));
      Tensor lower = l.mT().matmul(gSquare.tril(-1));
      Tensor upper = gSquare.triu().matmul(square.triu().mT());
      if (n > k) {
        Tensor more = Matrix.columns(lu, k, n);
        Tensor gMore = Matrix.columns(g, k, n);
        Tensor first = both(square, lower.sub(gMore.matmul(more.mT())), upper);
        Tensor rest = LinalgSolveTriangular.unit(Triangle.LOWER, Transposed.YES, square, gMore);
        return Tensor.cat(List.of(first, rest), -1);
      } else if (m > k) {
        Tensor more = Matrix.rows(lu, k, m);
        Tensor gMore = Matrix.rows(g, k, m);
        Tensor first = both(square, lower, upper.sub(more.mT().matmul(gMore)));
        Tensor rest =
            LinalgSolveTriangular.of(Triangle.UPPER, Transposed.NO, square, gMore.mT()).mT();
        return Tensor.cat(List.of(first, rest), -2);
      }
      return both(square, lower, upper);
    }

    /** {@code L^-T (tril(lower, -1) + triu(upper)) U^-T}. */
    private static Tensor both(Tensor lu, Tensor lower, Tensor upper) {
      Tensor inner = lower.tril(-1).add(upper.triu());
      Tensor left = LinalgSolveTriangular.unit(Triangle.LOWER, Transposed.YES, lu, inner);
      return LinalgSolveTriangular.of(Triangle.UPPER, Transposed.NO, lu, left.mT()).mT();
    }
  }

  /** What PyTorch has no gradient of either: an error tells so once a gradient is asked for. */
  abstract static class WithoutGradient extends Function {
    @Override
    protected final List<@Nullable Tensor> backward(
        Context context, List<@Nullable Tensor> gradOutputs) {
      String name = getClass().getSimpleName();
      throw new UnsupportedOperationException(
          Character.toLowerCase(name.charAt(0)) + name.substring(1) + ": there is no gradient");
    }
  }

  /** L and D of a symmetric matrix in one, the exchanges, and the info. */
  static final class LdlFactor extends WithoutGradient {
    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Packed<Tensor> factors = Factorizations.of(inputs.get(0)).ldl(inputs.get(0));
      return List.of(factors.packed(), factors.pivots(), factors.info());
    }
  }

  /** X of {@code A X = B} with the factors of a symmetric matrix. */
  static final class LdlSolve extends WithoutGradient {
    private final Tensor pivots;

    LdlSolve(Tensor pivots) {
      this.pivots = pivots;
    }

    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Tensor ld = inputs.get(0);
      return List.of(Factorizations.of(ld).ldlSolve(ld, pivots, inputs.get(1)));
    }
  }

  /** Reflections and R. */
  static final class Geqrf extends WithoutGradient {
    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      var result = Factorizations.of(inputs.get(0)).qr(inputs.get(0));
      return List.of(result.packed(), result.tau());
    }
  }
}
