package dev.chagres.backend.cpu;

import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;

/**
 * Products of 16-bit floats, in float32 and rounded once. The operands are converted in parts that
 * need a few megabytes at a time, however large the matrices are: some of a batch, or blocks of one
 * product, each of whose elements takes part in hundreds of multiplications.
 */
final class HalfProducts {
  /** The greatest side of a block, and with it the greatest part of a batch. */
  private static final long SIDE = 1024;

  private static final long PART = SIDE * SIDE;

  private final Elementwise elementwise;
  private final Product product;

  /** The product of float32. */
  @FunctionalInterface
  interface Product {
    void of(double alpha, Strided a, Strided b, double beta, Strided y);
  }

  HalfProducts(Elementwise elementwise, Product product) {
    this.elementwise = elementwise;
    this.product = product;
  }

  /** {@code y = alpha a b + beta y}, batched. */
  void matmul(double alpha, Strided a, Strided b, double beta, Strided y) {
    int longest = -1;
    for (int axis = 0; axis < y.layout().dim() - 2; axis++) {
      long size = y.layout().size(axis);
      if (size > 1 && (longest < 0 || size > y.layout().size(longest))) {
        longest = axis;
      }
    }
    if (Math.max(Math.max(elements(a), elements(b)), y.numel()) <= PART) {
      whole(alpha, a, b, beta, y);
    } else if (longest >= 0) {
      long size = y.layout().size(longest);
      long half = size / 2;
      matmul(
          alpha,
          part(a, longest, 0, half),
          part(b, longest, 0, half),
          beta,
          part(y, longest, 0, half));
      matmul(
          alpha,
          part(a, longest, half, size - half),
          part(b, longest, half, size - half),
          beta,
          part(y, longest, half, size - half));
    } else {
      blocks(alpha, a, b, beta, y);
    }
  }

  private static Strided part(Strided x, int axis, long start, long length) {
    return x.with(x.layout().narrow(axis, start, length));
  }

  /** The elements of an operand, those of a matrix that a batch shares once. */
  private static long elements(Strided x) {
    return shared(x).numel();
  }

  /** An operand without the repetitions that broadcasting makes of batches. */
  private static Layout shared(Strided x) {
    Layout layout = x.layout();
    for (int axis = 0; axis < layout.dim() - 2; axis++) {
      if (layout.stride(axis) == 0 && layout.size(axis) > 1) {
        layout = layout.narrow(axis, 0, 1);
      }
    }
    return layout;
  }

  private void whole(double alpha, Strided a, Strided b, double beta, Strided y) {
    Strided wideY = y.like(y.shape(), DType.FLOAT32);
    Strided wideA = wide(a);
    Strided wideB = wide(b);
    try {
      if (beta != 0) {
        elementwise.copy(y, wideY);
      }
      product.of(alpha, broadcast(wideA, a), broadcast(wideB, b), beta, wideY);
      elementwise.copy(wideY, y);
    } finally {
      wideB.storage().free();
      wideA.storage().free();
      wideY.storage().free();
    }
  }

  private Strided wide(Strided x) {
    Strided once = x.with(shared(x));
    Strided wide = x.like(once.shape(), DType.FLOAT32);
    elementwise.copy(once, wide);
    return wide;
  }

  private static Strided broadcast(Strided wide, Strided like) {
    return wide.with(wide.layout().expand(like.shape()));
  }

  /** One product of matrices, in blocks of the result that add up blocks of the operands. */
  private void blocks(double alpha, Strided a, Strided b, double beta, Strided y) {
    long k = a.layout().size(-1);
    Strided x = last(a);
    Strided z = last(b);
    Strided result = last(y);
    Strided buffer = a.like(Shape.of(3, PART), DType.FLOAT32);
    try {
      for (long row = 0; row < y.layout().size(-2); row += SIDE) {
        long m = Math.min(SIDE, y.layout().size(-2) - row);
        for (long column = 0; column < y.layout().size(-1); column += SIDE) {
          long n = Math.min(SIDE, y.layout().size(-1) - column);
          Strided target = part(part(result, 0, row, m), 1, column, n);
          Strided sum = matrix(buffer, 0, m, n);
          if (beta != 0) {
            elementwise.copy(target, sum);
          }
          for (long from = 0; from < k; from += SIDE) {
            long depth = Math.min(SIDE, k - from);
            Strided left = part(part(x, 0, row, m), 1, from, depth);
            Strided right = part(part(z, 0, from, depth), 1, column, n);
            Strided wideA = matrix(buffer, 1, m, depth);
            Strided wideB = matrix(buffer, 2, depth, n);
            elementwise.copy(left, wideA);
            elementwise.copy(right, wideB);
            product.of(alpha, wideA, wideB, from == 0 ? beta : 1, sum);
          }
          elementwise.copy(sum, target);
        }
      }
    } finally {
      buffer.storage().free();
    }
  }

  /** The only matrix of a batch. */
  private static Strided last(Strided x) {
    Layout layout = x.layout();
    while (layout.dim() > 2) {
      layout = layout.select(0, 0);
    }
    return x.with(layout);
  }

  /** A matrix at the beginning of a row of the buffer. */
  private static Strided matrix(Strided buffer, long row, long m, long n) {
    Layout flat = buffer.layout().select(0, row).narrow(0, 0, m * n);
    Layout matrix = flat.reshape(Shape.of(m, n));
    if (matrix == null) {
      throw new AssertionError("a row has a view of every shape");
    }
    return buffer.with(matrix);
  }
}
