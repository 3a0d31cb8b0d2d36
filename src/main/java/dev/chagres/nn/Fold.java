package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Pair;
import dev.chagres.tensor.Tensor;

/** Images (n, c, h, w) of the sums of windows, given as columns (n, c kh kw, windows). */
public final class Fold extends Module {
  private final Pair outputSize;
  private final Pair kernel;
  private final Unfold.Options options;

  /** Makes a layer with the defaults of {@link Unfold#options}. */
  public Fold(Pair outputSize, Pair kernel) {
    this(outputSize, kernel, Unfold.options());
  }

  /** Makes a layer. */
  public Fold(Pair outputSize, Pair kernel, Unfold.Options options) {
    Images.checkWindow("Fold", "the size", outputSize);
    Images.checkWindow("Fold", "the kernel", kernel);
    this.outputSize = outputSize;
    this.kernel = kernel;
    this.options = given("Fold", "options", options);
  }

  @Override
  public Tensor forward(Tensor x) {
    return Functional.fold(x, outputSize, kernel, options);
  }

  @Override
  protected String extraRepr() {
    return "output_size="
        + outputSize.shortest()
        + ", kernel_size="
        + kernel.shortest()
        + Unfold.text(options);
  }
}
