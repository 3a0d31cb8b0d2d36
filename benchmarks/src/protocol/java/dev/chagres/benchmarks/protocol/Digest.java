package dev.chagres.benchmarks.protocol;

import java.util.function.Function;

/**
 * What is compared of a result: its size, and sums over some thousand of its elements.
 *
 * @param count how many elements it has
 * @param sum of those that were looked at
 * @param weighted their sum with weights that notice an exchange
 * @param magnitude the sum of their absolute values
 */
public record Digest(long count, double sum, double weighted, double magnitude) {

  private static final int MOST = 4096;

  static Digest of(long count, Function<long[], double[]> elements) {
    long[] positions = new long[(int) Math.min(count, MOST)];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = i * count / positions.length;
    }
    double sum = 0;
    double weighted = 0;
    double magnitude = 0;
    double[] values = elements.apply(positions);
    for (int i = 0; i < values.length; i++) {
      sum += values[i];
      weighted += values[i] * (1 + i % 7);
      magnitude += Math.abs(values[i]);
    }
    return new Digest(count, sum, weighted, magnitude);
  }

  /** Reads what {@link #toString} and the other languages write. */
  public static Digest parse(String text) {
    String[] fields = text.split(" ");
    return new Digest(
        Long.parseLong(fields[0]),
        Double.parseDouble(fields[1]),
        Double.parseDouble(fields[2]),
        Double.parseDouble(fields[3]));
  }

  /** Whether both can be of the same work, up to rounding. NaN agrees with nothing. */
  public boolean agrees(Digest other, double tolerance) {
    double off = Math.max(Math.abs(sum - other.sum), Math.abs(weighted - other.weighted) / 7);
    return count == other.count && off <= tolerance * Math.max(magnitude, 1e-30);
  }

  @Override
  public String toString() {
    return count + " " + sum + " " + weighted + " " + magnitude;
  }
}
