package dev.chagres.linalg;

import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;

/** Singular values of a matrix in a subspace of few dimensions, found from random vectors. */
final class LowRank {
  /** A few improve the subspace; a number like this is a mistake, and would take for ever. */
  private static final int MOST_ITERATIONS = 1000;

  private LowRank() {}

  static Svd svd(String name, Tensor a, long q, int iterations) {
    if (q < 0 || iterations < 0) {
      throw new IllegalArgumentException(
          name + ": " + q + " dimensions and " + iterations + " iterations may not be negative");
    }
    if (iterations > MOST_ITERATIONS) {
      throw new IllegalArgumentException(
          name + ": up to " + MOST_ITERATIONS + " iterations, not " + iterations);
    }
    if (a.size(-2) < a.size(-1)) {
      Svd turned = tall(a.mT(), q, iterations);
      return new Svd(turned.vh().mT(), turned.s(), turned.u().mT());
    }
    return tall(a, q, iterations);
  }

  private static Svd tall(Tensor a, long q, int iterations) {
    Tensor basis = Linalg.qr(a.matmul(Tensor.randn(a.device(), a.dtype(), a.size(-1), q))).q();
    for (int i = 0; i < iterations; i++) {
      Tensor rows = Linalg.qr(a.mT().matmul(basis)).q();
      basis = Linalg.qr(a.matmul(rows)).q();
    }
    Svd small = Linalg.svd(basis.mT().matmul(a), SvdMode.REDUCED);
    return new Svd(basis.matmul(small.u()), small.s(), small.vh());
  }

  /** The difference, of the shape of {@code a}. */
  static Tensor without(Tensor a, Tensor m) {
    Shape shape = Shape.broadcast(a.shape(), m.shape());
    if (!a.shape().equals(shape)) {
      throw Checks.sizes("svdLowrank", a, m);
    }
    return a.sub(m);
  }
}
