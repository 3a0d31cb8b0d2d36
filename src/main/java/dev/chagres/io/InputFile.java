package dev.chagres.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file that is to be read, and what is said of one that cannot be. */
final class InputFile {
  private InputFile() {}

  /** Opens a file for reading. */
  static FileChannel open(Path file) throws IOException {
    check(file);
    return FileChannel.open(file, StandardOpenOption.READ);
  }

  /** Checks that there is a file. */
  static void check(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException(file + " is a folder, not a file of tensors");
    }
    if (Files.notExists(file)) {
      throw new NoSuchFileException(
          file.toString(),
          null,
          "there is no such file"
              + (file.isAbsolute() ? "" : " in " + Path.of("").toAbsolutePath()));
    }
  }
}
