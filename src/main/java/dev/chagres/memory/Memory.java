package dev.chagres.memory;

import static dev.chagres.check.Given.given;

import dev.chagres.check.Bytes;
import dev.chagres.core.Device;
import dev.chagres.memory.raw.Allocator;
import dev.chagres.memory.raw.Allocators;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The memory of all devices: statistics, budgets and reports.
 *
 * <p>A device's budget limits what its pool takes from it. The CPU's is the system property {@value
 * #LIMIT_PROPERTY} (bytes, or {@code 512m}, {@code 2g}), else three quarters of the memory that
 * this process may use.
 */
public final class Memory {
  /** The system property that holds the CPU's budget. */
  public static final String LIMIT_PROPERTY = "chagres.memory.limit";

  /** The system property that, when {@code true}, turns tracing on from the start. */
  public static final String TRACE_PROPERTY = "chagres.memory.trace";

  static final Pool HOST = hostPool();

  private static final Map<Device, Pool> POOLS =
      new ConcurrentHashMap<>(Map.of(Device.cpu(), HOST));

  private static volatile @Nullable Pool pinned;

  private static boolean tracing = Boolean.getBoolean(TRACE_PROPERTY);

  private Memory() {}

  private static Pool hostPool() {
    Allocator allocator = watched(new HostAllocator(), RedZones.PROPERTY);
    long limit = allocator.capacity() / 4 * 3;
    String wish = System.getProperty(LIMIT_PROPERTY);
    if (wish != null) {
      try {
        limit = Bytes.parse(wish);
      } catch (IllegalArgumentException e) {
        System.getLogger(Memory.class.getName())
            .log(
                Level.WARNING,
                "{0}: {1}; the budget is {2}",
                LIMIT_PROPERTY,
                e.getMessage(),
                Bytes.text(limit));
      }
    }
    return new Pool(allocator, limit);
  }

  private static Allocator watched(Allocator allocator, String property) {
    String sanitizer = System.getProperty(property);
    return sanitizer == null || sanitizer.isEmpty()
        ? allocator
        : new RedZones(allocator, Path.of(sanitizer));
  }

  /** A device's budget is nine tenths of its capacity, until it is set. */
  static Pool pool(Device device) {
    if (device.type() == Device.Type.CPU) {
      return HOST;
    }
    Pool pool = POOLS.get(device);
    if (pool != null) {
      return pool;
    }
    Allocator allocator = Allocators.of(device);
    if (allocator == null) {
      throw new IllegalArgumentException(
          "no memory of " + device + " is available to this process");
    }
    return POOLS.computeIfAbsent(
        device,
        _ -> {
          Allocator apart =
              Boolean.getBoolean(Apart.DEVICE_PROPERTY) ? new Apart(allocator) : allocator;
          return new Pool(watched(apart, RedZones.DEVICE_PROPERTY), allocator.capacity() / 10 * 9);
        });
  }

  /** Memory for GPUs to copy from and to: made over the first device's way to get it. */
  static Pool pinned() {
    Pool pool = pinned;
    return pool != null ? pool : makePinned();
  }

  private static synchronized Pool makePinned() {
    Pool pool = pinned;
    if (pool == null) {
      Allocator allocator = Allocators.pinned();
      if (allocator == null) {
        throw new IllegalArgumentException("there is no pinned memory before a GPU is in use");
      }
      pool = new Pool(allocator, new Lanes(HOST.allocator().capacity() / 2), Lanes.NONE);
      pinned = pool;
    }
    return pool;
  }

  private static List<Pool> pools() {
    List<Pool> all = new ArrayList<>(POOLS.values());
    Pool pool = pinned;
    if (pool != null) {
      all.add(pool);
    }
    return all;
  }

  /** Returns the statistics of the CPU's memory, but for what is pinned. */
  public static MemoryStats stats() {
    return HOST.stats();
  }

  /**
   * Returns the statistics of a device's memory.
   *
   * @throws IllegalArgumentException if that device's memory is not available
   */
  public static MemoryStats stats(Device device) {
    given("stats", "device", device);
    return pool(device).stats();
  }

  /**
   * Lets {@link MemoryStats#peakBytes()} of a device begin anew with what is live there.
   *
   * @throws IllegalArgumentException if that device's memory is not available
   */
  public static void resetPeak(Device device) {
    given("resetPeak", "device", device);
    pool(device).resetPeak();
  }

  /** Gives all memory that no storage holds back to the devices. */
  public static void emptyCache() {
    pools().forEach(Pool::emptyCache);
  }

  /**
   * Gives all memory of a device that no storage holds back to it.
   *
   * @throws IllegalArgumentException if that device's memory is not available
   */
  public static void emptyCache(Device device) {
    given("emptyCache", "device", device);
    pool(device).emptyCache();
  }

  /** Returns the CPU's budget in bytes. */
  public static long limit() {
    return HOST.limit();
  }

  /**
   * Returns the statistics of the CPU's memory that is pinned, for GPUs to copy from and to.
   *
   * @throws IllegalArgumentException if no GPU is in use
   */
  public static MemoryStats pinnedStats() {
    return pinned().stats();
  }

  /**
   * Sets the CPU's budget, at any time. What is live stays live, even if it is more; only new
   * memory is refused.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public static void setLimit(long bytes) {
    setLimit(Device.cpu(), bytes);
  }

  /**
   * Sets the budget of a device.
   *
   * @throws IllegalArgumentException if it is not positive, or that device's memory is not
   *     available
   */
  public static void setLimit(Device device, long bytes) {
    given("setLimit", "device", device);
    if (bytes <= 0) {
      throw new IllegalArgumentException("the budget must be positive, not " + bytes + " bytes");
    }
    pool(device).setLimit(bytes);
  }

  /**
   * Records from now on where each storage is made and freed, which costs some microseconds each.
   */
  public static void startTracing() {
    tracing = true;
  }

  /** Ends what {@link #startTracing} began; what was recorded is kept. */
  public static void stopTracing() {
    tracing = false;
  }

  /**
   * Tells whether places are recorded. Read without synchronisation: other threads may see a change
   * late.
   */
  static boolean isTracing() {
    return tracing;
  }

  /**
   * Returns the live storages of all devices as text, grouped by where they were made if that was
   * traced.
   */
  public static String leakReport() {
    return pools().stream()
        .map(pool -> Report.live(pool.stats(), pool.leases()))
        .collect(Collectors.joining("\n"));
  }
}
