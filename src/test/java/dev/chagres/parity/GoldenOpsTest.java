package dev.chagres.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.chagres.autograd.Backward;
import dev.chagres.core.DType;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.Cells;
import dev.chagres.testing.Floats;
import dev.chagres.testing.GoldenFile;
import dev.chagres.testing.OnEveryDevice;
import dev.chagres.testing.Tally;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values, dtypes and gradients against those that PyTorch gave. */
@OnEveryDevice(blocking = true)
class GoldenOpsTest {
  private static final Tally TALLY = new Tally("PyTorch's values");

  @AfterAll
  static void summary() {
    TALLY.print();
  }

  @ParameterizedTest
  @ValueSource(strings = {"unary", "binary", "reduce", "shape", "matrix"})
  void everyCaseOfTheFileIsWhatPyTorchGives(String family) {
    List<GoldenCase> cases = GoldenCase.of(GoldenFile.open(family + ".safetensors"));
    assertFalse(cases.isEmpty());
    List<String> failures = new ArrayList<>();
    for (GoldenCase test : cases) {
      String op = test.op();
      if (GoldenCalls.ELSEWHERE.contains(op)) {
        TALLY.skipped("read by SelectionTest");
      } else {
        try {
          check(test);
          TALLY.ran();
        } catch (RuntimeException | AssertionError e) {
          failures.add(test + ": " + e.getMessage());
        }
      }
    }
    if (!failures.isEmpty()) {
      fail(failures.size() + " of " + cases.size() + " cases:\n" + String.join("\n", failures));
    }
  }

  private static void check(GoldenCase test) {
    GoldenCalls.Call call = GoldenCalls.all().get(test.op());
    assertNotNull(call, "no call of ours is known for it");
    List<Tensor> inputs = test.inputs();
    List<Tensor> expected = test.outputs();
    List<Tensor> got = call.of(test, inputs);
    assertEquals(expected.size(), got.size(), "results");
    for (int i = 0; i < got.size(); i++) {
      DType steps = expected.get(i).dtype();
      compare(test, "result " + i, tolerance(test), steps, expected.get(i), got.get(i));
    }
    if (test.hasCotangent()) {
      gradients(test, inputs, got);
    }
  }

  private static void gradients(GoldenCase test, List<Tensor> inputs, List<Tensor> results) {
    List<Tensor> outputs = new ArrayList<>();
    List<Tensor> cotangents = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      Tensor cotangent = test.cotangent(i);
      if (cotangent != null) {
        assertTrue(results.get(i).requiresGrad(), "result " + i + " has no gradient");
        outputs.add(results.get(i));
        cotangents.add(cotangent);
      }
    }
    List<Tensor> leaves = inputs.stream().filter(Tensor::requiresGrad).toList();
    List<@Nullable Tensor> found =
        Autograd.gradOrNull(outputs, leaves, cotangents, Backward.Option.RETAIN_GRAPH);
    int leaf = 0;
    for (int i = 0; i < inputs.size(); i++) {
      if (inputs.get(i).requiresGrad()) {
        compareGradient(test, results.getFirst().dtype(), i, found.get(leaf++));
      }
    }
  }

  private static void compareGradient(
      GoldenCase test, DType result, int input, @Nullable Tensor got) {
    Tensor expected = test.gradient(input);
    if (expected == null) {
      // PyTorch has none: none or nothing but zeros may be here.
      assertTrue(got == null || !got.ne(0).any().equal(Tensor.scalar(true)), "gradient " + input);
      return;
    }
    assertNotNull(got, "no gradient " + input);
    // It was computed in the result's dtype, and then cast.
    DType steps = result.size() < expected.dtype().size() ? result : expected.dtype();
    compare(test, "gradient " + input, 4 * tolerance(test), steps, expected, got);
  }

  /**
   * How many steps of the dtype the two may differ, PyTorch's own error included: of elementwise
   * operations a few, of the others what the order of additions can change.
   */
  private static double tolerance(GoldenCase test) {
    return switch (test.op()) {
      case "sum", "mean", "prod", "std", "var", "norm", "logsumexp" -> 16;
      case "mm", "mv", "dot", "bmm", "matmul", "addmm", "lerp", "addcmul", "addcdiv" -> 16;
      // The gradients of what was broadcast are sums.
      default -> test.name().contains("broadcast") ? 16 : 4;
    };
  }

  /** The least size whose steps count, where errors are relative to something that cancels. */
  private static double floor(GoldenCase test, String what) {
    return switch (test.op()) {
      // 1 + erf, and exp(-x) that overflows.
      case "gelu", "silu" -> 1;
      // 1 - y^2.
      case "tanh" -> what.startsWith("gradient") ? 1 : 0;
      // PyTorch's gradient has the rounding of a logarithm of some 1000.
      case "logsumexp" -> test.name().contains("large") ? 64 : 0;
      default -> 0;
    };
  }

  private static void compare(
      GoldenCase test, String what, double ulps, DType steps, Tensor expected, Tensor got) {
    assertEquals(expected.dtype(), got.dtype(), what + ": dtype");
    assertEquals(expected.shape(), got.shape(), what + ": shape");
    double[] a = Cells.doubles(expected);
    double[] b = Cells.doubles(got);
    DType dtype = expected.dtype();
    if (!dtype.isFloating()) {
      assertTrue(
          Arrays.equals(Cells.longs(expected), Cells.longs(got)),
          () -> what + ": expected " + Arrays.toString(a) + ", got " + Arrays.toString(b));
      return;
    }
    // Sums may cancel: then the step is that of the greatest element.
    double greatest = Arrays.stream(a).map(Math::abs).filter(Double::isFinite).max().orElse(0);
    for (int i = 0; i < a.length; i++) {
      double size = tolerance(test) > 4 ? greatest : Math.max(Math.abs(a[i]), Math.abs(b[i]));
      double step = Floats.ulp(steps, Math.max(size, floor(test, what)));
      if (!isClose(ulps * step, a[i], b[i]) && !isKnown(test, what, i, a[i])) {
        fail(what + ": element " + i + ": expected " + a[i] + ", got " + b[i] + " of " + dtype);
      }
    }
  }

  /** The sign of a zero is not compared: PyTorch's own depends on the length of the tensor. */
  private static boolean isClose(double distance, double a, double b) {
    if (Double.isNaN(a) || Double.isNaN(b)) {
      return Double.isNaN(a) && Double.isNaN(b);
    }
    return a == b || Double.isFinite(a) && Double.isFinite(b) && Math.abs(a - b) <= distance;
  }

  /** Where we differ from PyTorch, knowing so. */
  private static boolean isKnown(GoldenCase test, String what, int element, double expected) {
    return switch (test.op()) {
      // PyTorch's vector code takes a denormal divisor for 0.
      case "fmod", "remainder" ->
          test.name().endsWith("/f32")
              && what.startsWith("result")
              && Double.isNaN(expected)
              && Math.abs(Cells.doubles(test.inputs().get(1))[element]) == (double) 1e-40f;
      // A NaN extremum passes its gradient to the NaNs, as it does in PyTorch's max() alone.
      case "amax", "amin" ->
          test.name().contains("holes") && what.startsWith("gradient") && Double.isNaN(expected);
      // The cube of 1e30 overflows in PyTorch's gradient.
      case "gelu" ->
          test.name().equals("gelu/tanh_f32")
              && what.startsWith("gradient")
              && Double.isNaN(expected)
              && Math.abs(Cells.doubles(test.inputs().getFirst())[element]) == (double) 1e30f;
      default -> false;
    };
  }
}
