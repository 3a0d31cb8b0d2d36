package dev.chagres.backend.cuda;

import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * NVIDIA's compiler, apart from the library that the bindings have found, which may be the
 * emulator. It needs neither a GPU nor a driver.
 */
final class RealNvrtc {
  private static final AddressLayout POINTER = ValueLayout.ADDRESS;

  private final SymbolLookup library;

  private RealNvrtc(SymbolLookup library) {
    this.library = library;
  }

  /** Finds it where {@code -Dchagres.test.nvrtc} says, or where the library itself would look. */
  static @Nullable RealNvrtc find() {
    String folder = System.getProperty("chagres.test.nvrtc");
    List<Path> folders =
        folder == null ? CudaLibraries.CudaFolders.of(System.getenv()) : List.of(Path.of(folder));
    for (Path each : folders) {
      for (int major = 13; major >= 12; major--) {
        Path file = each.resolve("libnvrtc.so." + major);
        if (Files.exists(file)) {
          return new RealNvrtc(load(each, file));
        }
      }
    }
    return null;
  }

  private static SymbolLookup load(Path folder, Path file) {
    try (DirectoryStream<Path> siblings =
        Files.newDirectoryStream(folder, "libnvrtc-builtins.so*")) {
      for (Path sibling : siblings) {
        SymbolLookup.libraryLookup(sibling, Arena.global());
      }
      return SymbolLookup.libraryLookup(file, Arena.global());
    } catch (IOException e) {
      throw new AssertionError(folder + " cannot be read", e);
    }
  }

  private MemorySegment strings(Arena arena, List<String> texts) {
    MemorySegment table = arena.allocate(POINTER, Math.max(1, texts.size()));
    for (int i = 0; i < texts.size(); i++) {
      table.setAtIndex(POINTER, i, arena.allocateFrom(texts.get(i)));
    }
    return table;
  }

  private int call(String function, Object... arguments) {
    MemoryLayout[] layouts = new MemoryLayout[arguments.length];
    for (int i = 0; i < arguments.length; i++) {
      layouts[i] = arguments[i] instanceof Integer ? ValueLayout.JAVA_INT : POINTER;
    }
    MethodHandle handle =
        Linker.nativeLinker()
            .downcallHandle(
                library.find(function).orElseThrow(),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, layouts));
    try {
      return (int) handle.invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new AssertionError(function, e);
    }
  }

  /**
   * Compiles a source for an architecture, as the library does but for more options; returns what
   * the compiler says against it.
   */
  String compile(Sources source, List<String> expressions, String architecture, String... more) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(POINTER);
      List<String> names = List.copyOf(source.headers().keySet());
      call(
          "nvrtcCreateProgram",
          out,
          arena.allocateFrom(source.text()),
          arena.allocateFrom(source.name()),
          names.size(),
          strings(arena, names.stream().map(source.headers()::get).toList()),
          strings(arena, names));
      MemorySegment program = out.get(POINTER, 0);
      for (String expression : expressions) {
        call("nvrtcAddNameExpression", program, arena.allocateFrom(expression));
      }
      List<String> options =
          Stream.concat(
                  Stream.of("--gpu-architecture=" + architecture, "--std=c++17", "--fmad=false"),
                  Stream.of(more))
              .toList();
      int result = call("nvrtcCompileProgram", program, options.size(), strings(arena, options));
      MemorySegment size = arena.allocate(ValueLayout.JAVA_LONG);
      call("nvrtcGetProgramLogSize", program, size);
      MemorySegment log = arena.allocate(Math.max(1, size.get(ValueLayout.JAVA_LONG, 0)));
      call("nvrtcGetProgramLog", program, log);
      call("nvrtcDestroyProgram", out);
      String said = log.getString(0).strip();
      return result == 0 || !said.isEmpty() ? said : "result " + result;
    }
  }
}
