package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeCacheTest {
  @TempDir Path root;
  private NativeBundle bundle;
  private List<NativeBundle.Entry> probe;
  private NativeCache.Family family;
  private @Nullable String before;

  @BeforeEach
  void findProbe() throws IOException {
    NativeBundle found = NativeBundle.find(NativeBundle.platform());
    assertNotNull(found, "this build has natives for " + NativeBundle.platform());
    bundle = found;
    probe = bundle.entries().stream().filter(entry -> entry.name().contains("probe")).toList();
    assertEquals(1, probe.size());
    family = new NativeCache.Family("probe", probe);
    before = System.getProperty(NativeCache.PROPERTY);
    System.setProperty(NativeCache.PROPERTY, root.resolve("cache").toString());
  }

  @AfterEach
  void restore() {
    if (before == null) {
      System.clearProperty(NativeCache.PROPERTY);
    } else {
      System.setProperty(NativeCache.PROPERTY, before);
    }
  }

  private byte[] content() throws IOException {
    try (InputStream in = bundle.open(probe.get(0))) {
      return in.readAllBytes();
    }
  }

  private static List<Path> filesUnder(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  @Test
  void aFileIsUnpackedOnceWholeAndPrivate() throws IOException {
    NativeCache cache = new NativeCache();
    Path file = cache.unpack(bundle, family, probe).resolve(probe.get(0).name());
    assertArrayEquals(content(), Files.readAllBytes(file));
    assertEquals(List.of(file), filesUnder(root));
    assertEquals(root.resolve("cache"), cache.used());
    if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      assertEquals(3, Files.getPosixFilePermissions(file.getParent()).size());
    }
    BasicFileAttributes first = Files.readAttributes(file, BasicFileAttributes.class);
    new NativeCache().unpack(bundle, family, probe);
    BasicFileAttributes second = Files.readAttributes(file, BasicFileAttributes.class);
    assertEquals(first.lastModifiedTime(), second.lastModifiedTime());
    assertEquals(first.fileKey(), second.fileKey());
  }

  @Test
  void aWholeFileWithAnotherTimeStays() throws IOException {
    Path file = new NativeCache().unpack(bundle, family, probe).resolve(probe.get(0).name());
    BasicFileAttributes first = Files.readAttributes(file, BasicFileAttributes.class);
    Files.setLastModifiedTime(file, FileTime.fromMillis(1_700_000_000_000L));
    new NativeCache().unpack(bundle, family, probe);
    BasicFileAttributes second = Files.readAttributes(file, BasicFileAttributes.class);
    assertEquals(first.lastModifiedTime(), second.lastModifiedTime());
    assertEquals(first.fileKey(), second.fileKey());
  }

  @Test
  void aDamagedFileOfTheSameLengthIsReplaced() throws IOException {
    Path file = new NativeCache().unpack(bundle, family, probe).resolve(probe.get(0).name());
    byte[] damaged = content();
    damaged[damaged.length / 2] ^= 1;
    Files.write(file, damaged);
    new NativeCache().unpack(bundle, family, probe);
    assertArrayEquals(content(), Files.readAllBytes(file));
  }

  @Test
  void aDirectoryUnderTheFilesNameIsAnError() throws IOException {
    Path file = new NativeCache().unpack(bundle, family, probe).resolve(probe.get(0).name());
    Files.delete(file);
    Files.createDirectories(file.resolve("something"));
    assertThrows(IOException.class, () -> new NativeCache().unpack(bundle, family, probe));
  }

  @Test
  void aTruncatedFileIsReplaced() throws IOException {
    Path file = new NativeCache().unpack(bundle, family, probe).resolve(probe.get(0).name());
    Files.write(file, new byte[10]);
    new NativeCache().unpack(bundle, family, probe);
    assertArrayEquals(content(), Files.readAllBytes(file));
  }

  @Test
  void aWrongContentIsRefusedAndLeavesNothing() throws IOException {
    NativeBundle.Entry wrong =
        new NativeBundle.Entry(probe.get(0).name(), "0".repeat(64), probe.get(0).size());
    var e =
        assertThrows(
            IOException.class, () -> new NativeCache().unpack(bundle, family, List.of(wrong)));
    assertTrue(
        e.getMessage().contains("does not have the content that files.txt promises"),
        e.getMessage());
    assertEquals(List.of(), filesUnder(root));
  }

  @Test
  void aDirectoryThatCannotBeIsNamedWithTheProperty() throws IOException {
    Path occupied = Files.writeString(root.resolve("file"), "not a directory");
    System.setProperty(NativeCache.PROPERTY, occupied.toString());
    var e = assertThrows(IOException.class, () -> new NativeCache().unpack(bundle, family, probe));
    assertTrue(e.getMessage().contains("cannot be unpacked into " + occupied), e.getMessage());
    assertTrue(e.getMessage().contains("-Dchagres.cache=<directory>"), e.getMessage());
  }

  @Test
  void manyAtOnceSeeOnlyWholeFiles() throws Exception {
    byte[] expected = content();
    List<Future<byte[]>> results = new ArrayList<>();
    try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
      Callable<byte[]> task =
          () ->
              Files.readAllBytes(
                  new NativeCache().unpack(bundle, family, probe).resolve(probe.get(0).name()));
      for (int i = 0; i < 32; i++) {
        results.add(pool.submit(task));
      }
    }
    for (Future<byte[]> result : results) {
      assertArrayEquals(expected, result.get());
    }
    assertEquals(1, filesUnder(root).size());
  }

  @Test
  void theIndexIsReadExactly() throws IOException {
    String hash = "a".repeat(64);
    assertEquals(
        List.of(
            new NativeBundle.Entry("libx.so", hash, 12),
            new NativeBundle.Entry("liby.so.0", hash, 345)),
        NativeBundle.parse("libx.so " + hash + " 12\nliby.so.0 " + hash + " 345"));
    assertEquals(List.of(), NativeBundle.parse(""));
    for (String damaged : new String[] {"libx.so", "libx.so abc 12", "libx.so " + hash + "\n"}) {
      assertThrows(IOException.class, () -> NativeBundle.parse(damaged));
    }
  }
}
