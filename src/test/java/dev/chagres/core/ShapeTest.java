package dev.chagres.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ShapeTest {
  @Test
  void aShapeCountsItsElements() {
    assertEquals(1, Shape.scalar().numel());
    assertEquals(24, Shape.of(2, 3, 4).numel());
    assertEquals(0, Shape.of(2, 0, Long.MAX_VALUE / 16).numel());
    assertEquals(Long.MAX_VALUE / 8, Shape.of(1, Long.MAX_VALUE / 8).numel());
    assertEquals(3, Shape.of(2, 3, 4).dim());
    assertEquals(4, Shape.of(2, 3, 4).size(-1));
  }

  @Test
  void aShapePrintsAsInPython() {
    assertEquals("()", Shape.scalar().toString());
    assertEquals("(3,)", Shape.of(3).toString());
    assertEquals("(2, 3)", Shape.of(2, 3).toString());
  }

  @Test
  void aShapeDoesNotChangeWithTheArrayItWasMadeFrom() {
    long[] sizes = {2, 3};
    Shape shape = Shape.of(sizes);
    sizes[0] = 9;
    shape.toArray()[1] = 9;
    assertEquals(Shape.of(2, 3), shape);
    assertEquals(Shape.of(2, 3).hashCode(), shape.hashCode());
    assertNotEquals(Shape.of(3, 2), shape);
    assertSame(shape.contiguous(), shape.contiguous());
  }

  @Test
  void wrongSizesAreErrors() {
    expect("negative", () -> Shape.of(2, -1));
    expect("negative", () -> Shape.of(0, Long.MIN_VALUE));
    expect("too many elements", () -> Shape.of(Long.MAX_VALUE, 2));
    expect("too many elements", () -> Shape.of(1L << 60));
    expect("too many elements", () -> Shape.of(2, 0, Long.MAX_VALUE, Long.MAX_VALUE));
    expect("too many elements", () -> Shape.of(0, 1L << 60));
    expect("too many elements", () -> Shape.of(1L << 32, 1L << 32));
    expect("too many elements", () -> Shape.of(1L << 32, 1L << 31));
    expect("at most 64", () -> Shape.of(new long[65]));
    assertEquals(64, Shape.of(new long[64]).dim());
  }

  @Test
  void dimensionsCountFromEitherEnd() {
    Shape shape = Shape.of(2, 3, 4);
    assertEquals(2, shape.axis(-1));
    assertEquals(0, shape.axis(-3));
    for (int wrong : new int[] {3, -4, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
      Exception e = assertThrows(IndexOutOfBoundsException.class, () -> shape.axis(wrong));
      assertEquals("axis: dim " + wrong + " is out of range for shape (2, 3, 4)", e.getMessage());
    }
    assertEquals(0, Shape.scalar().axis(0));
    assertEquals(0, Shape.scalar().axis(-1));
    assertThrows(IndexOutOfBoundsException.class, () -> Shape.scalar().axis(1));
    assertThrows(IndexOutOfBoundsException.class, () -> Shape.scalar().axis(-2));
    assertThrows(IndexOutOfBoundsException.class, () -> Shape.scalar().size(0));
  }

  @Test
  void shapesAreTakenApartAndPutTogether() {
    Shape shape = Shape.of(2, 3, 4);
    assertEquals(Shape.of(2, 9, 4), shape.with(-2, 9));
    assertEquals(Shape.of(2, 3, 1, 4), shape.insert(2, 1));
    assertEquals(Shape.of(2, 3, 4, 7), shape.insert(-1, 7));
    assertEquals(Shape.of(7, 2, 3, 4), shape.insert(-4, 7));
    assertEquals(Shape.of(2, 4), shape.remove(1));
    assertEquals(Shape.scalar(), Shape.of(5).remove(0));
    assertEquals(Shape.of(3, 4), shape.slice(1, 3));
    assertEquals(Shape.scalar(), shape.slice(1, 1));
    assertEquals(Shape.of(2, 3, 4, 2), shape.concat(Shape.of(2)));
    assertEquals(Shape.scalar(), Shape.scalar().concat(Shape.scalar()));
  }

  @Test
  void broadcastingFollowsNumpysRule() {
    Random random = new Random(7);
    int agreed = 0;
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      long[] a = sizes(random);
      long[] b = sizes(random);
      Shape found = Shape.broadcast(Shape.of(a), Shape.of(b));
      long[] expected = broadcast(a, b);
      String text = Shape.of(a) + " with " + Shape.of(b);
      if (expected == null) {
        assertNull(found, text);
        refused++;
      } else {
        assertArrayEquals(expected, found == null ? null : found.toArray(), text);
        agreed++;
      }
    }
    assertTrue(agreed > 2000 && refused > 2000);
  }

  private static long[] sizes(Random random) {
    long[] sizes = new long[random.nextInt(4)];
    for (int d = 0; d < sizes.length; d++) {
      sizes[d] = random.nextInt(4);
    }
    return sizes;
  }

  /** Both shapes are padded with ones in front; then every pair is equal or holds a 1. */
  private static long[] broadcast(long[] a, long[] b) {
    int rank = Math.max(a.length, b.length);
    long[] out = new long[rank];
    for (int d = 0; d < rank; d++) {
      long x = d < rank - a.length ? 1 : a[d - (rank - a.length)];
      long y = d < rank - b.length ? 1 : b[d - (rank - b.length)];
      if (x == y || y == 1) {
        out[d] = x;
      } else if (x == 1) {
        out[d] = y;
      } else {
        return null;
      }
    }
    return out;
  }

  @Test
  void oneSizeIsInferred() {
    Shape shape = Shape.of(4, 6);
    assertEquals(Shape.of(8, 3), shape.inferred(-1, 3));
    assertEquals(Shape.of(24), shape.inferred(-1));
    assertEquals(Shape.of(2, 12), shape.inferred(2, 12));
    assertEquals(Shape.of(0, 5), Shape.of(0).inferred(-1, 5));
    assertEquals(Shape.of(1), Shape.scalar().inferred(-1));
    assertEquals(Shape.scalar(), Shape.of(1, 1).inferred());
    expect("only one size can be -1", () -> shape.inferred(-1, -1));
    expect("negative", () -> shape.inferred(-2, 12));
    expect("does not fit the 24 elements of (4, 6)", () -> shape.inferred(-1, 5));
    expect("does not fit the 24 elements of (4, 6)", () -> shape.inferred(5, 5));
    expect("ambiguous", () -> Shape.of(0).inferred(-1, 0));
    expect("too many elements", () -> shape.inferred(Long.MAX_VALUE, 2, -1));
    expect("does not fit", () -> shape.inferred(0, -2 + 1 + 1));
  }

  private static void expect(String part, Runnable code) {
    Exception thrown = assertThrows(IllegalArgumentException.class, code::run);
    assertTrue(
        String.valueOf(thrown.getMessage()).contains(part), () -> part + " is not in: " + thrown);
  }
}
