package dev.chagres.io;

import java.io.IOException;

/** A file that is not what its format says. The message names the file and what is wrong. */
public final class FormatException extends IOException {
  private static final long serialVersionUID = 1;

  FormatException(String message) {
    super(message);
  }

  FormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
