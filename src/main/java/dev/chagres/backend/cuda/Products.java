package dev.chagres.backend.cuda;

import dev.chagres.backend.Axes;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.MatrixKernels;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.core.Transposed;
import java.lang.ref.Reference;

/**
 * Matrix products: those of floats by cuBLAS, those of integers by a kernel of our own. cuBLAS has
 * matrices column by column, so that a product of rows is that of the exchanged operands;
 * transposed operands are flags, and what lies otherwise is copied.
 */
final class Products implements MatrixKernels {
  private static final String FILE = "matmul.cu";
  private static final int SIDE = 16;
  private static final int MOST_BLOCKS = 65_535;

  private final CudaDevice device;
  private final Elementwise elementwise;

  Products(CudaDevice device, Elementwise elementwise) {
    this.device = device;
    this.elementwise = elementwise;
  }

  @Override
  public void matmul(double alpha, Strided a, Strided b, double beta, Strided y) {
    if (y.numel() == 0) {
      return;
    }
    if (a.layout().size(-1) == 0) {
      scale(beta, y);
    } else if (y.dtype().isFloating()) {
      floating(alpha, a, b, beta, y);
    } else {
      whole(alpha, a, b, beta, y);
    }
  }

  @Override
  public void linear(Strided a, Strided b, Strided bias, Strided y) {
    if (!biased(a, b, bias, y)) {
      elementwise.copy(bias, y);
      matmul(1, a, b, 1, y);
    }
  }

  /**
   * {@code y = a b + bias} of matrices, in one product; returns false, with nothing done, if that
   * cannot be.
   */
  boolean biased(Strided a, Strided b, Strided bias, Strided y) {
    boolean done =
        isRow(bias.layout())
            && finished(
                CublasLt.Epilogue.of(CublasLt.Kind.BIAS, CudaDevice.address(bias)), a, b, y);
    Reference.reachabilityFence(bias);
    return done;
  }

  /** Whether a bias is a row without gaps, the same for all rows of a product. */
  static boolean isRow(Layout bias) {
    return (bias.stride(0) == 0 || bias.size(0) == 1) && (bias.stride(1) == 1 || bias.size(1) == 1);
  }

  /**
   * {@code y = epilogue(a b)} of matrices; returns false, with nothing done, if that cannot be. The
   * caller holds the epilogue's memory.
   */
  boolean finished(CublasLt.Epilogue epilogue, Strided a, Strided b, Strided y) {
    boolean fits =
        y.dtype().isFloating()
            && y.numel() > 0
            && a.layout().size(-1) > 0
            && isReadable(a.layout())
            && isReadable(b.layout())
            && isReadable(y.layout())
            && !isTransposed(y.layout());
    if (!fits) {
      return false;
    }
    var sizes = new Cublas.Sizes(y.layout().size(1), y.layout().size(0), a.layout().size(1), 1);
    var operands =
        new CublasLt.Operands(matrices(b, 0, 0), matrices(a, 0, 0), epilogue, matrices(y, 0, 0));
    boolean done = device.cublasLt().multiply(y.dtype(), sizes, operands);
    for (Strided each : new Strided[] {a, b, y}) {
      Reference.reachabilityFence(each);
    }
    return done;
  }

  /** {@code y *= beta}, where 0 also clears NaN. */
  private void scale(double beta, Strided y) {
    if (beta != 1) {
      Elementwise.withTemporary(
          y.like(Shape.scalar(), y.dtype()),
          factor -> {
            elementwise.fill(beta, factor);
            Strided all = factor.with(factor.layout().expand(y.shape()));
            if (beta == 0) {
              elementwise.copy(all, y);
            } else {
              elementwise.binary(BinaryOp.MUL, y, all, y);
            }
          });
    }
  }

  /** The axes before the last two. */
  private static Axes batch(Layout... operands) {
    Layout y = operands[operands.length - 1];
    int rank = y.dim() - 2;
    long[] sizes = new long[rank];
    long[][] strides = new long[operands.length][rank];
    for (int axis = 0; axis < rank; axis++) {
      sizes[axis] = y.size(axis);
      for (int i = 0; i < operands.length; i++) {
        strides[i][axis] = operands[i].stride(axis);
      }
    }
    return Axes.of(sizes, strides);
  }

  // ---- floats

  private static boolean isTransposed(Layout matrix) {
    return !isRowMajor(matrix.size(-2), matrix.size(-1), matrix.stride(-2), matrix.stride(-1));
  }

  /** Whether rows have no gaps and lie a row's length apart, at least. */
  private static boolean isRowMajor(long rows, long columns, long rowStride, long columnStride) {
    return (columns == 1 || columnStride == 1) && (rows == 1 || rowStride >= columns);
  }

  private static boolean isReadable(Layout matrix) {
    boolean turned =
        isRowMajor(matrix.size(-1), matrix.size(-2), matrix.stride(-1), matrix.stride(-2));
    boolean forward = true;
    for (int i = 0; i < matrix.dim() - 2; i++) {
      forward = forward && matrix.stride(i) >= 0;
    }
    return forward && (turned || !isTransposed(matrix));
  }

  private void floating(double alpha, Strided a, Strided b, double beta, Strided y) {
    if (!isReadable(a.layout())) {
      elementwise.copied(a, copy -> floating(alpha, copy, b, beta, y));
    } else if (!isReadable(b.layout())) {
      elementwise.copied(b, copy -> floating(alpha, a, copy, beta, y));
    } else if (!isReadable(y.layout()) || isTransposed(y.layout())) {
      elementwise.copied(
          y,
          copy -> {
            floating(alpha, a, b, beta, copy);
            elementwise.copy(copy, y);
          });
    } else {
      batches(alpha, a, b, beta, y);
    }
  }

  private void batches(double alpha, Strided a, Strided b, double beta, Strided y) {
    Axes batch = batch(a.layout(), b.layout(), y.layout());
    int inner = batch.rank() - 1;
    long count = batch.size(inner);
    var sizes =
        new Cublas.Sizes(y.layout().size(-1), y.layout().size(-2), a.layout().size(-1), count);
    double[] scales = {alpha, beta};
    for (long i = 0; i < batch.numel(); i += count) {
      Cublas.Matrices right = matrices(b, batch.position(1, i), batch.stride(1, inner));
      Cublas.Matrices left = matrices(a, batch.position(0, i), batch.stride(0, inner));
      Cublas.Matrices result = matrices(y, batch.position(2, i), batch.stride(2, inner));
      device.cublas().gemm(y.dtype(), sizes, scales, right, left, result);
    }
    Reference.reachabilityFence(a);
    Reference.reachabilityFence(b);
    Reference.reachabilityFence(y);
  }

  /** Rows, which cuBLAS takes for columns; columns are a flag. */
  private static Cublas.Matrices matrices(Strided x, long position, long stride) {
    Layout matrix = x.layout();
    boolean turned = isTransposed(matrix);
    long rows = matrix.size(turned ? -1 : -2);
    long columns = matrix.size(turned ? -2 : -1);
    long leading = rows == 1 ? Math.max(1, columns) : matrix.stride(turned ? -1 : -2);
    return new Cublas.Matrices(
        CudaDevice.address(x) + position * x.dtype().size(),
        turned ? Transposed.YES : Transposed.NO,
        leading,
        stride);
  }

  // ---- integers, in their own arithmetic

  private void whole(double alpha, Strided a, Strided b, double beta, Strided y) {
    Axes batch = batch(a.layout(), b.layout(), y.layout());
    long m = y.layout().size(-2);
    long n = y.layout().size(-1);
    long[] sizes = {
      m,
      n,
      a.layout().size(-1),
      a.layout().stride(-2),
      a.layout().stride(-1),
      b.layout().stride(-2),
      b.layout().stride(-1),
      y.layout().stride(-2)
    };
    Layouts.each(
        batch,
        3,
        (struct, starts) ->
            device
                .launch(FILE, "whole_product<" + Types.of(y) + ">")
                .struct(sizes)
                .struct(struct)
                .integer((long) alpha)
                .integer((long) beta)
                .pointer(a, starts[0] + behind(a.layout()))
                .pointer(b, starts[1] + behind(b.layout()))
                .pointer(y, starts[2] + behind(y.layout()))
                .run(
                    new Grid(
                        Math.toIntExact(Math.ceilDiv(n, SIDE)),
                        (int) Math.min(Math.ceilDiv(m, SIDE), MOST_BLOCKS),
                        (int) Math.min(struct[1], MOST_BLOCKS)),
                    Grid.of(SIDE * SIDE),
                    0));
  }

  /** Returns how far a matrix's first element is behind its lowest one. */
  private static long behind(Layout matrix) {
    return Math.max(0, -matrix.stride(-2)) * (matrix.size(-2) - 1)
        + Math.max(0, -matrix.stride(-1)) * (matrix.size(-1) - 1);
  }

  /**
   * Row-major products of contiguous matrices in device memory, of which there are {@code count}
   * some elements apart: {@code y = a b + beta y}.
   */
  void multiply(DType dtype, long count, Block a, Block b, double beta, Block y) {
    if (count == 0 || y.rows == 0 || y.columns == 0) {
      return;
    }
    var sizes = new Cublas.Sizes(y.columns, y.rows, a.turned ? a.rows : a.columns, count);
    device
        .cublas()
        .gemm(dtype, sizes, new double[] {1, beta}, b.matrices(), a.matrices(), y.matrices());
  }

  /**
   * Contiguous matrices in memory.
   *
   * @param turned whether the transposed ones are meant
   * @param apart from one to the next, in elements
   */
  record Block(long address, long rows, long columns, boolean turned, long apart) {
    private Cublas.Matrices matrices() {
      return new Cublas.Matrices(
          address, turned ? Transposed.YES : Transposed.NO, Math.max(1, columns), apart);
    }
  }
}
