package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.autograd.Backward;
import dev.chagres.autograd.Edge;
import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Leaf;
import dev.chagres.autograd.Node;
import dev.chagres.autograd.Operation;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Whether operations are recorded, and the way back through them; {@link Tensor#grad()} is the end.
 */
public sealed interface Differentiable permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  /**
   * Returns whether operations on this tensor are recorded: it is a leaf that asked for it, or was
   * computed from one.
   */
  default boolean requiresGrad() {
    return self().wantsGrad() || self().history() != null;
  }

  /** Asks for a gradient of this leaf (and returns it). */
  default Tensor requiresGrad_() {
    return requiresGrad_(true);
  }

  /**
   * Asks for a gradient of this leaf, or for none.
   *
   * @throws IllegalStateException if the tensor is not floating, or was computed and should forget
   *     that: that is {@link #detach}; or if it {@linkplain #isInference was made} in inference
   *     mode, which is over
   */
  default Tensor requiresGrad_(boolean wanted) {
    Tensor self = self();
    if (wanted && !self.dtype().isFloating()) {
      throw new IllegalStateException(
          "requiresGrad_: only floating tensors can have gradients, this one is " + self.dtype());
    }
    if (self.history() != null) {
      if (!wanted) {
        throw new IllegalStateException(
            "requiresGrad_: only a leaf can stop requiring gradients; use detach() for a computed"
                + " tensor");
      }
      return self;
    }
    if (wanted && self.isOfInference() && !GradMode.isInference()) {
      throw new IllegalStateException(
          "requiresGrad_: the tensor was made in inference mode; clone() it, and ask the clone");
    }
    self.setWantsGrad(wanted);
    return self;
  }

  /**
   * Returns whether this tensor was made in {@link Autograd#inferenceMode()}, or is a view of one
   * that was. Outside of that mode it cannot be asked for a gradient.
   */
  default boolean isInference() {
    return self().isOfInference();
  }

  /** Returns whether the user made this tensor, rather than a recorded operation. */
  default boolean isLeaf() {
    return self().history() == null;
  }

  /** Returns the recorded operation that computed this tensor, or null for a leaf. */
  default @Nullable Node<Tensor> gradFn() {
    Edge<Tensor> made = self().history();
    return made == null ? null : made.node();
  }

  /**
   * Adds up, into {@link Tensor#grad()} of every leaf that this scalar was computed from, its
   * derivative with respect to that leaf. Frees what the tape kept.
   */
  default void backward(Backward.Option... options) {
    given("backward", "options", options);
    Autograd.backward(self(), null, options);
  }

  /**
   * The same for a tensor of any shape: {@code gradient}, of the same shape, is the derivative of
   * some scalar with respect to this tensor.
   */
  default void backward(Tensor gradient, Backward.Option... options) {
    given("backward", "gradient", gradient);
    given("backward", "options", options);
    Autograd.backward(self(), gradient, options);
  }

  /**
   * Calls a function with the gradient of this tensor whenever one is computed; what it returns,
   * unless null, is used instead. A replacement of another shape, dtype or device is an {@link
   * IllegalStateException} of the backward pass.
   *
   * @throws IllegalStateException if the tensor does not require gradients
   */
  default Node.Hook<Tensor> registerHook(Operation.Rule<Tensor> hook) {
    given("registerHook", "hook", hook);
    Edge<Tensor> edge = self().edge();
    if (edge == null) {
      throw new IllegalStateException("registerHook: the tensor does not require gradients");
    }
    return edge.node().addHook(edge.slot(), g -> Autograd.replacement(g, hook.apply(g)));
  }

  /**
   * Calls a function with this leaf after each backward pass has added to its {@link Tensor#grad()}
   * and while the pass goes on: an optimizer may step it and free its gradient there.
   *
   * @throws IllegalStateException if the tensor does not require gradients, or is no leaf
   */
  default Node.Hook<Tensor> registerPostAccumulateGradHook(Consumer<Tensor> hook) {
    given("registerPostAccumulateGradHook", "hook", hook);
    Edge<Tensor> edge = self().edge();
    if (edge == null || !(edge.node() instanceof Leaf<Tensor> leaf)) {
      throw new IllegalStateException(
          "registerPostAccumulateGradHook: the tensor "
              + (edge == null ? "does not require gradients" : "is no leaf"));
    }
    return leaf.addAfter(() -> hook.accept(self()));
  }

  /** Returns a tensor that shares this one's memory and is a leaf without gradients. */
  default Tensor detach() {
    Tensor detached = new Tensor(self().data());
    detached.setOfInference(self().isOfInference());
    return detached;
  }
}
