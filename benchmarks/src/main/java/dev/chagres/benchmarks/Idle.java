package dev.chagres.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Waits until a process no longer runs. Threads of OpenBLAS that have worked spin for 2^28 ticks of
 * the processor's clock, 103 ms where it has 2.6 GHz, those of OpenMP for some milliseconds, and a
 * JVM compiles on; whoever had a turn meanwhile would have a core less.
 */
final class Idle {

  private static final Path PROCESSES = Path.of("/proc");
  private static final long BETWEEN_MILLIS = 1;

  /** A thread that is about to sleep again, or to wake another, is not taken for one at rest. */
  private static final int LOOKS = 3;

  private Idle() {}

  /**
   * Returns whether no thread of a process and of those that it has started was found running, or
   * ready to run, several times one after the other, or the process has ended.
   *
   * @param most how many seconds it waits
   */
  static boolean await(ProcessHandle process, double most) throws InterruptedException {
    long[] family =
        Stream.concat(Stream.of(process), process.descendants())
            .mapToLong(ProcessHandle::pid)
            .toArray();
    long end = System.nanoTime() + (long) (most * 1e9);
    int quiet = 0;
    while (quiet < LOOKS) {
      quiet = isRunning(family) ? 0 : quiet + 1;
      if (quiet < LOOKS) {
        if (System.nanoTime() - end > 0) {
          return false;
        }
        Thread.sleep(BETWEEN_MILLIS);
      }
    }
    return true;
  }

  private static boolean isRunning(long[] family) {
    for (long pid : family) {
      Path threads = PROCESSES.resolve("" + pid).resolve("task");
      try (var each = Files.list(threads)) {
        if (each.anyMatch(Idle::threadRuns)) {
          return true;
        }
      } catch (IOException | UncheckedIOException e) {
        // It has ended.
      }
    }
    return false;
  }

  private static boolean threadRuns(Path thread) {
    try {
      String stat = Files.readString(thread.resolve("stat"));
      // The thread's name, in brackets, may hold blanks and brackets; its state follows.
      return stat.charAt(stat.lastIndexOf(')') + 2) == 'R';
    } catch (IOException e) {
      return false;
    }
  }
}
