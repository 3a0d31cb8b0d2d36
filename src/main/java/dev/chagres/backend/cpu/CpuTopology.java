package dev.chagres.backend.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How many threads this machine has room for. */
final class CpuTopology {
  private static final Path CPUS = Path.of("/sys/devices/system/cpu");

  private CpuTopology() {}

  /**
   * Returns the number of threads that make numerical work faster: the processors this JVM may use,
   * but no more than there are cores, because two hardware threads of one core share its arithmetic
   * units.
   */
  static int usefulThreads() {
    int processors = Runtime.getRuntime().availableProcessors();
    try {
      if (Files.readString(CPUS.resolve("smt/active")).startsWith("1")) {
        int online = count(Files.readString(CPUS.resolve("online")));
        return Math.max(1, Math.min(processors, online / 2));
      }
    } catch (IOException | NumberFormatException unknown) {
      return processors;
    }
    return processors;
  }

  /** Counts the members of a kernel list such as {@code 0-3,8}. */
  static int count(String list) {
    int count = 0;
    int start = 0;
    String text = list.strip();
    while (start < text.length()) {
      int comma = text.indexOf(',', start);
      int end = comma < 0 ? text.length() : comma;
      int dash = text.indexOf('-', start);
      if (dash < 0 || dash > end) {
        count++;
      } else {
        count +=
            Integer.parseInt(text, dash + 1, end, 10) - Integer.parseInt(text, start, dash, 10) + 1;
      }
      start = end + 1;
    }
    return count;
  }
}
