package dev.chagres.core;

/** Whether a copy between the CPU and a GPU is waited for: PyTorch's {@code non_blocking}. */
public enum Transfer {
  /** When the call returns the source may be changed, and what came to the CPU may be read. */
  BLOCKING,
  /**
   * The call returns at once where one side is in pinned memory. The source on the CPU must not be
   * changed, and what comes to the CPU not be read, before the stream or an event in it was waited
   * for. Freeing either side is harmless at any time.
   */
  NON_BLOCKING
}
