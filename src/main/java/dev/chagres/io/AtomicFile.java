package dev.chagres.io;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file that appears under its name when it is complete: it is written beside, forced to the disk,
 * and moved.
 */
final class AtomicFile {
  /** A buffer has at most 2^31 - 1 bytes; this divides into pages. */
  private static final long CHUNK = 1L << 30;

  private AtomicFile() {}

  /** What writes the contents. */
  @FunctionalInterface
  interface Writer {
    void write(FileChannel channel) throws IOException;
  }

  static void write(Path target, Writer writer) throws IOException {
    Path absolute = target.toAbsolutePath();
    Path folder = absolute.getParent();
    if (folder == null) {
      throw new IOException(target + " is a folder");
    }
    if (!Files.isDirectory(folder)) {
      throw new NoSuchFileException(target.toString(), null, "there is no folder " + folder);
    }
    Path partial =
        folder.resolve(
            "."
                + absolute.getFileName()
                + "."
                + Long.toUnsignedString(System.nanoTime(), 36)
                + ".part");
    try {
      try (FileChannel channel =
          FileChannel.open(partial, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        writer.write(channel);
        channel.force(true);
      }
      try {
        Files.move(
            partial, absolute, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } catch (AtomicMoveNotSupportedException e) {
        Files.move(partial, absolute, StandardCopyOption.REPLACE_EXISTING);
      }
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  static void writeAll(WritableByteChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  static void writeAll(WritableByteChannel channel, MemorySegment segment) throws IOException {
    for (long at = 0; at < segment.byteSize(); at += CHUNK) {
      writeAll(
          channel, segment.asSlice(at, Math.min(CHUNK, segment.byteSize() - at)).asByteBuffer());
    }
  }

  /** Fills a segment with what a channel has next. */
  static void readAll(ReadableByteChannel channel, MemorySegment segment) throws IOException {
    for (long at = 0; at < segment.byteSize(); at += CHUNK) {
      ByteBuffer buffer =
          segment.asSlice(at, Math.min(CHUNK, segment.byteSize() - at)).asByteBuffer();
      while (buffer.hasRemaining()) {
        if (channel.read(buffer) < 0) {
          throw new EOFException("the file ended while it was read");
        }
      }
    }
  }

  /** Fills a segment from a position of a file. */
  static void readAll(FileChannel channel, long position, MemorySegment segment)
      throws IOException {
    long at = 0;
    while (at < segment.byteSize()) {
      ByteBuffer buffer =
          segment.asSlice(at, Math.min(CHUNK, segment.byteSize() - at)).asByteBuffer();
      int read = channel.read(buffer, position + at);
      if (read < 0) {
        throw new IOException("the file ended while it was read");
      }
      at += read;
    }
  }
}
