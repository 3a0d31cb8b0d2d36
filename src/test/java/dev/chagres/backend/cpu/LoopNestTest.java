package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.backend.Axes;
import dev.chagres.backend.Backend;
import dev.chagres.backend.ElementKernels.Progression;
import dev.chagres.backend.Strided;
import dev.chagres.backend.cpu.TestArrays.Form;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LoopNestTest {

  @Test
  void whatIsOneWalkBecomesOneLoop() {
    Shape shape = Shape.of(2, 3, 4);
    Axes loops = Axes.of(shape.contiguous(), shape.contiguous());
    assertEquals(1, loops.rank());
    assertEquals(24, loops.size(0));
    assertEquals(1, loops.stride(0, 0));
  }

  @Test
  void operandsHaveOneShape() {
    Layout y = Shape.of(2, 3).contiguous();
    assertThrows(IllegalArgumentException.class, () -> Axes.of(y, Shape.of(2, 4).contiguous()));
    assertThrows(IllegalArgumentException.class, () -> Axes.of(Shape.of(6).contiguous(), y));
  }

  @Test
  void theResultsOrderIsTheLoops() {
    Shape shape = Shape.of(2, 3);
    Axes loops = Axes.of(shape.contiguous(), Shape.of(3, 2).contiguous().transpose(0, 1));
    assertEquals(2, loops.rank());
    assertEquals(3, loops.size(0));
    assertEquals(1, loops.stride(1, 1));
    assertEquals(3, loops.stride(0, 1));
  }

  @Test
  void aRowAgainstAMatrixKeepsTwoLoops() {
    Shape shape = Shape.of(4, 5, 6);
    Axes loops = Axes.of(Shape.of(6).contiguous().expand(shape), shape.contiguous());
    assertEquals(2, loops.rank());
    assertEquals(20, loops.size(0));
    assertEquals(0, loops.stride(0, 0));
  }

  @Test
  void elementsAreCopiedBackwardsInParts() {
    Strided x = Strided.allocate(Shape.of(300_000), DType.INT32);
    Strided y = Strided.allocate(Shape.of(2, 600_000), DType.INT32);
    Strided row = y.with(y.layout().select(0, 1).slice(0, 0, 600_000, 2));
    Backend backend = CpuBackend.on(new WorkerTeam(4));
    backend.elements().arange(new Progression(0, 0, 5, 1, 0), x);
    backend.elements().copy(x.with(x.layout().flip(0)), row);
    for (long i = 0; i < 300_000; i += 1 + i / 7) {
      int value = row.pointer().getAtIndex(ValueLayout.JAVA_INT, 2 * i);
      assertEquals(5 + 299_999 - i, value);
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> new Strided(x.storage(), DType.INT64, Shape.of(150_001).contiguous().flip(0)));
  }

  @Test
  void oneElementIsALoopOfOne() {
    Axes loops = Axes.of(Shape.scalar().contiguous(), Shape.scalar().contiguous());
    assertEquals(1, loops.rank());
    assertEquals(1, loops.numel());
  }

  /**
   * Whatever is dropped, moved and joined: each element of the operands still meets its partners,
   * once.
   */
  @Test
  void thePartnersStayTogether() {
    Random random = new Random(3);
    for (int round = 0; round < 2000; round++) {
      long[] sizes = new long[random.nextInt(6)];
      for (int i = 0; i < sizes.length; i++) {
        sizes[i] = random.nextInt(1, 4);
      }
      Shape shape = Shape.of(sizes);
      Form[] forms = Form.values();
      Strided a = TestArrays.uninitialised(DType.INT8, shape, forms[random.nextInt(4)]);
      Strided b = TestArrays.uninitialised(DType.INT8, shape, forms[random.nextInt(4)]);
      Strided y = TestArrays.uninitialised(DType.INT8, shape, forms[random.nextInt(3)]);
      Map<Long, Long> partners = new HashMap<>();
      TestArrays.forEach(
          shape, i -> partners.put(position(y, i), position(a, i) * 1_000_000 + position(b, i)));
      Axes loops = Axes.of(a.layout(), b.layout(), y.layout());
      assertEquals(shape.numel(), loops.numel());
      for (long i = 0; i < loops.numel(); i++) {
        Long expected = partners.remove(loops.position(2, i));
        assertEquals(loops.position(0, i) * 1_000_000 + loops.position(1, i), expected);
      }
      assertTrue(partners.isEmpty());
    }
  }

  private static long position(Strided x, long[] index) {
    long position = 0;
    for (int i = 0; i < index.length; i++) {
      position += index[i] * x.layout().stride(i);
    }
    return position;
  }
}
