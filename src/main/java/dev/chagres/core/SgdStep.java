package dev.chagres.core;

import java.util.Set;

/**
 * The numbers of one step of stochastic gradient descent with a momentum, as in {@code
 * torch.optim.SGD}.
 *
 * @param lr the learning rate
 * @param momentum the factor of the momentum's buffer; 0 for no momentum
 * @param dampening the part of the gradient that does not go into the buffer
 * @param weightDecay the part of the parameter that is added to its gradient
 * @param step the number of this step, from 1 on; at 1 the buffer becomes the gradient
 * @param variants what differs from the plain rule; not copied
 */
public record SgdStep(
    double lr,
    double momentum,
    double dampening,
    double weightDecay,
    long step,
    Set<Variant> variants) {

  /** What differs from the plain rule. */
  public enum Variant {
    /** The momentum looks ahead (Nesterov, 1983). */
    NESTEROV,
    /** The steps go up, not down. */
    MAXIMIZE
  }

  /** Returns whether the step differs from the plain rule in this. */
  public boolean is(Variant variant) {
    return variants.contains(variant);
  }
}
