package dev.chagres.optim;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** What is left of a state dict while {@code loadStateDict} takes its tensors, by their names. */
final class SavedState {
  private SavedState() {}

  /** Returns a copy of a state dict, which has neither a name nor a tensor that is null. */
  static Map<String, Tensor> copy(Map<String, Tensor> saved) {
    each("loadStateDict", "a name", given("loadStateDict", "saved", saved).keySet());
    saved.forEach((name, tensor) -> given("loadStateDict", "tensor \"" + name + "\"", tensor));
    return new LinkedHashMap<>(saved);
  }

  static Tensor take(Map<String, Tensor> rest, String name) {
    Tensor value = rest.remove(name);
    if (value == null) {
      throw new IllegalArgumentException("loadStateDict: " + name + " is missing");
    }
    return value;
  }

  /** Takes so many numbers. */
  static double[] numbers(Map<String, Tensor> rest, String name, int count) {
    Tensor value = take(rest, name);
    if (value.numel() != count) {
      throw new IllegalArgumentException(
          "loadStateDict: " + name + " has " + value.numel() + " numbers, not " + count);
    }
    return value.toDouble().toDoubleArray();
  }

  /** Checks that all was taken, {@code owner} being who takes it. */
  static void checkEmpty(String owner, Map<String, Tensor> rest) {
    if (!rest.isEmpty()) {
      throw new IllegalArgumentException(
          "loadStateDict: the "
              + owner
              + " has no place for \""
              + String.join("\", \"", rest.keySet())
              + "\"");
    }
  }
}
