package dev.chagres.backend;

import dev.chagres.core.Driver;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.core.Triangle;
import dev.chagres.primitive.Factorizations.Vectors;
import dev.chagres.primitive.Triangular;

/** Factorisations that look at the operands of every call before their device does. */
record CheckedLinearAlgebra(LinearAlgebra device) implements LinearAlgebra {
  @Override
  public void lu(Strided a, Strided pivots, Strided info) {
    FactorOperands.factors("lu", a, pivots, info);
    device.lu(a, pivots, info);
  }

  @Override
  public void order(Strided pivots, Strided order) {
    FactorOperands.order(pivots, order);
    device.order(pivots, order);
  }

  @Override
  public void luSolve(Transposed transposed, Strided packed, Strided pivots, Strided b) {
    FactorOperands.luSolve("luSolve", packed, pivots, b);
    device.luSolve(transposed, packed, pivots, b);
  }

  @Override
  public void solveTriangular(Triangular form, Strided a, Strided b) {
    FactorOperands.solveTriangular(a, b);
    device.solveTriangular(form, a, b);
  }

  @Override
  public void cholesky(Triangle triangle, Strided a, Strided info) {
    FactorOperands.square("cholesky", a, info);
    device.cholesky(triangle, a, info);
  }

  @Override
  public void ldl(Strided a, Strided pivots, Strided info) {
    FactorOperands.square("ldl", a, info);
    FactorOperands.factors("ldl", a, pivots, info);
    device.ldl(a, pivots, info);
  }

  @Override
  public void ldlSolve(Strided packed, Strided pivots, Strided b) {
    FactorOperands.luSolve("ldlSolve", packed, pivots, b);
    device.ldlSolve(packed, pivots, b);
  }

  @Override
  public void qr(Strided a, Strided tau) {
    FactorOperands.reflections("qr", a, tau);
    device.qr(a, tau);
  }

  @Override
  public void orthogonal(Strided a, Strided tau) {
    FactorOperands.reflections("householderProduct", a, tau);
    device.orthogonal(a, tau);
  }

  @Override
  public void timesOrthogonal(Side side, Transposed transposed, Strided a, Strided tau, Strided b) {
    FactorOperands.timesOrthogonal(side, a, tau, b);
    device.timesOrthogonal(side, transposed, a, tau, b);
  }

  @Override
  public void svd(Vectors vectors, Strided a, Strided u, Strided s, Strided vh, Strided info) {
    FactorOperands.svd(vectors, a, u, s, vh, info);
    device.svd(vectors, a, u, s, vh, info);
  }

  @Override
  public void eigh(Vectors vectors, Triangle triangle, Strided a, Strided values, Strided info) {
    FactorOperands.square("eigh", a, info);
    FactorOperands.vectors("eigh", a, values);
    device.eigh(vectors, triangle, a, values, info);
  }

  @Override
  public void leastSquares(
      Driver driver, double rcond, Strided a, Strided b, Strided rank, Strided s, Strided info) {
    FactorOperands.leastSquares(a, b, rank, s, info);
    device.leastSquares(driver, rcond, a, b, rank, s, info);
  }
}
