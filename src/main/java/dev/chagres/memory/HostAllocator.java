package dev.chagres.memory;

import dev.chagres.core.Device;
import dev.chagres.memory.raw.Allocator;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The CPU's memory: pages mapped from the system where {@code mmap} is known (Linux, macOS), the
 * JVM's own allocation elsewhere. Mapped pages cost nothing until they are touched.
 *
 * <p>What is freed keeps its address for the next request of its size, and its pages go back to the
 * system where they were mapped. So a thread that works on a storage which another thread frees
 * meanwhile, a mistake of the program, finds zeros or foreign numbers, but cannot crash the
 * process.
 */
final class HostAllocator implements Allocator {

  /** The whole address space: a slice of it costs less than a segment of an address. */
  private static final MemorySegment EVERYTHING = everything();

  private final @Nullable Pages pages = Pages.find();
  private final Map<Long, ArrayDeque<Long>> freed = new HashMap<>();

  @Override
  public Device device() {
    return Device.cpu();
  }

  @Override
  public long allocate(long bytes) {
    ArrayDeque<Long> again = freed.get(bytes);
    if (again != null && !again.isEmpty()) {
      long address = again.pop();
      if (pages != null) {
        pages.advise(address, bytes);
      }
      return address;
    }
    return pages != null ? pages.map(bytes) : fromJvm(bytes);
  }

  @Override
  public void free(long address, long bytes) {
    if (pages != null) {
      pages.release(address, bytes);
    }
    freed.computeIfAbsent(bytes, size -> new ArrayDeque<>()).push(address);
  }

  @Override
  public MemorySegment view(long address, long bytes) {
    return EVERYTHING.asSlice(address, bytes);
  }

  @Override
  public long capacity() {
    return HostCapacity.bytes();
  }

  /** Every program comes here first of all that needs leave to touch native memory. */
  @SuppressWarnings("restricted")
  private static MemorySegment everything() {
    try {
      return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    } catch (IllegalCallerException e) {
      throw new IllegalStateException(
          "Chagres needs native code: run java with --enable-native-access=dev.chagres (on the"
              + " module path) or --enable-native-access=ALL-UNNAMED (on the class path)",
          e);
    }
  }

  private static long fromJvm(long bytes) {
    try {
      return Arena.global().allocate(bytes, SizeClasses.ALIGNMENT).address();
    } catch (OutOfMemoryError none) {
      return 0;
    }
  }

  /** The system's calls for pages; each is linked when it is first needed, which takes a while. */
  private static final class Pages {
    private static final long HUGE_PAGE = 2L << 20;
    private static final int READ_WRITE = 3;
    private static final int PRIVATE = 2;
    private static final int FIXED = 0x10;
    private static final int ANONYMOUS_LINUX = 0x20;
    private static final int ANONYMOUS_MAC = 0x1000;
    private static final int ADVICE_HUGE_PAGES = 14;

    private final MethodHandle mmap;
    private final int flags;
    private final boolean linux;
    private @Nullable MethodHandle madvise;

    private Pages(MethodHandle mmap, boolean linux) {
      this.mmap = mmap;
      this.linux = linux;
      flags = PRIVATE | (linux ? ANONYMOUS_LINUX : ANONYMOUS_MAC);
    }

    /** Returns them, or null where they are not known. */
    static @Nullable Pages find() {
      String os = System.getProperty("os.name", "");
      boolean linux = os.equals("Linux");
      if ((!linux && !os.startsWith("Mac")) || ValueLayout.ADDRESS.byteSize() != 8) {
        return null;
      }
      var word = ValueLayout.JAVA_LONG;
      var number = ValueLayout.JAVA_INT;
      MethodHandle mmap =
          call("mmap", FunctionDescriptor.of(word, word, word, number, number, number, word));
      return mmap == null ? null : new Pages(mmap, linux);
    }

    @SuppressWarnings("restricted")
    private static @Nullable MethodHandle call(String name, FunctionDescriptor type) {
      Linker linker = Linker.nativeLinker();
      MemorySegment symbol = linker.defaultLookup().find(name).orElse(null);
      return symbol == null ? null : linker.downcallHandle(symbol, type);
    }

    /** Maps pages; large pieces begin where a huge page may. */
    long map(long bytes) {
      if (!wantsHugePages(bytes)) {
        return map(0, bytes, flags);
      }
      long start = map(0, bytes + HUGE_PAGE, flags);
      if (start == 0) {
        return 0;
      }
      // What lies before and after is never touched.
      long aligned = (start + HUGE_PAGE - 1) & -HUGE_PAGE;
      advise(aligned, bytes);
      return aligned;
    }

    private boolean wantsHugePages(long bytes) {
      return linux && bytes >= 2 * HUGE_PAGE;
    }

    /** Asks for huge pages, whose first touch is four times cheaper, for large pieces. */
    void advise(long address, long bytes) {
      if (!wantsHugePages(bytes)) {
        return;
      }
      if (madvise == null) {
        madvise =
            call(
                "madvise",
                FunctionDescriptor.of(
                    ValueLayout.JAVA_INT,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_LONG,
                    ValueLayout.JAVA_INT));
      }
      if (madvise != null) {
        try {
          int ignored = (int) madvise.invokeExact(address, bytes, ADVICE_HUGE_PAGES);
        } catch (Throwable e) {
          throw unexpected("madvise", e);
        }
      }
    }

    /** Puts untouched pages in the place of these. */
    void release(long address, long bytes) {
      if (map(address, bytes, flags | FIXED) != address) {
        throw new IllegalStateException(
            "mmap(0x%x, %d) refused to replace memory that it gave".formatted(address, bytes));
      }
    }

    private long map(long at, long bytes, int how) {
      try {
        long address = (long) mmap.invokeExact(at, bytes, READ_WRITE, how, -1, 0L);
        return address == -1 ? 0 : address;
      } catch (Throwable e) {
        throw unexpected("mmap", e);
      }
    }

    private static AssertionError unexpected(String call, Throwable cause) {
      return new AssertionError(call + " cannot be called", cause);
    }
  }
}
