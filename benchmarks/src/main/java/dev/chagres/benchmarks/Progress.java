package dev.chagres.benchmarks;

/** How far a run is, and about how long it will take yet. */
final class Progress {

  private final long start = System.nanoTime();
  private final int rows;
  private double secondsOfTables;
  private int done;

  /**
   * Begins a run.
   *
   * @param rows how many are going to be timed
   * @param secondsOfTables about what the other tables take
   */
  Progress(int rows, double secondsOfTables) {
    this.rows = rows;
    this.secondsOfTables = secondsOfTables;
  }

  /** Tells that a row is done. */
  void row(String brief) {
    done++;
    tell(brief);
  }

  /** Tells that another table is begun, which takes about so many seconds. */
  void table(String title, double seconds) {
    tell(title);
    secondsOfTables -= seconds;
  }

  private void tell(String what) {
    double elapsed = (System.nanoTime() - start) / 1e9;
    double left = secondsOfTables + (done == 0 ? 0 : elapsed / done * (rows - done));
    System.err.printf(
        "[%d of %d rows, %s gone, about %s to go] %s%n",
        done, rows, minutes(elapsed), minutes(left), what);
  }

  private static String minutes(double seconds) {
    long whole = Math.round(seconds);
    return "%d:%02d".formatted(whole / 60, whole % 60);
  }
}
