package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Joint;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a normalization computes with: an input, and its weight and bias if there are any. */
record NormOperands(Tensor x, @Nullable Tensor weight, @Nullable Tensor bias) {
  /** The gradients of input, weight and bias from that of the result. */
  @FunctionalInterface
  interface Slopes {
    List<@Nullable Tensor> of(Tensor g, Tensor x, @Nullable Tensor weight);
  }

  /**
   * Records a result, if any operand wants a gradient, and returns it.
   *
   * @param composed its gradients in recorded operations, for those who differentiate them again
   * @param fused the same by kernels
   */
  Tensor record(String node, Tensor y, Slopes composed, Slopes fused) {
    boolean wanted = x.requiresGrad() || requiresGrad(weight) || requiresGrad(bias);
    if (!wanted || !GradMode.isEnabled()) {
      return y;
    }
    Saved keptX = new Saved(x);
    Saved keptWeight = weight == null ? null : new Saved(weight);
    y.setHistory(
        new Joint<>(
            node,
            Arrays.asList(
                x.edge(), weight == null ? null : weight.edge(), bias == null ? null : bias.edge()),
            1,
            Joint.Author.LIBRARY,
            gradients -> {
              Tensor g = gradients.getFirst();
              Tensor scaledBy = keptWeight == null ? null : keptWeight.get();
              return g == null
                  ? Arrays.asList(null, null, null)
                  : (GradMode.isEnabled() ? composed : fused).of(g, keptX.get(), scaledBy);
            }));
    return y;
  }

  private static boolean requiresGrad(@Nullable Tensor part) {
    return part != null && part.requiresGrad();
  }
}
