package dev.chagres.primitive;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of one step of stochastic gradient descent with a momentum, as in {@code
 * torch.optim.SGD}.
 *
 * @param lr the learning rate
 * @param momentum the factor of the momentum's buffer; 0 for no momentum
 * @param dampening the part of the gradient that does not go into the buffer
 * @param weightDecay the part of the parameter that is added to its gradient
 * @param step the number of this step, from 1 on; at 1 the buffer becomes the gradient
 * @param nesterov whether the momentum looks ahead (Nesterov, 1983)
 * @param maximize whether the step goes up, not down
 * @param replayed gives the numbers of each replay of a CUDA graph that the step is captured in;
 *     null if they are always these
 */
public record SgdStep(
    double lr,
    double momentum,
    double dampening,
    double weightDecay,
    long step,
    boolean nesterov,
    boolean maximize,
    @Nullable Supplier<SgdStep> replayed) {

  /** Numbers that are the same in each replay of a graph. */
  public SgdStep(
      double lr,
      double momentum,
      double dampening,
      double weightDecay,
      long step,
      boolean nesterov,
      boolean maximize) {
    this(lr, momentum, dampening, weightDecay, step, nesterov, maximize, null);
  }
}
