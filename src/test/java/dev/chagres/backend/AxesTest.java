package dev.chagres.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import org.junit.jupiter.api.Test;

class AxesTest {
  private static final Layout ROWS = Shape.of(2, 3, 4, 5).contiguous();

  private static void assertOneWalk(Axes axes, long... strides) {
    assertEquals(1, axes.rank());
    assertEquals(axes.numel(), axes.size(0));
    for (int i = 0; i < strides.length; i++) {
      assertEquals(strides[i], axes.stride(i, 0));
    }
  }

  /** So operands of one order, and their result, take the way without strides, whatever order. */
  @Test
  void operandsOfOneOrderAreOneWalk() {
    for (int[] order : new int[][] {{0, 1, 2, 3}, {0, 2, 3, 1}, {3, 2, 1, 0}, {2, 0, 3, 1}}) {
      Layout x = ROWS.permute(order);
      assertOneWalk(Axes.of(x, x, Layout.dense(x, x)), 1, 1, 1);
      Layout number = Shape.scalar().contiguous().expand(x.shape());
      assertOneWalk(Axes.of(number, x, Layout.dense(number, x)), 0, 1, 1);
      Layout part = x.narrow(0, 1, x.size(0) - 1);
      assertOneWalk(Axes.of(part.dense(), part.dense()), 1, 1);
    }
  }

  @Test
  void othersKeepTheAxesThatTheyNeed() {
    Axes axes = Axes.of(ROWS.permute(0, 2, 3, 1), Shape.of(2, 4, 5, 3).contiguous());
    assertEquals(3, axes.rank());
    assertEquals(2 * 3 * 4 * 5, axes.numel());
    assertEquals(3, axes.size(2));
    assertEquals(20, axes.stride(0, 2));
    assertEquals(1, axes.stride(1, 2));
    assertEquals(20 + 1, axes.position(0, 4));
    Layout other = Shape.of(3).contiguous();
    assertThrows(IllegalArgumentException.class, () -> Axes.of(ROWS, other));
  }
}
