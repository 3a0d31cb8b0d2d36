package dev.chagres.memory;

import static dev.chagres.check.Given.given;

import dev.chagres.check.Bytes;
import dev.chagres.core.Device;

/**
 * What one device's pool holds and has done. At rest, {@code allocations} equals {@code
 * liveStorages} plus the three counts of freed ones, and {@code reservedBytes} equals {@code
 * liveBytes} plus {@code cachedBytes}; while other threads work the numbers are of slightly
 * different moments.
 *
 * @param device whose memory
 * @param liveBytes bytes of blocks that storages hold, unreachable ones included until the
 *     collector reports them
 * @param liveStorages how many storages hold them
 * @param peakBytes the most that was live at once
 * @param cachedBytes bytes taken from the device, free for the next allocation
 * @param reservedBytes bytes taken from the device
 * @param limitBytes the budget for {@code reservedBytes}
 * @param allocations storages allocated so far
 * @param freedExplicitly of those, freed by {@link Storage#free()}
 * @param freedByScope freed when their {@link Scope} closed
 * @param freedByReachability freed because nothing reached them any more
 * @param collections how often the pool asked the JVM for a garbage collection
 */
public record MemoryStats(
    Device device,
    long liveBytes,
    long liveStorages,
    long peakBytes,
    long cachedBytes,
    long reservedBytes,
    long limitBytes,
    long allocations,
    long freedExplicitly,
    long freedByScope,
    long freedByReachability,
    long collections) {

  /** Checks that there is a device. */
  public MemoryStats {
    given("MemoryStats", "device", device);
  }

  /** Adds up two lanes of a device, which share budget and peak. */
  MemoryStats and(MemoryStats other) {
    return new MemoryStats(
        device,
        liveBytes + other.liveBytes,
        liveStorages + other.liveStorages,
        Math.max(peakBytes, other.peakBytes),
        cachedBytes + other.cachedBytes,
        reservedBytes + other.reservedBytes,
        limitBytes,
        allocations + other.allocations,
        freedExplicitly + other.freedExplicitly,
        freedByScope + other.freedByScope,
        freedByReachability + other.freedByReachability,
        collections + other.collections);
  }

  @Override
  public String toString() {
    return """
    memory of %s
      live        %12s in %,d storages (peak %s)
      cached      %12s
      reserved    %12s of %s
      allocated   %,12d storages
      freed       %,12d explicitly, %,d by scopes, %,d by reachability
      collections %,12d asked for\
    """
        .formatted(
            device,
            Bytes.text(liveBytes),
            liveStorages,
            Bytes.text(peakBytes),
            Bytes.text(cachedBytes),
            Bytes.text(reservedBytes),
            Bytes.text(limitBytes),
            allocations,
            freedExplicitly,
            freedByScope,
            freedByReachability,
            collections);
  }
}
