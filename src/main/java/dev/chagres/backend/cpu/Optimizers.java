package dev.chagres.backend.cpu;

import dev.chagres.backend.OptimizerKernels;
import dev.chagres.backend.OptimizerKernels.Update;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.ElementStep;
import dev.chagres.primitive.SgdStep;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/** Steps of optimizers, each one pass over all parameters that the threads share. */
final class Optimizers implements OptimizerKernels {
  private final WorkerTeam team;

  Optimizers(WorkerTeam team) {
    this.team = team;
  }

  /** A step of {@code n} elements of a parameter from one on, and of what is kept about it. */
  @FunctionalInterface
  private interface Step {
    void run(Update update, long from, long n, MemorySegment hyper);
  }

  private static int flag(boolean set, int bit) {
    return set ? bit : 0;
  }

  private static MemorySegment at(Strided x, long element) {
    MemorySegment all = x.pointer();
    return element == 0 ? all : all.asSlice(element * x.dtype().size());
  }

  @Override
  public void sgdStep(SgdStep step, List<Update> updates) {
    double[] hyper = {step.lr(), step.momentum(), step.dampening(), step.weightDecay()};
    int flags = flag(step.nesterov(), 1) | flag(step.step() == 1, 2) | flag(step.maximize(), 4);
    run(
        updates,
        Grain.MOVE / 2,
        hyper,
        (update, from, n, numbers) -> {
          List<Strided> state = update.state();
          MemorySegment parameter = at(update.parameter(), from);
          StepCalls.sgdStep(
              update.parameter().dtype(),
              n,
              parameter,
              at(update.gradient(), from),
              // Without momentum no buffer is touched, but the kernel is given an address.
              state.isEmpty() ? parameter : at(state.getFirst(), from),
              numbers,
              flags);
        });
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
    run(
        updates,
        Grain.MOVE / 4,
        hyper,
        (update, from, n, numbers) -> {
          List<Strided> state = update.state();
          StepCalls.adamStep(
              update.parameter().dtype(),
              n,
              at(update.parameter(), from),
              at(update.gradient(), from),
              at(state.get(0), from),
              at(state.get(1), from),
              state.size() > 2 ? at(state.get(2), from) : MemorySegment.NULL,
              numbers,
              flags);
        });
  }

  @Override
  public void elementStep(ElementStep step, List<Update> updates) {
    run(
        updates,
        Grain.MOVE / 4,
        step.all(StepCalls.RULE_NUMBERS),
        (update, from, n, numbers) -> {
          List<Strided> state = update.state();
          MemorySegment[] x = new MemorySegment[2 + state.size()];
          x[0] = at(update.parameter(), from);
          x[1] = at(update.gradient(), from);
          for (int i = 0; i < state.size(); i++) {
            x[2 + i] = at(state.get(i), from);
          }
          StepCalls.ruleStep(step, update.parameter().dtype(), n, x, numbers);
        });
  }

  /** Shares the elements of all parameters out as if they lay one after the other. */
  private void run(List<Update> updates, long grain, double[] hyper, Step step) {
    int count = updates.size();
    long[] ends = new long[count];
    long all = 0;
    for (int i = 0; i < count; i++) {
      all += updates.get(i).parameter().numel();
      ends[i] = all;
    }
    if (all == 0) {
      return;
    }
    try (Scratch scratch = Scratch.take(hyper.length * (long) Double.BYTES)) {
      MemorySegment numbers = scratch.segment();
      MemorySegment.copy(hyper, 0, numbers, ValueLayout.JAVA_DOUBLE, 0, hyper.length);
      team.run(
          all,
          grain,
          (from, to) -> {
            int found = Arrays.binarySearch(ends, from);
            int i = found < 0 ? -found - 1 : found + 1;
            for (long at = from; at < to; i++) {
              long end = Math.min(ends[i], to);
              if (end > at) {
                Update update = updates.get(i);
                long begin = ends[i] - update.parameter().numel();
                step.run(update, at - begin, end - at, numbers);
                at = end;
              }
            }
          });
    }
  }
}
