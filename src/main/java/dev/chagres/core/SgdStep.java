package dev.chagres.core;

/**
 * The numbers of one step of stochastic gradient descent with a momentum, as in {@code
 * torch.optim.SGD}.
 *
 * @param lr the learning rate
 * @param momentum the factor of the momentum's buffer; 0 for no momentum
 * @param dampening the part of the gradient that does not go into the buffer
 * @param weightDecay the part of the parameter that is added to its gradient
 * @param nesterov whether the momentum looks ahead
 * @param first whether the buffer is still empty, and becomes the gradient
 * @param maximize whether the step goes up
 */
public record SgdStep(
    double lr,
    double momentum,
    double dampening,
    double weightDecay,
    boolean nesterov,
    boolean first,
    boolean maximize) {}
