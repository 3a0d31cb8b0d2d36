package dev.chagres.benchmarks.protocol;

/** What is timed: one call, whose result is compared once with that of the other sides. */
@FunctionalInterface
public interface Task<T> {
  T run();
}
