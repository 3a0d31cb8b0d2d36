package dev.chagres.memory;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * A native call on a segment that does something else meanwhile: the C library's sort, whose
 * comparison is ours.
 */
final class Acquired {
  private static final ThreadLocal<Runnable> BODY = new ThreadLocal<>();

  private Acquired() {}

  /** Runs the body while a native call holds the segment. */
  static void during(MemorySegment segment, Runnable body) {
    var word = ValueLayout.JAVA_LONG;
    var pointer = ValueLayout.ADDRESS;
    try (var arena = java.lang.foreign.Arena.ofConfined()) {
      Linker linker = Linker.nativeLinker();
      MethodHandle compare =
          MethodHandles.lookup()
              .findStatic(
                  Acquired.class,
                  "compare",
                  MethodType.methodType(int.class, MemorySegment.class, MemorySegment.class));
      MemorySegment stub =
          linker.upcallStub(
              compare, FunctionDescriptor.of(ValueLayout.JAVA_INT, pointer, pointer), arena);
      MethodHandle sort =
          linker.downcallHandle(
              linker.defaultLookup().find("qsort").orElseThrow(),
              FunctionDescriptor.ofVoid(pointer, word, word, pointer));
      BODY.set(body);
      sort.invoke(segment, 2L, 4L, stub);
    } catch (Throwable e) {
      throw new AssertionError(e);
    } finally {
      BODY.remove();
    }
  }

  @SuppressWarnings("unused") // called by the sort
  private static int compare(MemorySegment a, MemorySegment b) {
    BODY.get().run();
    return 0;
  }
}
