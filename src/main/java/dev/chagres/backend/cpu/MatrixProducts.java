package dev.chagres.backend.cpu;

import dev.chagres.backend.Axes;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.MatrixKernels;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products in batches, for every dtype: a batch against one shared matrix is one product,
 * another batch of small ones one call for each thread. {@link Gemm} does one.
 */
final class MatrixProducts implements MatrixKernels {
  /** What one of a batch costs beside its multiplications, in these. */
  private static final double OURS_OVERHEAD = 500;

  private final WorkerTeam team;
  private final Elementwise elementwise;
  private final Gemm gemm;
  private final HalfProducts halves;

  MatrixProducts(WorkerTeam team, Elementwise elementwise, Gemm gemm) {
    this.team = team;
    this.elementwise = elementwise;
    this.gemm = gemm;
    this.halves = new HalfProducts(elementwise, this::batched);
  }

  /** {@code y = alpha a b + beta y}, batched, for every dtype but bool. */
  @Override
  public void matmul(double alpha, Strided a, Strided b, double beta, Strided y) {
    if (y.numel() == 0) {
      return;
    }
    if (a.layout().size(-1) == 0) {
      scale(beta, y);
      return;
    }
    switch (y.dtype()) {
      case FLOAT32, FLOAT64 -> batched(alpha, a, b, beta, y);
      case FLOAT16, BFLOAT16 -> halves.matmul(alpha, a, b, beta, y);
      case UINT8, INT8, INT16, INT32, INT64 -> integer(alpha, a, b, beta, y);
      case BOOL -> throw new AssertionError("there is no matrix product of bool");
    }
  }

  @Override
  public void linear(Strided a, Strided b, Strided bias, Strided y) {
    elementwise.copy(bias, y);
    matmul(1, a, b, 1, y);
  }

  /** {@code y *= beta}, where 0 also clears NaN. */
  private void scale(double beta, Strided y) {
    if (beta == 1) {
      return;
    }
    try (Scratch scratch = Scratch.take(64)) {
      scratch.segment().set(ValueLayout.JAVA_DOUBLE, 0, beta);
      MemorySegment factor = scratch.segment().asSlice(32);
      Kernels.copy1d(DType.FLOAT64, y.dtype(), 1, scratch.segment(), 1, factor, 1);
      Strided scalar = scalar(factor, y);
      if (beta == 0) {
        elementwise.copy(scalar, y);
      } else {
        elementwise.binary(BinaryOp.MUL, y, scalar, y);
      }
    }
  }

  /** Returns one value in the shape of an array. */
  private static Strided scalar(MemorySegment value, Strided like) {
    Layout layout = Shape.scalar().contiguous().expand(like.shape());
    return new Strided(Storage.wrap(value), like.dtype(), layout);
  }

  // ---- dtypes without a BLAS

  /** In the integers' own arithmetic, which wraps around; alpha and beta are whole. */
  private void integer(double alpha, Strided a, Strided b, double beta, Strided y) {
    if (beta != 0) {
      scale(beta, y);
    }
    if (alpha == 1) {
      batched(1, a, b, beta == 0 ? 0 : 1, y);
      return;
    }
    Strided product = y.like(y.shape(), y.dtype());
    try {
      batched(1, a, b, 0, product);
      scale(alpha, product);
      if (beta == 0) {
        elementwise.copy(product, y);
      } else {
        elementwise.binary(BinaryOp.ADD, y, product, y);
      }
    } finally {
      product.storage().free();
    }
  }

  // ---- batches

  private static Matrix last(Strided x) {
    Layout layout = x.layout();
    return new Matrix(
        x.pointer(),
        x.dtype(),
        layout.size(-2),
        layout.size(-1),
        layout.stride(-2),
        layout.stride(-1));
  }

  private void batched(double alpha, Strided a, Strided b, double beta, Strided y) {
    Matrix firstA = last(a);
    Matrix firstB = last(b);
    Matrix firstY = last(y);
    int rank = y.layout().dim() - 2;
    if (rank == 0) {
      gemm.multiply(alpha, firstA, firstB, beta, firstY);
      return;
    }
    Axes batch = batch(rank, a.layout(), b.layout(), y.layout());
    if (batch.numel() == 1) {
      gemm.multiply(alpha, firstA, firstB, beta, firstY);
      return;
    }
    if (batch.rank() == 1 && batch.stride(1, 0) == 0) {
      Matrix tallA = stacked(firstA, batch.size(0), batch.stride(0, 0));
      Matrix tallY = stacked(firstY, batch.size(0), batch.stride(2, 0));
      if (tallA != null && tallY != null) {
        gemm.multiply(alpha, tallA, firstB, beta, tallY);
        return;
      }
    }
    double work = (double) firstA.rows() * firstA.columns() * firstB.columns();
    if (Gemm.isOurs(firstA, firstY, work)) {
      team.run(
          batch.numel(),
          Grain.positions(Gemm.OUR_GRAIN, work + OURS_OVERHEAD),
          (from, to) -> small(batch, from, to, alpha, firstA, firstB, beta, firstY));
      return;
    }
    team.run(
        batch.numel(),
        Grain.positions(Gemm.GRAIN, work),
        (from, to) -> {
          for (long i = from; i < to; i++) {
            gemm.multiply(
                alpha,
                moved(firstA, batch.position(0, i)),
                moved(firstB, batch.position(1, i)),
                beta,
                moved(firstY, batch.position(2, i)));
          }
        });
  }

  /** Some products of a batch: those of its innermost axis are one call. */
  private static void small(
      Axes batch, long from, long to, double alpha, Matrix a, Matrix b, double beta, Matrix y) {
    int innermost = batch.rank() - 1;
    long size = batch.size(innermost);
    try (Scratch scratch = Scratch.take(3 * Long.BYTES)) {
      MemorySegment next =
          scratch.allocateFrom(
              ValueLayout.JAVA_LONG,
              batch.stride(0, innermost),
              batch.stride(1, innermost),
              batch.stride(2, innermost));
      long count;
      for (long i = from; i < to; i += count) {
        count = Math.min(size - i % size, to - i);
        Gemm.small(
            count,
            next,
            alpha,
            moved(a, batch.position(0, i)),
            moved(b, batch.position(1, i)),
            beta,
            moved(y, batch.position(2, i)));
      }
    }
  }

  private static Axes batch(int rank, Layout... operands) {
    long[] sizes = new long[rank];
    long[][] strides = new long[operands.length][rank];
    for (int axis = 0; axis < rank; axis++) {
      sizes[axis] = operands[2].size(axis);
      for (int i = 0; i < operands.length; i++) {
        strides[i][axis] = operands[i].stride(axis);
      }
    }
    return Axes.of(sizes, strides);
  }

  /**
   * Returns a batch of matrices as one with the rows of all, or null if the rows do not continue
   * from one to the next.
   */
  private static @Nullable Matrix stacked(Matrix first, long count, long stride) {
    if (first.rows() != 1 && stride != first.rows() * first.rowStride()) {
      return null;
    }
    long rowStride = first.rows() == 1 ? stride : first.rowStride();
    return new Matrix(
        first.at(),
        first.dtype(),
        count * first.rows(),
        first.columns(),
        rowStride,
        first.columnStride());
  }

  private static Matrix moved(Matrix matrix, long position) {
    return position == 0
        ? matrix
        : new Matrix(
            matrix.at().asSlice(position * matrix.dtype().size()),
            matrix.dtype(),
            matrix.rows(),
            matrix.columns(),
            matrix.rowStride(),
            matrix.columnStride());
  }
}
