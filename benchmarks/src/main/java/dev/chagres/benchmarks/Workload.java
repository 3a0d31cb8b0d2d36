package dev.chagres.benchmarks;

import java.util.function.Supplier;

/**
 * Something to time.
 *
 * @param name the same on every side
 * @param calls how many calls one run of the task makes, by which its time is divided
 * @param prepare makes its data, and the task
 */
record Workload(String name, int calls, Supplier<Runnable> prepare) {

  Workload(String name, Supplier<Runnable> prepare) {
    this(name, 1, prepare);
  }
}
