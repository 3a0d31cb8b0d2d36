package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;
import java.lang.System.Logger;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Refuses a target whose shape does not broadcast with the input's, and warns of a loss whose
 * target is broadcast, a frequent mistake: (n) against (n, 1) gives (n, n), and a model that learns
 * nothing. A training loop makes it in every step: each loss and pair of shapes is warned of once,
 * and after {@value #MOST} of them no further one.
 */
final class BroadcastWarnings {
  static final int MOST = 100;
  private static final Logger LOGGER = System.getLogger(BroadcastWarnings.class.getName());

  private record Case(String loss, Shape target, Shape input) {}

  private final Set<Case> told = ConcurrentHashMap.newKeySet();

  void check(String loss, Tensor input, Tensor target) {
    given(loss, "input", input);
    given(loss, "target", target);
    if (input.shape().equals(target.shape())) {
      return;
    }
    if (Shape.broadcast(input.shape(), target.shape()) == null) {
      throw new IllegalArgumentException(
          loss
              + ": the target has shape "
              + target.shape()
              + ", the input "
              + input.shape()
              + "; they should be equal, and do not broadcast");
    }
    if (told.size() < MOST && told.add(new Case(loss, target.shape(), input.shape()))) {
      LOGGER.log(
          Logger.Level.WARNING,
          "{0}: the target has shape {1}, the input {2}; they are broadcast, which is rarely what"
              + " is meant",
          loss,
          target.shape(),
          input.shape());
    }
  }
}
