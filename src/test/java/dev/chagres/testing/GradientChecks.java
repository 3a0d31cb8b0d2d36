package dev.chagres.testing;

import dev.chagres.tensor.GradCheck;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OpDb.Call;
import java.util.ArrayList;
import java.util.List;

/** Gradients of the rows of the op database against differences. */
final class GradientChecks {
  private GradientChecks() {}

  static void first(String name, Call call, Tensor... inputs) {
    try {
      GradCheck.gradcheck(listed(call), leaves(inputs));
    } catch (RuntimeException e) {
      throw new AssertionError(name + ": " + e.getMessage(), e);
    }
  }

  static void second(String name, Call call, Tensor... inputs) {
    try {
      GradCheck.gradgradcheck(listed(call), leaves(inputs));
    } catch (RuntimeException e) {
      throw new AssertionError(name + ", second order: " + e.getMessage(), e);
    }
  }

  private static java.util.function.Function<List<Tensor>, List<Tensor>> listed(Call call) {
    return inputs -> List.of(call.of(inputs));
  }

  private static List<Tensor> leaves(Tensor... inputs) {
    List<Tensor> leaves = new ArrayList<>();
    for (Tensor input : inputs) {
      leaves.add(input.detach().clone().requiresGrad_());
    }
    return leaves;
  }
}
