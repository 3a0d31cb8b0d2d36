package dev.chagres.backend.cuda;

/** A call of one of CUDA's libraries that failed, in that library's words. */
public final class CudaException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  private final int code;

  CudaException(String message, int code) {
    super(message);
    this.code = code;
  }

  /** Returns the library's number for what went wrong. */
  int code() {
    return code;
  }
}
