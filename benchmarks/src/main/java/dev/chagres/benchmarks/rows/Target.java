package dev.chagres.benchmarks.rows;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** What is asked of Chagres in a row, and whether it was reached. */
public sealed interface Target {

  /** The name of the side that all targets are about. */
  String SUBJECT = "Chagres";

  /** The side in C, whose times are limits and not rivals' times. */
  String LIMIT = "C";

  /** The sides that a factor is asked against: the fastest of those that are there. */
  List<String> RIVALS = List.of("torch", "numpy", "DJL", "JavaCPP", "ND4J");

  /** How it reads, such as {@code 1.2x}. */
  String text();

  /**
   * Returns how much of it was reached, 1 or more where it is met, or nothing where a side that it
   * compares with has no time.
   *
   * @param nanos the times by side
   */
  OptionalDouble reached(Row row, Map<String, Double> nanos);

  /** So many times faster than the fastest rival. */
  record Faster(double factor) implements Target {
    @Override
    public String text() {
      return "%s×".formatted(number(factor));
    }

    @Override
    public OptionalDouble reached(Row row, Map<String, Double> nanos) {
      return over(fastest(RIVALS, nanos), factor * nanos.get(SUBJECT));
    }
  }

  /** So many times faster than PyTorch. */
  record FasterThanTorch(double factor) implements Target {
    @Override
    public String text() {
      return "%s× torch".formatted(number(factor));
    }

    @Override
    public OptionalDouble reached(Row row, Map<String, Double> nanos) {
      return over(fastest(List.of("torch"), nanos), factor * nanos.get(SUBJECT));
    }
  }

  /** Under so many nanoseconds. */
  record Under(double limit) implements Target {
    @Override
    public String text() {
      return "< %.0f ns".formatted(limit);
    }

    @Override
    public OptionalDouble reached(Row row, Map<String, Double> nanos) {
      return OptionalDouble.of(limit / nanos.get(SUBJECT));
    }
  }

  /** A part of the speed of the same OpenBLAS called from C. */
  record OfC(double part) implements Target {
    @Override
    public String text() {
      return "%s of C".formatted(number(part));
    }

    @Override
    public OptionalDouble reached(Row row, Map<String, Double> nanos) {
      return over(fastest(List.of(LIMIT), nanos), part * nanos.get(SUBJECT));
    }
  }

  /** A part of the bandwidth that copying has; the copy is a row of its own. */
  record OfCopy(double part) implements Target {

    /** The key of the time that a byte of a copy takes, beside the sides' times. */
    public static final String BYTE = "a byte copied";

    @Override
    public String text() {
      return "%s of copying".formatted(number(part));
    }

    @Override
    public OptionalDouble reached(Row row, Map<String, Double> nanos) {
      Double ofByte = nanos.get(BYTE);
      return ofByte == null
          ? OptionalDouble.empty()
          : OptionalDouble.of(ofByte * row.moved() / (part * nanos.get(SUBJECT)));
    }
  }

  private static String number(double value) {
    return value == Math.rint(value) ? "%.0f".formatted(value) : "" + value;
  }

  private static OptionalDouble fastest(Collection<String> sides, Map<String, Double> nanos) {
    return sides.stream().filter(nanos::containsKey).mapToDouble(nanos::get).min();
  }

  private static OptionalDouble over(OptionalDouble rival, double own) {
    return rival.isPresent() ? OptionalDouble.of(rival.getAsDouble() / own) : rival;
  }
}
