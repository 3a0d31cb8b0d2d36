package dev.chagres.primitive;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of one step of Adam or AdamW, as in {@code torch.optim}.
 *
 * @param lr the learning rate
 * @param beta1 the factor of the moving average of the gradient
 * @param beta2 the factor of the moving average of its square
 * @param eps what is added to the denominator
 * @param weightDecay the part of the parameter that is added to its gradient or, decoupled, taken
 *     off it
 * @param decay where the weight decay acts
 * @param step the number of this step, from 1 on
 * @param amsgrad whether the greatest average of squares so far counts (Reddi et al., 2018)
 * @param maximize whether the step goes up, not down
 * @param replayed gives the numbers of each replay of a CUDA graph that the step is captured in;
 *     null if they are always these
 */
public record AdamStep(
    double lr,
    double beta1,
    double beta2,
    double eps,
    double weightDecay,
    Decay decay,
    long step,
    boolean amsgrad,
    boolean maximize,
    @Nullable Supplier<AdamStep> replayed) {

  /** Numbers that are the same in each replay of a graph. */
  public AdamStep(
      double lr,
      double beta1,
      double beta2,
      double eps,
      double weightDecay,
      Decay decay,
      long step,
      boolean amsgrad,
      boolean maximize) {
    this(lr, beta1, beta2, eps, weightDecay, decay, step, amsgrad, maximize, null);
  }

  /** Where the weight decay acts. */
  public enum Decay {
    /** It is a part of the gradient, and so of the averages: Adam. */
    IN_THE_GRADIENT,
    /** It acts on the parameter alone: AdamW. */
    DECOUPLED
  }

  /** Returns {@code 1 - beta1^step}, the share of an average that is not its initial 0. */
  public double biasCorrection1() {
    return 1 - Math.pow(beta1, (double) step);
  }

  /** Returns {@code 1 - beta2^step}. */
  public double biasCorrection2() {
    return 1 - Math.pow(beta2, (double) step);
  }
}
