package dev.chagres.backend;

import static dev.chagres.backend.Operands.areAlike;
import static dev.chagres.backend.Operands.changed;
import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isWritable;

import dev.chagres.backend.OptimizerKernels.Update;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.ElementStep;
import dev.chagres.primitive.SgdStep;
import java.util.ArrayList;
import java.util.List;

/** Steps of optimizers, with operands that are looked at before. */
record CheckedOptimizers(OptimizerKernels device) implements OptimizerKernels {
  @Override
  public void sgdStep(SgdStep step, List<Update> updates) {
    check("sgdStep", updates, step.momentum() == 0 ? 0 : 1);
    device.sgdStep(step, updates);
  }

  @Override
  public void adamStep(AdamStep step, List<Update> updates) {
    check("adamStep", updates, step.amsgrad() ? 3 : 2);
    device.adamStep(step, updates);
  }

  @Override
  public void elementStep(ElementStep step, List<Update> updates) {
    check("elementStep", updates, step.kept());
    device.elementStep(step, updates);
  }

  /** Parameters, their gradients and so many tensors of state, all but the gradients written. */
  private static void check(String name, List<Update> updates, int kept) {
    for (Update update : updates) {
      Strided parameter = update.parameter();
      List<Strided> state = update.state();
      boolean agree = areAlike(update.gradient(), parameter) && isDense(update.gradient());
      agree = agree && isDense(parameter) && isWritable(parameter) && state.size() == kept;
      for (Strided buffer : state) {
        agree = agree && areAlike(buffer, parameter) && isDense(buffer) && isWritable(buffer);
      }
      if (!agree) {
        List<Strided> all = new ArrayList<>(List.of(parameter, update.gradient()));
        all.addAll(state);
        throw changed(name, all.toArray(Strided[]::new));
      }
    }
  }
}
