package dev.chagres.backend;

import dev.chagres.core.Activation;

/**
 * Products of matrices together with what a feed-forward block does before and after them: biases,
 * activations, and the gradients of both. Matrices have one floating dtype; what holds for the
 * operands of {@link Backend} holds for these.
 */
public interface FeedForwardKernels {
  /**
   * {@code y = activation(a b + bias)}, where the bias has y's shape, as in {@link MatrixKernels}.
   */
  void linear(Activation activation, Strided a, Strided b, Strided bias, Strided y);

  /** The same, and returns what {@link #activationBackward} needs. */
  Activated linearKept(Activation activation, Strided a, Strided b, Strided bias, Strided y);

  /**
   * What is kept of a product with an activation.
   *
   * @param y the result
   * @param kept memory whose meaning only its device knows; or the result itself
   */
  record Activated(Activation activation, Strided y, Strided kept) {}

  /**
   * {@code gx = (g b) * activation'}, the gradient of what an activation was applied to, from that
   * of a product {@code y b^T}; and the sums of its columns, {@code gbias}.
   */
  void activationBackward(Activated result, Strided g, Strided b, Strided gx, Strided gbias);

  /**
   * {@code gweight = g^T x}, the gradient of the weight of a linear layer, and that of its bias,
   * the sums of the columns of {@code g}.
   */
  void weightBackward(Strided g, Strided x, Strided gweight, Strided gbias);
}
