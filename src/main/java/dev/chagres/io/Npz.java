package dev.chagres.io;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import java.util.zip.Checksum;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Several tensors in one file by name, as {@code numpy.savez} writes and {@code numpy.load} reads
 * them: a zip archive of files in {@linkplain Npy numpy's npy format}, whose rules hold for each.
 */
public final class Npz {
  private static final String SUFFIX = ".npy";

  /** The first day that a zip archive knows: equal tensors make equal files. */
  private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  /** No more than this many bytes come out of one byte in the archive (deflate gives 1032). */
  private static final long MOST_OF_ONE_BYTE = 1100;

  private Npz() {}

  /** What goes into the archive: a header and the elements that follow it. */
  private record Part(String name, ByteBuffer start, Tensor tensor) {}

  /**
   * Saves tensors as they are, in the map's order; an existing file is replaced at the end, as a
   * whole. They must not be written to meanwhile.
   *
   * @throws IllegalArgumentException if a dtype is bfloat16, which numpy has not
   */
  public static void save(Map<String, ? extends Tensor> tensors, Path file) throws IOException {
    write(tensors, file, ZipEntry.STORED);
  }

  /**
   * Saves tensors compressed, as {@code numpy.savez_compressed} does: smaller where elements repeat
   * themselves, and much slower.
   *
   * @throws IllegalArgumentException as {@link #save}
   */
  public static void saveCompressed(Map<String, ? extends Tensor> tensors, Path file)
      throws IOException {
    write(tensors, file, ZipEntry.DEFLATED);
  }

  private static void write(Map<String, ? extends Tensor> given, Path file, int method)
      throws IOException {
    given("npz", "tensors", given);
    given("npz", "file", file);
    List<Part> parts = new ArrayList<>();
    given.forEach(
        (name, tensor) -> {
          given("npz", "a name", name);
          given("npz", "the tensor \"" + name + "\"", tensor);
          parts.add(new Part(name, Npy.start(tensor), tensor));
        });
    AtomicFile.write(
        file,
        channel -> {
          ZipOutputStream zip = new ZipOutputStream(Channels.newOutputStream(channel));
          for (Part part : parts) {
            ZipEntry entry = new ZipEntry(part.name + SUFFIX);
            entry.setTimeLocal(NO_TIME);
            entry.setMethod(method);
            append(zip, entry, part.start, part.tensor);
          }
          zip.finish();
        });
  }

  private static void append(ZipOutputStream zip, ZipEntry entry, ByteBuffer start, Tensor tensor)
      throws IOException {
    WritableByteChannel inside = Channels.newChannel(zip);
    Elements.use(
        tensor,
        elements -> {
          if (entry.getMethod() == ZipEntry.STORED) { // which says ahead what follows
            CRC32 sum = new CRC32();
            sum.update(start.duplicate());
            AtomicFile.writeAll(into(sum), elements);
            entry.setSize(start.remaining() + elements.byteSize());
            entry.setCrc(sum.getValue());
          }
          zip.putNextEntry(entry);
          AtomicFile.writeAll(inside, start);
          AtomicFile.writeAll(inside, elements);
          zip.closeEntry();
        });
  }

  private static WritableByteChannel into(Checksum sum) {
    return Channels.newChannel(new CheckedOutputStream(OutputStream.nullOutputStream(), sum));
  }

  /**
   * Loads all tensors, in the order of the archive.
   *
   * @throws FormatException if the file is not in this format, damaged, or has an array of a type
   *     that there is none for here; {@link #load(Path, String)} reads the others
   */
  public static Map<String, Tensor> load(Path file) throws IOException {
    given("npz", "file", file);
    try (ZipFile zip = open(file)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (ZipEntry entry : Collections.list(zip.entries())) {
        String name = entry.getName();
        if (!name.endsWith(SUFFIX)) {
          throw new FormatException(
              "npz: "
                  + file
                  + ": there is no array in '"
                  + name
                  + "'"
                  + (name.endsWith("/data.pkl") ? "; " + Safetensors.OF_TORCH : ""));
        }
        tensors.put(name.substring(0, name.length() - SUFFIX.length()), read(zip, entry, file));
      }
      return tensors;
    }
  }

  /**
   * Loads one tensor by its name.
   *
   * @throws NoSuchElementException if there is none of this name; the message has those that are
   * @throws FormatException if the file is not in this format, or this array is damaged or of a
   *     type that there is none for here
   */
  public static Tensor load(Path file, String name) throws IOException {
    given("npz", "file", file);
    given("npz", "name", name);
    try (ZipFile zip = open(file)) {
      ZipEntry entry = zip.getEntry(name + SUFFIX);
      if (entry == null) {
        List<String> names = zip.stream().map(ZipEntry::getName).toList();
        throw new NoSuchElementException(
            "npz: " + file + ": there is no '" + name + SUFFIX + "' among " + names);
      }
      return read(zip, entry, file);
    }
  }

  private static ZipFile open(Path file) throws IOException {
    InputFile.check(file);
    try {
      return new ZipFile(file.toFile());
    } catch (ZipException e) {
      throw new FormatException(
          "npz: " + file + ": it is no whole zip archive: " + e.getMessage(), e);
    }
  }

  private static Tensor read(ZipFile zip, ZipEntry entry, Path file) throws IOException {
    String label = file + ", " + entry.getName();
    long packed = entry.getCompressedSize();
    if (packed > Files.size(file) || entry.getSize() / MOST_OF_ONE_BYTE > packed) {
      throw new FormatException(
          "npz: " + label + ": there are no " + entry.getSize() + " bytes in " + packed);
    }
    CRC32 sum = new CRC32();
    try (CheckedInputStream bytes = new CheckedInputStream(zip.getInputStream(entry), sum)) {
      Tensor tensor = Npy.read(Channels.newChannel(bytes), entry.getSize(), label);
      if (sum.getValue() != entry.getCrc()) {
        throw new FormatException("npz: " + label + ": it is damaged: its checksum is another");
      }
      return tensor;
    } catch (ZipException | EOFException e) {
      throw new FormatException("npz: " + label + ": it is damaged: " + e.getMessage(), e);
    }
  }
}
