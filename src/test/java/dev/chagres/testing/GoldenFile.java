package dev.chagres.testing;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Tensor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** Expected values in the test resources, by name: a safetensors file's tensors and metadata. */
public final class GoldenFile {
  private static final Map<String, DType> TYPES =
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

  private final JsonObject header;
  private final MemorySegment data;

  private GoldenFile(JsonObject header, MemorySegment data) {
    this.header = header;
    this.data = data;
  }

  public static GoldenFile open(String name) {
    byte[] bytes = read(name);
    MemorySegment file = Arena.ofAuto().allocate(bytes.length, 8);
    MemorySegment.copy(bytes, 0, file, ValueLayout.JAVA_BYTE, 0, bytes.length);
    long length = file.get(ValueLayout.JAVA_LONG, 0);
    String text = new String(bytes, 8, (int) length, StandardCharsets.UTF_8);
    return new GoldenFile(parsed(text), file.asSlice(8 + length));
  }

  public static JsonObject json(String name) {
    return parsed(new String(read(name), StandardCharsets.UTF_8));
  }

  /** The lines of a text. */
  public static List<String> lines(String name) {
    return new String(read(name), StandardCharsets.UTF_8).lines().toList();
  }

  private static JsonObject parsed(String text) {
    return new Gson().fromJson(text, JsonObject.class);
  }

  private static byte[] read(String name) {
    try (InputStream in = GoldenFile.class.getResourceAsStream("/golden/" + name)) {
      byte[] bytes = Objects.requireNonNull(in, name).readAllBytes();
      return name.endsWith(".gz")
          ? new GZIPInputStream(new ByteArrayInputStream(bytes)).readAllBytes()
          : bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The names of all tensors, in order. */
  public Set<String> names() {
    Set<String> names = new TreeSet<>(header.keySet());
    names.remove("__metadata__");
    return names;
  }

  public boolean has(String name) {
    return header.has(name);
  }

  /** A tensor of its own, on the default device. */
  public Tensor get(String name) {
    JsonObject entry = header.getAsJsonObject(name);
    long[] sizes =
        entry.getAsJsonArray("shape").asList().stream().mapToLong(JsonElement::getAsLong).toArray();
    long from = entry.getAsJsonArray("data_offsets").get(0).getAsLong();
    long to = entry.getAsJsonArray("data_offsets").get(1).getAsLong();
    DType dtype = Objects.requireNonNull(TYPES.get(entry.get("dtype").getAsString()));
    Tensor out = Tensor.empty(Device.cpu(), dtype, sizes);
    out.segment().copyFrom(data.asSlice(from, to - from));
    return out.to(DefaultDevice.get());
  }

  /** The names of all metadata, in the file's order. */
  public Set<String> described() {
    return header.getAsJsonObject("__metadata__").keySet();
  }

  /** A piece of metadata that is not JSON. */
  public String text(String name) {
    return header.getAsJsonObject("__metadata__").get(name).getAsString();
  }

  /** The metadata of a case, or null if it has none. */
  public @Nullable JsonObject arguments(String name) {
    JsonObject all = header.getAsJsonObject("__metadata__");
    return all != null && all.has(name) ? parsed(all.get(name).getAsString()) : null;
  }
}
