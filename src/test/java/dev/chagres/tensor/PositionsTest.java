package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.testing.OnEveryDevice;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Where elements are: what is not zero, and positions in a shape. */
@OnEveryDevice
class PositionsTest {
  @Test
  void findsWhatIsNotZeroDimensionByDimension() {
    Tensor x = Tensor.of(new long[][] {{0, 3, 0}, {4, 0, 5}});
    List<Tensor> found = x.nonzeroAsTuple();
    assertArrayEquals(new long[] {0, 1, 1}, found.get(0).toLongArray());
    assertArrayEquals(new long[] {1, 0, 2}, found.get(1).toLongArray());
    Index[] items = found.stream().map(Index::of).toArray(Index[]::new);
    assertArrayEquals(new long[] {3, 4, 5}, x.index(items).toLongArray());
    assertArrayEquals(new long[] {0}, Tensor.scalar(2).nonzeroAsTuple().getFirst().toLongArray());
    assertEquals(2, Tensor.zeros(0, 3).nonzeroAsTuple().size());
    assertArrayEquals(
        new long[] {0, 1, 1, 0, 1, 2, -7, -7}, x.nonzeroStatic(4, -7).flatten().toLongArray());
    assertArrayEquals(new long[] {0, 1}, x.nonzeroStatic(1).flatten().toLongArray());
    assertEquals(Shape.of(2, 0), Tensor.scalar(1).nonzeroStatic(2).shape());
  }

  @Test
  void positionsBeyondTheShapeBeginAgain() {
    List<Tensor> index = Tensor.of(-1L, 7L, 3L).unravelIndex(2, 2);
    assertArrayEquals(new long[] {1, 1, 1}, index.get(0).toLongArray());
    assertArrayEquals(new long[] {1, 1, 1}, index.get(1).toLongArray());
    assertEquals(Shape.of(0), Tensor.empty(DType.INT64, 0).unravelIndex(2, 0).get(1).shape());
    assertEquals(DType.INT64, Tensor.scalar(3, DType.INT8).unravelIndex(2, 2).get(0).dtype());
  }

  @Test
  void whatHasNoPositionsIsRefused() {
    Tensor x = Tensor.ones(2);
    Tensor index = Tensor.of(0L);
    refused("nonzeroStatic: a size may not be negative: -1", () -> x.nonzeroStatic(-1));
    refused("unravelIndex: positions are integers, not float32", () -> x.unravelIndex(2, 2));
    refused("unravelIndex: shape (2, 0) has no elements", () -> index.unravelIndex(2, 0));
  }

  private static void refused(String message, Executable code) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, code).getMessage());
  }
}
