package dev.chagres.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Rounding;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import org.junit.jupiter.api.Test;

class StridedTest {
  private static Layout layout(Shape shape, long[] strides, long offset) {
    return Layout.of(shape, strides, offset);
  }

  @Test
  void elementsLieInsideTheStorage() {
    Storage storage = Storage.allocate(48);
    Shape six = Shape.of(2, 3);
    assertEquals(6, new Strided(storage, DType.FLOAT64, six.contiguous()).numel());
    new Strided(storage, DType.FLOAT32, layout(six, new long[] {6, 2}, 1));
    new Strided(storage, DType.FLOAT64, layout(Shape.of(0, 3), new long[] {3, 1}, 99));
    Layout[] outside = {
      Shape.of(7).contiguous(),
      layout(six, new long[] {3, 1}, 1),
      layout(six, new long[] {4, 1}, 0),
      layout(Shape.of(3), new long[] {1L << 61}, 0),
      layout(Shape.of(1), new long[] {1}, 6),
      layout(Shape.of(1), new long[] {1}, (1L << 61) - 1),
      layout(Shape.of(1), new long[] {1}, Long.MAX_VALUE - 1),
      layout(Shape.of(1000, 1000), new long[] {0, 1}, 0),
    };
    for (Layout place : outside) {
      IllegalArgumentException error =
          assertThrows(
              IllegalArgumentException.class, () -> new Strided(storage, DType.FLOAT64, place));
      assertTrue(error.getMessage().contains("storage of 48 bytes"), error::getMessage);
    }
    Strided array = Strided.allocate(six, DType.INT16);
    assertThrows(
        IllegalArgumentException.class, () -> array.with(layout(six, new long[] {3, 1}, 1)));
  }

  @Test
  void windowsOfAnySizeAreCounted() {
    Window far = new Window(3, 3, 1, 1, 0, 0, 1L << 62, 2_000_000_000);
    assertEquals(0, far.outputHeight(8, Rounding.FLOOR));
    assertEquals(0, far.outputWidth(8, Rounding.CEIL));
    Window wide = new Window(3, 3, 1, 1, 1L << 62, 1, 1, 1);
    assertThrows(IllegalArgumentException.class, () -> wide.outputHeight(8, Rounding.FLOOR));
    assertEquals(8, wide.outputWidth(8, Rounding.FLOOR));
  }
}
