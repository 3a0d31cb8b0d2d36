package dev.chagres.parity;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Index;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.GoldenFile;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One of PyTorch's own sample inputs, with what PyTorch made of it: golden_opdb.py says how it is
 * kept. Of functions whose values PyTorch has not to the last digit, the exact ones are in the
 * place of PyTorch's.
 */
record TorchCase(GoldenFile file, String family, String name, JsonObject described, Device device) {
  /** What golden_exact.py worked out to the last digit. */
  private static final GoldenFile EXACT = GoldenFile.open("exact.safetensors.gz");

  /** Every case of a family's file, in order, on the default device. */
  static List<TorchCase> of(String family, GoldenFile file) {
    return of(family, file, DefaultDevice.get());
  }

  /** Every case of a family's file, with its operands on a device. */
  static List<TorchCase> of(String family, GoldenFile file, Device device) {
    List<TorchCase> cases = new ArrayList<>();
    for (String name : file.described()) {
      if (name.contains("/")) {
        JsonObject described = Objects.requireNonNull(file.arguments(name));
        cases.add(new TorchCase(file, family, name, described, device));
      }
    }
    return cases;
  }

  /** PyTorch's name. */
  String op() {
    return name.substring(0, name.indexOf('/'));
  }

  /** Tells whether each element of the result comes of one of each operand. */
  boolean isElementwise() {
    return family.equals("unary") || family.equals("binary");
  }

  /** Which of PyTorch's entries of that name it is of; empty for the plain one. */
  String variant() {
    return described.get("variant").getAsString();
  }

  /** The dtype that the sample was asked for, in short; none for wrong arguments. */
  String dtype() {
    return described.has("dtype") ? described.get("dtype").getAsString() : "";
  }

  /** PyTorch's message where the arguments are wrong. */
  @Nullable String thrown() {
    return described.has("throws") ? described.get("throws").getAsString() : null;
  }

  /** Its tensors, contiguous, on the device. */
  List<Tensor> tensors() {
    List<Tensor> tensors = numbered("a");
    tensors.replaceAll(tensor -> tensor.to(device));
    return tensors;
  }

  /** The tensors of the result, in order. */
  List<Tensor> results() {
    return numbered("o");
  }

  private List<Tensor> numbered(String kind) {
    List<Tensor> tensors = new ArrayList<>();
    while (file.has(name + "/" + kind + tensors.size())) {
      tensors.add(expected(kind + tensors.size()));
    }
    return tensors;
  }

  /** A tensor of the case: the exact one, where PyTorch's would not do. */
  private Tensor expected(String kind) {
    String key = name + "/" + kind;
    String exact = family.equals("edges") ? "edges/" + key : key;
    boolean isExact = !family.equals("dtypes") && !family.equals("halves") && EXACT.has(exact);
    return isExact ? EXACT.get(exact) : file.get(key);
  }

  /** What is not a tensor in the result; null if tensors are. */
  @Nullable Object plainResult() {
    return described.has("result") ? value(described.get("result"), List.of()) : null;
  }

  /** The numbers of the tensors that require gradients; none if gradients are not compared. */
  List<Integer> leaves() {
    return described.has("leaves")
        ? described.getAsJsonArray("leaves").asList().stream().map(JsonElement::getAsInt).toList()
        : List.of();
  }

  /** The gradient that reaches a tensor, or null if none does. */
  @Nullable Tensor gradient(int tensor) {
    return file.has(name + "/g" + tensor) ? expected("g" + tensor) : null;
  }

  /**
   * All arguments by PyTorch's names, with these tensors. A number is a {@code Long} or a {@code
   * Double}, None is null.
   */
  TorchArguments arguments(List<Tensor> tensors) {
    Map<String, @Nullable Object> arguments = new LinkedHashMap<>();
    described
        .getAsJsonObject("args")
        .asMap()
        .forEach((name, value) -> arguments.put(name, value(value, tensors)));
    Set<String> optional = new HashSet<>();
    described.getAsJsonArray("optional").forEach(name -> optional.add(name.getAsString()));
    return new TorchArguments(arguments, optional);
  }

  private static @Nullable Object value(JsonElement json, List<Tensor> tensors) {
    return switch (json) {
      case JsonArray array -> {
        List<@Nullable Object> items = new ArrayList<>();
        array.forEach(item -> items.add(value(item, tensors)));
        yield items;
      }
      case JsonPrimitive primitive -> plain(primitive);
      case JsonObject object -> {
        Map.Entry<String, JsonElement> entry = object.entrySet().iterator().next();
        JsonElement of = entry.getValue();
        yield switch (entry.getKey()) {
          case "tensor" -> tensors.get(of.getAsInt());
          case "float" -> Double.valueOf(special(of.getAsString()));
          case "dtype" -> dtype(of.getAsString());
          case "slice" -> sliced((JsonArray) of);
          case "ellipsis" -> Index.ellipsis();
          default -> of.getAsString();
        };
      }
      default -> null;
    };
  }

  private static Object plain(JsonPrimitive primitive) {
    if (primitive.isBoolean()) {
      return primitive.getAsBoolean();
    } else if (primitive.isString()) {
      return primitive.getAsString();
    }
    String text = primitive.getAsString();
    boolean whole = text.chars().allMatch(c -> c == '-' || Character.isDigit(c));
    return whole ? (Object) Long.valueOf(text) : Double.valueOf(text);
  }

  private static double special(String text) {
    return switch (text) {
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.NaN;
    };
  }

  /** The dtype, or the name of one that is not in the library. */
  private static Object dtype(String name) {
    for (DType dtype : DType.values()) {
      if (dtype.toString().equals(name)) {
        return dtype;
      }
    }
    return name;
  }

  private static Index sliced(JsonArray bounds) {
    long step = bounds.get(2).isJsonNull() ? 1 : bounds.get(2).getAsLong();
    long start = bounds.get(0).isJsonNull() ? 0 : bounds.get(0).getAsLong();
    return bounds.get(1).isJsonNull()
        ? step == 1 ? Index.from(start) : Index.slice(start, Long.MAX_VALUE, step)
        : Index.slice(start, bounds.get(1).getAsLong(), step);
  }

  /** The variant and dtype beside the name. */
  @Override
  public String toString() {
    return name + " " + variant() + " " + dtype();
  }
}
