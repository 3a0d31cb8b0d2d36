package dev.chagres.backend.cuda;

/** A call of one of CUDA's libraries that failed, in that library's words. */
public final class CudaException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  private final int code;

  CudaException(String message, int code) {
    super(message);
    this.code = code;
  }

  /** Returns the same, said of the call that it belongs to. */
  CudaException of(String call) {
    CudaException named = new CudaException(call + ": " + getMessage(), code);
    named.initCause(this);
    return named;
  }

  /** Returns the library's number for what went wrong. */
  int code() {
    return code;
  }
}
