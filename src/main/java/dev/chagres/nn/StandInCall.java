package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.primitive.Primitives;
import dev.chagres.tensor.Tensor;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** While it is open a module's parameters and buffers stand for others. */
final class StandInCall implements AutoCloseable {
  private final Primitives.@Nullable Standing standing;

  StandInCall(Module module, Map<String, ? extends Tensor> values) {
    IdentityHashMap<Tensor, Tensor> chosen = chosen(module, values);
    standing =
        chosen.isEmpty()
            ? null
            : Primitives.<Tensor>of(chosen.keySet().iterator().next()).standIn(chosen);
  }

  /** Returns what each of the module's own is to stand for. */
  private static IdentityHashMap<Tensor, Tensor> chosen(
      Module module, Map<String, ? extends Tensor> values) {
    Map<String, Tensor> own = new LinkedHashMap<>();
    module.parts.forEachTensor(own::put);
    IdentityHashMap<Tensor, Tensor> chosen = new IdentityHashMap<>();
    values.forEach((path, value) -> choose(path, own.get(path), value, chosen));
    return chosen;
  }

  @SuppressWarnings("ReferenceEquality") // A tensor is itself.
  private static void choose(
      String path, @Nullable Tensor own, Tensor value, IdentityHashMap<Tensor, Tensor> chosen) {
    given("functionalCall", "tensor \"" + path + "\"", value);
    if (own == null) {
      throw new IllegalArgumentException(
          "functionalCall: the module has no parameter or buffer \"" + path + "\"");
    }
    Tensor other = chosen.putIfAbsent(own, value);
    if (other != null && other != value) {
      throw new IllegalArgumentException(
          "functionalCall: \""
              + path
              + "\" is one parameter with another that is given, and the two tensors differ");
    }
  }

  @Override
  public void close() {
    if (standing != null) {
      standing.close();
    }
  }
}
