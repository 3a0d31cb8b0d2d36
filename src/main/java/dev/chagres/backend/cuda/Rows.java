package dev.chagres.backend.cuda;

import dev.chagres.backend.Strided;

/**
 * How teams of threads take contiguous rows, as {@code Row} in {@code lines.cuh} has it.
 *
 * @param held how many elements a thread keeps in registers; 0 where rows are too long
 * @param along how many threads work on a row; a power of 2
 */
record Rows(int held, int along) {
  private static final int FEW = 8;
  private static final int MANY = 16;
  private static final int MOST_BLOCKS = 1 << 16;
  private static final int PACK_BYTES = 16;

  /** Returns how rows of n elements are taken: by as few threads as can hold them. */
  static Rows of(long n) {
    if (n <= (long) CudaDevice.BLOCK * FEW) {
      return new Rows(FEW, Cut.alone(n, FEW).along());
    }
    return new Rows(n <= (long) CudaDevice.BLOCK * MANY ? MANY : 0, CudaDevice.BLOCK);
  }

  /** Adds the first arguments: how many rows there are, of how many elements, and how they lie. */
  Launch to(Launch launch, long rows, long n, Strided... operands) {
    boolean packed = true;
    for (Strided operand : operands) {
      packed = packed && CudaDevice.address(operand) % PACK_BYTES == 0;
      packed = packed && n * operand.dtype().size() % PACK_BYTES == 0;
    }
    return launch.integer(rows).integer(n).integer(along).integer(packed ? 1 : 0);
  }

  void run(Launch launch, long rows) {
    int blocks = Math.clamp(Math.ceilDiv(rows, CudaDevice.BLOCK / along), 1, MOST_BLOCKS);
    launch.run(Grid.of(blocks), Grid.of(CudaDevice.BLOCK), 0);
  }
}
