package dev.chagres.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.testing.Indices;
import dev.chagres.testing.PlainLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The view algebra against a model that enumerates every element's position. */
class LayoutTest {
  private static final long SEED = 20260101L;
  private static final int CHAINS = 4000;
  private static final int CHAIN_LENGTH = 6;

  /** A layout and what it must mean. */
  private record Pair(Layout layout, PlainLayout model, boolean mayRepeat) {
    Pair next(Layout after, PlainLayout meant) {
      return new Pair(after, meant, mayRepeat);
    }
  }

  @Test
  void randomChainsOfViewsMeanWhatTheirElementsSay() {
    Random random = new Random(SEED);
    int views = 0;
    for (int chain = 0; chain < CHAINS; chain++) {
      Pair pair = start(random);
      StringBuilder history = new StringBuilder(pair.layout.toString());
      for (int i = 0; i < CHAIN_LENGTH; i++) {
        pair = step(random, pair, history);
        check(pair, history.toString());
        views++;
      }
    }
    System.out.println("layout algebra: " + views + " views compared with the model, seed " + SEED);
  }

  private static Pair start(Random random) {
    long[] sizes = new long[random.nextInt(5)];
    for (int d = 0; d < sizes.length; d++) {
      sizes[d] = random.nextInt(10) == 0 ? 0 : 1 + random.nextInt(4);
    }
    Layout layout = Shape.of(sizes).contiguous();
    return new Pair(layout, PlainLayout.contiguous(sizes), false);
  }

  private static void check(Pair pair, String history) {
    Layout layout = pair.layout;
    PlainLayout model = pair.model;
    assertEquals(model, PlainLayout.of(layout), history);
    assertEquals(model.cells().length, layout.numel(), history);
    assertEquals(model.isRowMajor(), layout.isContiguous(), history);
    long end = Arrays.stream(model.cells()).max().orElse(-1) + 1;
    assertEquals(end, layout.end(), history);
    if (model.repeats()) {
      assertTrue(layout.mayOverlap(), history);
    } else if (!pair.mayRepeat) {
      assertFalse(layout.mayOverlap(), history);
    }
    long start = Arrays.stream(model.cells()).min().orElse(0);
    boolean fills = !model.repeats() && end - start == model.cells().length;
    assertEquals(fills, layout.isGapless(), history);
    Layout dense = layout.dense();
    assertTrue(dense.isGapless() && dense.start() == 0, history);
    assertEquals(layout.shape(), dense.shape(), history);
    Layout rebuilt = Layout.of(layout.shape(), layout.strides(), layout.offset());
    assertEquals(layout, rebuilt, history);
    assertEquals(layout.hashCode(), rebuilt.hashCode(), history);
    assertEquals(layout.isContiguous(), rebuilt.isContiguous(), history);
  }

  private static Pair step(Random random, Pair pair, StringBuilder history) {
    int rank = pair.layout.dim();
    if (rank == 0) {
      return random.nextBoolean()
          ? unsqueeze(random, pair, history)
          : expand(random, pair, history);
    }
    return switch (random.nextInt(11)) {
      case 0 -> transpose(random, pair, history);
      case 1 -> permute(random, pair, history);
      case 2 -> expand(random, pair, history);
      case 3 -> narrow(random, pair, history);
      case 4 -> slice(random, pair, history);
      case 5 -> select(random, pair, history);
      case 6 -> unsqueeze(random, pair, history);
      case 7 -> squeeze(random, pair, history);
      case 8 -> diagonal(random, pair, history);
      case 9 -> unfold(random, pair, history);
      default -> reshape(random, pair, history);
    };
  }

  /** A dimension, written from the front or from the end. */
  private static int spelled(Random random, int axis, int rank) {
    return random.nextBoolean() ? axis : axis - rank;
  }

  private static Pair transpose(Random random, Pair pair, StringBuilder history) {
    int rank = pair.layout.dim();
    int a = random.nextInt(rank);
    int b = random.nextInt(rank);
    history.append(" transpose ").append(a).append(' ').append(b);
    return pair.next(
        pair.layout.transpose(spelled(random, a, rank), spelled(random, b, rank)),
        pair.model.view(Indices.swapped(sizes(pair), a, b), i -> Indices.swapped(i, a, b)));
  }

  private static Pair permute(Random random, Pair pair, StringBuilder history) {
    int rank = pair.layout.dim();
    List<Integer> order = new ArrayList<>();
    for (int d = 0; d < rank; d++) {
      order.add(d);
    }
    Collections.shuffle(order, random);
    history.append(" permute ").append(order);
    long[] sizes = new long[rank];
    int[] dims = new int[rank];
    for (int d = 0; d < rank; d++) {
      sizes[d] = pair.model.sizes()[order.get(d)];
      dims[d] = spelled(random, order.get(d), rank);
    }
    return pair.next(
        pair.layout.permute(dims),
        pair.model.view(
            sizes,
            i -> {
              long[] from = new long[rank];
              for (int d = 0; d < rank; d++) {
                from[order.get(d)] = i[d];
              }
              return from;
            }));
  }

  private static Pair expand(Random random, Pair pair, StringBuilder history) {
    int rank = pair.layout.dim();
    int added = rank < 4 ? random.nextInt(2) : 0;
    long[] sizes = new long[rank + added];
    for (int d = 0; d < sizes.length; d++) {
      long old = d < added ? 1 : pair.model.sizes()[d - added];
      sizes[d] = old == 1 && Indices.numel(sizes(pair)) < 200 ? random.nextInt(4) : old;
    }
    history.append(" expand ").append(Arrays.toString(sizes));
    return new Pair(pair.layout.expand(Shape.of(sizes)), pair.model.expand(sizes), true);
  }

  private static long[] sizes(Pair pair) {
    return pair.model.sizes();
  }

  private static Pair narrow(Random random, Pair pair, StringBuilder history) {
    int axis = random.nextInt(pair.layout.dim());
    int size = (int) sizes(pair)[axis];
    int from = random.nextInt(size + 1);
    int length = random.nextInt(size - from + 1);
    history.append(" narrow ").append(axis).append(' ').append(from).append(' ').append(length);
    boolean fromEnd = from > 0 && from < size && random.nextBoolean();
    return pair.next(
        pair.layout.narrow(
            spelled(random, axis, pair.layout.dim()), fromEnd ? from - size : from, length),
        stepped(pair, axis, from, 1, length));
  }

  private static PlainLayout stepped(Pair pair, int axis, long from, long step, long count) {
    return pair.model.view(
        Indices.with(sizes(pair), axis, count), i -> Indices.with(i, axis, from + i[axis] * step));
  }

  private static Pair slice(Random random, Pair pair, StringBuilder history) {
    int axis = random.nextInt(pair.layout.dim());
    int size = (int) sizes(pair)[axis];
    int start = random.nextInt(2 * size + 3) - size - 1;
    int stop = random.nextInt(2 * size + 3) - size - 1;
    int step = 1 + random.nextInt(3);
    history.append(" slice ").append(axis).append(' ').append(start).append(':').append(stop);
    history.append(':').append(step);
    // Python's rule: negative ends count from the back, then both are moved into the dimension.
    int from = Math.max(0, Math.min(size, start < 0 ? start + size : start));
    int to = Math.max(0, Math.min(size, stop < 0 ? stop + size : stop));
    int count = 0;
    for (int i = from; i < to; i += step) {
      count++;
    }
    return pair.next(
        pair.layout.slice(spelled(random, axis, pair.layout.dim()), start, stop, step),
        stepped(pair, axis, from, step, count));
  }

  private static Pair select(Random random, Pair pair, StringBuilder history) {
    int rank = pair.layout.dim();
    int axis = random.nextInt(rank);
    int size = (int) sizes(pair)[axis];
    if (size == 0) {
      assertThrows(IndexOutOfBoundsException.class, () -> pair.layout.select(axis, 0));
      return pair;
    }
    int at = random.nextInt(size);
    history.append(" select ").append(axis).append(' ').append(at);
    long[] shape = Indices.removed(sizes(pair), axis);
    return pair.next(
        pair.layout.select(spelled(random, axis, rank), random.nextBoolean() ? at : at - size),
        pair.model.view(shape, i -> Indices.inserted(i, axis, at)));
  }

  private static Pair unsqueeze(Random random, Pair pair, StringBuilder history) {
    int rank = pair.layout.dim();
    if (rank > 5) {
      return pair;
    }
    int at = random.nextInt(rank + 1);
    history.append(" unsqueeze ").append(at);
    return pair.next(
        pair.layout.unsqueeze(random.nextBoolean() ? at : at - rank - 1),
        pair.model.view(Indices.inserted(sizes(pair), at, 1), i -> Indices.removed(i, at)));
  }

  private static Pair squeeze(Random random, Pair pair, StringBuilder history) {
    int axis = random.nextInt(pair.layout.dim());
    history.append(" squeeze ").append(axis);
    if (sizes(pair)[axis] != 1) {
      assertSame(pair.layout, pair.layout.squeeze(axis));
      return pair;
    }
    Layout all = pair.layout.squeeze();
    assertTrue(
        Arrays.stream(all.shape().toArray()).noneMatch(size -> size == 1), history::toString);
    assertArrayEquals(pair.model.cells(), PlainLayout.of(all).cells(), history::toString);
    return pair.next(
        pair.layout.squeeze(spelled(random, axis, pair.layout.dim())),
        pair.model.view(Indices.removed(sizes(pair), axis), i -> Indices.inserted(i, axis, 0)));
  }

  private static Pair diagonal(Random random, Pair pair, StringBuilder history) {
    int rank = pair.layout.dim();
    if (rank < 2) {
      return pair;
    }
    int a = random.nextInt(rank);
    int b = (a + 1 + random.nextInt(rank - 1)) % rank;
    int shift = random.nextInt(7) - 3;
    history.append(" diagonal ").append(shift).append(' ').append(a).append(' ').append(b);
    int length = 0;
    for (long i = 0; i < sizes(pair)[a]; i++) {
      length += i + shift >= 0 && i + shift < sizes(pair)[b] ? 1 : 0;
    }
    long[] rest = Indices.removed(Indices.removed(sizes(pair), Math.max(a, b)), Math.min(a, b));
    return pair.next(
        pair.layout.diagonal(shift, spelled(random, a, rank), spelled(random, b, rank)),
        pair.model.view(
            Indices.inserted(rest, rest.length, length),
            i -> {
              long along = i[i.length - 1];
              long row = along + Math.max(0, -shift);
              long column = along + Math.max(0, shift);
              long[] others = Indices.removed(i, i.length - 1);
              return a < b
                  ? Indices.inserted(Indices.inserted(others, a, row), b, column)
                  : Indices.inserted(Indices.inserted(others, b, column), a, row);
            }));
  }

  private static Pair unfold(Random random, Pair pair, StringBuilder history) {
    int rank = pair.layout.dim();
    if (rank > 5) {
      return pair;
    }
    int axis = random.nextInt(rank);
    int length = (int) sizes(pair)[axis];
    int size = random.nextInt(length + 1);
    int step = 1 + random.nextInt(3);
    history.append(" unfold ").append(axis).append(' ').append(size).append(' ').append(step);
    long[] shape = Indices.inserted(sizes(pair), rank, size);
    shape[axis] = (length - size) / step + 1;
    PlainLayout seen =
        pair.model.view(
            shape,
            i -> {
              long[] from = Indices.removed(i, rank);
              from[axis] = i[axis] * step + i[rank];
              return from;
            });
    return new Pair(pair.layout.unfold(spelled(random, axis, rank), size, step), seen, true);
  }

  private static Pair reshape(Random random, Pair pair, StringBuilder history) {
    long[] shape = randomFactors(random, sizes(pair));
    history.append(" reshape ").append(Arrays.toString(shape));
    Layout reshaped = pair.layout.reshape(Shape.of(shape));
    PlainLayout meant = pair.model.reshape(shape);
    if (meant.cells().length > 0) {
      boolean possible = pair.model.stridesFor(shape) != null;
      assertEquals(possible, reshaped != null, history::toString);
    }
    return reshaped == null ? pair : pair.next(reshaped, meant);
  }

  /** Another shape with the same number of elements. */
  private static long[] randomFactors(Random random, long... sizes) {
    long rest = Indices.numel(sizes);
    if (rest == 0) {
      return new long[] {random.nextInt(3), 0, random.nextInt(3)};
    }
    List<Long> factors = new ArrayList<>();
    for (long f = 2; rest > 1; f++) {
      while (rest % f == 0) {
        factors.add(f);
        rest /= f;
      }
    }
    Collections.shuffle(factors, random);
    List<Long> shape = new ArrayList<>();
    for (long factor : factors) {
      if (!shape.isEmpty() && random.nextBoolean()) {
        shape.set(shape.size() - 1, shape.getLast() * factor);
      } else {
        shape.add(factor);
      }
    }
    while (shape.size() < 5 && random.nextInt(3) == 0) {
      shape.add(random.nextInt(shape.size() + 1), 1L);
    }
    return shape.stream().mapToLong(Long::longValue).toArray();
  }

  @Test
  void reshapeKeepsTheNumberOfElements() {
    Layout rows = Shape.of(2, 3).contiguous();
    expect(IllegalArgumentException.class, "elements", () -> rows.reshape(Shape.of(7)));
    expect(IllegalArgumentException.class, "elements", () -> rows.reshape(Shape.of(0)));
    expect(
        IllegalArgumentException.class,
        "elements",
        () -> rows.transpose(0, 1).reshape(Shape.of(4000, 10000)));
  }

  @Test
  void reshapeOfAnyStridesIsPossibleExactlyWhenSomeStridesShowTheSameOrder() {
    Random random = new Random(SEED);
    int possible = 0;
    int impossible = 0;
    for (int i = 0; i < 20_000; i++) {
      int rank = 1 + random.nextInt(4);
      long[] sizes = new long[rank];
      long[] strides = new long[rank];
      for (int d = 0; d < rank; d++) {
        sizes[d] = 1 + random.nextInt(4);
        strides[d] = random.nextInt(13);
      }
      if (random.nextBoolean()) {
        // Half of them fit together, or nearly.
        long step = 1 + random.nextInt(2);
        for (int d = rank - 1; d >= 0; d--) {
          strides[d] = step;
          step *= sizes[d] + (random.nextInt(4) == 0 ? 1 : 0);
        }
      }
      Layout layout = Layout.of(Shape.of(sizes), strides, random.nextInt(3));
      PlainLayout model = PlainLayout.of(layout);
      long[] shape = randomFactors(random, sizes);
      Layout reshaped = layout.reshape(Shape.of(shape));
      String text = layout + " to " + Arrays.toString(shape);
      if (model.stridesFor(shape) == null) {
        assertNull(reshaped, text);
        impossible++;
      } else {
        assertNotNull(reshaped, text);
        assertEquals(model.reshape(shape), PlainLayout.of(reshaped), text);
        possible++;
      }
      if (model.repeats()) {
        assertTrue(layout.mayOverlap(), text);
      }
    }
    assertTrue(possible > 2000 && impossible > 2000, possible + " and " + impossible);
  }

  @Test
  void theStridesOfViewsAreThoseThatPyTorchGives() {
    Layout layout = Shape.of(2, 3, 4).contiguous();
    assertArrayEquals(new long[] {12, 4, 1}, layout.strides());
    assertArrayEquals(new long[] {12, 12, 4, 1}, layout.unsqueeze(1).strides());
    assertArrayEquals(new long[] {12, 4, 1, 1}, layout.unsqueeze(-1).strides());
    assertArrayEquals(new long[] {12, 4, 2}, layout.slice(2, 0, 4, 2).strides());
    assertArrayEquals(new long[] {0, 12, 4, 1}, layout.expand(Shape.of(5, 2, 3, 4)).strides());
    assertArrayEquals(new long[] {1, 16}, layout.diagonal(0, 0, 1).strides());
    assertArrayEquals(new long[] {12, 4, 2, 1}, layout.unfold(2, 3, 2).strides());
    assertArrayEquals(new long[] {1, 4, 12}, layout.transpose(0, -1).strides());
    assertArrayEquals(new long[] {3, 3, 1}, Shape.of(2, 0, 3).contiguous().strides());
  }

  @Test
  void wrongViewsAreErrorsThatSayWhatIsWrong() {
    Layout layout = Shape.of(2, 3).contiguous();
    Layout scalar = Shape.scalar().contiguous();
    expect(
        IndexOutOfBoundsException.class,
        "transpose: dim 2 is out of range for shape (2, 3)",
        () -> layout.transpose(0, 2));
    expect(IndexOutOfBoundsException.class, "dim -3", () -> layout.transpose(-3, 0));
    expect(IllegalArgumentException.class, "permute", () -> layout.permute(0));
    expect(IllegalArgumentException.class, "twice", () -> layout.permute(1, -1));
    expect(IllegalArgumentException.class, "does not expand", () -> layout.expand(Shape.of(4, 3)));
    expect(IllegalArgumentException.class, "does not expand", () -> layout.expand(Shape.of(2, 0)));
    expect(IllegalArgumentException.class, "more dimensions", () -> layout.expand(Shape.of(3)));
    expect(IndexOutOfBoundsException.class, "narrow", () -> layout.narrow(1, 1, 3));
    expect(IndexOutOfBoundsException.class, "narrow", () -> layout.narrow(1, 1, Long.MAX_VALUE));
    expect(IndexOutOfBoundsException.class, "narrow", () -> layout.narrow(1, -4, 1));
    expect(IndexOutOfBoundsException.class, "narrow", () -> layout.narrow(1, 0, -1));
    expect(IndexOutOfBoundsException.class, "narrow", () -> layout.narrow(1, Long.MIN_VALUE, 1));
    expect(IllegalArgumentException.class, "step", () -> layout.slice(0, 0, 2, 0));
    expect(IllegalArgumentException.class, "step", () -> layout.slice(0, 0, 2, -1));
    expect(IndexOutOfBoundsException.class, "select: index 3", () -> layout.select(1, 3));
    expect(IndexOutOfBoundsException.class, "select: index -4", () -> layout.select(1, -4));
    expect(IndexOutOfBoundsException.class, "select", () -> layout.select(1, Long.MIN_VALUE));
    expect(IndexOutOfBoundsException.class, "scalar", () -> scalar.select(0, 0));
    expect(IndexOutOfBoundsException.class, "scalar", () -> scalar.narrow(0, 0, 1));
    expect(IllegalArgumentException.class, "diagonal", () -> layout.diagonal(0, 1, -1));
    expect(IllegalArgumentException.class, "unfold", () -> layout.unfold(0, 3, 1));
    expect(IllegalArgumentException.class, "unfold", () -> layout.unfold(0, -1, 1));
    expect(IllegalArgumentException.class, "unfold", () -> layout.unfold(0, 1, 0));
    expect(IndexOutOfBoundsException.class, "insert", () -> layout.unsqueeze(3));
    expect(IndexOutOfBoundsException.class, "insert", () -> layout.unsqueeze(-4));
  }

  @Test
  void flippedDimensionsAreWalkedBack() {
    Layout layout = Shape.of(2, 3).contiguous();
    Layout back = layout.flip(0, -1);
    assertArrayEquals(new long[] {-3, -1}, back.strides());
    assertEquals(5, back.offset());
    assertEquals(0, back.start());
    assertEquals(6, back.end());
    assertFalse(back.mayOverlap());
    assertEquals(layout, back.flip(1, 0));
    Layout rows = layout.narrow(1, 1, 2).flip(1);
    assertEquals(2, rows.offset());
    assertEquals(1, rows.start());
    assertEquals(6, rows.end());
    Layout alone = Shape.of(1, 2).contiguous().flip(0);
    assertEquals(Shape.of(1, 2).contiguous(), alone);
    assertEquals(0, Shape.of(0, 2).contiguous().flip(0, 1).end());
    assertTrue(layout.expand(Shape.of(2, 2, 3)).flip(0, 1).mayOverlap());
    expect(IllegalArgumentException.class, "dim 1 is there twice", () -> layout.flip(-1, 1));
    expect(IndexOutOfBoundsException.class, "flip: dim 2", () -> layout.flip(2));
  }

  @Test
  void severalDimensionsAreSqueezed() {
    Layout layout = Shape.of(1, 3, 1, 1).contiguous();
    assertEquals(Shape.of(3, 1), layout.squeeze(-1, 1, 0).shape());
    assertEquals(layout, layout.squeeze(new int[0]));
    expect(IllegalArgumentException.class, "squeeze: dim 0", () -> layout.squeeze(-4, 0));
  }

  @Test
  void wrongStridesAreErrors() {
    Shape shape = Shape.of(2, 3);
    expect(IllegalArgumentException.class, "strides", () -> Layout.of(shape, new long[] {1}, 0));
    expect(
        IllegalArgumentException.class, "negative", () -> Layout.of(shape, new long[] {3, -1}, 0));
    expect(IllegalArgumentException.class, "offset", () -> Layout.of(shape, new long[] {3, 1}, -1));
    expect(
        IllegalArgumentException.class,
        "overflow",
        () -> Layout.of(shape, new long[] {Long.MAX_VALUE, Long.MAX_VALUE}, 0));
    expect(
        IllegalArgumentException.class,
        "overflow",
        () -> Layout.of(shape, new long[] {3, 1}, Long.MAX_VALUE));
  }

  @Test
  void hugeStepsDoNotOverflow() {
    Layout layout = Shape.of(7).contiguous();
    assertEquals(1, layout.slice(0, 2, 7, Long.MAX_VALUE).numel());
    assertEquals(7, layout.slice(0, Long.MIN_VALUE, Long.MAX_VALUE, 1).numel());
    assertEquals(0, layout.slice(0, Long.MAX_VALUE, Long.MIN_VALUE, 1).numel());
    assertEquals(1, layout.unfold(0, 7, Long.MAX_VALUE).numel() / 7);
    Layout square = Shape.of(3, 3).contiguous();
    assertEquals(0, square.diagonal(Long.MIN_VALUE, 0, 1).numel());
    assertEquals(0, square.diagonal(Long.MAX_VALUE, 0, 1).numel());
  }

  @Test
  void layoutsAreEqualByShapeStridesAndOffset() {
    Layout layout = Shape.of(4, 4).contiguous();
    assertEquals(layout, Layout.of(Shape.of(4, 4), new long[] {4, 1}, 0));
    assertNotEquals(layout, layout.transpose(0, 1));
    assertNotEquals(layout.narrow(0, 0, 2), layout.narrow(0, 1, 2));
    assertNotEquals(layout, layout.unsqueeze(0));
  }

  private static void expect(Class<? extends Throwable> type, String part, Runnable code) {
    Throwable thrown = assertThrows(type, code::run);
    assertTrue(
        String.valueOf(thrown.getMessage()).contains(part), () -> part + " is not in: " + thrown);
  }
}
