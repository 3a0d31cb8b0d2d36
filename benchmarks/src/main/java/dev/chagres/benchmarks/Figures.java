package dev.chagres.benchmarks;

/** How times, rates and sizes are written. */
final class Figures {

  private Figures() {}

  static String time(double nanos) {
    if (nanos < 1e3) {
      return "%.0f ns".formatted(nanos);
    }
    if (nanos < 1e6) {
      return number(nanos / 1e3) + " µs";
    }
    return nanos < 1e9 ? number(nanos / 1e6) + " ms" : number(nanos / 1e9) + " s";
  }

  /** Returns operations, else bytes, a second; or an empty text where a row tells neither. */
  static String rate(double operations, double moved, double nanos) {
    if (operations > 0) {
      return number(operations / nanos) + " GFLOP/s";
    }
    return moved > 0 ? number(moved / nanos) + " GB/s" : "";
  }

  static String megabytes(double bytes) {
    return "%.0f MB".formatted(bytes / 1e6);
  }

  /** Returns three digits. */
  static String number(double value) {
    if (value >= 100) {
      return "%.0f".formatted(value);
    }
    return value >= 10 ? "%.1f".formatted(value) : "%.2f".formatted(value);
  }
}
