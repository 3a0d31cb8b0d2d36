package dev.chagres.memory;

import dev.chagres.core.Device;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The CPU's memory: pages mapped from the system where {@code mmap} is known (Linux, macOS), shared
 * arenas elsewhere. Mapped pages cost nothing until they are touched and go back to the system at
 * once; an arena would fill them with zeros first.
 */
final class HostAllocator implements Allocator {
  private static final long HUGE_PAGE = 2L << 20;
  private static final int READ_WRITE = 3;
  private static final int PRIVATE = 2;
  private static final int ANONYMOUS_LINUX = 0x20;
  private static final int ANONYMOUS_MAC = 0x1000;
  private static final int ADVICE_HUGE_PAGES = 14;

  /** The whole address space: a slice of it costs less than a segment of an address. */
  @SuppressWarnings("restricted")
  private static final MemorySegment EVERYTHING = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private final @Nullable Pages pages = Pages.find();
  private final Map<Long, Arena> arenas = new HashMap<>();

  @Override
  public Device device() {
    return Device.cpu();
  }

  @Override
  public long allocate(long bytes) {
    return pages != null ? pages.map(bytes) : fromArena(bytes);
  }

  @Override
  public void free(long address, long bytes) {
    if (pages != null) {
      pages.unmap(address, bytes);
      return;
    }
    Arena arena = arenas.remove(address);
    if (arena != null) {
      arena.close();
    }
  }

  @Override
  public MemorySegment view(long address, long bytes) {
    return EVERYTHING.asSlice(address, bytes);
  }

  @Override
  public long capacity() {
    return HostCapacity.bytes();
  }

  private long fromArena(long bytes) {
    Arena arena = Arena.ofShared();
    try {
      long address = arena.allocate(bytes, SizeClasses.ALIGNMENT).address();
      arenas.put(address, arena);
      return address;
    } catch (OutOfMemoryError none) {
      arena.close();
      return 0;
    }
  }

  /** The system's calls for pages. */
  private record Pages(
      MethodHandle mmap, MethodHandle munmap, @Nullable MethodHandle madvise, int flags) {

    /** Returns them, or null where they are not known. */
    static @Nullable Pages find() {
      String os = System.getProperty("os.name", "");
      boolean linux = os.equals("Linux");
      if ((!linux && !os.startsWith("Mac")) || ValueLayout.ADDRESS.byteSize() != 8) {
        return null;
      }
      var word = ValueLayout.JAVA_LONG;
      var number = ValueLayout.JAVA_INT;
      Optional<MethodHandle> map =
          call("mmap", FunctionDescriptor.of(word, word, word, number, number, number, word));
      Optional<MethodHandle> unmap = call("munmap", FunctionDescriptor.of(number, word, word));
      if (map.isEmpty() || unmap.isEmpty()) {
        return null;
      }
      MethodHandle advise =
          linux
              ? call("madvise", FunctionDescriptor.of(number, word, word, number)).orElse(null)
              : null;
      return new Pages(
          map.get(), unmap.get(), advise, PRIVATE | (linux ? ANONYMOUS_LINUX : ANONYMOUS_MAC));
    }

    @SuppressWarnings("restricted")
    private static Optional<MethodHandle> call(String name, FunctionDescriptor type) {
      Linker linker = Linker.nativeLinker();
      SymbolLookup library = linker.defaultLookup();
      return library.find(name).map(symbol -> linker.downcallHandle(symbol, type));
    }

    /** Maps pages; from 4 MiB on aligned for huge ones, whose first touch is four times cheaper. */
    long map(long bytes) {
      if (madvise == null || bytes < 2 * HUGE_PAGE) {
        return rawMap(bytes);
      }
      long start = rawMap(bytes + HUGE_PAGE);
      if (start == 0) {
        return 0;
      }
      long aligned = (start + HUGE_PAGE - 1) & -HUGE_PAGE;
      long head = aligned - start;
      if (head > 0) {
        unmap(start, head);
      }
      if (head < HUGE_PAGE) {
        unmap(aligned + bytes, HUGE_PAGE - head);
      }
      try {
        int ignored = (int) madvise.invokeExact(aligned, bytes, ADVICE_HUGE_PAGES);
      } catch (Throwable e) {
        throw unexpected("madvise", e);
      }
      return aligned;
    }

    private long rawMap(long bytes) {
      try {
        long address = (long) mmap.invokeExact(0L, bytes, READ_WRITE, flags, -1, 0L);
        return address == -1 ? 0 : address;
      } catch (Throwable e) {
        throw unexpected("mmap", e);
      }
    }

    void unmap(long address, long bytes) {
      int failed;
      try {
        failed = (int) munmap.invokeExact(address, bytes);
      } catch (Throwable e) {
        throw unexpected("munmap", e);
      }
      if (failed != 0) {
        throw new IllegalStateException(
            "munmap(0x%x, %d) refused memory that mmap gave".formatted(address, bytes));
      }
    }

    private static AssertionError unexpected(String call, Throwable cause) {
      return new AssertionError(call + " cannot be called", cause);
    }
  }
}
