package dev.chagres.nn;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.primitive.BorrowedGradients;
import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is done to all parameters of a model, or to their gradients, at once: PyTorch's {@code
 * torch.nn.utils}.
 *
 * <pre>{@code
 * loss.backward();
 * Parameters.clipGradNorm_(model.parameters(), 1.0);
 * optimizer.step();
 * }</pre>
 */
public final class Parameters {
  /** What is done about a norm that is infinite or NaN. */
  public enum NonFinite {
    /** Gradients are scaled with it, and may all become 0 or NaN. */
    SCALE,
    /** It is an {@link ArithmeticException}; on a GPU the program waits to see it. */
    ERROR
  }

  private Parameters() {}

  // ---- gradients

  /**
   * Scales the gradients so that their Euclidean norm, as if they were one vector, is at most
   * {@code maxNorm}, and returns the norm before that, 0-d. On a GPU nobody waits for it, and it
   * takes as many launches for a hundred parameters as for one. Parameters without a gradient are
   * passed over; if there is none the norm is 0.
   */
  public static Tensor clipGradNorm_(Collection<? extends Tensor> parameters, double maxNorm) {
    return clipGradNorm_(parameters, maxNorm, 2);
  }

  /** The same by the norm of another order, of which infinity is the greatest magnitude. */
  public static Tensor clipGradNorm_(
      Collection<? extends Tensor> parameters, double maxNorm, double normType) {
    return clipGradNorm_(parameters, maxNorm, normType, NonFinite.SCALE);
  }

  /**
   * The same, where a norm that is infinite or NaN may be an error, which leaves the gradients as
   * they are.
   *
   * @throws ArithmeticException if it is, and shall be
   */
  public static Tensor clipGradNorm_(
      Collection<? extends Tensor> parameters,
      double maxNorm,
      double normType,
      NonFinite nonFinite) {
    each("clipGradNorm_", "a parameter", given("clipGradNorm_", "parameters", parameters));
    given("clipGradNorm_", "nonFinite", nonFinite);
    try (var _ = Autograd.noGrad();
        var loan = BorrowedGradients.<Tensor>of(parameters)) {
      if (loan.gradients().isEmpty()) {
        return Tensor.scalar(0.0f);
      }
      Map<Device, List<Tensor>> gradients = byDevice(loan.gradients());
      Tensor norm = norm(gradients, normType);
      if (nonFinite == NonFinite.ERROR && !norm.isfinite().isTrue()) {
        throw new ArithmeticException(
            "clipGradNorm_: the norm of order "
                + normType
                + " of the gradients is "
                + norm.item()
                + "; they cannot be clipped");
      }
      Tensor factor = norm.add(1e-6).rdiv(maxNorm).clampMax(1).to(DType.FLOAT64);
      gradients.forEach(
          (device, near) -> Primitives.of(norm).scaleAll(near, factor.to(device), null));
      return norm;
    }
  }

  private static Map<Device, List<Tensor>> byDevice(List<Tensor> tensors) {
    Map<Device, List<Tensor>> near = new LinkedHashMap<>();
    for (Tensor tensor : tensors) {
      near.computeIfAbsent(tensor.device(), _ -> new ArrayList<>()).add(tensor);
    }
    return near;
  }

  /** The norm of all, on the first device, in the dtype that all fit in. */
  private static Tensor norm(Map<Device, List<Tensor>> gradients, double p) {
    List<Tensor> parts = new ArrayList<>();
    DType dtype = gradients.values().iterator().next().getFirst().dtype();
    for (List<Tensor> near : gradients.values()) {
      for (Tensor gradient : near) {
        dtype = Tensor.promoteTypes(dtype, gradient.dtype());
      }
      parts.add(p == 2 ? Primitives.of(near.getFirst()).sumSquares(near) : norm(near, p));
    }
    Device device = parts.getFirst().device();
    List<Tensor> together = new ArrayList<>();
    parts.forEach(part -> together.add(part.to(device)));
    Tensor joined = together.size() == 1 ? together.getFirst() : Tensor.stack(together);
    return (p == 2 ? joined.sum().sqrt() : joined.norm(p)).to(dtype);
  }

  private static Tensor norm(List<Tensor> near, double p) {
    List<Tensor> norms = new ArrayList<>();
    for (Tensor gradient : near) {
      if (gradient.numel() > 0) {
        norms.add(gradient.norm(p));
      }
    }
    return norms.isEmpty() ? near.getFirst().newZeros() : Tensor.stack(norms).norm(p);
  }

  /**
   * Brings every element of the gradients to at least {@code -clipValue} and at most {@code
   * clipValue}.
   */
  public static void clipGradValue_(Collection<? extends Tensor> parameters, double clipValue) {
    each("clipGradValue_", "a parameter", given("clipGradValue_", "parameters", parameters));
    try (var _ = Autograd.noGrad();
        var loan = BorrowedGradients.<Tensor>of(parameters)) {
      loan.gradients().forEach(gradient -> gradient.clamp_(-clipValue, clipValue));
    }
  }

  // ---- as one vector

  /**
   * Returns the elements of all parameters, one after the other, in a new vector, through which
   * gradients flow.
   *
   * @throws IllegalArgumentException if there are none, or they are on different devices
   */
  public static Tensor parametersToVector(Collection<? extends Tensor> parameters) {
    each(
        "parametersToVector", "a parameter", given("parametersToVector", "parameters", parameters));
    List<Tensor> flat = new ArrayList<>();
    parameters.forEach(parameter -> flat.add(parameter.flatten()));
    if (flat.isEmpty()) {
      throw new IllegalArgumentException("parametersToVector: there are no parameters");
    }
    return Tensor.cat(flat);
  }

  /**
   * Overwrites parameters, one after the other, with the elements of a vector; what it has more is
   * ignored, as in PyTorch. Unlike there they stay in their own memory.
   *
   * @throws IllegalArgumentException if it is no vector, or too short; nothing is written then
   * @throws IllegalStateException if something was freed; nothing is written then
   */
  public static void vectorToParameters(Tensor vector, Collection<? extends Tensor> parameters) {
    given("vectorToParameters", "vector", vector);
    each(
        "vectorToParameters", "a parameter", given("vectorToParameters", "parameters", parameters));
    long wanted = parameters.stream().mapToLong(Tensor::numel).sum();
    if (vector.dim() != 1 || vector.numel() < wanted) {
      throw new IllegalArgumentException(
          "vectorToParameters: the parameters have "
              + wanted
              + " elements, and the vector the shape "
              + vector.shape());
    }
    try (var _ = Autograd.noGrad()) {
      Map<Tensor, Tensor> parts = new LinkedHashMap<>();
      long from = 0;
      for (Tensor parameter : parameters) {
        Tensor part =
            vector.narrow(0, from, parameter.numel()).reshape(parameter.shape().toArray());
        from += parameter.numel();
        parts.put(
            parameter, Primitives.of(parameter).copyable("vectorToParameters", parameter, part));
      }
      parts.forEach(Tensor::copy_);
    }
  }
}
