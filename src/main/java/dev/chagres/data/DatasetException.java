package dev.chagres.data;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * A dataset failed to make a sample: says which one, and for which batch, and has what the dataset
 * threw, with the trace of the thread where it did, as its cause.
 */
public final class DatasetException extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final int MOST_NAMED = 8;

  DatasetException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Names the sample. */
  static DatasetException of(long index, Exception cause) {
    return new DatasetException("sample " + index + ": " + cause, cause);
  }

  /** Names the batch, and its samples unless the one is known. */
  static DatasetException of(long batch, long[] indices, Throwable cause) {
    if (cause instanceof DatasetException known) {
      Throwable thrown = known.getCause();
      return new DatasetException(
          "batch " + batch + ", " + known.getMessage(), thrown == null ? known : thrown);
    }
    String samples =
        Arrays.stream(indices)
            .limit(MOST_NAMED)
            .mapToObj(Long::toString)
            .collect(
                Collectors.joining(", ", ", samples ", indices.length > MOST_NAMED ? " …" : ""));
    return new DatasetException(
        "batch " + batch + (indices.length == 0 ? "" : samples) + ": " + cause, cause);
  }
}
