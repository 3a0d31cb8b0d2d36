package dev.chagres.backend.cpu;

import static dev.chagres.ffi.kernels.KernelsLibrary.*;
import static java.lang.foreign.ValueLayout.ADDRESS;

import dev.chagres.backend.Scratch;
import dev.chagres.core.DType;
import dev.chagres.primitive.ElementStep;
import dev.chagres.primitive.ElementStep.Form;
import java.lang.foreign.MemorySegment;

/** The door to the C kernels that do the steps of optimizers, as {@link Kernels} says. */
final class StepCalls {
  private StepCalls() {}

  static void sgdStep(
      DType dtype,
      long n,
      MemorySegment parameter,
      MemorySegment gradient,
      MemorySegment momentum,
      MemorySegment hyper,
      int flags) {
    Kernels.require();
    Kernels.check(ch_sgd_step(dtype.ordinal(), n, parameter, gradient, momentum, hyper, flags));
  }

  static final int RULE_NUMBERS = CH_RULE_NUMBERS();

  /** A step of the parameter, its gradient and what is kept, which are {@code x}. */
  static void ruleStep(
      ElementStep step, DType dtype, long n, MemorySegment[] x, MemorySegment numbers) {
    Kernels.require();
    int flags =
        (step.decay() != 0 ? CH_RULE_DECAYS() : 0)
            | (step.is(Form.LATER) ? CH_RULE_LATER() : 0)
            | (step.is(Form.MOMENTUM) ? CH_RULE_MOMENTUM() : 0)
            | (step.is(Form.CENTERED) ? CH_RULE_CENTERED() : 0);
    int rule =
        switch (step.rule()) {
          case RMSPROP -> CH_RULE_RMSPROP();
          case ADAGRAD -> CH_RULE_ADAGRAD();
          case ADADELTA -> CH_RULE_ADADELTA();
          case ADAMAX -> CH_RULE_ADAMAX();
          case NADAM -> CH_RULE_NADAM();
          case RADAM -> CH_RULE_RADAM();
          case ASGD -> CH_RULE_ASGD();
          case RPROP -> CH_RULE_RPROP();
        };
    try (Scratch scratch = Scratch.take(x.length * ADDRESS.byteSize())) {
      MemorySegment tensors = scratch.segment();
      for (int i = 0; i < x.length; i++) {
        tensors.setAtIndex(ADDRESS, i, x[i]);
      }
      Kernels.check(ch_rule_step(rule, dtype.ordinal(), n, tensors, numbers, flags));
    }
  }

  static void adamStep(
      DType dtype,
      long n,
      MemorySegment parameter,
      MemorySegment gradient,
      MemorySegment average,
      MemorySegment squareAverage,
      MemorySegment greatestSquareAverage,
      MemorySegment hyper,
      int flags) {
    Kernels.require();
    Kernels.check(
        ch_adam_step(
            dtype.ordinal(),
            n,
            parameter,
            gradient,
            average,
            squareAverage,
            greatestSquareAverage,
            hyper,
            flags));
  }
}
