package dev.chagres.memory;

/**
 * A device's memory does not suffice: the request would pass the budget, or the device had no more,
 * even after unused memory was given back and the collector was asked for garbage. Nothing was
 * lost: once memory is freed, allocating works again.
 */
public final class OutOfMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long requestedBytes;

  OutOfMemoryException(long requestedBytes, String message) {
    super(message);
    this.requestedBytes = requestedBytes;
  }

  /** Returns the bytes that were asked for. */
  public long requestedBytes() {
    return requestedBytes;
  }
}
