package dev.chagres.memory;

import dev.chagres.core.Device;
import dev.chagres.memory.raw.Allocator;
import dev.chagres.memory.raw.Lane;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * An allocator's memory, of which AddressSanitizer forbids all bytes that belong to no storage:
 * kernels that were built with it end the process when they touch one. For tests of the kernels, in
 * a process in which the sanitizer's runtime is loaded before all else.
 */
final class RedZones implements Allocator {
  /** The system property that names the file of the sanitizer's runtime. */
  static final String PROPERTY = "chagres.memory.sanitizer";

  /** The one that names a library with the same functions for the memory of GPUs. */
  static final String DEVICE_PROPERTY = "chagres.memory.sanitizer.device";

  private final Allocator memory;
  private final MethodHandle forbid;
  private final MethodHandle allow;

  /** The bytes of the last storage at each address. */
  private final ConcurrentSkipListMap<Long, Long> extents = new ConcurrentSkipListMap<>();

  @SuppressWarnings("restricted")
  RedZones(Allocator memory, Path runtime) {
    this.memory = memory;
    SymbolLookup library = SymbolLookup.libraryLookup(runtime, Arena.global());
    forbid = call(library, "__asan_poison_memory_region");
    allow = call(library, "__asan_unpoison_memory_region");
  }

  @SuppressWarnings("restricted")
  private static MethodHandle call(SymbolLookup library, String name) {
    return Linker.nativeLinker()
        .downcallHandle(
            library.findOrThrow(name),
            FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
  }

  private static void run(MethodHandle call, long address, long bytes) {
    try {
      call.invokeExact(address, bytes);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public Device device() {
    return memory.device();
  }

  @Override
  public long allocate(long bytes) {
    long address = memory.allocate(bytes);
    if (address != 0) {
      run(forbid, address, bytes);
    }
    return address;
  }

  @Override
  public void free(long address, long bytes) {
    extents.subMap(address, address + bytes).clear();
    run(allow, address, bytes);
    memory.free(address, bytes);
  }

  @Override
  public void recut(long address, long bytes) {
    extents.subMap(address, address + bytes).clear();
    run(forbid, address, bytes);
  }

  @Override
  public MemorySegment view(long address, long bytes) {
    Long before = extents.put(address, bytes);
    if (before != null && before > bytes) {
      run(forbid, address, before);
    }
    run(allow, address, bytes);
    return memory.view(address, bytes);
  }

  @Override
  public @Nullable Lane lane() {
    return memory.lane();
  }

  @Override
  public long capacity() {
    return memory.capacity();
  }

  @Override
  public long unused() {
    return memory.unused();
  }
}
