package dev.chagres.backend.cuda;

import dev.chagres.backend.Strided;
import dev.chagres.primitive.AdamStep;
import dev.chagres.primitive.SgdStep;

/** Steps of optimizers, each one pass over a parameter. */
final class Optimizers {
  private static final String FILE = "optim.cu";

  private final CudaDevice device;

  Optimizers(CudaDevice device) {
    this.device = device;
  }

  /** The {@code struct Hyper} of {@code optim.cu}. */
  private static long[] hyper(double... numbers) {
    long[] words = new long[8];
    for (int i = 0; i < numbers.length; i++) {
      words[i] = Double.doubleToRawLongBits(numbers[i]);
    }
    return words;
  }

  void sgdStep(SgdStep step, Strided parameter, Strided gradient, Strided momentum) {
    if (parameter.numel() == 0) {
      return;
    }
    device
        .launch(FILE, "sgd_step<" + Types.of(parameter) + ">")
        .integer(parameter.numel())
        .struct(
            hyper(
                -step.lr(),
                step.momentum(),
                1 - step.dampening(),
                step.weightDecay(),
                step.maximize() ? -1 : 1))
        .integer(step.step() == 1 ? 1 : 0)
        .integer(step.nesterov() ? 1 : 0)
        .pointer(parameter)
        .pointer(gradient)
        .pointerOrNull(step.momentum() == 0 ? null : momentum)
        .share(parameter.numel());
  }

  void adamStep(AdamStep step, Strided parameter, Strided gradient, Strided... state) {
    if (parameter.numel() == 0) {
      return;
    }
    device
        .launch(FILE, "adam_step<" + Types.of(parameter) + ">")
        .integer(parameter.numel())
        .struct(
            hyper(
                step.lr(),
                step.beta1(),
                step.beta2(),
                step.eps(),
                step.weightDecay(),
                step.biasCorrection1(),
                step.biasCorrection2(),
                Math.sqrt(step.biasCorrection2())))
        .integer(step.decay() == AdamStep.Decay.DECOUPLED ? 1 : 0)
        .integer(step.maximize() ? 1 : 0)
        .pointer(parameter)
        .pointer(gradient)
        .pointer(state[0])
        .pointer(state[1])
        .pointerOrNull(step.amsgrad() ? state[2] : null)
        .share(parameter.numel());
  }
}
