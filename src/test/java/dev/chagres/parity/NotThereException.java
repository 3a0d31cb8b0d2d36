package dev.chagres.parity;

/** Says which form of one of PyTorch's operations the library has not. */
final class NotThereException extends RuntimeException {
  private static final long serialVersionUID = 1;

  NotThereException(String form) {
    super(form, null, false, false);
  }
}
