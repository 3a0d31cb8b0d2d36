package dev.chagres.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.backend.BinaryOp;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OpDb.Binary;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The gradients of every elementwise operation of two operands. */
class BinaryGradientsTest {
  private static final Tally TALLY = new Tally("gradients of two operands");

  static List<Binary> rows() {
    return OpDb.binary();
  }

  @AfterAll
  static void summary() {
    TALLY.print();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void gradientsAreThoseOfDifferences(Binary row) {
    if (row.smooth().length == 0) {
      Tensor x = Tensor.ones(DType.FLOAT64, 3).requiresGrad_();
      if (BinaryOpsTest.takes(row, DType.FLOAT64)) {
        assertTrue(!row.call().of(x, x).requiresGrad(), () -> row + " has no gradient");
      } else {
        assertThrows(IllegalArgumentException.class, () -> row.call().of(x, x), row::toString);
      }
      TALLY.ran();
      return;
    }
    if (!row.hasFirstGradient()) {
      secondOperandGradients(row);
      return;
    }
    long[] sizes = {2, 3, 2};
    List<Placement> placements = Placement.of(sizes);
    for (int i = 0; i < placements.size(); i++) {
      Placement left = placements.get(i);
      Placement right = placements.get((i * 3 + 1) % placements.size());
      try (Scope _ = Scope.open()) {
        Tensor a =
            UnaryOpsTest.smoothCarrier(left.place(smooth(row, 0, sizes)), row.smooth()[0][0]);
        Tensor b =
            UnaryOpsTest.smoothCarrier(right.place(smooth(row, 1, sizes)), row.smooth()[1][0]);
        OpDb.Call call =
            in -> row.call().of(left.view(in.get(0), sizes), right.view(in.get(1), sizes));
        GradientChecks.first(row + " " + left + ", " + right, call, a, b);
        if (left == Placement.CONTIGUOUS || left == Placement.EXPANDED) {
          GradientChecks.second(row + " " + left + ", " + right, call, a, b);
        }
        TALLY.ran();
      }
    }
    broadcastGradients(row);
    sameOperandGradients(row);
  }

  private static void secondOperandGradients(Binary row) {
    long[] sizes = {4, 5};
    Tensor a = smooth(row, 0, sizes);
    OpDb.Call call = in -> row.call().of(a, in.getFirst());
    GradientChecks.first(row.toString(), call, smooth(row, 1, sizes));
    GradientChecks.second(row.toString(), call, smooth(row, 1, sizes));
    Tensor leaf = a.clone().requiresGrad_();
    Tensor sum = row.call().of(leaf, smooth(row, 1, sizes)).sum();
    assertThrows(IllegalStateException.class, sum::backward, row::toString);
    TALLY.ran();
  }

  private static Tensor smooth(Binary row, int operand, long... sizes) {
    double[] choices = row.smooth()[operand];
    double[] values = new double[Indices.numel(sizes)];
    for (int i = 0; i < values.length; i++) {
      values[i] = choices[i % choices.length];
    }
    return Cells.tensor(DType.FLOAT64, sizes, values);
  }

  private static void broadcastGradients(Binary row) {
    long[][][] pairs = {
      {{2, 3}, {3}}, {{2, 1}, {1, 3}}, {{}, {2, 2}}, {{3}, {}}, {{1, 2}, {3, 1, 1}}
    };
    for (long[][] pair : pairs) {
      try (Scope _ = Scope.open()) {
        String name = row + " " + Shape.of(pair[0]) + ", " + Shape.of(pair[1]);
        OpDb.Call call = in -> row.call().of(in.get(0), in.get(1));
        GradientChecks.first(name, call, smooth(row, 0, pair[0]), smooth(row, 1, pair[1]));
        TALLY.ran();
      }
    }
    // Nothing to add up, but the graph is there and gradients have the operands' shapes.
    Tensor a = Tensor.ones(DType.FLOAT64, 0, 1).requiresGrad_();
    Tensor b = Tensor.ones(DType.FLOAT64, 3).requiresGrad_();
    row.call().of(a, b).sum().backward();
    assertEquals(a.shape(), a.grad().shape(), row.toString());
    if (b.grad() != null) {
      assertEquals(List.of(0.0, 0.0, 0.0), Arrays.stream(Cells.doubles(b.grad())).boxed().toList());
    }
    TALLY.ran();
  }

  private static void sameOperandGradients(Binary row) {
    // Equal operands are a kink or a jump for some: there the two sides need not agree.
    List<BinaryOp> kinks = new ArrayList<>(List.of(BinaryOp.MAXIMUM, BinaryOp.MINIMUM));
    kinks.addAll(
        List.of(BinaryOp.FLOOR_DIVIDE, BinaryOp.TRUNC_DIVIDE, BinaryOp.REMAINDER, BinaryOp.FMOD));
    kinks.addAll(List.of(BinaryOp.FMAX, BinaryOp.FMIN, BinaryOp.NEXTAFTER, BinaryOp.POLYGAMMA));
    if (kinks.contains(row.op())) {
      return;
    }
    try (Scope _ = Scope.open()) {
      OpDb.Call call = in -> row.call().of(in.getFirst(), in.getFirst());
      Tensor x = smooth(row, 0, 2, 3).abs();
      GradientChecks.first(row + " with itself", call, x);
      GradientChecks.second(row + " with itself", call, x);
      TALLY.ran();
    }
  }

  @Test
  void aStepHasTheGradientOfItsValueAtZeroAlone() {
    Tensor x = Tensor.of(new double[] {0, 1, -1, -0.0}, DType.FLOAT64).requiresGrad_();
    Tensor value = Tensor.of(new double[] {3, 3, 3, 4}, DType.FLOAT64).requiresGrad_();
    x.heaviside(value).sum().backward();
    assertEquals("[0.0, 0.0, 0.0, 0.0]", Arrays.toString(x.grad().toDoubleArray()));
    assertEquals("[1.0, 0.0, 0.0, 1.0]", Arrays.toString(value.grad().toDoubleArray()));
  }

  @Test
  void tiesShareTheGradientOfMaximumAndMinimum() {
    Tensor a = Tensor.of(1.0, 2.0, 3.0).requiresGrad_();
    Tensor b = Tensor.of(2.0, 2.0, 2.0).requiresGrad_();
    a.maximum(b).sum().backward();
    assertEquals(List.of(0.0, 0.5, 1.0), Arrays.stream(a.grad().toDoubleArray()).boxed().toList());
    assertEquals(List.of(1.0, 0.5, 0.0), Arrays.stream(b.grad().toDoubleArray()).boxed().toList());
    Tensor c = Tensor.of(1.0, 2.0, 3.0).requiresGrad_();
    c.minimum(b.detach()).sum().backward();
    assertEquals(List.of(1.0, 0.5, 0.0), Arrays.stream(c.grad().toDoubleArray()).boxed().toList());
  }
}
