package dev.chagres.autograd;

import org.jspecify.annotations.Nullable;

/**
 * A gradient rule failed or returned NaN while anomalies were detected. The message names the
 * operation and the line of the program that made it.
 */
public final class AnomalyException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  AnomalyException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
