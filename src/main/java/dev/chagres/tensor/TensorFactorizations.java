package dev.chagres.tensor;

import dev.chagres.backend.LinearAlgebra;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Driver;
import dev.chagres.core.Shape;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.primitive.Factorizations;
import dev.chagres.primitive.Triangular;
import java.lang.ref.Reference;

/**
 * Factorisations of tensors: lays matrices out as the backend takes them, allocates the results,
 * and answers for what is empty.
 */
final class TensorFactorizations implements Factorizations<Tensor> {
  static final Factorizations<Tensor> INSTANCE = new TensorFactorizations();

  private TensorFactorizations() {}

  private static LinearAlgebra backend(Tensor x) {
    return Backends.of(x.device()).linearAlgebra();
  }

  // ---- how matrices lie

  /** A copy of matrices (…, m, n), column by column: an array (…, n, m). */
  private static Strided columns(Tensor x) {
    Strided turned = turned(x.data());
    Strided out = x.data().like(turned.shape(), x.dtype());
    Backends.of(x.device()).elements().copy(turned, out);
    Reference.reachabilityFence(x);
    return out;
  }

  /** The same to be read only: the tensor's own memory if it lies so. */
  private static Strided columnsToRead(Tensor x) {
    Strided turned = turned(x.data());
    return turned.layout().isContiguous() ? turned : columns(x);
  }

  private static Strided turned(Strided x) {
    return x.with(x.layout().transpose(-2, -1));
  }

  private static Tensor ofColumns(Strided array) {
    return new Tensor(turned(array));
  }

  /** A triangle of matrices that lie column by column, with zeros in the other. */
  private static Tensor triangle(Triangle kept, Strided array) {
    boolean lower = kept == Triangle.LOWER;
    Tensor rows = new Tensor(array);
    return ofColumns((lower ? rows.triu_() : rows.tril_()).data());
  }

  private static Strided contiguous(Tensor x) {
    return Copying.contiguous(x).data();
  }

  private static Shape batch(Tensor matrices) {
    return matrices.shape().slice(0, matrices.dim() - 2);
  }

  private static long least(Tensor matrices) {
    return Math.min(matrices.size(-2), matrices.size(-1));
  }

  private static Strided vectors(Tensor matrices, long size, DType dtype) {
    return matrices.data().like(batch(matrices).concat(Shape.of(size)), dtype);
  }

  private static Strided matrices(Tensor like, long m, long n) {
    return like.data().like(batch(like).concat(Shape.of(n, m)), like.dtype());
  }

  private static Strided info(Tensor matrices) {
    return Creation.full(matrices.device(), batch(matrices), 0, DType.INT32).data();
  }

  private static boolean isEmpty(Tensor x) {
    return x.numel() == 0;
  }

  // ---- systems of equations

  @Override
  public Packed<Tensor> lu(Tensor a) {
    Strided factors = columns(a);
    Strided pivots = vectors(a, least(a), DType.INT32);
    Strided info = info(a);
    if (!isEmpty(a)) {
      backend(a).lu(factors, pivots, info);
    }
    return new Packed<>(ofColumns(factors), new Tensor(pivots), new Tensor(info));
  }

  @Override
  public Tensor order(Tensor pivots, long rows) {
    Strided order = pivots.data().like(pivots.shape().with(pivots.dim() - 1, rows), DType.INT64);
    if (order.numel() > 0) {
      backend(pivots).order(contiguous(pivots), order);
      Reference.reachabilityFence(pivots);
    }
    return new Tensor(order);
  }

  @Override
  public Tensor luSolve(Tensor packed, Tensor pivots, Transposed transposed, Tensor b) {
    Strided solution = columns(b);
    if (!isEmpty(b)) {
      backend(b).luSolve(transposed, columnsToRead(packed), contiguous(pivots), solution);
      Reference.reachabilityFence(packed);
      Reference.reachabilityFence(pivots);
    }
    return ofColumns(solution);
  }

  @Override
  public Tensor solveTriangular(Triangular form, Tensor a, Tensor b) {
    Tensor solution = Copying.copy(b);
    if (!isEmpty(b)) {
      // A transposed matrix is the same one, read the other way.
      boolean turn = turned(a.data()).layout().isContiguous();
      Strided stored = turn ? turned(a.data()) : contiguous(a);
      backend(b).solveTriangular(turn ? form.stored() : form, stored, solution.data());
      Reference.reachabilityFence(a);
    }
    return solution;
  }

  @Override
  public Factor<Tensor> cholesky(Triangle triangle, Tensor a) {
    Strided factor = columns(a);
    Strided info = info(a);
    if (!isEmpty(a)) {
      backend(a).cholesky(triangle, factor, info);
    }
    return new Factor<>(triangle(triangle, factor), new Tensor(info));
  }

  @Override
  public Packed<Tensor> ldl(Tensor a) {
    Strided factors = columns(a);
    Strided pivots = vectors(a, a.size(-1), DType.INT32);
    Strided info = info(a);
    if (!isEmpty(a)) {
      backend(a).ldl(factors, pivots, info);
    }
    return new Packed<>(triangle(Triangle.LOWER, factors), new Tensor(pivots), new Tensor(info));
  }

  @Override
  public Tensor ldlSolve(Tensor packed, Tensor pivots, Tensor b) {
    Strided solution = columns(b);
    if (!isEmpty(b)) {
      backend(b).ldlSolve(columnsToRead(packed), contiguous(pivots), solution);
      Reference.reachabilityFence(packed);
      Reference.reachabilityFence(pivots);
    }
    return ofColumns(solution);
  }

  // ---- orthogonal factors

  @Override
  public Reflections<Tensor> qr(Tensor a) {
    Strided factors = columns(a);
    Strided tau = vectors(a, least(a), a.dtype());
    if (!isEmpty(a)) {
      backend(a).qr(factors, tau);
    }
    return new Reflections<>(ofColumns(factors), new Tensor(tau));
  }

  @Override
  public Tensor orthogonal(Tensor a, Tensor tau) {
    Strided product = columns(a);
    if (!isEmpty(a)) {
      // The factors are only read, but by a routine that may not.
      backend(a).orthogonal(product, Copying.copy(tau).data());
    }
    return ofColumns(product);
  }

  @Override
  public Tensor timesOrthogonal(Reflections<Tensor> q, Side side, Transposed transposed, Tensor b) {
    Strided product = columns(b);
    if (!isEmpty(b) && !isEmpty(q.packed())) {
      // The routine writes to the reflections, and then what was there again.
      backend(b)
          .timesOrthogonal(side, transposed, columns(q.packed()), contiguous(q.tau()), product);
      Reference.reachabilityFence(q);
    }
    return ofColumns(product);
  }

  // ---- spectra

  @Override
  public Singular<Tensor> svd(Vectors vectors, Tensor a) {
    long m = a.size(-2);
    long n = a.size(-1);
    long least = least(a);
    boolean all = vectors == Vectors.ALL;
    Strided s = vectors(a, least, a.dtype());
    Strided info = info(a);
    if (isEmpty(a)) {
      return new Singular<>(
          identity(a, m, all ? m : least),
          new Tensor(s),
          identity(a, all ? n : least, n),
          new Tensor(info));
    }
    boolean none = vectors == Vectors.NONE;
    Strided u = matrices(a, none ? 0 : m, all ? m : none ? 0 : least);
    Strided vh = matrices(a, all ? n : none ? 0 : least, none ? 0 : n);
    Strided lost = columns(a);
    try {
      backend(a).svd(vectors, lost, u, s, vh, info);
    } finally {
      lost.storage().free();
    }
    return new Singular<>(ofColumns(u), new Tensor(s), ofColumns(vh), new Tensor(info));
  }

  /** Identities (…, m, n) for matrices without elements, column by column. */
  private static Tensor identity(Tensor like, long m, long n) {
    Shape shape = batch(like).concat(Shape.of(n, m));
    Tensor eye = Creation.eye(like.device(), n, m, like.dtype());
    return ofColumns(Copying.copy(ViewOps.expand(eye, shape)).data());
  }

  @Override
  public Eigen<Tensor> eigh(Vectors vectors, Triangle triangle, Tensor a) {
    Strided eigenvectors = columns(a);
    Strided values = vectors(a, a.size(-1), a.dtype());
    Strided info = info(a);
    if (!isEmpty(a)) {
      backend(a).eigh(vectors, triangle, eigenvectors, values, info);
    }
    return new Eigen<>(new Tensor(values), ofColumns(eigenvectors), new Tensor(info));
  }

  @Override
  public Least<Tensor> leastSquares(Driver driver, double rcond, Tensor a, Tensor b) {
    long m = a.size(-2);
    long n = a.size(-1);
    Strided solution = Creation.full(b.device(), turnedShape(a, b), 0, b.dtype()).data();
    Strided s = Creation.full(a.device(), batch(a).concat(Shape.of(least(a))), 0, a.dtype()).data();
    Strided rank = info(a);
    Strided info = info(a);
    Strided rows = solution.with(solution.layout().narrow(-1, 0, m));
    Backends.of(b.device()).elements().copy(turned(b.data()), rows);
    Reference.reachabilityFence(b);
    if (isEmpty(a)) {
      // No equation, or no unknown: what is asked for is 0, and all of B remains.
      Tensor zeros = new Tensor(solution);
      zeros.narrow(-1, 0, n).zero_();
      return new Least<>(ofColumns(zeros.data()), longs(rank), new Tensor(s), new Tensor(info));
    }
    if (!isEmpty(b)) {
      Strided lost = columns(a);
      try {
        backend(a).leastSquares(driver, rcond, lost, solution, rank, s, info);
      } finally {
        lost.storage().free();
      }
    }
    return new Least<>(ofColumns(solution), longs(rank), new Tensor(s), new Tensor(info));
  }

  private static Shape turnedShape(Tensor a, Tensor b) {
    return batch(b).concat(Shape.of(b.size(-1), Math.max(a.size(-2), a.size(-1))));
  }

  private static Tensor longs(Strided ints) {
    return Copying.cast(new Tensor(ints), DType.INT64);
  }
}
