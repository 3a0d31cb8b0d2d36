package dev.chagres.tensor;

import dev.chagres.autograd.Backward;
import dev.chagres.autograd.Edge;
import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Joint;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a normalization computes with: an input, and its weight and bias if there are any. */
record NormOperands(Tensor x, @Nullable Tensor weight, @Nullable Tensor bias) {
  /** Which gradients a pass wants; one of them at least. */
  record Wanted(boolean x, boolean weight, boolean bias) {}

  /**
   * The gradients of input, weight and bias from that of the result; null for what is not wanted.
   */
  @FunctionalInterface
  interface Slopes {
    List<@Nullable Tensor> of(Tensor g, Tensor x, @Nullable Tensor weight, Wanted wanted);
  }

  /** Memory for the gradients that are wanted. */
  record Made(@Nullable Strided x, @Nullable Strided weight, @Nullable Strided bias) {
    /** Allocates it, for parameters of a dtype that lie one number after the other. */
    static Made of(Tensor x, Layout lie, Layout parameters, DType dtype, Wanted wanted) {
      Strided like = x.data();
      return new Made(
          wanted.x ? like.like(lie, x.dtype()) : null,
          wanted.weight ? like.like(parameters, dtype) : null,
          wanted.bias ? like.like(parameters, dtype) : null);
    }

    List<@Nullable Tensor> tensors() {
      return Arrays.asList(tensor(x), tensor(weight), tensor(bias));
    }

    private static @Nullable Tensor tensor(@Nullable Strided data) {
      return data == null ? null : new Tensor(data);
    }
  }

  /**
   * Records a result, if any operand wants a gradient, and returns it.
   *
   * @param composed its gradients in recorded operations, for those who differentiate them again
   * @param fused the same by kernels
   */
  Tensor record(String node, Tensor y, Slopes composed, Slopes fused) {
    List<@Nullable Edge<Tensor>> edges = Arrays.asList(x.edge(), edge(weight), edge(bias));
    if (edges.stream().allMatch(Objects::isNull) || !GradMode.isEnabled()) {
      return y;
    }
    Saved keptX = new Saved(x);
    Saved keptWeight = weight == null ? null : new Saved(weight);
    y.setHistory(
        new Joint<>(
            node,
            edges,
            1,
            Joint.Author.LIBRARY,
            gradients -> {
              Tensor g = gradients.getFirst();
              if (g == null) {
                return Arrays.asList(null, null, null);
              }
              Wanted wanted =
                  new Wanted(
                      Backward.isWanted(edges.get(0)),
                      Backward.isWanted(edges.get(1)),
                      Backward.isWanted(edges.get(2)));
              Tensor scaledBy = keptWeight == null ? null : keptWeight.get();
              return (GradMode.isEnabled() ? composed : fused).of(g, keptX.get(), scaledBy, wanted);
            }));
    return y;
  }

  private static @Nullable Edge<Tensor> edge(@Nullable Tensor part) {
    return part == null ? null : part.edge();
  }
}
