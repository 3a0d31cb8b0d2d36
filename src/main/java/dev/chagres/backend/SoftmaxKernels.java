package dev.chagres.backend;

import dev.chagres.primitive.CrossEntropyForm;
import org.jspecify.annotations.Nullable;

/** Softmax, over one dimension of contiguous operands, and the cross entropy of it. */
public interface SoftmaxKernels {

  void softmax(Softmax kind, Strided x, int dim, Strided y);

  /** {@code gx} from the gradient {@code g} and the saved result {@code y}. */
  void softmaxBackward(Softmax kind, Strided g, Strided y, int dim, Strided gx);

  /**
   * Cross entropy of scores {@code x (rows, n)}, float32 or float64 and not empty, with the targets
   * (rows): y has the losses (rows) or is a scalar; weights (n) may be absent. {@code statistics},
   * of x's dtype, takes what the gradient needs (3 * rows + 1).
   *
   * @throws IndexOutOfBoundsException if a target is neither a class nor ignored
   */
  void crossEntropy(
      CrossEntropyForm form,
      Strided x,
      Strided target,
      @Nullable Strided weight,
      Strided statistics,
      Strided y);

  /** The gradient with respect to x. */
  void crossEntropyBackward(
      CrossEntropyForm form, Strided g, Strided x, Strided target, Strided statistics, Strided gx);

  /** Softmax, or its logarithm. */
  enum Softmax {
    PROBABILITY,
    LOGARITHM
  }
}
