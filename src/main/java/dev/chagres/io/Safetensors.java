package dev.chagres.io;

import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Named tensors in one file, in the safetensors format: the length of a JSON header (8 bytes,
 * little-endian), the header, and the elements. Nothing in a file is executed, and every header is
 * checked: offsets must lie side by side from the first byte to the last.
 *
 * <p>All ten dtypes can be saved and loaded. Values of a state dict go in and out as they are:
 *
 * <pre>{@code
 * Safetensors.save(model.stateDict(), Path.of("model.safetensors"));
 * model.loadStateDict(Safetensors.load(Path.of("model.safetensors")));
 * }</pre>
 */
public final class Safetensors {
  /** What to do with a file of {@code torch.save}, whose pickle is a program. */
  static final String OF_TORCH =
      "what torch.save writes is not read: in Python,"
          + " safetensors.torch.save_file(model.state_dict(), \"model.safetensors\") writes what"
          + " Safetensors.load reads";

  private Safetensors() {}

  /** Saves tensors; an existing file is replaced at the end, as a whole. */
  public static void save(Map<String, ? extends Tensor> tensors, Path file) throws IOException {
    save(tensors, file, Map.of());
  }

  /**
   * Saves tensors, and texts about them.
   *
   * @throws IllegalArgumentException if a tensor is named {@code __metadata__}
   */
  public static void save(
      Map<String, ? extends Tensor> tensors, Path file, Map<String, String> metadata)
      throws IOException {
    requireLittleEndian();
    given("safetensors", "tensors", tensors)
        .forEach(
            (name, tensor) -> {
              given("safetensors", "a name", name);
              given("safetensors", "tensor \"" + name + "\"", tensor);
            });
    given("safetensors", "file", file);
    given("safetensors", "metadata", metadata)
        .forEach(
            (name, text) -> {
              given("safetensors", "a name in metadata", name);
              given("safetensors", "metadata \"" + name + "\"", text);
            });
    List<Map.Entry<String, ? extends Tensor>> ordered = new ArrayList<>(tensors.entrySet());
    ordered.sort(
        Comparator.comparingInt(
                (Map.Entry<String, ? extends Tensor> entry) -> -entry.getValue().dtype().size())
            .thenComparing(Map.Entry::getKey));
    Map<String, SafetensorsHeader.Entry> entries = new LinkedHashMap<>();
    long offset = 0;
    for (Map.Entry<String, ? extends Tensor> named : ordered) {
      Tensor tensor = named.getValue();
      long end = offset + tensor.numel() * tensor.dtype().size();
      entries.put(
          named.getKey(), new SafetensorsHeader.Entry(tensor.dtype(), tensor.shape(), offset, end));
      offset = end;
    }
    byte[] header = json(entries, metadata).getBytes(StandardCharsets.UTF_8);
    int padded = Math.ceilDiv(header.length, 8) * 8;
    ByteBuffer start = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
    start.putLong(padded).put(header);
    while (start.hasRemaining()) {
      start.put((byte) ' ');
    }
    AtomicFile.write(
        file,
        channel -> {
          AtomicFile.writeAll(channel, start.flip());
          for (Map.Entry<String, ? extends Tensor> named : ordered) {
            Elements.write(channel, named.getValue());
          }
        });
  }

  /**
   * Loads all tensors of a file into memory of their own, in the order of the file.
   *
   * @throws FormatException if the file is not in this format, damaged, or of an element type that
   *     there is none for here
   */
  public static Map<String, Tensor> load(Path file) throws IOException {
    requireLittleEndian();
    given("safetensors", "file", file);
    try (FileChannel channel = InputFile.open(file)) {
      SafetensorsHeader header = read(channel, file);
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (Map.Entry<String, SafetensorsHeader.Entry> named : header.entries().entrySet()) {
        SafetensorsHeader.Entry entry = named.getValue();
        Tensor tensor = Tensor.empty(Device.cpu(), entry.dtype(), entry.shape().toArray());
        Elements.read(channel, header.dataStart() + entry.start(), tensor);
        tensors.put(named.getKey(), tensor);
      }
      return tensors;
    }
  }

  /**
   * Maps a file's tensors into memory: nothing is read until it is used, and writing to a tensor
   * changes a private copy, not the file. The mapping ends when none of the tensors is reachable.
   * Do not shorten the file meanwhile: the process would be stopped by the operating system.
   * Tensors that are not aligned in the file are copied, and so is a file that may not be written,
   * which Java cannot map in this way.
   *
   * @throws FormatException as {@link #load}
   */
  public static Map<String, Tensor> map(Path file) throws IOException {
    requireLittleEndian();
    given("safetensors", "file", file);
    InputFile.check(file);
    if (!Files.isWritable(file)) {
      return load(file);
    }
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      SafetensorsHeader header = read(channel, file);
      long length = channel.size() - header.dataStart();
      // a private mapping needs a file opened for writing, but never writes to it
      MemorySegment data =
          length == 0
              ? MemorySegment.NULL
              : channel
                  .map(FileChannel.MapMode.PRIVATE, 0, channel.size(), Arena.ofAuto())
                  .asSlice(header.dataStart());
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      header.entries().forEach((name, entry) -> tensors.put(name, mapped(data, entry)));
      return tensors;
    }
  }

  private static Tensor mapped(MemorySegment data, SafetensorsHeader.Entry entry) {
    DType dtype = entry.dtype();
    long[] sizes = entry.shape().toArray();
    if (entry.shape().numel() == 0) {
      return Tensor.empty(Device.cpu(), dtype, sizes);
    }
    MemorySegment part = data.asSlice(entry.start(), entry.end() - entry.start());
    if (part.address() % dtype.size() == 0) {
      return Tensor.of(part, dtype, sizes);
    }
    Tensor copy = Tensor.empty(Device.cpu(), dtype, sizes);
    Elements.memory(copy).copyFrom(part);
    return copy;
  }

  /** Returns the texts that a file says about its tensors. */
  public static Map<String, String> metadata(Path file) throws IOException {
    given("safetensors", "file", file);
    try (FileChannel channel = InputFile.open(file)) {
      return read(channel, file).metadata();
    }
  }

  private static SafetensorsHeader read(FileChannel channel, Path file) throws IOException {
    try {
      return SafetensorsHeader.read(channel, file);
    } catch (NoClassDefFoundError e) {
      throw needsGson(e);
    }
  }

  private static String json(
      Map<String, SafetensorsHeader.Entry> entries, Map<String, String> metadata) {
    try {
      return new SafetensorsHeader(entries, metadata).toJson();
    } catch (NoClassDefFoundError e) {
      throw needsGson(e);
    }
  }

  private static IllegalStateException needsGson(NoClassDefFoundError cause) {
    return new IllegalStateException(
        "safetensors: the header needs Gson: add the Maven artifact com.google.code.gson:gson to"
            + " the class path",
        cause);
  }

  private static void requireLittleEndian() {
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      throw new UnsupportedOperationException(
          "safetensors: this machine is not little-endian, as the format is");
    }
  }
}
