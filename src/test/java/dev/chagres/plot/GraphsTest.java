package dev.chagres.plot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.nn.Linear;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;
import org.junit.jupiter.api.Test;

class GraphsTest {
  @Test
  void namesOperationsAndLeaves() {
    Linear linear = new Linear(2, 3);
    Tensor loss = linear.call(Tensor.ones(1, 2)).sum();
    String dot = Autograd.noGrad(() -> Graphs.dot(loss, linear.namedParameters()));
    assertTrue(dot.startsWith("digraph {") && dot.endsWith("}\n"), dot);
    assertTrue(dot.contains("result [label=\"()\""), dot);
    assertTrue(dot.contains("label=\"SumBackward\""), dot);
    assertTrue(dot.contains("label=\"AddmmBackward\""), dot);
    assertTrue(dot.contains("label=\"weight\\n(3, 2)\""), dot);
    assertTrue(dot.contains("label=\"bias\\n(3,)\""), dot);
    assertTrue(Graphs.dot(loss).contains("AccumulateGrad"));
  }

  @Test
  void aNodeUsedTwiceIsDrawnOnce() {
    Tensor x = Tensor.scalar(2.0).requiresGrad_();
    Tensor y = x.exp();
    String dot = Graphs.dot(y.mul(y));
    assertEquals(2, dot.split("ExpBackward").length, dot);
    assertEquals(2, dot.split("AccumulateGrad").length, dot);
    assertEquals(2, dot.split("n1 -> n0").length - 1, dot);
  }

  @Test
  void aTensorWithoutHistoryIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> Graphs.dot(Tensor.ones(1)));
    assertThrows(IllegalArgumentException.class, () -> Graphs.dot(Tensor.ones(1).requiresGrad_()));
  }
}
