package dev.chagres.optim;

import dev.chagres.primitive.AdamStep;
import dev.chagres.tensor.Tensor;
import java.util.Collection;

/**
 * {@link Adam} with the weight decay decoupled (Loshchilov and Hutter, 2019): the parameter first
 * loses {@code lr * weightDecay} times itself.
 */
public final class AdamW extends AdamFamily {

  /** Returns PyTorch's defaults: those of Adam, and a weight decay of 0.01. */
  public static Adam.Options options() {
    return Adam.options().weightDecay(1e-2);
  }

  /** Makes an optimizer with the defaults. */
  public AdamW(Collection<? extends Tensor> parameters) {
    this(parameters, options());
  }

  /** Makes an optimizer. */
  public AdamW(Collection<? extends Tensor> parameters, Adam.Options options) {
    super(parameters, options, AdamStep.Decay.DECOUPLED);
  }

  /**
   * Adds a group with options of its own, and returns this optimizer.
   *
   * @throws IllegalArgumentException if there are no parameters, one is not a leaf, or one is there
   *     twice
   */
  public AdamW addGroup(Collection<? extends Tensor> parameters, Adam.Options options) {
    add(parameters, options);
    return this;
  }
}
