package dev.chagres.memory;

import dev.chagres.check.Bytes;
import dev.chagres.check.Place;
import dev.chagres.core.Device;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Texts about who holds memory. */
final class Report {
  private static final int LARGEST_HOLDERS = 5;

  private Report() {}

  /** Storages that look alike: of one size when places are unknown, else from one place. */
  private record Group(@Nullable Long size, List<String> origin) {
    static Group of(@Nullable Place origin, long bytes) {
      return origin == null ? new Group(bytes, List.of()) : new Group(null, origin.lines());
    }
  }

  private record Holding(Group group, long count, long bytes) {
    Holding plus(Holding other) {
      return new Holding(group, count + other.count, bytes + other.bytes);
    }
  }

  private static List<Holding> holdings(List<Lease> leases) {
    Map<Group, Holding> sums = new HashMap<>();
    for (Lease lease : leases) {
      for (int bit = 1; (bit & lease.all()) != 0; bit <<= 1) {
        if (!lease.hasEnded(bit) && lease.isTaken(bit)) {
          long bytes = SizeClasses.capacity(lease.sizeClass);
          Group group = Group.of(lease.origin(bit), bytes);
          sums.merge(group, new Holding(group, 1, bytes), Holding::plus);
        }
      }
    }
    return sums.values().stream()
        .sorted(Comparator.comparingLong(Holding::bytes).reversed())
        .toList();
  }

  private static String line(Holding holding) {
    String total =
        "%12s in %,7d %s"
            .formatted(
                Bytes.text(holding.bytes),
                holding.count,
                holding.count == 1 ? "storage" : "storages");
    Long size = holding.group.size;
    if (size != null) {
      return total + " of " + Bytes.text(size);
    }
    return total + " from " + String.join("\n" + " ".repeat(42), holding.group.origin);
  }

  /** Returns all live storages, grouped, the largest group first. */
  static String live(MemoryStats stats, List<Lease> leases) {
    var text = new StringBuilder();
    text.append("live storages on ").append(stats.device()).append(':');
    List<Holding> holdings = holdings(leases);
    if (holdings.isEmpty()) {
      text.append(" none");
    }
    holdings.forEach(holding -> text.append('\n').append(line(holding)));
    if (holdings.stream().anyMatch(holding -> holding.group.size != null)) {
      text.append(
              "\n(where storages are made is recorded from Memory.startTracing() on, or with -D")
          .append(Memory.TRACE_PROPERTY)
          .append("=true)");
    }
    return text.toString();
  }

  /**
   * What there was not enough of.
   *
   * @param bytes asked for
   * @param isPinned whether of the CPU's memory that is pinned, whose budget nobody sets
   * @param isDevices whether the device gave no more, where the budget had room
   * @param unused how many bytes the device had left then, -1 if that is not known
   */
  record Shortage(long bytes, boolean isPinned, boolean isDevices, long unused) {
    private String of(Device device) {
      return isPinned ? "pinned memory of " + device : "memory on " + device;
    }

    private String ofDevice(Device device) {
      return "\n"
          + device
          + " itself gave no more, though the budget has room"
          + (unused < 0 ? "" : ": " + Bytes.text(unused) + " of it are free")
          + ".";
    }
  }

  /** Returns what helps a program that needs a budget of so many bytes. */
  private static String remedy(Shortage shortage, MemoryStats stats, long budget) {
    Device device = stats.device();
    if (shortage.isDevices) {
      return "ending other programs that have memory there"
          + (device.isCuda() ? " (nvidia-smi names them)." : ".");
    }
    if (shortage.isPinned) {
      return "pinning less.";
    }
    return "a higher budget by "
        + (device.isCpu()
            ? "-D%s=%dg or Memory.setLimit(bytes)."
                .formatted(Memory.LIMIT_PROPERTY, Math.ceilDiv(budget, 1L << 30))
            : "Memory.setLimit(Device.cuda(%d), bytes).".formatted(device.index()));
  }

  /** Returns what a program that ran out of memory is told. */
  static String outOfMemory(
      Shortage shortage, MemoryStats stats, List<Lease> leases, boolean ignored) {
    long bytes = shortage.bytes;
    var text = new StringBuilder();
    text.append(
        "out of %s: %s asked for, budget %s, of it %s live in %,d storages and %s cached"
            .formatted(
                shortage.of(stats.device()),
                Bytes.text(bytes),
                Bytes.text(stats.limitBytes()),
                Bytes.text(stats.liveBytes()),
                stats.liveStorages(),
                Bytes.text(stats.cachedBytes())));
    if (bytes > stats.limitBytes()) {
      return text
          + "\n"
          + "This is more than the whole budget, so nothing was reclaimed for it; what helps:"
          + " smaller tensors; "
          + remedy(shortage, stats, bytes);
    }
    if (shortage.isDevices) {
      text.append(shortage.ofDevice(stats.device()));
    }
    List<Holding> holdings = holdings(leases);
    if (!holdings.isEmpty()) {
      text.append("\nlargest holders:");
      holdings.stream()
          .limit(LARGEST_HOLDERS)
          .forEach(holding -> text.append('\n').append(line(holding)));
    }
    text.append(
        "\n"
            + "what helps: a Scope around each step (try (var scope = Scope.open()) { ... });"
            + " x.storage().free() of a tensor that is not needed; "
            + remedy(shortage, stats, stats.limitBytes() + bytes));
    if (!Memory.isTracing()) {
      text.append(" -D" + Memory.TRACE_PROPERTY + "=true shows where the storages were made.");
    }
    text.append(
        ignored
            ? "\n"
                + "The JVM ignored the request for a garbage collection"
                + " (-XX:+DisableExplicitGC?), so unreachable tensors were not reclaimed."
            : "\n"
                + "Unreachable tensors were reclaimed before failing; -XX:+DisableExplicitGC"
                + " would prevent that.");
    return text.toString();
  }
}
