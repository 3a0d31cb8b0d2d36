package dev.chagres.benchmarks.check;

/** A part of the check, which others do not depend on. */
interface Part {

  /** Returns the word that it is asked for by. */
  String name();

  String title();

  /** Returns how many seconds it may take. */
  double limit();

  /** Returns how many it has at least, if others before it took theirs. */
  default double least() {
    return limit();
  }

  /** Whether those behind it are begun while it goes on: it needs nothing of what they do. */
  default boolean isBeside() {
    return false;
  }

  /**
   * Runs until it is done or its time is over; may be asked for its state meanwhile, by another
   * thread.
   *
   * @param seconds how many it has, its limit or less
   */
  void run(double seconds) throws InterruptedException;

  State state();

  /**
   * How far it is.
   *
   * @param verdict what came of it in a few words; {@code passed} where all is as it should be
   * @param counts of tests: passed, failed, skipped; none where it has no tests
   * @param details Markdown
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record State(String verdict, int[] counts, String details) {

    static final String PASSED = "passed";

    boolean isPassed() {
      return verdict.equals(PASSED);
    }
  }
}
