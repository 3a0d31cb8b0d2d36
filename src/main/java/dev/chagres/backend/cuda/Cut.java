package dev.chagres.backend.cuda;

/**
 * How the threads of a block share out lines, as {@code lines.cuh} has it.
 *
 * @param along how many threads work on a line; a power of 2
 * @param beside whether neighbouring threads are of neighbouring lines
 */
record Cut(int along, boolean beside) {
  /** Neighbouring lines of a block: as many elements as a warp takes at once. */
  private static final int BESIDE = 32;

  /** Returns a cut for lines of {@code n} elements that lie side by side. */
  static Cut alone(long n) {
    return new Cut(power(Math.ceilDiv(n, 4), CudaDevice.BLOCK), false);
  }

  /** Returns a cut for lines of {@code n} elements, of which a thread takes so many at once. */
  static Cut alone(long n, int each) {
    return new Cut(power(Math.ceilDiv(n, each), CudaDevice.BLOCK), false);
  }

  /** Returns a cut for so many lines of n elements, which alternate with those of others. */
  static Cut beside(long n, long lines) {
    int most = CudaDevice.BLOCK / power(lines, BESIDE);
    return new Cut(power(Math.ceilDiv(n, 4), most), true);
  }

  /** Returns the least power of 2 that is not less than a number, or the most. */
  private static int power(long atLeast, int most) {
    int power = 1;
    while (power < atLeast && power < most) {
      power *= 2;
    }
    return power;
  }

  /** Returns how many lines a block takes at once. */
  int lines() {
    return CudaDevice.BLOCK / along;
  }

  /** Returns how many blocks take all lines, one time or several. */
  int blocks(long lines, int most) {
    return Math.clamp(Math.ceilDiv(lines, lines()), 1, most);
  }

  Launch to(Launch launch) {
    return launch.integer(along).integer(beside ? 1 : 0);
  }
}
