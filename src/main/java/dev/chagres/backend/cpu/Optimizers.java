package dev.chagres.backend.cpu;

import dev.chagres.backend.OptimizerKernels;
import dev.chagres.backend.OptimizerKernels.Update;
import dev.chagres.backend.Scratch;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.primitive.AdamStep;
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

  private static int flag(boolean set, int bit) {
    return set ? bit : 0;
  }

  @Override
  public void sgdStep(SgdStep step, List<Update> updates) {
    updates.forEach(update -> sgdStep(step, update));
  }

  private void sgdStep(SgdStep step, Update update) {
    Strided parameter = update.parameter();
    if (parameter.numel() == 0) {
      return;
    }
    DType dtype = parameter.dtype();
    int flags = flag(step.nesterov(), 1) | flag(step.step() == 1, 2) | flag(step.maximize(), 4);
    MemorySegment pp = parameter.pointer();
    MemorySegment pg = update.gradient().pointer();
    MemorySegment pm = update.state().isEmpty() ? pp : update.state().getFirst().pointer();
    try (Scratch scratch = Scratch.take(4L * Double.BYTES)) {
      MemorySegment hyper = scratch.segment();
      hyper.setAtIndex(ValueLayout.JAVA_DOUBLE, 0, step.lr());
      hyper.setAtIndex(ValueLayout.JAVA_DOUBLE, 1, step.momentum());
      hyper.setAtIndex(ValueLayout.JAVA_DOUBLE, 2, step.dampening());
      hyper.setAtIndex(ValueLayout.JAVA_DOUBLE, 3, step.weightDecay());
      team.run(
          parameter.numel(),
          Grain.MOVE / 2,
          (from, to) -> {
            long offset = from * dtype.size();
            Kernels.sgdStep(
                dtype,
                to - from,
                pp.asSlice(offset),
                pg.asSlice(offset),
                pm.asSlice(offset),
                hyper,
                flags);
          });
    }
  }

  @Override
  public void adamStep(AdamStep step, List<Update> updates) {
    updates.forEach(update -> adamStep(step, update));
  }

  private void adamStep(AdamStep step, Update update) {
    Strided parameter = update.parameter();
    if (parameter.numel() == 0) {
      return;
    }
    DType dtype = parameter.dtype();
    boolean amsgrad = step.amsgrad();
    int flags =
        flag(step.decay() == AdamStep.Decay.DECOUPLED, 1)
            | flag(amsgrad, 2)
            | flag(step.maximize(), 4);
    double[] numbers = {
      step.lr(),
      step.beta1(),
      step.beta2(),
      step.eps(),
      step.weightDecay(),
      step.biasCorrection1(),
      step.biasCorrection2()
    };
    MemorySegment pp = parameter.pointer();
    MemorySegment pg = update.gradient().pointer();
    MemorySegment average = update.state().get(0).pointer();
    MemorySegment squares = update.state().get(1).pointer();
    MemorySegment greatest = amsgrad ? update.state().get(2).pointer() : MemorySegment.NULL;
    try (Scratch scratch = Scratch.take(numbers.length * (long) Double.BYTES)) {
      MemorySegment hyper = scratch.segment();
      MemorySegment.copy(numbers, 0, hyper, ValueLayout.JAVA_DOUBLE, 0, numbers.length);
      team.run(
          parameter.numel(),
          Grain.MOVE / 4,
          (from, to) -> {
            long offset = from * dtype.size();
            Kernels.adamStep(
                dtype,
                to - from,
                pp.asSlice(offset),
                pg.asSlice(offset),
                average.asSlice(offset),
                squares.asSlice(offset),
                amsgrad ? greatest.asSlice(offset) : greatest,
                hyper,
                flags);
          });
    }
  }
}
