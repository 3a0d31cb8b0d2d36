package dev.chagres.backend.cuda;

/**
 * What a device is.
 *
 * @param major of the compute capability, such as 9 of 9.0
 * @param sharedPerBlock the bytes of shared memory that every kernel may use
 * @param mostSharedPerBlock … and those that it may ask for
 */
public record DeviceProperties(
    String name,
    int major,
    int minor,
    long totalMemory,
    int multiprocessors,
    int threadsPerMultiprocessor,
    int sharedPerBlock,
    int mostSharedPerBlock) {

  /** Reads them from the driver. */
  static DeviceProperties of(int device) {
    return new DeviceProperties(
        Driver.deviceName(device),
        Driver.attribute(Driver.Attribute.CAPABILITY_MAJOR, device),
        Driver.attribute(Driver.Attribute.CAPABILITY_MINOR, device),
        Driver.totalMemory(device),
        Driver.attribute(Driver.Attribute.MULTIPROCESSORS, device),
        Driver.attribute(Driver.Attribute.THREADS_PER_MULTIPROCESSOR, device),
        Driver.attribute(Driver.Attribute.SHARED_PER_BLOCK, device),
        Driver.attribute(Driver.Attribute.MOST_SHARED_PER_BLOCK, device));
  }
}
