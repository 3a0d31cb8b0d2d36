package dev.chagres.nn;

import dev.chagres.nn.Module.IncompatibleKeys;
import dev.chagres.nn.Module.Strictness;
import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Copies a state dict into a module's own, once all of it is known to fit. */
final class StateLoading {
  private StateLoading() {}

  /**
   * Copies what is in {@code state} into the tensors of the same keys, which are a module's own.
   */
  static IncompatibleKeys load(
      String module,
      Map<String, Tensor> own,
      Map<String, ? extends Tensor> state,
      Strictness strictness) {
    List<String> missing = new ArrayList<>();
    List<String> unexpected = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (String key : state.keySet()) {
      if (!own.containsKey(key)) {
        unexpected.add(key);
      }
    }
    own.forEach(
        (key, tensor) -> {
          Tensor source = state.get(key);
          if (source == null) {
            missing.add(key);
          } else if (!source.shape().equals(tensor.shape())) {
            problems.add(
                "size mismatch for "
                    + key
                    + ": the state dict has shape "
                    + source.shape()
                    + ", the module "
                    + tensor.shape());
          }
        });
    if (strictness == Strictness.STRICT) {
      if (!unexpected.isEmpty()) {
        problems.addFirst("unexpected keys in the state dict: " + quoted(unexpected));
      }
      if (!missing.isEmpty()) {
        problems.addFirst("missing keys in the state dict: " + quoted(missing));
      }
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(
          "loadStateDict: the state dict does not fit "
              + module
              + ":\n  "
              + String.join("\n  ", problems));
    }
    Map<Tensor, Tensor> values = new LinkedHashMap<>();
    own.forEach(
        (key, tensor) -> {
          Tensor source = state.get(key);
          if (source != null) {
            values.put(
                tensor, Primitives.of(tensor).copyable("loadStateDict: " + key, tensor, source));
          }
        });
    values.forEach((tensor, value) -> tensor.detach().copy_(value));
    return new IncompatibleKeys(missing, unexpected);
  }

  private static String quoted(List<String> keys) {
    return "\"" + String.join("\", \"", keys) + "\"";
  }
}
