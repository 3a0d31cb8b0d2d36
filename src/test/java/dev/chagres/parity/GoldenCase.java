package dev.chagres.parity;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.chagres.core.DType;
import dev.chagres.tensor.Keep;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.GoldenFile;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One case of a file of expected values: operands, other arguments, results and gradients. */
record GoldenCase(GoldenFile file, String name) {

  /** The cases of a file, in order. */
  static List<GoldenCase> of(GoldenFile file) {
    List<GoldenCase> cases = new ArrayList<>();
    for (String tensor : file.names()) {
      int end = tensor.lastIndexOf('/');
      if (tensor.endsWith("/out") || tensor.endsWith("/out0")) {
        cases.add(new GoldenCase(file, tensor.substring(0, end)));
      }
    }
    return cases;
  }

  /** The operation, by PyTorch's name. */
  String op() {
    return name.substring(0, name.indexOf('/'));
  }

  /** The operands; those that PyTorch gave gradients are leaves. */
  List<Tensor> inputs() {
    List<Tensor> inputs = new ArrayList<>();
    while (file.has(name + "/in" + inputs.size())) {
      Tensor input = file.get(name + "/in" + inputs.size());
      boolean leaf = input.dtype().isFloating() && hasCotangent();
      inputs.add(leaf ? input.requiresGrad_() : input);
    }
    return inputs;
  }

  boolean hasCotangent() {
    return file.has(name + "/cotangent") || hasMany("cotangent");
  }

  private boolean hasMany(String kind) {
    for (int i = 0; i < 8; i++) {
      if (file.has(name + "/" + kind + i)) {
        return true;
      }
    }
    return false;
  }

  List<Tensor> outputs() {
    List<Tensor> outputs = new ArrayList<>();
    if (file.has(name + "/out")) {
      outputs.add(file.get(name + "/out"));
    }
    while (file.has(name + "/out" + outputs.size())) {
      outputs.add(file.get(name + "/out" + outputs.size()));
    }
    return outputs;
  }

  @Nullable Tensor cotangent(int output) {
    String one = name + "/cotangent";
    return file.has(one) ? file.get(one) : file.has(one + output) ? file.get(one + output) : null;
  }

  @Nullable Tensor gradient(int input) {
    String one = name + "/grad" + input;
    return file.has(one) ? file.get(one) : null;
  }

  // ---- arguments

  private JsonObject arguments() {
    JsonObject arguments = file.arguments(name);
    return arguments == null ? new JsonObject() : arguments;
  }

  boolean has(String argument) {
    return arguments().has(argument) && !arguments().get(argument).isJsonNull();
  }

  JsonElement get(String argument) {
    return arguments().get(argument);
  }

  /** A number as Python has it: an integer, or a floating one. */
  Number number(String argument) {
    JsonPrimitive value = get(argument).getAsJsonPrimitive();
    String text = value.getAsString();
    if (value.isNumber() && text.chars().allMatch(c -> c == '-' || Character.isDigit(c))) {
      return Long.parseLong(text);
    }
    return switch (text) {
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      case "nan" -> Double.NaN;
      default -> Double.parseDouble(text);
    };
  }

  Number number(String argument, Number otherwise) {
    return has(argument) ? number(argument) : otherwise;
  }

  int integer(String argument) {
    return number(argument).intValue();
  }

  int integer(String argument, int otherwise) {
    return has(argument) ? integer(argument) : otherwise;
  }

  boolean flag(String argument) {
    return has(argument) && get(argument).getAsBoolean();
  }

  DType dtype(String argument) {
    return DType.named(get(argument).getAsString());
  }

  /** One integer or a list of them. */
  long[] longs(String argument) {
    JsonElement value = get(argument);
    return value.isJsonArray()
        ? value.getAsJsonArray().asList().stream().mapToLong(JsonElement::getAsLong).toArray()
        : new long[] {value.getAsLong()};
  }

  int[] ints(String argument) {
    long[] longs = longs(argument);
    int[] ints = new int[longs.length];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = Math.toIntExact(longs[i]);
    }
    return ints;
  }

  /** The dimensions of a reduction; none for all. */
  int[] dims() {
    return has("dim") ? ints("dim") : new int[0];
  }

  Keep keep() {
    return flag("keepdim") ? Keep.KEEPDIM : Keep.DROPDIM;
  }

  @Override
  public String toString() {
    return name;
  }
}
