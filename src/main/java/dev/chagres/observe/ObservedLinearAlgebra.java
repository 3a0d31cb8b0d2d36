package dev.chagres.observe;

import dev.chagres.backend.LinearAlgebra;
import dev.chagres.backend.Strided;
import dev.chagres.core.Driver;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.primitive.Factorizations.Vectors;
import dev.chagres.primitive.Triangular;

/** Factorisations, which an observer is shown. */
record ObservedLinearAlgebra(LinearAlgebra device, Observer observer) implements LinearAlgebra {
  @Override
  public void lu(Strided a, Strided pivots, Strided info) {
    observer.kernel(
        () -> device.lu(a, pivots, info),
        () -> Work.of("lu", a).updates(a).touches(pivots, info).computes(Lapack.of(a).lu()));
  }

  @Override
  public void order(Strided pivots, Strided order) {
    observer.kernel(
        () -> device.order(pivots, order), () -> Work.of("order", pivots).touches(pivots, order));
  }

  @Override
  public void luSolve(Transposed transposed, Strided packed, Strided pivots, Strided b) {
    observer.kernel(
        () -> device.luSolve(transposed, packed, pivots, b),
        () ->
            Work.of("luSolve", packed)
                .touches(packed, pivots)
                .updates(b)
                .computes(Lapack.of(packed).solve(b)));
  }

  @Override
  public void solveTriangular(Triangular form, Strided a, Strided b) {
    observer.kernel(
        () -> device.solveTriangular(form, a, b),
        () ->
            Work.of("solveTriangular", a)
                .touches(a)
                .updates(b)
                .computes(Lapack.of(a).triangular(b)));
  }

  @Override
  public void cholesky(Triangle triangle, Strided a, Strided info) {
    observer.kernel(
        () -> device.cholesky(triangle, a, info),
        () -> Work.of("cholesky", a).updates(a).touches(info).computes(Lapack.of(a).symmetric()));
  }

  @Override
  public void ldl(Strided a, Strided pivots, Strided info) {
    observer.kernel(
        () -> device.ldl(a, pivots, info),
        () ->
            Work.of("ldl", a).updates(a).touches(pivots, info).computes(Lapack.of(a).symmetric()));
  }

  @Override
  public void ldlSolve(Strided packed, Strided pivots, Strided b) {
    observer.kernel(
        () -> device.ldlSolve(packed, pivots, b),
        () ->
            Work.of("ldlSolve", packed)
                .touches(packed, pivots)
                .updates(b)
                .computes(Lapack.of(packed).solve(b)));
  }

  @Override
  public void qr(Strided a, Strided tau) {
    observer.kernel(
        () -> device.qr(a, tau),
        () -> Work.of("qr", a).updates(a).touches(tau).computes(Lapack.of(a).qr()));
  }

  @Override
  public void orthogonal(Strided a, Strided tau) {
    observer.kernel(
        () -> device.orthogonal(a, tau),
        () ->
            Work.of("orthogonal", a)
                .updates(a)
                .touches(tau)
                .computes(Lapack.of(a).orthogonal(tau)));
  }

  @Override
  public void timesOrthogonal(Side side, Transposed transposed, Strided a, Strided tau, Strided b) {
    observer.kernel(
        () -> device.timesOrthogonal(side, transposed, a, tau, b),
        () ->
            Work.of("timesOrthogonal", a)
                .touches(a, tau)
                .updates(b)
                .computes(Lapack.of(a).timesOrthogonal(tau, b)));
  }

  @Override
  public void svd(Vectors vectors, Strided a, Strided u, Strided s, Strided vh, Strided info) {
    observer.kernel(
        () -> device.svd(vectors, a, u, s, vh, info),
        () -> {
          Work work =
              Work.of("svd", a).updates(a).touches(s, info).computes(Lapack.of(a).svd(vectors));
          return vectors == Vectors.NONE ? work : work.touches(u, vh);
        });
  }

  @Override
  public void eigh(Vectors vectors, Triangle triangle, Strided a, Strided values, Strided info) {
    observer.kernel(
        () -> device.eigh(vectors, triangle, a, values, info),
        () ->
            Work.of("eigh", a)
                .updates(a)
                .touches(values, info)
                .computes(Lapack.of(a).eigh(vectors)));
  }

  @Override
  public void leastSquares(
      Driver driver, double rcond, Strided a, Strided b, Strided rank, Strided s, Strided info) {
    observer.kernel(
        () -> device.leastSquares(driver, rcond, a, b, rank, s, info),
        () ->
            Work.of("leastSquares", a)
                .updates(a, b)
                .touches(rank, s, info)
                .computes(Lapack.of(a).leastSquares(driver, b)));
  }
}
