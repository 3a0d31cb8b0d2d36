package dev.chagres.backend.cuda;

import static dev.chagres.ffi.nvrtc.NvrtcLibrary.*;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The door to NVRTC, the compiler of kernels; a failure is a {@link CudaException} in its words.
 */
final class Nvrtc {
  private Nvrtc() {}

  private static void check(int result, String call) {
    if (result != NVRTC_SUCCESS()) {
      throw new CudaException(call + ": " + Driver.string(nvrtcGetErrorString(result)), result);
    }
  }

  /** Returns the version, such as 13.0. */
  static String version() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment major = arena.allocate(ValueLayout.JAVA_INT);
      MemorySegment minor = arena.allocate(ValueLayout.JAVA_INT);
      check(nvrtcVersion(major, minor), "nvrtcVersion");
      return major.get(ValueLayout.JAVA_INT, 0) + "." + minor.get(ValueLayout.JAVA_INT, 0);
    }
  }

  /** Returns the architectures that it compiles for, such as 90, ascending. */
  static List<Integer> architectures() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
      check(nvrtcGetNumSupportedArchs(count), "nvrtcGetNumSupportedArchs");
      MemorySegment all = arena.allocate(ValueLayout.JAVA_INT, count.get(ValueLayout.JAVA_INT, 0));
      check(nvrtcGetSupportedArchs(all), "nvrtcGetSupportedArchs");
      List<Integer> found = new ArrayList<>();
      for (int each : all.toArray(ValueLayout.JAVA_INT)) {
        found.add(each);
      }
      found.sort(null);
      return found;
    }
  }

  /**
   * What to compile.
   *
   * @param name of the main file, for messages
   * @param headers by the names in {@code #include "…"}
   * @param expressions that name the kernels
   */
  record Program(
      String name,
      String text,
      Map<String, String> headers,
      List<String> options,
      List<String> expressions) {}

  /**
   * What came of it.
   *
   * @param image a cubin, or PTX text that ends in 0
   * @param names of the kernels in it, in the order of the expressions
   */
  @SuppressWarnings("ArrayRecordComponent") // Nobody compares it, and nobody writes to it.
  record Compiled(byte[] image, List<String> names) {}

  /** Compiles for a real architecture to a cubin, for a virtual one to PTX. */
  static Compiled compile(Program source, boolean cubin) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
      List<String> names = new ArrayList<>(source.headers.keySet());
      check(
          nvrtcCreateProgram(
              out,
              arena.allocateFrom(source.text),
              arena.allocateFrom(source.name),
              names.size(),
              strings(arena, names.stream().map(source.headers::get).toList()),
              strings(arena, names)),
          "nvrtcCreateProgram");
      MemorySegment program = out.get(ValueLayout.ADDRESS, 0);
      try {
        return compile(program, source, cubin, arena);
      } finally {
        nvrtcDestroyProgram(out);
      }
    }
  }

  private static Compiled compile(
      MemorySegment program, Program source, boolean cubin, Arena arena) {
    List<MemorySegment> expressions = new ArrayList<>();
    for (String expression : source.expressions) {
      MemorySegment text = arena.allocateFrom(expression);
      check(nvrtcAddNameExpression(program, text), "nvrtcAddNameExpression(" + expression + ")");
      expressions.add(text);
    }
    int result =
        nvrtcCompileProgram(program, source.options.size(), strings(arena, source.options));
    if (result != NVRTC_SUCCESS()) {
      throw new CudaException(
          "%s does not compile with %s for %s (%s):%n%s"
              .formatted(
                  source.name,
                  source.options,
                  source.expressions,
                  Driver.string(nvrtcGetErrorString(result)),
                  log(program, arena)),
          result);
    }
    List<String> lowered = new ArrayList<>();
    MemorySegment name = arena.allocate(ValueLayout.ADDRESS);
    for (int i = 0; i < expressions.size(); i++) {
      check(
          nvrtcGetLoweredName(program, expressions.get(i), name),
          "nvrtcGetLoweredName(" + source.expressions.get(i) + ")");
      lowered.add(Driver.string(name.get(ValueLayout.ADDRESS, 0)));
    }
    return new Compiled(cubin ? cubin(program, arena) : ptx(program, arena), lowered);
  }

  private static String log(MemorySegment program, Arena arena) {
    MemorySegment size = arena.allocate(ValueLayout.JAVA_LONG);
    check(nvrtcGetProgramLogSize(program, size), "nvrtcGetProgramLogSize");
    MemorySegment text = arena.allocate(Math.max(1, size.get(ValueLayout.JAVA_LONG, 0)));
    check(nvrtcGetProgramLog(program, text), "nvrtcGetProgramLog");
    return text.getString(0);
  }

  private static byte[] cubin(MemorySegment program, Arena arena) {
    MemorySegment size = arena.allocate(ValueLayout.JAVA_LONG);
    check(nvrtcGetCUBINSize(program, size), "nvrtcGetCUBINSize");
    MemorySegment image = arena.allocate(size.get(ValueLayout.JAVA_LONG, 0));
    check(nvrtcGetCUBIN(program, image), "nvrtcGetCUBIN");
    return image.toArray(ValueLayout.JAVA_BYTE);
  }

  private static byte[] ptx(MemorySegment program, Arena arena) {
    MemorySegment size = arena.allocate(ValueLayout.JAVA_LONG);
    check(nvrtcGetPTXSize(program, size), "nvrtcGetPTXSize");
    MemorySegment image = arena.allocate(size.get(ValueLayout.JAVA_LONG, 0));
    check(nvrtcGetPTX(program, image), "nvrtcGetPTX");
    return image.toArray(ValueLayout.JAVA_BYTE);
  }

  private static MemorySegment strings(Arena arena, List<String> texts) {
    if (texts.isEmpty()) {
      return MemorySegment.NULL;
    }
    MemorySegment table = arena.allocate(ValueLayout.ADDRESS, texts.size());
    for (int i = 0; i < texts.size(); i++) {
      table.setAtIndex(ValueLayout.ADDRESS, i, arena.allocateFrom(texts.get(i)));
    }
    return table;
  }
}
