package dev.chagres.backend;

/** What {@link RandomKernels#each} draws for every element, with the element as a parameter. */
public enum Trial {
  /** 1 with probability {@code a}, else 0. */
  BERNOULLI,
  /** The number of events that happen where {@code a} are expected. */
  POISSON,
  /** The number of successes in {@code a} trials of probability {@code b}; not of 16 bits. */
  BINOMIAL
}
