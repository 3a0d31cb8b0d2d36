package dev.chagres.linalg;

import dev.chagres.autograd.GradMode;
import dev.chagres.core.DType;
import dev.chagres.core.Side;
import dev.chagres.core.Transposed;
import dev.chagres.primitive.Factorizations;
import dev.chagres.primitive.Factorizations.Reflections;
import dev.chagres.tensor.Tensor;

/**
 * Products of reflections {@code I - tau v v^T}, with v below the diagonal of a column and 1 on it.
 * LAPACK multiplies; where gradients are recorded, the reflections are applied one by one.
 */
final class Reflectors {
  private Reflectors() {}

  private static boolean isRecorded(Tensor... tensors) {
    boolean any = false;
    for (Tensor tensor : tensors) {
      any |= tensor.requiresGrad();
    }
    return any && GradMode.isEnabled();
  }

  /** The first n columns of the product, for {@code a} (…, m, n). */
  static Tensor product(Tensor a, Tensor tau) {
    if (!isRecorded(a, tau)) {
      return Factorizations.of(a).orthogonal(a, tau);
    }
    // A function of A, also where there is no reflection.
    Tensor ones = Tensor.eye(a.device(), a.dtype(), a.size(-2), a.size(-1));
    Tensor start = Tensor.where(a.newZeros(DType.BOOL), a, ones);
    return applied(a, tau, Transposed.NO, start);
  }

  /** Multiplies a matrix by the product, or by its transpose. */
  static Tensor times(Tensor a, Tensor tau, Side side, Transposed transposed, Tensor b) {
    if (!isRecorded(a, tau, b)) {
      return Factorizations.of(a).timesOrthogonal(new Reflections<>(a, tau), side, transposed, b);
    }
    return side == Side.LEFT
        ? applied(a, tau, transposed, b)
        : applied(a, tau, transposed.other(), b.mT()).mT();
  }

  private static Tensor applied(Tensor a, Tensor tau, Transposed transposed, Tensor b) {
    long k = tau.size(-1);
    Tensor ones = Tensor.eye(a.device(), a.dtype(), a.size(-2), k);
    Tensor vectors = Matrix.columns(a, 0, k).tril(-1).add(ones);
    Tensor y = k == 0 ? b.clone() : b;
    for (long i = 0; i < k; i++) {
      long at = transposed == Transposed.YES ? i : k - 1 - i;
      Tensor v = Matrix.columns(vectors, at, at + 1);
      Tensor scaled = v.mul(Matrix.forMatrices(tau.select(-1, at)));
      y = y.sub(scaled.matmul(v.mT().matmul(y)));
    }
    return y;
  }
}
