package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.autograd.Backward;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Small rules in which PyTorch 2.13 answers otherwise than one would guess. */
class RulesOfTorchTest {
  private static void fails(Class<? extends Exception> type, String start, Executable code) {
    Exception e = assertThrows(type, code);
    assertTrue(String.valueOf(e.getMessage()).startsWith(start), e.getMessage());
  }

  @Test
  void noDimensionThatIsReducedToItsExtremeMayBeEmpty() {
    Class<IllegalArgumentException> type = IllegalArgumentException.class;
    fails(type, "max: ", () -> Tensor.zeros(0, 0).max(0));
    fails(type, "min: ", () -> Tensor.zeros(0, 3).min(0));
    fails(type, "argmax: ", () -> Tensor.zeros(0, 0).argmax(0));
    fails(type, "argmin: ", () -> Tensor.zeros(0, 0).argmin());
    fails(type, "amax: ", () -> Tensor.zeros(0, 0).amax(0));
    fails(type, "amin: ", () -> Tensor.zeros(2, 0).amin(0, 1));
    assertEquals(Shape.of(0), Tensor.zeros(0, 3).max(1).values().shape());
    assertEquals(Shape.of(0), Tensor.zeros(0, 3).argmax(1).shape());
    assertEquals(Shape.of(0), Tensor.zeros(0, 3).amax(1).shape());
  }

  @Test
  void theMeanOfHalvesIsSummedInFloat32() {
    for (DType half : List.of(DType.FLOAT16, DType.BFLOAT16)) {
      Tensor x = Tensor.full(Shape.of(4096, 100), 1, half).requiresGrad_();
      Tensor mean = x.mean();
      assertEquals(half, mean.dtype());
      assertEquals(1, mean.item());
      assertEquals("MeanBackward", String.valueOf(mean.gradFn()));
    }
    assertEquals(100, Tensor.full(Shape.of(4096, 100), 100, DType.FLOAT16).mean().item());
  }

  @Test
  void aPenaltyOnTheGradientOfReluHasTheGradientZero() {
    Tensor x = Tensor.of(-1.0, 2.0).requiresGrad_();
    Tensor slope = Autograd.grad(x.relu().sum(), x, Backward.Option.CREATE_GRAPH);
    Tensor second = Autograd.grad(slope.square().sum(), x);
    assertArrayEquals(new double[] {0, 0}, second.toDoubleArray());
  }

  @Test
  void aScalarHasNoDimensionToAskFor() {
    Class<IndexOutOfBoundsException> type = IndexOutOfBoundsException.class;
    Tensor s = Tensor.scalar(5.0);
    fails(type, "size: ", () -> s.size(0));
    fails(type, "unbind: ", () -> s.unbind(0));
    fails(type, "split: ", () -> s.split(1, 0));
    fails(type, "chunk: ", () -> s.chunk(1, 0));
    fails(type, "select: ", () -> s.select(0, 0));
  }

  @Test
  void aPositionOutOfRangeIsToldWithItsOperationAndShape() {
    Class<IndexOutOfBoundsException> type = IndexOutOfBoundsException.class;
    Tensor x = Tensor.ones(2, 3);
    Tensor five = Tensor.of(5);
    Tensor places = Tensor.of(new long[][] {{5}});
    Tensor row = Tensor.ones(1, 3);
    List<Executable> calls =
        List.of(
            () -> x.indexSelect(0, five),
            () -> x.indexAdd(0, five, row),
            () -> x.indexCopy(0, five, row),
            () -> x.gather(0, places),
            () -> x.scatter(0, places, Tensor.ones(1, 1)),
            () -> x.scatterAdd(0, places, Tensor.ones(1, 1)));
    List<String> names =
        List.of("indexSelect", "indexAdd", "indexCopy", "gather", "scatter", "scatterAdd");
    for (int i = 0; i < calls.size(); i++) {
      fails(type, names.get(i) + ": index 5 is", calls.get(i));
      Exception e = assertThrows(type, calls.get(i));
      assertTrue(e.getMessage().endsWith("dim 0 of shape (2, 3)"), e.getMessage());
    }
  }

  @Test
  void boolsHaveASignAndASquare() {
    Tensor b = Tensor.of(true, false);
    assertEquals(DType.BOOL, b.sign().dtype());
    assertTrue(b.sign().equal(b));
    assertTrue(b.clone().sign_().equal(b));
    assertEquals(DType.INT64, b.square().dtype());
    assertTrue(b.square().equal(Tensor.of(1L, 0L)));
    assertThrows(IllegalArgumentException.class, () -> b.clone().square_());
    assertThrows(IllegalArgumentException.class, b::abs);
  }

  @Test
  @SuppressWarnings("NullAway") // that is what is tried
  void nullIsNamedByItsOperation() {
    Class<NullPointerException> type = NullPointerException.class;
    Tensor x = Tensor.ones(2);
    @Nullable Tensor tensor = null;
    @Nullable Number number = null;
    Index[] items = {null};
    fails(type, "add: ", () -> x.add(tensor));
    fails(type, "mul: ", () -> x.mul(number));
    fails(type, "rsub: ", () -> x.rsub(number));
    fails(type, "add_: ", () -> x.add_(tensor));
    fails(type, "div_: ", () -> x.div_(number));
    fails(type, "full: ", () -> Tensor.full(Shape.of(1), number));
    fails(type, "full: ", () -> Tensor.full(Shape.of(1), number, DType.FLOAT32));
    fails(type, "scalar: ", () -> Tensor.scalar(number));
    fails(type, "fill_: ", () -> x.fill_(number));
    fails(type, "index: ", () -> x.index(items));
    fails(type, "matmul: ", () -> x.matmul(tensor));
    fails(type, "maskedFill: mask", () -> x.maskedFill(tensor, 0));
  }

  @Test
  void anErrorNamesWhatWasWritten() {
    Tensor x = Tensor.ones(3, 4).requiresGrad_();
    Class<IllegalStateException> state = IllegalStateException.class;
    fails(
        IndexOutOfBoundsException.class,
        "get: index 9 is out of range for dim 1",
        () -> x.get(0, 9));
    fails(state, "put: ", () -> x.put("0", 3));
    fails(IllegalArgumentException.class, "maskedFill: the mask", () -> x.maskedFill(x, 0));
    Tensor y = x.mul(2);
    Tensor z = y.mul(y).sum();
    y.add_(1);
    fails(state, "backward: a tensor float32 (3, 4) that MulBackward saved", () -> z.backward());
  }

  @Test
  void anOldViewNamesTheOperationThatWouldChangeIt() {
    Tensor x = Tensor.ones(2);
    Tensor view = x.narrow(0, 0, 1);
    x.requiresGrad_();
    fails(IllegalStateException.class, "add_: ", () -> view.add_(1));
    fails(IllegalStateException.class, "exp_: ", view::exp_);
    fails(IllegalStateException.class, "copy_: ", () -> view.copy_(Tensor.ones(1)));
    fails(IllegalStateException.class, "clamp_: ", () -> view.clamp_(0, 1));
  }
}
