package dev.chagres.tensor;

import static dev.chagres.core.DType.BOOL;
import static dev.chagres.core.DType.FLOAT32;
import static dev.chagres.core.DType.INT16;
import static dev.chagres.core.DType.INT8;
import static dev.chagres.core.DType.UINT8;
import static dev.chagres.tensor.Keep.KEEPDIM;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Tensors of more than 2^31 elements, whose positions are no {@code int}. By hand, with 20 GB of
 * memory: {@code mvn verify -DexcludedGroups=none -Dtest=HugeTest}.
 */
@Tag("huge")
class HugeTest {
  private static final long N = (1L << 31) + 1001;
  private static final long ROWS = 3;
  private static final long COLUMNS = (1L << 30) + 7;

  private Scope scope;

  @BeforeEach
  void open() {
    scope = Scope.open();
  }

  @AfterEach
  void close() {
    scope.close();
    Memory.emptyCache();
  }

  /** Zeros but for a few elements, some of them far out. */
  private static Tensor marked(DType dtype, Number mark, long... at) {
    Tensor x = Tensor.zeros(dtype, N);
    for (long position : at) {
      x.put(mark, Index.at(position));
    }
    return x;
  }

  @Test
  void elementwise() {
    Tensor x = marked(INT8, 5, 0, N - 1);
    Tensor y = x.mul(3).add(x).sub(1);
    assertArrayEquals(new long[] {19, -1}, y.narrow(0, 0, 2).toLongArray());
    assertArrayEquals(new long[] {-1, 19}, y.narrow(0, N - 2, 2).toLongArray());
    assertEquals(-N + 40, y.sum().itemLong());
    x.neg_();
    assertEquals(-5, x.get(N - 1).itemLong());
    Tensor mask = x.lt(0);
    assertEquals(2, mask.sum().itemLong());
    assertEquals(9, Tensor.where(mask, Tensor.scalar(9, INT8), x).get(N - 1).itemLong());
  }

  @Test
  void strided() {
    Tensor x = Tensor.zeros(INT8, ROWS, COLUMNS);
    Tensor columns = x.slice(1, 0, Long.MAX_VALUE, 2);
    columns.add_(1);
    assertEquals(ROWS * ((COLUMNS + 1) / 2), x.sum().itemLong());
    assertEquals(1, x.get(ROWS - 1, COLUMNS - 1).itemLong());
    assertEquals(0, x.get(ROWS - 1, COLUMNS - 2).itemLong());
    Tensor row = Tensor.arange(INT8, 0, ROWS, 1).unsqueeze(1);
    x.mul_(row);
    assertEquals(2, x.get(ROWS - 1, COLUMNS - 1).itemLong());
    assertEquals((COLUMNS + 1) / 2 * 3, x.sum().itemLong());
  }

  @Test
  void reductions() {
    Tensor x = marked(FLOAT32, 7.5, N - 3);
    assertEquals(N - 3, x.argmax().itemLong());
    assertEquals(7.5, x.max().item());
    assertEquals(7.5, x.sum().item());
    x.fill_(1);
    assertEquals((double) (float) N, x.sum().item());
    assertEquals(1, x.mean().item());
    assertEquals(0, x.var().item());
  }

  @Test
  void reductionsOfAxes() {
    Tensor x = Tensor.ones(UINT8, ROWS, COLUMNS);
    assertArrayEquals(new long[] {COLUMNS, COLUMNS, COLUMNS}, x.sum(1).toLongArray());
    x.put(4, Index.at(2), Index.at(COLUMNS - 1));
    assertEquals(COLUMNS - 1, x.argmax(1).get(2).itemLong());
    Tensor sums = x.to(BOOL).all(KEEPDIM, 0);
    assertEquals(COLUMNS, sums.numel());
    assertTrue(sums.all().isTrue());
    assertEquals(4, x.amax(0).get(COLUMNS - 1).itemLong());
  }

  @Test
  void indexing() {
    Tensor x = marked(UINT8, 3, 5, 1L << 31, N - 1);
    Tensor positions = Tensor.of(N - 1, 1L << 31, 5, -1, 4);
    assertArrayEquals(new long[] {3, 3, 3, 3, 0}, x.index(Index.of(positions)).toLongArray());
    assertArrayEquals(
        new long[] {3, 3, 3, 3, 0}, x.indexSelect(0, positions.remainder(N)).toLongArray());
    Tensor found = x.nonzero().squeeze(1);
    assertArrayEquals(new long[] {5, 1L << 31, N - 1}, found.toLongArray());
    assertEquals(9, x.maskedSelect(x.ne(0)).sum().itemLong());
    assertArrayEquals(new long[] {3, 3, 3}, x.gather(0, found).toLongArray());
    x.put(8, Index.of(found));
    assertEquals(24, x.sum().itemLong());
    x.indexAdd_(0, found, Tensor.ones(UINT8, 3));
    x.scatter_(0, found.narrow(0, 2, 1), Tensor.full(Shape.of(1), 2, UINT8));
    assertEquals(9, x.get(1L << 31).itemLong());
    assertEquals(2, x.get(N - 1).itemLong());
  }

  @Test
  void copies() {
    Tensor x = Tensor.zeros(INT8, ROWS, COLUMNS);
    x.select(0, 2).fill_(6);
    Tensor transposed = x.t().contiguous();
    assertEquals(6, transposed.get(COLUMNS - 1, 2).itemLong());
    assertEquals(0, transposed.get(COLUMNS - 1, 1).itemLong());
    assertEquals(6 * COLUMNS, transposed.sum().itemLong());
    Tensor wide = transposed.to(INT16);
    assertEquals(6, wide.get(COLUMNS - 1, 2).itemLong());
  }

  @Test
  void joinedAndCompared() {
    Tensor x = Tensor.zeros(INT8, ROWS, COLUMNS);
    x.select(0, 2).fill_(6);
    Tensor joined = Tensor.cat(List.of(x.select(0, 0), x.select(0, 2), x.select(0, 1)));
    assertEquals(6, joined.get(2 * COLUMNS - 1).itemLong());
    assertEquals(0, joined.get(2 * COLUMNS).itemLong());
    assertFalse(x.equal(x.clone().put(1, Index.at(2), Index.at(COLUMNS - 1))));
  }

  /** Rows that lie 2^30 elements apart, and a sum over more products than an int can count. */
  @Test
  void products() {
    long columns = (1L << 30) + 600;
    Tensor x = Tensor.zeros(FLOAT32, 2, columns);
    Tensor near = x.narrow(1, 0, 64).fill_(1);
    Tensor far = x.narrow(1, columns - 64, 64).fill_(2);
    assertArrayEquals(
        new double[] {128, 128, 128, 128}, near.mm(far.t()).flatten().toDoubleArray());
    assertArrayEquals(
        new double[] {4, 4},
        far.t().mm(near).narrow(0, 63, 1).narrow(1, 0, 2).flatten().toDoubleArray());
    Tensor ends = x.narrow(1, columns - 1, 1);
    assertEquals(8, ends.t().mm(ends).item());
    Tensor flat = x.view(2 * columns);
    assertEquals(2 * 64 * (1 + 4), flat.dot(flat).item());
  }
}
