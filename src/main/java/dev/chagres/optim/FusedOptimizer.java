package dev.chagres.optim;

import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Tensor;
import java.util.Collection;

/**
 * An optimizer whose step is one operation of the library's. Nobody else sees the gradient, so that
 * it may be freed as soon as it is forgotten.
 */
abstract sealed class FusedOptimizer<O extends ParameterwiseOptimizer.Options<O>>
    extends ParameterwiseOptimizer<O> permits SGD, AdamFamily {

  FusedOptimizer(Collection<? extends Tensor> parameters, O options) {
    super(parameters, options);
  }

  /** Another thread that forgets, and so frees, the gradient waits until the step is done. */
  @Override
  final void step(Tensor parameter, O options) {
    synchronized (parameter) {
      step(parameter, Primitives.of(parameter).gradient(parameter), options);
    }
  }
}
