package dev.chagres.benchmarks.protocol;

/** Makes a workload's data for the sizes in its name, and the task that uses them. */
@FunctionalInterface
public interface Recipe<T> {
  Task<T> prepare(long... sizes);
}
