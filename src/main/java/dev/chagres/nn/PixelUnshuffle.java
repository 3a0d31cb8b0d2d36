package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** Images (n, c r r, h, w) of (n, c, r h, r w). */
public final class PixelUnshuffle extends Module {
  private final long downscaleFactor;

  /** Makes a layer. */
  public PixelUnshuffle(long downscaleFactor) {
    Lines.atLeast("PixelUnshuffle", "the factor", 1, downscaleFactor);
    this.downscaleFactor = downscaleFactor;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.pixelUnshuffle(x, downscaleFactor);
  }

  @Override
  protected String extraRepr() {
    return "downscale_factor=" + downscaleFactor;
  }
}
