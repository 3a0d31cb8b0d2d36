package dev.chagres.tensor;

import java.lang.System.Logger;
import java.util.concurrent.atomic.AtomicBoolean;

/** Warns, once, that the gradient of a computed tensor is asked for, which is not kept. */
final class UnkeptGradient {
  private static final Logger LOGGER = System.getLogger(UnkeptGradient.class.getName());
  private static final AtomicBoolean TOLD = new AtomicBoolean();

  private UnkeptGradient() {}

  static void warn() {
    if (TOLD.compareAndSet(false, true)) {
      LOGGER.log(
          Logger.Level.WARNING,
          "grad: of a tensor that operations computed no gradient is kept; call retainGrad() on it"
              + " before backward(), or ask a leaf");
    }
  }
}
