package dev.chagres.backend.cpu;

import dev.chagres.backend.OptimizerKernels;
import dev.chagres.backend.OptimizerKernels.Update;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.ElementStep;
import dev.chagres.primitive.SgdStep;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Steps of optimizers, each one pass over a parameter that the threads share. */
final class Optimizers implements OptimizerKernels {
  private final WorkerTeam team;

  Optimizers(WorkerTeam team) {
    this.team = team;
  }

  /** A step of some elements of a parameter, of its gradient and of what is kept about it. */
  @FunctionalInterface
  private interface Step {
    void run(long n, MemorySegment[] operands, MemorySegment hyper);
  }

  private static int flag(boolean set, int bit) {
    return set ? bit : 0;
  }

  @Override
  public void sgdStep(SgdStep step, List<Update> updates) {
    double[] hyper = {step.lr(), step.momentum(), step.dampening(), step.weightDecay()};
    int flags = flag(step.nesterov(), 1) | flag(step.step() == 1, 2) | flag(step.maximize(), 4);
    for (Update update : updates) {
      DType dtype = update.parameter().dtype();
      // Without momentum no buffer is touched, but the kernel is given an address.
      run(
          update,
          Grain.MOVE / 2,
          hyper,
          (n, x, numbers) ->
              StepCalls.sgdStep(dtype, n, x[0], x[1], x.length > 2 ? x[2] : x[0], numbers, flags));
    }
  }

  @Override
  public void adamStep(AdamStep step, List<Update> updates) {
    double[] hyper = {
      step.lr(),
      step.beta1(),
      step.beta2(),
      step.eps(),
      step.weightDecay(),
      step.biasCorrection1(),
      step.biasCorrection2()
    };
    int flags =
        flag(step.decay() == AdamStep.Decay.DECOUPLED, 1)
            | flag(step.amsgrad(), 2)
            | flag(step.maximize(), 4);
    for (Update update : updates) {
      DType dtype = update.parameter().dtype();
      run(
          update,
          Grain.MOVE / 4,
          hyper,
          (n, x, numbers) -> {
            MemorySegment greatest = x.length > 4 ? x[4] : MemorySegment.NULL;
            StepCalls.adamStep(dtype, n, x[0], x[1], x[2], x[3], greatest, numbers, flags);
          });
    }
  }

  @Override
  public void elementStep(ElementStep step, List<Update> updates) {
    double[] numbers = step.all(StepCalls.RULE_NUMBERS);
    for (Update update : updates) {
      DType dtype = update.parameter().dtype();
      run(
          update,
          Grain.MOVE / 4,
          numbers,
          (n, x, all) -> StepCalls.ruleStep(step, dtype, n, x, all));
    }
  }

  private void run(Update update, long grain, double[] hyper, Step step) {
    long n = update.parameter().numel();
    if (n == 0) {
      return;
    }
    long size = update.parameter().dtype().size();
    List<Strided> state = update.state();
    MemorySegment[] all = new MemorySegment[2 + state.size()];
    all[0] = update.parameter().pointer();
    all[1] = update.gradient().pointer();
    for (int i = 0; i < state.size(); i++) {
      all[2 + i] = state.get(i).pointer();
    }
    try (Scratch scratch = Scratch.take(hyper.length * (long) Double.BYTES)) {
      MemorySegment numbers = scratch.segment();
      MemorySegment.copy(hyper, 0, numbers, ValueLayout.JAVA_DOUBLE, 0, hyper.length);
      team.run(
          n,
          grain,
          (from, to) -> {
            MemorySegment[] part = new MemorySegment[all.length];
            for (int i = 0; i < all.length; i++) {
              part[i] = all[i].asSlice(from * size);
            }
            step.run(to - from, part, numbers);
          });
    }
  }
}
