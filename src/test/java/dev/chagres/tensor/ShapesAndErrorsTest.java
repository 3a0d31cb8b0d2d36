package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Scope;
import dev.chagres.testing.OnEveryDevice;
import org.junit.jupiter.api.Test;

/** Tensors made of a shape as of its sizes, and errors that say what to do. */
@OnEveryDevice
class ShapesAndErrorsTest {
  @Test
  void aShapeStandsForItsSizes() {
    Shape shape = Shape.of(2, 3);
    assertTrue(Tensor.zeros(shape).equal(Tensor.zeros(2, 3)));
    assertTrue(Tensor.ones(shape).equal(Tensor.ones(2, 3)));
    assertEquals(DType.INT64, Tensor.zeros(DType.INT64, shape).dtype());
    assertEquals(DType.BOOL, Tensor.ones(DType.BOOL, shape).dtype());
    assertEquals(shape, Tensor.empty(shape).shape());
    assertEquals(DType.FLOAT16, Tensor.empty(DType.FLOAT16, shape).dtype());
    Chagres.manualSeed(3);
    Tensor uniform = Tensor.rand(2, 3);
    Tensor normal = Tensor.randn(DType.FLOAT64, 2, 3);
    Chagres.manualSeed(3);
    assertTrue(uniform.equal(Tensor.rand(shape)));
    assertTrue(normal.equal(Tensor.randn(DType.FLOAT64, shape)));
    assertEquals(DType.FLOAT64, Tensor.rand(DType.FLOAT64, shape).dtype());
    assertEquals(Shape.scalar(), Tensor.randn(Shape.scalar()).shape());
  }

  @Test
  void theGraphOfATensorThatWasKeptEndsWithItsScope() {
    Tensor x = Tensor.of(1.0, 2.0).requiresGrad_();
    Tensor loss;
    try (var scope = Scope.open()) {
      loss = scope.keep(x.exp().sum());
    }
    var e = assertThrows(IllegalStateException.class, loss::backward);
    assertTrue(e.getMessage().contains("does not keep what its graph saved"), e.getMessage());
    assertTrue(e.getMessage().contains("ExpBackward"), e.getMessage());
    assertTrue(e.getCause().getMessage().startsWith("use after close"), "" + e.getCause());
  }

  @Test
  void aNumberIsNotAmongTheShapesThatDoNotBroadcast() {
    Tensor mask = Tensor.ones(DType.BOOL, 2);
    var e =
        assertThrows(IllegalArgumentException.class, () -> Tensor.zeros(3).maskedFill(mask, 1.0));
    assertEquals("maskedFill: shapes (2,) and (3,) do not broadcast", e.getMessage());
  }
}
