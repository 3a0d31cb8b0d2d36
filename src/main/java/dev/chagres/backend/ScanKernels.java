package dev.chagres.backend;

/** Scans along a dimension, into contiguous results of x's shape and dtype. */
public interface ScanKernels {
  /** Carries sums, products or log-sums. */
  void scan(Scan scan, Strided x, Strided y);

  /** Carries MAX or MIN, and where it is: int64. */
  void scanExtrema(Scan scan, Strided x, Strided y, Strided indices);

  /** {@code y[i] = x[i] + a[i] * y[i - 1]}, or y[i + 1] on the way back; floating dtypes. */
  void recurrence(Way way, int dim, Strided x, Strided a, Strided y);

  /** What is carried along which dimension, and in which direction. */
  record Scan(ScanOp op, Way way, int dim) {}

  /** From the first element of a dimension to the last, or from the last to the first. */
  enum Way {
    FORTH,
    BACK
  }
}
