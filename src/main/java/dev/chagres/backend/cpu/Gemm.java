package dev.chagres.backend.cpu;

import dev.chagres.backend.Scratch;
import dev.chagres.core.DType;
import dev.chagres.core.Transposed;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * One product of two matrices. Transposed operands are flags of BLAS, never copies. Small and
 * middling products, and those with a vector, go to our own kernel, in one block for each thread;
 * large ones to our kernel that packs, in blocks, or to one call of OpenBLAS that the team shares.
 */
final class Gemm {
  /**
   * Up to this many multiplications our own kernel is faster than OpenBLAS: 512 x 512 x 512 in
   * float32, 256 x 256 x 256 in float64; measured on one thread with AVX2, 27 shapes.
   */
  private static final double OURS_FLOAT32 = 1 << 27;

  private static final double OURS_FLOAT64 = 1 << 24;

  /** The same for float64 with vectors of 64 bytes, beside the kernel that packs. */
  private static final double OURS_FLOAT64_WIDE = 1 << 26;

  /**
   * The same where the left operand, which our kernel does not pack, is transposed; with vectors of
   * 64 bytes that is the same to it.
   */
  private static final double OURS_FLOAT32_TRANSPOSED = 7e6;

  private static final double OURS_FLOAT64_TRANSPOSED = 1.5e6;

  /** With a side of up to this length, transposed or not is the same to it. */
  private static final long THIN_FLOAT32 = 64;

  private static final long THIN_FLOAT64 = 16;

  /** Multiplications of our own kernel that are worth another thread. */
  static final double OUR_GRAIN = 1 << 19;

  /** Columns of a block that our own kernel is at its best with. */
  private static final long OUR_COLUMNS = 32;

  /** Multiplications of OpenBLAS that are worth another thread. */
  static final double GRAIN = 1 << 20;

  /**
   * Multiplications of a product for each nanosecond of waiting for its helpers: about a quarter of
   * what the product takes a single thread.
   */
  private static final double MULTIPLICATIONS_WAITED = 160;

  /**
   * Multiplications for each thread above which there are two blocks for each, to even out threads
   * of unequal speed; below, packing the operands once more costs more than that gains.
   */
  private static final double EVEN = 1 << 27;

  /**
   * Elements of a matrix times vector that are worth another thread; memory is what it waits for.
   */
  private static final double VECTOR_GRAIN = 1 << 17;

  /** The longest side of a product that goes to BLAS in one piece, whose sizes are 32-bit. */
  private static final long MOST = 1 << 30;

  private final WorkerTeam team;
  private final Elementwise elementwise;
  private final long most;

  /** The greatest distance of two rows that BLAS sees. */
  private final long farthest;

  Gemm(WorkerTeam team, Elementwise elementwise) {
    this(team, elementwise, MOST);
  }

  /** Takes the longest side that BLAS is to see; rows may be nearly twice as far apart. */
  Gemm(WorkerTeam team, Elementwise elementwise, long most) {
    this.team = team;
    this.elementwise = elementwise;
    this.most = most;
    farthest = 2 * most - 1;
  }

  /**
   * {@code y = alpha a b + beta y} for at least one element of everything, not of 16-bit floats;
   * y's rows are without gaps. For integers alpha is 1 and beta 0 or 1.
   */
  void multiply(double alpha, Matrix a, Matrix b, double beta, Matrix y) {
    long m = y.rows();
    long n = y.columns();
    long k = a.columns();
    double work = (double) m * n * k;
    if (isOurs(a, y, work)) {
      ours(alpha, a, b, beta, y, work);
    } else if (packs()) {
      long pieces = piecesOf(work);
      long down = down(pieces, y);
      blocks(down, Math.max(1, pieces / down), Gemm::packed, alpha, a, b, beta, y);
    } else if (Math.max(m, Math.max(n, k)) > most || isFarApart(y)) {
      pieces(alpha, a, b, beta, y);
    } else {
      readable(alpha, a, b, beta, y);
    }
  }

  /**
   * Whether our own kernel that packs takes what is too large for the other: with vectors of 64
   * bytes it is as fast as OpenBLAS's kernels for AVX-512, and nearly twice as fast as those for
   * AVX2; with shorter ones it gains nothing.
   */
  private boolean packs() {
    return most == MOST && Vectors.ARE_WIDE;
  }

  /** Looked at when it is first wanted, as the kernels are loaded then. */
  private static final class Vectors {
    static final boolean ARE_WIDE = ProductCalls.vectorBytes() == 64;
  }

  private boolean isFarApart(Matrix y) {
    return y.rows() > 1 && y.rowStride() > farthest;
  }

  /** Cuts what is too long for BLAS: of the inner size the pieces' products are added up. */
  private void pieces(double alpha, Matrix a, Matrix b, double beta, Matrix y) {
    long m = y.rows();
    long n = y.columns();
    long k = a.columns();
    if (isFarApart(y) || (m >= n && m >= k)) {
      long step = isFarApart(y) ? 1 : most;
      for (long row = 0; row < m; row += step) {
        long count = Math.min(step, m - row);
        multiply(alpha, a.block(row, 0, count, k), b, beta, y.block(row, 0, count, n));
      }
    } else if (n >= k) {
      for (long column = 0; column < n; column += most) {
        long count = Math.min(most, n - column);
        multiply(alpha, a, b.block(0, column, k, count), beta, y.block(0, column, m, count));
      }
    } else {
      for (long from = 0; from < k; from += most) {
        long count = Math.min(most, k - from);
        Matrix left = a.block(0, from, m, count);
        multiply(alpha, left, b.block(from, 0, count, n), from == 0 ? beta : 1, y);
      }
    }
  }

  /** Tells whether our own kernel that packs nothing is the faster one. */
  static boolean isOurs(Matrix a, Matrix y, double work) {
    if (!y.dtype().isFloating() || y.rows() == 1 || y.columns() == 1) {
      return true;
    }
    boolean single = y.dtype() == DType.FLOAT32;
    long thin = single ? THIN_FLOAT32 : THIN_FLOAT64;
    if (Vectors.ARE_WIDE) {
      return work <= (single ? OURS_FLOAT32 : OURS_FLOAT64_WIDE);
    }
    if (a.columnStride() == 1 || Math.min(Math.min(y.rows(), y.columns()), a.columns()) <= thin) {
      return work <= (single ? OURS_FLOAT32 : OURS_FLOAT64);
    }
    return work <= (single ? OURS_FLOAT32_TRANSPOSED : OURS_FLOAT64_TRANSPOSED);
  }

  /** Shares the columns out first: the kernel packs those of b, which then no two threads pack. */
  private void ours(double alpha, Matrix a, Matrix b, double beta, Matrix y, double work) {
    boolean vector = y.rows() == 1 || y.columns() == 1;
    long pieces = (long) Math.min(work / (vector ? VECTOR_GRAIN : OUR_GRAIN), team.threads());
    if (pieces < 2) {
      small(1, null, alpha, a, b, beta, y);
    } else {
      long across = Math.clamp(y.columns() / OUR_COLUMNS, 1, pieces);
      blocks(
          pieces / across,
          across,
          (scale, left, right, kept, part) -> small(1, null, scale, left, right, kept, part),
          alpha,
          a,
          b,
          beta,
          y);
    }
  }

  /**
   * Calls our own kernel that packs nothing, for so many products.
   *
   * @param next how far the next product's operands and result are, if there is more than one
   */
  static void small(
      long count,
      @Nullable MemorySegment next,
      double alpha,
      Matrix a,
      Matrix b,
      double beta,
      Matrix y) {
    ProductCalls.gemmSmall(
        y.dtype(),
        count,
        next,
        y.rows(),
        y.columns(),
        a.columns(),
        alpha,
        a.at(),
        a.rowStride(),
        a.columnStride(),
        b.at(),
        b.rowStride(),
        // A single column is read as a stored row: that is a dot product for the kernel.
        b.columns() == 1 ? b.rows() * b.rowStride() : b.columnStride(),
        beta,
        y.at(),
        y.leadingDimension());
  }

  /** As many as there are threads that it is worth, or a few times as many to even these out. */
  private long piecesOf(double work) {
    double most = Math.min(Math.max(work / GRAIN, 1), team.threads());
    return (long) Math.max(most, Math.min(work / EVEN, 4.0 * team.threads()));
  }

  /** Returns how many blocks lie below one another, so that they are about as wide as high. */
  private static long down(long pieces, Matrix y) {
    return Math.clamp(Math.round(Math.sqrt((double) pieces * y.rows() / y.columns())), 1, pieces);
  }

  private static void packed(double alpha, Matrix a, Matrix b, double beta, Matrix y) {
    try (Scratch work = Scratch.take(ProductCalls.packedBytes())) {
      ProductCalls.gemmPacked(
          y.dtype(),
          y.rows(),
          y.columns(),
          a.columns(),
          alpha,
          a.at(),
          a.rowStride(),
          a.columnStride(),
          b.at(),
          b.rowStride(),
          b.columnStride(),
          beta,
          y.at(),
          y.leadingDimension(),
          work.segment());
    }
  }

  /** Whether BLAS can read a matrix as it lies, by its rows or by its columns. */
  private boolean isReadable(Matrix x) {
    return x.isRowMajor(farthest) || x.transposed().isRowMajor(farthest);
  }

  /** Copies an operand that BLAS cannot read either way, and cuts the product into blocks. */
  private void readable(double alpha, Matrix a, Matrix b, double beta, Matrix y) {
    if (!isReadable(a)) {
      try (Scratch copy = Scratch.take(a.bytes())) {
        readable(alpha, gathered(a, copy.segment()), b, beta, y);
      }
    } else if (!isReadable(b)) {
      try (Scratch copy = Scratch.take(b.bytes())) {
        large(alpha, a, gathered(b, copy.segment()), beta, y);
      }
    } else {
      large(alpha, a, b, beta, y);
    }
  }

  private Matrix gathered(Matrix x, MemorySegment into) {
    long[] sizes = {x.rows(), x.columns()};
    LoopNest loops =
        LoopNest.of(
            sizes, new long[] {x.rowStride(), x.columnStride()}, new long[] {x.columns(), 1});
    elementwise.copy(x.dtype(), x.at(), x.dtype(), into, loops);
    return Matrix.contiguous(into, x.dtype(), x.rows(), x.columns());
  }

  /** Leaves a large product to several threads: to one call that they share, or cut into blocks. */
  private void large(double alpha, Matrix a, Matrix b, double beta, Matrix y) {
    double work = (double) y.rows() * y.columns() * a.columns();
    int threads = (int) Math.min(work / GRAIN, (double) team.threads());
    if (threads < 2) {
      gemm(alpha, a, b, beta, y);
    } else if (!OpenBlas.shares() || SharedCall.isKeptOut()) {
      long pieces = work > EVEN * team.threads() ? 2L * threads : threads;
      long down = down(pieces, y);
      blocks(down, Math.max(1, pieces / down), this::gemm, alpha, a, b, beta, y);
    } else {
      try (SharedCall call = SharedCall.open(threads - 1, (long) (work / MULTIPLICATIONS_WAITED))) {
        if (call == null) {
          gemm(alpha, a, b, beta, y);
          return;
        }
        team.run(
            threads,
            1,
            (from, to) -> {
              if (from > 0) {
                SharedCall.join();
                return;
              }
              try (call) {
                if (to > 1) {
                  // All positions at once: the team is busy.
                  call.expectNobody();
                }
                gemm(alpha, a, b, beta, y, call);
              }
            });
      }
    }
  }

  /** One product, or one block of one. */
  @FunctionalInterface
  private interface Product {
    void of(double alpha, Matrix a, Matrix b, double beta, Matrix y);
  }

  /** Cuts a product into about that many blocks of the result. */
  private void blocks(
      long down,
      long across,
      Product product,
      double alpha,
      Matrix a,
      Matrix b,
      double beta,
      Matrix y) {
    long height = roundUp((y.rows() + down - 1) / down);
    long width = roundUp((y.columns() + across - 1) / across);
    long rows = (y.rows() + height - 1) / height;
    long columns = (y.columns() + width - 1) / width;
    team.run(
        rows * columns,
        1,
        (from, to) -> {
          for (long i = from; i < to; i++) {
            long row = i / columns * height;
            long column = i % columns * width;
            long m = Math.min(height, y.rows() - row);
            long n = Math.min(width, y.columns() - column);
            product.of(
                alpha,
                a.block(row, 0, m, a.columns()),
                b.block(0, column, b.rows(), n),
                beta,
                y.block(row, column, m, n));
          }
        });
  }

  /** Rounds a block's side up to whole tiles of the innermost kernels. */
  private static long roundUp(long side) {
    return (side + 15) & -16;
  }

  private void gemm(double alpha, Matrix a, Matrix b, double beta, Matrix y) {
    gemm(alpha, a, b, beta, y, null);
  }

  /** Whether what comes to BLAS has been cut: its sizes, and the distances of rows. */
  private void checkCut(Matrix a, Matrix b, Matrix y, long... distances) {
    boolean cut = Math.max(y.rows(), Math.max(y.columns(), a.columns())) <= most;
    for (long distance : distances) {
      cut &= distance <= farthest;
    }
    if (!cut) {
      throw new AssertionError("too long for BLAS: " + a + " x " + b + " to " + y);
    }
  }

  private void gemm(
      double alpha, Matrix a, Matrix b, double beta, Matrix y, @Nullable SharedCall call) {
    boolean straightA = a.isRowMajor(farthest);
    boolean straightB = b.isRowMajor(farthest);
    Matrix storedA = straightA ? a : a.transposed();
    Matrix storedB = straightB ? b : b.transposed();
    long stepA = storedA.leadingDimension();
    long stepB = storedB.leadingDimension();
    checkCut(a, b, y, stepA, stepB, y.leadingDimension());
    OpenBlas.gemm(
        y.dtype(),
        straightA ? Transposed.NO : Transposed.YES,
        straightB ? Transposed.NO : Transposed.YES,
        y.rows(),
        y.columns(),
        a.columns(),
        alpha,
        storedA.at(),
        stepA,
        storedB.at(),
        stepB,
        beta,
        y.at(),
        y.leadingDimension(),
        call);
  }
}
