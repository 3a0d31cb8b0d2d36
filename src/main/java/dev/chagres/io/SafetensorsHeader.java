package dev.chagres.io;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import com.google.gson.stream.MalformedJsonException;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The header of a safetensors file, checked. The entries are in the order of their data. */
final class SafetensorsHeader {
  static final String METADATA = "__metadata__";

  /** The format's own limit. */
  private static final long LONGEST = 100_000_000;

  /** The first four bytes of a zip archive. */
  private static final int ZIP = 0x04034b50;

  private static final Map<String, DType> DTYPES =
      Map.of(
          "BOOL", DType.BOOL,
          "U8", DType.UINT8,
          "I8", DType.INT8,
          "I16", DType.INT16,
          "I32", DType.INT32,
          "I64", DType.INT64,
          "F16", DType.FLOAT16,
          "BF16", DType.BFLOAT16,
          "F32", DType.FLOAT32,
          "F64", DType.FLOAT64);

  private final Map<String, Entry> entries;
  private final Map<String, String> metadata;
  private long dataStart;

  /** Where one tensor's elements are, counted from the start of the data. */
  record Entry(DType dtype, Shape shape, long start, long end) {}

  SafetensorsHeader(Map<String, Entry> entries, Map<String, String> metadata) {
    this.entries = entries;
    this.metadata = metadata;
  }

  Map<String, Entry> entries() {
    return entries;
  }

  Map<String, String> metadata() {
    return metadata;
  }

  long dataStart() {
    return dataStart;
  }

  // ---- writing

  String toJson() {
    StringWriter text = new StringWriter();
    try (JsonWriter json = new JsonWriter(text)) {
      json.setStrictness(Strictness.STRICT);
      json.beginObject();
      if (!metadata.isEmpty()) {
        json.name(METADATA).beginObject();
        for (Map.Entry<String, String> pair : metadata.entrySet()) {
          json.name(pair.getKey()).value(pair.getValue());
        }
        json.endObject();
      }
      for (Map.Entry<String, Entry> named : entries.entrySet()) {
        if (named.getKey().equals(METADATA)) {
          throw new IllegalArgumentException("safetensors: no tensor can be named " + METADATA);
        }
        write(json, named.getKey(), named.getValue());
      }
      json.endObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static void write(JsonWriter json, String name, Entry entry) throws IOException {
    json.name(name).beginObject();
    json.name("dtype").value(nameOf(entry.dtype));
    json.name("shape").beginArray();
    for (long size : entry.shape.toArray()) {
      json.value(size);
    }
    json.endArray();
    json.name("data_offsets").beginArray().value(entry.start).value(entry.end).endArray();
    json.endObject();
  }

  private static String nameOf(DType dtype) {
    return switch (dtype) {
      case BOOL -> "BOOL";
      case UINT8 -> "U8";
      case INT8 -> "I8";
      case INT16 -> "I16";
      case INT32 -> "I32";
      case INT64 -> "I64";
      case FLOAT16 -> "F16";
      case BFLOAT16 -> "BF16";
      case FLOAT32 -> "F32";
      case FLOAT64 -> "F64";
    };
  }

  // ---- reading

  static SafetensorsHeader read(FileChannel channel, Path file) throws IOException {
    long size = channel.size();
    if (size < 8) {
      throw bad(file, "it has " + size + " bytes, too few for the length of a header");
    }
    ByteBuffer start = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    readFully(channel, start, 0, file);
    long length = start.getLong(0);
    if (length < 2 || length > LONGEST || length > size - 8) {
      throw bad(
          file,
          "a header of "
              + Long.toUnsignedString(length)
              + " bytes does not fit in a file of "
              + size
              + (start.getInt(0) == ZIP ? ", a zip archive; " + Safetensors.OF_TORCH : ""));
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) length);
    readFully(channel, bytes, 8, file);
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
    } catch (CharacterCodingException e) {
      throw new FormatException("safetensors: " + file + ": the header is not UTF-8", e);
    }
    if (text.charAt(0) != '{') {
      throw bad(file, "the header does not begin with {");
    }
    SafetensorsHeader header = new Parser(file, text).header();
    header.dataStart = 8 + length;
    return header.checked(file, size - 8 - length);
  }

  private static void readFully(FileChannel channel, ByteBuffer into, long position, Path file)
      throws IOException {
    while (into.hasRemaining()) {
      if (channel.read(into, position + into.position()) < 0) {
        throw bad(file, "it ended while it was read");
      }
    }
  }

  /**
   * Checks that the tensors lie side by side and are all of the data, and puts them in that order.
   */
  private SafetensorsHeader checked(Path file, long dataSize) throws FormatException {
    List<Map.Entry<String, Entry>> ordered = new ArrayList<>(entries.entrySet());
    ordered.sort(
        Comparator.comparingLong((Map.Entry<String, Entry> named) -> named.getValue().start)
            .thenComparingLong(named -> named.getValue().end));
    Map<String, Entry> sorted = new LinkedHashMap<>();
    long at = 0;
    for (Map.Entry<String, Entry> named : ordered) {
      Entry entry = named.getValue();
      if (entry.start != at) {
        throw bad(
            file,
            "tensor \""
                + named.getKey()
                + "\" begins at "
                + entry.start
                + (entry.start < at
                    ? ", inside another that ends at "
                    : ", but the one before ends at ")
                + at);
      }
      if (entry.end > dataSize) {
        throw bad(
            file,
            "tensor \""
                + named.getKey()
                + "\" ends at "
                + entry.end
                + ", behind the data's end at "
                + dataSize);
      }
      at = entry.end;
      sorted.put(named.getKey(), entry);
    }
    if (at != dataSize) {
      throw bad(file, "the tensors end at " + at + ", the data at " + dataSize);
    }
    SafetensorsHeader result = new SafetensorsHeader(sorted, metadata);
    result.dataStart = dataStart;
    return result;
  }

  private static FormatException bad(Path file, String what) {
    return new FormatException("safetensors: " + file + ": " + what);
  }

  /** Reads the JSON, by hand, so that keys which come twice are seen. */
  private static final class Parser {
    private final Path file;
    private final JsonReader json;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private boolean metadataSeen;

    Parser(Path file, String text) {
      this.file = file;
      this.json = new JsonReader(new StringReader(text));
      json.setStrictness(Strictness.STRICT);
    }

    SafetensorsHeader header() throws IOException {
      try {
        json.beginObject();
        while (json.hasNext()) {
          String name = json.nextName();
          if (name.equals(METADATA)) {
            readMetadata();
          } else if (entries.put(name, entry(name)) != null) {
            throw bad(file, "tensor \"" + name + "\" is there twice");
          }
        }
        json.endObject();
        if (json.peek() != JsonToken.END_DOCUMENT) {
          throw bad(file, "something follows the header's object");
        }
      } catch (MalformedJsonException | EOFException | IllegalStateException e) {
        throw new FormatException(
            "safetensors: "
                + file
                + ": the header is not the JSON that the format asks for, at "
                + json.getPath(),
            e);
      }
      return new SafetensorsHeader(entries, metadata);
    }

    private void readMetadata() throws IOException {
      if (metadataSeen) {
        throw bad(file, METADATA + " is there twice");
      }
      metadataSeen = true;
      json.beginObject();
      while (json.hasNext()) {
        String key = json.nextName();
        if (json.peek() != JsonToken.STRING) {
          throw bad(file, "the metadata \"" + key + "\" is not a text");
        }
        if (metadata.put(key, json.nextString()) != null) {
          throw bad(file, "the metadata \"" + key + "\" is there twice");
        }
      }
      json.endObject();
    }

    private Entry entry(String name) throws IOException {
      DType dtype = null;
      Shape shape = null;
      long[] offsets = null;
      json.beginObject();
      while (json.hasNext()) {
        String key = json.nextName();
        switch (key) {
          case "dtype" -> dtype = once(name, key, dtype, dtype(name));
          case "shape" -> shape = once(name, key, shape, shape(name));
          case "data_offsets" -> offsets = once(name, key, offsets, numbers(name));
          default -> throw bad(file, "tensor \"" + name + "\" has an unknown key \"" + key + "\"");
        }
      }
      json.endObject();
      if (dtype == null || shape == null || offsets == null) {
        throw bad(file, "tensor \"" + name + "\" lacks its dtype, shape or data_offsets");
      }
      if (offsets.length != 2 || offsets[0] > offsets[1]) {
        throw bad(
            file,
            "tensor \"" + name + "\" has no range of offsets, but " + Arrays.toString(offsets));
      }
      long length = offsets[1] - offsets[0];
      if (Math.multiplyHigh(shape.numel(), dtype.size()) != 0
          || shape.numel() * dtype.size() != length) {
        throw bad(
            file,
            "tensor \""
                + name
                + "\", "
                + dtype
                + " "
                + shape
                + ", does not have "
                + length
                + " bytes");
      }
      return new Entry(dtype, shape, offsets[0], offsets[1]);
    }

    private <T> T once(String name, String key, @Nullable T before, T value)
        throws FormatException {
      if (before != null) {
        throw bad(file, "tensor \"" + name + "\" has \"" + key + "\" twice");
      }
      return value;
    }

    private DType dtype(String name) throws IOException {
      if (json.peek() != JsonToken.STRING) {
        throw bad(file, "tensor \"" + name + "\" has a dtype that is not a text");
      }
      String text = json.nextString();
      DType dtype = DTYPES.get(text);
      if (dtype == null) {
        throw bad(
            file, "tensor \"" + name + "\" has the dtype " + text + ", which is not known here");
      }
      return dtype;
    }

    private Shape shape(String name) throws IOException {
      long[] sizes = numbers(name);
      try {
        return Shape.of(sizes);
      } catch (IllegalArgumentException e) {
        throw new FormatException(
            "safetensors: " + file + ": tensor \"" + name + "\": " + e.getMessage(), e);
      }
    }

    /**
     * Integers of at least 0: a JSON number with a fraction or an exponent is none, nor is a text.
     */
    private long[] numbers(String name) throws IOException {
      List<Long> numbers = new ArrayList<>();
      json.beginArray();
      while (json.hasNext()) {
        if (json.peek() != JsonToken.NUMBER) {
          throw bad(file, "tensor \"" + name + "\" has a number that is none");
        }
        numbers.add(number(name, json.nextString()));
      }
      json.endArray();
      return numbers.stream().mapToLong(Long::longValue).toArray();
    }

    private long number(String name, String digits) throws FormatException {
      if (digits.matches("[0-9]+")) {
        try {
          return Long.parseLong(digits);
        } catch (NumberFormatException _) {
          throw bad(
              file, "tensor \"" + name + "\" has the number " + digits + ", which is too large");
        }
      }
      throw bad(
          file,
          "tensor \""
              + name
              + "\" has the number "
              + digits
              + ", where one of bytes or elements belongs");
    }
  }
}
