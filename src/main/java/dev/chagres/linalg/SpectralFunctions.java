package dev.chagres.linalg;

import static dev.chagres.linalg.SystemFunctions.gradients;

import dev.chagres.core.Driver;
import dev.chagres.core.Shape;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.linalg.SystemFunctions.LinalgSolveTriangular;
import dev.chagres.primitive.Factorizations;
import dev.chagres.primitive.Factorizations.Vectors;
import dev.chagres.tensor.Function;
import dev.chagres.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of orthogonal factors, of singular and eigenvalues, and of what is made of them.
 */
final class SpectralFunctions {
  private SpectralFunctions() {}

  private static @Nullable Tensor sum(@Nullable Tensor a, @Nullable Tensor b) {
    return a == null ? b : b == null ? a : a.add(b);
  }

  /**
   * Q and R. The rule is that of Walter and Lehmann, "Algorithmic differentiation of linear algebra
   * functions with application in optimum experimental design" (2010); for more columns than rows
   * that of the leading square, {@code A = Q [U V]} with {@code V = Q^T Y}.
   */
  static final class LinalgQr extends Function {
    private final QrMode mode;

    LinalgQr(QrMode mode) {
      this.mode = mode;
    }

    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Tensor a = inputs.get(0);
      var raw = Factorizations.of(a);
      var factors = raw.qr(a);
      long m = a.size(-2);
      long k = mode == QrMode.COMPLETE ? m : Matrix.least(a);
      Tensor packed = factors.packed();
      // The upper triangle column by column, as PyTorch has it.
      Tensor r = (k <= m ? Matrix.rows(packed, 0, k) : packed).mT().tril().mT();
      if (mode == QrMode.R) {
        return List.of(a.newEmpty(0), r);
      }
      long n = a.size(-1);
      Tensor reflections =
          k <= n
              ? Matrix.columns(packed, 0, k)
              : Tensor.cat(
                  List.of(packed, a.newZeros(Checks.batch(a).concat(Shape.of(m, k - n)))), -1);
      Tensor q = raw.orthogonal(reflections, factors.tau());
      context.saveForBackward(a, q, r);
      return List.of(q, r);
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      if (mode == QrMode.R) {
        throw new UnsupportedOperationException(
            "qr: R alone has no gradient, which needs Q; use QrMode.REDUCED");
      }
      Tensor a = context.savedTensors().get(0);
      Tensor q = context.savedTensors().get(1);
      Tensor r = context.savedTensors().get(2);
      long m = a.size(-2);
      long n = a.size(-1);
      if (mode == QrMode.COMPLETE && m > n) {
        throw new UnsupportedOperationException(
            "qr: the complete Q of more rows than columns has no gradient; use QrMode.REDUCED");
      }
      Tensor gq = gradOutput(gradOutputs, 0);
      Tensor gr = gradOutput(gradOutputs, 1);
      if (m >= n) {
        return gradients(square(q, r, gq, gr));
      }
      Tensor y = Matrix.columns(a, m, n);
      Tensor gv = Matrix.columns(gr, m, n);
      Tensor first =
          square(q, Matrix.columns(r, 0, m), gq.add(y.matmul(gv.mT())), Matrix.columns(gr, 0, m));
      return gradients(Tensor.cat(List.of(first, q.matmul(gv)), -1));
    }

    private static Tensor square(Tensor q, Tensor r, Tensor gq, Tensor gr) {
      Tensor m = r.matmul(gr.mT()).sub(gq.mT().matmul(q));
      Tensor symmetric = m.tril().add(m.tril(-1).mT());
      Tensor x = gq.add(q.matmul(symmetric));
      return LinalgSolveTriangular.of(Triangle.UPPER, Transposed.NO, r, x.mT()).mT();
    }
  }

  /**
   * Eigenvalues and eigenvectors, and the info: the rule of Giles (2008), made symmetric as the
   * matrix is. Equal eigenvalues have no gradient of their vectors.
   */
  static final class LinalgEigh extends Function {
    private final Triangle triangle;

    LinalgEigh(Triangle triangle) {
      this.triangle = triangle;
    }

    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Tensor a = inputs.get(0);
      var result = Factorizations.of(a).eigh(Vectors.ALL, triangle, a);
      context.saveForBackward(result.values(), result.vectors());
      context.leaveMissingGradients();
      return List.of(result.values(), result.vectors(), result.info());
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      Tensor values = context.savedTensors().get(0);
      Tensor v = context.savedTensors().get(1);
      Tensor g = gradOutputs.get(0);
      Tensor gv = gradOutputs.get(1);
      if (gv == null) {
        return gradients(g == null ? null : Matrix.timesDiagonal(v, g).matmul(v.mT()));
      }
      Tensor product = v.mT().matmul(gv);
      Tensor inner = product.sub(product.mT()).div(differences(values)).mul(0.5);
      if (g != null) {
        inner = inner.add(g.diagEmbed());
      }
      return gradients(v.matmul(inner).matmul(v.mT()));
    }
  }

  /** {@code x_j - x_i} in row i and column j, and 1 on the diagonal. */
  private static Tensor differences(Tensor x) {
    Tensor all = x.unsqueeze(-2).sub(x.unsqueeze(-1));
    return all.maskedFill(Matrix.identity(x, x.size(-1)).ne(0), 1);
  }

  /**
   * Singular values and vectors, and the info. The rule is that of Townsend, "Differentiating the
   * singular value decomposition" (2016). Vectors of no singular value have no gradient; equal
   * singular values have none of their vectors.
   */
  static final class LinalgSvd extends Function {
    private final Vectors vectors;

    LinalgSvd(Vectors vectors) {
      this.vectors = vectors;
    }

    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Tensor a = inputs.get(0);
      var result = Factorizations.of(a).svd(vectors, a);
      context.saveForBackward(result.u(), result.s(), result.vh());
      context.leaveMissingGradients();
      return List.of(result.u(), result.s(), result.vh(), result.info());
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      Tensor s = context.savedTensors().get(1);
      long k = s.size(-1);
      Tensor u = Matrix.columns(context.savedTensors().get(0), 0, k);
      Tensor vh = Matrix.rows(context.savedTensors().get(2), 0, k);
      Tensor allU = gradOutputs.get(0);
      Tensor allVh = gradOutputs.get(2);
      Tensor gu = allU == null ? null : Matrix.columns(allU, 0, k);
      Tensor gs = gradOutputs.get(1);
      Tensor gvh = allVh == null ? null : Matrix.rows(allVh, 0, k);
      if (gu == null && gvh == null) {
        return gradients(gs == null ? null : Matrix.timesDiagonal(u, gs).matmul(vh));
      }
      Tensor squares = differences(s.square());
      Tensor inner = gs == null ? null : gs.diagEmbed();
      Tensor more = null;
      if (gu != null) {
        Tensor utgu = u.mT().matmul(gu);
        Tensor skew = utgu.sub(utgu.mT()).div(squares);
        inner = sum(inner, Matrix.timesDiagonal(skew, s));
        if (u.size(-2) > k) {
          Tensor outside = gu.sub(u.matmul(utgu)).div(s.unsqueeze(-2));
          more = outside.matmul(vh);
        }
      }
      if (gvh != null) {
        Tensor vtgv = vh.matmul(gvh.mT());
        Tensor skew = vtgv.sub(vtgv.mT()).div(squares);
        inner = sum(inner, Matrix.diagonalTimes(s, skew));
        if (vh.size(-1) > k) {
          Tensor outside = gvh.sub(vtgv.mT().matmul(vh)).div(s.unsqueeze(-1));
          more = sum(more, u.matmul(outside));
        }
      }
      Tensor within = inner == null ? null : u.matmul(inner).matmul(vh);
      return gradients(sum(within, more));
    }
  }

  /**
   * The pseudoinverse. The rule is that of Golub and Pereyra, "The differentiation of
   * pseudo-inverses and nonlinear least squares problems whose variables separate" (1973), for
   * constant rank.
   */
  static final class LinalgPinv extends Function {
    private final Tolerance tolerance;
    private final Symmetry symmetry;

    LinalgPinv(Tolerance tolerance, Symmetry symmetry) {
      this.tolerance = tolerance;
      this.symmetry = symmetry;
    }

    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Tensor a = inputs.get(0);
      Tensor inverse = symmetry == Symmetry.HERMITIAN ? ofSymmetric(a) : ofSingular(a);
      context.saveForBackward(a, inverse);
      return List.of(inverse);
    }

    private Tensor ofSingular(Tensor a) {
      Svd svd = Decompositions.svdOf("pinv", a, Vectors.THIN);
      Tensor inverse = reciprocal(svd.s(), svd.s(), Math.max(a.size(-2), a.size(-1)));
      return Matrix.timesDiagonal(svd.vh().mT(), inverse).matmul(svd.u().mT());
    }

    private Tensor ofSymmetric(Tensor a) {
      Eigh eigh = Decompositions.eighOf("pinv", a, Triangle.LOWER);
      Tensor inverse = reciprocal(eigh.eigenvalues(), eigh.eigenvalues().abs(), a.size(-1));
      Tensor v = eigh.eigenvectors();
      return Matrix.timesDiagonal(v, inverse).matmul(v.mT());
    }

    private Tensor reciprocal(Tensor values, Tensor sizes, long side) {
      Tensor zero = values.newZeros();
      return Tensor.where(tolerance.above(sizes, side), values.reciprocal(), zero);
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      Tensor g = gradOutputs.get(0);
      return gradients(
          g == null
              ? null
              : gradient(context.savedTensors().get(0), context.savedTensors().get(1), g));
    }

    static Tensor gradient(Tensor a, Tensor p, Tensor g) {
      Tensor gt = g.mT();
      Tensor pt = p.mT();
      Tensor first = pt.matmul(g).matmul(pt);
      // (I - A P) g^T P P^T and P^T P g^T (I - P A)
      Tensor second = gt.matmul(p).matmul(pt);
      Tensor third = pt.matmul(p).matmul(gt);
      return second
          .sub(a.matmul(p.matmul(second)))
          .add(third.sub(third.matmul(p).matmul(a)))
          .sub(first);
    }
  }

  /**
   * The solution of least squares {@code X = A^+ B}, the sums of squares that remain, the ranks,
   * the singular values and the infos. The rule is that of the pseudoinverse.
   */
  static final class LinalgLstsq extends Function {
    private final Driver driver;
    private final double rcond;

    LinalgLstsq(Driver driver, double rcond) {
      this.driver = driver;
      this.rcond = rcond;
    }

    @Override
    protected List<Tensor> forward(Context context, List<Tensor> inputs) {
      Tensor a = inputs.get(0);
      Tensor b = inputs.get(1);
      long m = a.size(-2);
      long n = a.size(-1);
      var result = Factorizations.of(a).leastSquares(driver, rcond, a, b);
      Tensor all = result.solution();
      Tensor x = Matrix.rows(all, 0, n);
      boolean full = driver == Driver.GELS || result.rank().eq(n).all().isTrue();
      boolean remains = m > n && driver != Driver.GELSY && full;
      Tensor residuals = remains ? Matrix.rows(all, n, m).square().sum(-2) : a.newEmpty(0);
      Tensor rank = driver == Driver.GELS ? result.rank().newEmpty(0) : result.rank();
      boolean spectral = driver == Driver.GELSD || driver == Driver.GELSS;
      Tensor s = spectral ? result.s() : a.newEmpty(0);
      Tensor solution = x.clone();
      context.saveForBackward(a, b, solution);
      context.markNonDifferentiable(s);
      context.leaveMissingGradients();
      return List.of(solution, residuals, rank, s, result.info());
    }

    @Override
    protected List<@Nullable Tensor> backward(Context context, List<@Nullable Tensor> gradOutputs) {
      Tensor a = context.savedTensors().get(0);
      Tensor b = context.savedTensors().get(1);
      Tensor gx = gradOutputs.get(0);
      Tensor gr = gradOutputs.get(1);
      Tensor ga = null;
      Tensor gb = null;
      if (gx != null) {
        Tensor p = new LinalgPinv(Tolerance.DEFAULT, Symmetry.GENERAL).call(a);
        gb = context.needsInputGrad(1) ? p.mT().matmul(gx) : null;
        ga = context.needsInputGrad(0) ? LinalgPinv.gradient(a, p, gx.matmul(b.mT())) : null;
      }
      if (gr != null && gr.dim() > 0 && gr.numel() > 0) {
        // The residuals are least: the solution's own change leaves them as they are.
        Tensor x = context.savedTensors().get(2);
        Tensor g = b.sub(a.matmul(x)).mul(gr.unsqueeze(-2)).mul(2);
        gb = context.needsInputGrad(1) ? sum(gb, g) : null;
        ga = context.needsInputGrad(0) ? sum(ga, g.matmul(x.mT()).neg()) : null;
      }
      return gradients(ga, gb);
    }
  }
}
