package dev.chagres.tensor;

import dev.chagres.backend.ScanOp;

/** Scans that overwrite this tensor, {@code x}, and return it; the dtype stays. */
public sealed interface CumulativeInPlace permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /** Replaces x by the sums so far along a dimension. */
  default Tensor cumsum_(int dim) {
    return Scans.inPlace("cumsum_", ScanOp.SUM, self(), dim);
  }

  /** Replaces x by the products so far along a dimension. */
  default Tensor cumprod_(int dim) {
    return Scans.inPlace("cumprod_", ScanOp.PROD, self(), dim);
  }
}
