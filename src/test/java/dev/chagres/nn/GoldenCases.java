package dev.chagres.nn;

import com.google.gson.stream.JsonReader;
import dev.chagres.core.Pair;
import dev.chagres.io.Safetensors;
import dev.chagres.tensor.DefaultDevice;
import dev.chagres.tensor.Tensor;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The cases of nn.safetensors, which PyTorch computed: src/test/golden/cases.py says how they are
 * kept.
 */
public final class GoldenCases {
  private static final Path FILE = Path.of("src", "test", "resources", "golden", "nn.safetensors");

  private GoldenCases() {}

  /**
   * One case: operands, results, the gradient given to the result and those that arrive at
   * operands.
   */
  public record Case(
      String op,
      String name,
      List<Tensor> in,
      List<Tensor> out,
      Map<String, Tensor> all,
      Map<String, Object> args) {
    /** Returns the operand, ready to be differentiated if a gradient for it is known. */
    public Tensor leaf(int i) {
      Tensor copy = in.get(i).clone();
      return all.containsKey("grad" + i) ? copy.requiresGrad_() : copy;
    }

    /** Returns an argument as a number, or a default. */
    public double number(String key, double otherwise) {
      return args.containsKey(key) ? (double) args.get(key) : otherwise;
    }

    /** Returns an argument as a flag; absent is false. */
    public boolean flag(String key) {
      return args.containsKey(key) && (boolean) args.get(key);
    }

    /** Returns an argument, a number or two, as a pair, or a default. */
    public Pair pair(String key, long otherwise) {
      return switch (args.get(key)) {
        case null -> Pair.of(otherwise);
        case List<?> two -> new Pair((long) (double) two.get(0), (long) (double) two.get(1));
        case Object one -> Pair.of((long) (double) one);
      };
    }

    /** Returns the reduction. */
    public Reduction reduction() {
      return args.containsKey("reduction")
          ? Reduction.valueOf(((String) args.get("reduction")).toUpperCase(java.util.Locale.ROOT))
          : Reduction.MEAN;
    }
  }

  /** Returns the tensors of the file by name. */
  public static Map<String, Tensor> tensors() {
    try {
      Map<String, Tensor> tensors = new TreeMap<>(Safetensors.load(FILE));
      tensors.replaceAll((_, tensor) -> tensor.to(DefaultDevice.get()));
      return tensors;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Returns the cases of some operations. */
  public static List<Case> of(String... ops) throws IOException {
    Map<String, Tensor> tensors = tensors();
    Map<String, String> metadata = Safetensors.metadata(FILE);
    List<Case> cases = new ArrayList<>();
    for (String op : ops) {
      var keys = new TreeSet<String>();
      tensors.keySet().stream()
          .filter(key -> key.startsWith(op + "/"))
          .forEach(key -> keys.add(key.substring(0, key.lastIndexOf('/'))));
      for (String key : keys) {
        Map<String, Tensor> all = new LinkedHashMap<>();
        tensors.forEach(
            (name, tensor) -> {
              if (name.startsWith(key + "/")) {
                all.put(name.substring(key.length() + 1), tensor);
              }
            });
        String args = metadata.getOrDefault(key, "{}");
        cases.add(
            new Case(
                op,
                key.substring(op.length() + 1),
                list(all, "in"),
                list(all, "out"),
                all,
                arguments(args)));
      }
    }
    return cases;
  }

  /** Reads a JSON object of numbers, flags, texts and lists of numbers. */
  private static Map<String, Object> arguments(String text) throws IOException {
    Map<String, Object> arguments = new LinkedHashMap<>();
    JsonReader json = new JsonReader(new StringReader(text));
    json.beginObject();
    while (json.hasNext()) {
      String name = json.nextName();
      arguments.put(
          name,
          switch (json.peek()) {
            case NUMBER -> json.nextDouble();
            case BOOLEAN -> json.nextBoolean();
            case STRING -> json.nextString();
            default -> {
              List<Object> values = new ArrayList<>();
              json.beginArray();
              while (json.hasNext()) {
                switch (json.peek()) {
                  case NUMBER -> values.add(json.nextDouble());
                  default -> values.add(json.nextString());
                }
              }
              json.endArray();
              yield values;
            }
          });
    }
    return arguments;
  }

  private static List<Tensor> list(Map<String, Tensor> all, String prefix) {
    if (all.containsKey(prefix)) {
      return List.of(all.get(prefix));
    }
    List<Tensor> found = new ArrayList<>();
    for (int i = 0; all.containsKey(prefix + i); i++) {
      found.add(all.get(prefix + i));
    }
    return found;
  }

  /**
   * Fails unless the tensors are equal up to rounding, of numbers as great as the greatest there:
   * NaN equals NaN.
   */
  public static void assertClose(Tensor expected, Tensor actual, String what) {
    if (!expected.shape().equals(actual.shape()) || expected.dtype() != actual.dtype()) {
      throw new AssertionError(
          what
              + ": expected "
              + expected.dtype()
              + " "
              + expected.shape()
              + ", got "
              + actual.dtype()
              + " "
              + actual.shape());
    }
    // 16 bits round a step's every part in PyTorch, and only its end here
    double tolerance =
        switch (expected.dtype()) {
          case FLOAT64 -> 1e-12;
          case FLOAT16 -> 0x1p-10;
          case BFLOAT16 -> 0x1p-7;
          default -> 2e-6;
        };
    double[] wanted = expected.toDoubleArray();
    double[] got = actual.detach().toDoubleArray();
    double scale = 0;
    for (double value : wanted) {
      scale = Double.isFinite(value) ? Math.max(scale, Math.abs(value)) : scale;
    }
    for (int i = 0; i < wanted.length; i++) {
      boolean same = Double.compare(wanted[i], got[i]) == 0 || wanted[i] == got[i];
      if (!same
          && !(Math.abs(wanted[i] - got[i]) <= tolerance * (Math.abs(wanted[i]) + 0.5 * scale))) {
        throw new AssertionError(
            what + ": element " + i + " expected " + wanted[i] + ", got " + got[i]);
      }
    }
  }
}
