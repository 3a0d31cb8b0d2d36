package dev.chagres.backend;

import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.ElementStep;
import dev.chagres.primitive.SgdStep;
import java.util.List;

/** Steps of optimizers, in place, of many parameters in one call. */
public interface OptimizerKernels {
  /** The state is the momentum's buffer, or empty where the momentum is 0. */
  void sgdStep(SgdStep step, List<Update> updates);

  /** The state: exp_avg, exp_avg_sq and, with amsgrad, max_exp_avg_sq. */
  void adamStep(AdamStep step, List<Update> updates);

  /** The state: as many tensors as the step says. */
  void elementStep(ElementStep step, List<Update> updates);

  /**
   * What a step changes, contiguous and of one shape and dtype: a parameter, by its gradient and
   * what is kept about it, which changes too.
   */
  record Update(Strided parameter, Strided gradient, List<Strided> state) {}
}
