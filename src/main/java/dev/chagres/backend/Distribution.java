package dev.chagres.backend;

/** What {@link RandomKernels#fill} draws from, with at most two parameters. */
public enum Distribution {
  /** The waiting time for an event of rate {@code a}; floating dtypes. */
  EXPONENTIAL,
  /** The number of trials up to the first success, each of probability {@code a}; not bool. */
  GEOMETRIC,
  /**
   * {@code exp} of a normal number with mean {@code a} and deviation {@code b}; floating dtypes.
   */
  LOG_NORMAL,
  /** The Cauchy distribution of median {@code a} and scale {@code b}; floating dtypes. */
  CAUCHY
}
