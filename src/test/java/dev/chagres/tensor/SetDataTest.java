package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Tensors that are given other data while the tape, or a view, counts on the old. */
@OnEveryDevice
class SetDataTest {
  private static void expect(String text, Executable action) {
    IllegalStateException error = assertThrows(IllegalStateException.class, action);
    assertTrue(error.getMessage().contains(text), error::getMessage);
  }

  @Test
  void aViewKeepsTheOldMemoryAndItsOwnHistory() {
    Tensor w = Tensor.ones(6).requiresGrad_();
    Tensor base = w.mul(3.0);
    Tensor view = base.view(2, 3);
    base.setData(Tensor.zeros(1));
    view.sum().backward();
    assertArrayEquals(new float[] {3, 3, 3, 3, 3, 3}, w.grad().toFloatArray());
    assertEquals(18, view.sum().item());
  }

  @Test
  void aViewOfATensorThatWasRewrittenAndGivenOtherDataHasNoHistory() {
    Tensor w = Tensor.ones(40, 25).requiresGrad_();
    Tensor base = w.mul(1.0);
    Tensor view = base.view(20, 50);
    base.mul_(2.0);
    base.setData(Tensor.ones(1));
    expect("given other data by setData", () -> view.sum().backward());
    try (var _ = Autograd.noGrad()) {
      assertEquals(2000, view.detach().sum().item());
    }
  }

  @Test
  void whatIsWrittenToAViewDoesNotReachABaseWithOtherData() {
    Tensor w = Tensor.ones(4).requiresGrad_();
    Tensor base = w.mul(1.0);
    Tensor view = base.view(2, 2);
    base.setData(Tensor.ones(9));
    expect("given other data by setData", () -> view.mul_(2.0));
    assertArrayEquals(new float[] {1, 1, 1, 1}, view.detach().flatten(0).toFloatArray());
  }

  @Test
  void aSavedTensorWithOtherDataIsNotedInBackward() {
    Tensor x = Tensor.rand(100, 100).requiresGrad_();
    Tensor y = x.softmax(1);
    Tensor sum = y.sum();
    y.setData(Tensor.ones(1));
    expect("given other data by setData", sum::backward);
    Tensor a = Tensor.ones(3, 3).requiresGrad_();
    Tensor b = Tensor.ones(3, 3);
    Tensor product = a.mm(b);
    b.setData(Tensor.ones(1, 1));
    expect("given other data by setData", () -> product.sum().backward());
  }

  @Test
  void valuesOfAnotherShapeAreNotStored() {
    Tensor target = Tensor.zeros(4, 4).narrow(1, 0, 2);
    assertThrows(IllegalArgumentException.class, () -> Writing.store(Tensor.ones(60, 60), target));
    assertThrows(IllegalArgumentException.class, () -> Writing.store(Tensor.ones(2), target));
    assertEquals(0, target.sum().item());
  }

  @OnCpu("it is about the segment of memory that the host sees")
  @Test
  void tensorsLargerThanTheAddressesAreRefused() {
    Tensor one = Tensor.ones(1);
    for (Executable action :
        new Executable[] {
          () -> one.expand(1L << 62).exp(),
          () -> one.expand(1L << 60),
          () -> Tensor.empty(1L << 61),
          () -> Tensor.of(one.segment(), DType.FLOAT32, 1L << 61),
        }) {
      Exception error = assertThrows(IllegalArgumentException.class, action);
      assertTrue(error.getMessage().contains("too many elements"), error::getMessage);
    }
    assertFalse(one.expand(1L << 40).isContiguous());
    assertEquals(1, one.expand(1L << 40).narrow(0, 5, 1).item());
  }
}
