package dev.chagres.observe;

import dev.chagres.backend.OptimizerKernels;
import dev.chagres.backend.OptimizerKernels.Update;
import dev.chagres.backend.Strided;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.ElementStep;
import dev.chagres.primitive.SgdStep;
import java.util.List;

/** Steps of optimizers, which an observer is shown. */
record ObservedOptimizers(OptimizerKernels device, Observer observer) implements OptimizerKernels {
  @Override
  public void sgdStep(SgdStep step, List<Update> updates) {
    observer.kernel(() -> device.sgdStep(step, updates), () -> steps("sgdStep", updates));
  }

  @Override
  public void adamStep(AdamStep step, List<Update> updates) {
    observer.kernel(() -> device.adamStep(step, updates), () -> steps("adamStep", updates));
  }

  @Override
  public void elementStep(ElementStep step, List<Update> updates) {
    observer.kernel(() -> device.elementStep(step, updates), () -> steps("elementStep", updates));
  }

  private static Work steps(String kernel, List<Update> updates) {
    Work work = Work.of(kernel, updates.getFirst().parameter());
    for (Update update : updates) {
      work.updates(update.parameter()).touches(update.gradient());
      work.updates(update.state().toArray(Strided[]::new));
    }
    return work;
  }
}
