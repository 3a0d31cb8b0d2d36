package dev.chagres.nn;

import dev.chagres.tensor.Tensor;

/** Images (n, c, r h, r w) of (n, c r r, h, w). */
public final class PixelShuffle extends Module {
  private final long upscaleFactor;

  /** Makes a layer. */
  public PixelShuffle(long upscaleFactor) {
    Lines.atLeast("PixelShuffle", "the factor", 1, upscaleFactor);
    this.upscaleFactor = upscaleFactor;
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.pixelShuffle(x, upscaleFactor);
  }

  @Override
  protected String extraRepr() {
    return "upscale_factor=" + upscaleFactor;
  }
}
