package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.core.Order;
import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import dev.chagres.testing.Cells;
import org.junit.jupiter.api.Test;

/** What finds one of its tensors freed writes to none of the others. */
class FreedMemoryTest {
  private static Tensor freed(Tensor x) {
    x.storage().free();
    return x;
  }

  @Test
  void ofTwoResultsNeitherIsWritten() {
    Tensor x = Tensor.of(3.0, 1, 2);
    Tensor values = Tensor.of(7.0, 8, 9);
    Located out = new Located(values, freed(Tensor.of(7L, 8, 9)));
    assertThrows(IllegalStateException.class, () -> Out.cummin(x, 0, out));
    assertThrows(IllegalStateException.class, () -> Out.sort(x, 0, Order.ASCENDING, out));
    assertArrayEquals(new double[] {7, 8, 9}, Cells.doubles(values));
  }

  @Test
  void whatDoesNotCountIsKeptUntilTheValuesAreKnown() {
    Tensor x = Tensor.of(3.0, 1, 2);
    Tensor values = freed(Tensor.of(5.0, 6, 7));
    Tensor index = Tensor.of(0L, 2, 0);
    for (Reduce reduce : Reduce.values()) {
      assertThrows(
          IllegalStateException.class,
          () -> x.scatterReduce_(0, index, values, reduce, IncludeSelf.EXCLUDE_SELF));
    }
    assertArrayEquals(new double[] {3, 1, 2}, Cells.doubles(x));
  }

  /** More often than there are permanent scratches, of which none may be lost. */
  @Test
  void aCopyThatFailsGivesItsScratchBack() {
    long before = Memory.stats().liveStorages();
    try (var _ = Scope.open()) {
      for (int i = 0; i < 300; i++) {
        Tensor part = Tensor.zeros(4, 5, 6).at("1:3, 1:4, 1:4"); // whose axes do not join
        freed(part);
        assertThrows(IllegalStateException.class, () -> part.sort(1));
        assertThrows(IllegalStateException.class, () -> part.cumsum(1));
      }
    }
    assertEquals(before, Memory.stats().liveStorages());
  }
}
