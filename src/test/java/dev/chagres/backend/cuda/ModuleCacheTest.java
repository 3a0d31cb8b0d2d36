package dev.chagres.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compiled modules on disk; nothing is compiled here. */
class ModuleCacheTest {
  @TempDir private Path root;

  private final AtomicInteger compilations = new AtomicInteger();

  private static Nvrtc.Program program(String text) {
    return new Nvrtc.Program(
        "a.cu", text, Map.of("b.cuh", "int b;"), List.of("-o"), List.of("f<int>"));
  }

  private Nvrtc.Compiled compiled(String text) {
    compilations.incrementAndGet();
    byte[] image = new byte[5000];
    for (int i = 0; i < image.length; i++) {
      image[i] = (byte) (i * text.hashCode());
    }
    return new Nvrtc.Compiled(image, List.of("_Z1fIiEvv", "größer"));
  }

  private Nvrtc.Compiled get(String text) {
    return new ModuleCache(root).get(program(text), "13.0", () -> compiled(text));
  }

  private static void assertSame(Nvrtc.Compiled expected, Nvrtc.Compiled found) {
    assertArrayEquals(expected.image(), found.image());
    assertEquals(expected.names(), found.names());
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(root.resolve("cuda"))) {
      return files.toList();
    }
  }

  @Test
  void whatOneProcessCompiledTheNextOneFinds() throws IOException {
    Nvrtc.Compiled first = get("one");
    assertSame(first, get("one"));
    assertEquals(1, compilations.get());
    get("two");
    assertEquals(2, compilations.get());
    assertEquals(2, files().size());
    assertEquals(
        "rwx------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve("cuda"))));
  }

  @Test
  void aDamagedFileIsMadeAnew() throws IOException {
    Nvrtc.Compiled first = get("one");
    Path file = files().getFirst();
    byte[] whole = Files.readAllBytes(file);
    List<byte[]> damaged = new ArrayList<>();
    damaged.add(new byte[0]);
    damaged.add(new byte[10]);
    damaged.add(Arrays.copyOf(whole, whole.length - 1));
    byte[] changed = whole.clone();
    changed[whole.length / 2]++;
    damaged.add(changed);
    for (byte[] each : damaged) {
      Files.write(file, each);
      assertSame(first, get("one"));
      assertArrayEquals(whole, Files.readAllBytes(file));
    }
    assertEquals(1 + damaged.size(), compilations.get());
  }

  @Test
  void theKeyIsOfAllThatAModuleIsMadeOf() {
    Nvrtc.Program base = program("text");
    Set<String> keys = new HashSet<>();
    assertTrue(keys.add(ModuleCache.key(base, "13.0")));
    assertFalse(keys.add(ModuleCache.key(program("text"), "13.0")));
    assertTrue(keys.add(ModuleCache.key(base, "13.1")));
    for (Nvrtc.Program other :
        List.of(
            program("text2"),
            new Nvrtc.Program("b.cu", "text", base.headers(), base.options(), base.expressions()),
            new Nvrtc.Program(
                "a.cu", "text", Map.of("b.cuh", "int c;"), base.options(), base.expressions()),
            new Nvrtc.Program(
                "a.cu", "text", Map.of("c.cuh", "int b;"), base.options(), base.expressions()),
            new Nvrtc.Program("a.cu", "text", Map.of(), base.options(), base.expressions()),
            new Nvrtc.Program("a.cu", "text", base.headers(), List.of("-p"), base.expressions()),
            new Nvrtc.Program("a.cu", "text", base.headers(), base.options(), List.of("f<long>")),
            new Nvrtc.Program("a.cu", "text", base.headers(), List.of(), List.of("-o", "f<int>")),
            new Nvrtc.Program(
                "a.cu", "text", base.headers(), List.of("-o", "f<int>"), List.of()))) {
      assertTrue(keys.add(ModuleCache.key(other, "13.0")), other.toString());
    }
  }

  @Test
  void manyMayWriteAtOnce() throws Exception {
    Nvrtc.Compiled expected = compiled("one");
    List<Callable<Nvrtc.Compiled>> tasks = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      tasks.add(() -> get("one"));
    }
    try (ExecutorService executor = Executors.newFixedThreadPool(8)) {
      for (Future<Nvrtc.Compiled> each : executor.invokeAll(tasks)) {
        assertSame(expected, each.get());
      }
    }
    assertEquals(1, files().size());
  }

  @Test
  void withoutADirectoryModulesAreCompiledInEachProcess() throws IOException {
    Path file = Files.writeString(root.resolve("file"), "no directory");
    ModuleCache cache = new ModuleCache(file);
    Nvrtc.Compiled first = cache.get(program("one"), "13.0", () -> compiled("one"));
    assertSame(first, cache.get(program("one"), "13.0", () -> compiled("one")));
    assertEquals(2, compilations.get());
  }
}
