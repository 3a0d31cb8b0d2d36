package dev.chagres.benchmarks.check;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** What all processes wrote, which a machine that is lent takes with it, as one archive. */
final class Logs {

  private static final List<Path> FOLDERS = List.of(Setting.WORK, Path.of("benchmarks/target"));
  private static final int MOST_BYTES = 1 << 20;

  private Logs() {}

  /** Writes the archive anew, with the end of each log. */
  static void write(Path archive) throws IOException {
    Path whole = archive.resolveSibling(archive.getFileName() + ".new");
    try (OutputStream file = Files.newOutputStream(whole);
        var zip = new ZipOutputStream(file)) {
      for (Path folder : FOLDERS) {
        for (Path log : logs(folder)) {
          zip.putNextEntry(new ZipEntry(log.toString()));
          zip.write(end(log));
          zip.closeEntry();
        }
      }
    }
    Files.move(whole, archive, StandardCopyOption.REPLACE_EXISTING);
  }

  private static List<Path> logs(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().matches(".*\\.(log|txt)")).sorted().toList();
    }
  }

  private static byte[] end(Path log) throws IOException {
    try (var file = new RandomAccessFile(log.toFile(), "r")) {
      long length = file.length();
      byte[] bytes = new byte[(int) Math.min(length, MOST_BYTES)];
      file.seek(length - bytes.length);
      file.readFully(bytes);
      return bytes;
    }
  }
}
