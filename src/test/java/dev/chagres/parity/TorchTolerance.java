package dev.chagres.parity;

import java.util.Map;

/**
 * How far a floating result may be off PyTorch's, whose own error is in it too.
 *
 * @param ulps steps of the dtype
 * @param ofGreatest whether these are the steps of the greatest element, as for sums, whose terms
 *     may cancel; else of each element
 */
record TorchTolerance(double ulps, boolean ofGreatest) {
  private static final TorchTolerance ELEMENTWISE = new TorchTolerance(4, false);
  private static final TorchTolerance SUMS = new TorchTolerance(16, true);

  /** A matrix multiplies the rounding of either side by its condition. */
  private static final TorchTolerance SYSTEMS = new TorchTolerance(64, true);

  /** Operations that need more, each with the reason. */
  private static final Map<String, TorchTolerance> NAMED =
      Map.ofEntries(
          // Terms that cancel somewhat, 1 - P among them; compared with the exact values.
          Map.entry("digamma", new TorchTolerance(12, false)),
          Map.entry("igammac", new TorchTolerance(16, false)),
          // Sums of logarithms, which may cancel.
          Map.entry("logaddexp", SUMS),
          Map.entry("linalg.pinv", SYSTEMS),
          Map.entry("linalg.tensorsolve", SYSTEMS),
          // Terms up to 8 leave a sum of 0.5, which has the rounding of what was added on the way.
          Map.entry("nn.functional.nll_loss", new TorchTolerance(64, true)),
          // Vectors turn with rounding by the distance of their values.
          Map.entry("linalg.svd", SYSTEMS),
          Map.entry("svd", SYSTEMS),
          // Some of what is added up is greater than the sum.
          Map.entry("matrix_exp", SYSTEMS),
          // Each is a sum of a product.
          Map.entry("add", SUMS),
          Map.entry("sub", SUMS),
          Map.entry("rsub", SUMS));

  static TorchTolerance ofValues(TorchCase test) {
    TorchTolerance named = NAMED.get(test.op());
    return named != null ? named : test.isElementwise() ? ELEMENTWISE : SUMS;
  }

  static TorchTolerance ofGradients(TorchCase test) {
    // exp(x - y) has the rounding of y, a logarithm of sums of up to some 1000.
    if (test.op().equals("logsumexp")) {
      return new TorchTolerance(512, true);
    }
    // PyTorch adds such gradients as logarithms; ours are off by a few steps.
    if (test.op().equals("logcumsumexp")) {
      return new TorchTolerance(16384, true);
    }
    return new TorchTolerance(4 * Math.max(4, ofValues(test).ulps()), true);
  }
}
