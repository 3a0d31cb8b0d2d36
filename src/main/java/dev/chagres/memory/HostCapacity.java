package dev.chagres.memory;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How much main memory this process may use: the machine's, or less where its container says so.
 */
final class HostCapacity {
  private static final Path MEMINFO = Path.of("/proc/meminfo");
  private static final Path OWN_GROUPS = Path.of("/proc/self/cgroup");
  private static final Path GROUPS = Path.of("/sys/fs/cgroup");

  private HostCapacity() {}

  static long bytes() {
    return Files.isReadable(MEMINFO) ? fromProc() : fromManagement();
  }

  private static long fromProc() {
    // By plain loops: this runs in every start of a program, before anything is warm.
    try {
      long total = Long.MAX_VALUE;
      for (String line : Files.readAllLines(MEMINFO)) {
        if (line.startsWith("MemTotal:") && line.endsWith(" kB")) {
          total = Long.parseLong(line.substring(9, line.length() - 3).strip()) << 10;
          break;
        }
      }
      return Math.min(total, ofContainer());
    } catch (IOException | NumberFormatException e) {
      return fromManagement();
    }
  }

  /**
   * Returns the smallest limit of the control groups that this process is in, both versions of
   * them.
   */
  private static long ofContainer() throws IOException {
    long least = Long.MAX_VALUE;
    if (!Files.isReadable(OWN_GROUPS)) {
      return least;
    }
    for (String line : Files.readAllLines(OWN_GROUPS)) {
      // "0::/path" in version 2, "7:memory:/path" in version 1
      String[] parts = line.split(":", 3);
      boolean second = parts.length == 3 && parts[1].isEmpty();
      if (!second && (parts.length < 3 || !parts[1].contains("memory"))) {
        continue;
      }
      Path root = second ? GROUPS : GROUPS.resolve("memory");
      String file = second ? "memory.max" : "memory.limit_in_bytes";
      Path group = root.resolve(parts[2].substring(1)).normalize();
      // Inside a container the path may name a group of the host: then only the root is there.
      for (Path at = group; at != null && at.startsWith(root); at = at.getParent()) {
        least = Math.min(least, number(at.resolve(file)));
      }
    }
    return least;
  }

  private static long number(Path file) {
    try {
      String text = Files.readString(file).strip();
      return text.equals("max") ? Long.MAX_VALUE : Long.parseLong(text);
    } catch (IOException | NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  /**
   * Asks the platform's bean, by reflection because only a few systems need that module; without it
   * the heap's default, a quarter of the memory, is the measure.
   */
  static long fromManagement() {
    try {
      Class<?> beanType = Class.forName("com.sun.management.OperatingSystemMXBean");
      Method factory =
          Class.forName("java.lang.management.ManagementFactory")
              .getMethod("getPlatformMXBean", Class.class);
      return (long) beanType.getMethod("getTotalMemorySize").invoke(factory.invoke(null, beanType));
    } catch (ReflectiveOperationException | NullPointerException e) {
      return 4 * Runtime.getRuntime().maxMemory();
    }
  }
}
