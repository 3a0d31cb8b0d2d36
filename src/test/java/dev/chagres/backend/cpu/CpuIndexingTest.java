package dev.chagres.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.backend.Backend;
import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.IndexKernels.Store;
import dev.chagres.backend.Strided;
import dev.chagres.backend.cpu.TestArrays.Form;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Selecting, gathering and scattering against a loop in plain Java, in every layout, below and
 * above the sizes that several threads share.
 */
class CpuIndexingTest {
  private final Backend backend = CpuBackend.on(new WorkerTeam(3));
  private final Random random = new Random(20251121);

  @Test
  void slicesAreTakenAndPutBack() {
    Strided x = TestArrays.random(random, DType.FLOAT32, 3, 5, 2);
    Strided index = TestArrays.of(DType.INT64, Shape.of(4), 4, 0, -1, 2);
    Strided y = TestArrays.empty(DType.FLOAT32, 3, 4, 2);
    backend.indexing().indexSelect(x, 1, index, Negatives.FROM_END, y);
    TestArrays.forEach(
        y.shape(),
        i -> {
          long from = Math.floorMod((long) TestArrays.get(index, i[1]), 5L);
          assertEquals(TestArrays.get(x, i[0], from, i[2]), TestArrays.get(y, i));
        });
    Strided target = TestArrays.empty(DType.FLOAT32, 3, 5, 2);
    TestArrays.forEach(target.shape(), i -> TestArrays.set(target, 0, i));
    backend.indexing().indexPut(Store.ADD, y, 1, index, Negatives.FROM_END, target);
    TestArrays.forEach(
        target.shape(),
        i -> {
          double times = i[1] == 4 ? 2 : i[1] == 0 || i[1] == 2 ? 1 : 0;
          assertEquals(times == 0 ? 0 : times * TestArrays.get(x, i), TestArrays.get(target, i));
        });
    TestArrays.set(index, 5, 3);
    var e =
        assertThrows(
            IndexOutOfBoundsException.class,
            () -> backend.indexing().indexSelect(x, 1, index, Negatives.FROM_END, y));
    assertEquals("indexSelect: index 5 is out of range for a dimension of size 5", e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void largeSelectionsAreSharedAndNameTheFirstBadPosition(int dim) {
    Strided x =
        dim == 0
            ? TestArrays.random(random, DType.FLOAT32, 300, 64)
            : TestArrays.random(random, DType.FLOAT32, 64, 300, 16);
    int count = dim == 0 ? 8000 : 600;
    Strided index = TestArrays.empty(DType.INT64, count);
    for (long i = 0; i < count; i++) {
      TestArrays.set(index, random.nextInt(-300, 300), i);
    }
    Strided y =
        dim == 0
            ? TestArrays.empty(DType.FLOAT32, count, 64)
            : TestArrays.empty(DType.FLOAT32, 64, count, 16);
    backend.indexing().indexSelect(x, dim, index, Negatives.FROM_END, y);
    TestArrays.forEach(
        y.shape(),
        i -> {
          long[] at = i.clone();
          at[dim] = Math.floorMod((long) TestArrays.get(index, i[dim]), 300L);
          assertEquals(TestArrays.get(x, at), TestArrays.get(y, i));
        });
    TestArrays.set(index, -301, count - 1);
    TestArrays.set(index, 300, count / 2);
    for (int run = 0; run < 5; run++) {
      var e =
          assertThrows(
              IndexOutOfBoundsException.class,
              () -> backend.indexing().indexSelect(x, dim, index, Negatives.FROM_END, y));
      assertEquals(
          "indexSelect: index 300 is out of range for a dimension of size 300", e.getMessage());
    }
  }

  /** Writes with three threads and with one, which must leave the same; then nothing. */
  private void isShared(Store store, int dim, boolean slices, Shape from, Shape at, Shape to) {
    Strided x = TestArrays.random(random, DType.FLOAT32, from, Form.CONTIGUOUS);
    Strided index = TestArrays.uninitialised(DType.INT64, at, Form.CONTIGUOUS);
    int n = (int) to.size(dim);
    TestArrays.forEach(at, i -> TestArrays.set(index, random.nextInt(-n, n), i));
    Strided y = TestArrays.random(random, DType.FLOAT32, to, Form.CONTIGUOUS);
    Strided expected = TestArrays.uninitialised(DType.FLOAT32, to, Form.CONTIGUOUS);
    backend.elements().copy(y, expected);
    write(backend, store, dim, slices, x, index, y);
    write(CpuBackend.on(new WorkerTeam(1)), store, dim, slices, x, index, expected);
    String what = store + " " + dim + " " + from + " to " + to;
    assertArrayEquals(TestArrays.values(expected), TestArrays.values(y), what);
    long[] last = at.toArray();
    Arrays.setAll(last, i -> last[i] - 1);
    TestArrays.set(index, -n - 1, last);
    long[] middle = at.toArray();
    Arrays.setAll(middle, i -> middle[i] / 2);
    TestArrays.set(index, n, middle);
    var e =
        assertThrows(
            IndexOutOfBoundsException.class,
            () -> write(backend, store, dim, slices, x, index, y),
            what);
    assertTrue(e.getMessage().contains(": index " + n + " is out of range"), e.getMessage());
    assertArrayEquals(TestArrays.values(expected), TestArrays.values(y), what);
  }

  private static void write(
      Backend backend, Store store, int dim, boolean slices, Strided x, Strided index, Strided y) {
    if (slices) {
      backend.indexing().indexPut(store, x, dim, index, Negatives.FROM_END, y);
    } else {
      backend.indexing().scatter(store, x, dim, index, Negatives.FROM_END, y);
    }
  }

  @ParameterizedTest
  @EnumSource
  void largeWritesAreSharedAndCheckedFirst(Store store) {
    isShared(store, 0, true, Shape.of(700, 200), Shape.of(700), Shape.of(60, 200));
    isShared(store, 0, true, Shape.of(70000), Shape.of(70000), Shape.of(900));
    isShared(store, 1, true, Shape.of(5, 500, 30), Shape.of(500), Shape.of(5, 60, 30));
    isShared(store, 0, false, Shape.of(700, 200), Shape.of(700, 200), Shape.of(60, 200));
    isShared(store, 1, false, Shape.of(200, 700), Shape.of(200, 700), Shape.of(200, 60));
    isShared(store, 1, false, Shape.of(9, 300, 30), Shape.of(9, 300, 30), Shape.of(9, 60, 40));
    isShared(store, 0, false, Shape.of(70000), Shape.of(70000), Shape.of(900));
  }

  @Test
  void anIndexThatIsExpandedNamesWholeRows() {
    Strided vector = TestArrays.of(DType.INT64, Shape.of(3), 1, 3, 1);
    Strided index = vector.with(vector.layout().unsqueeze(1).expand(Shape.of(3, 5)));
    Strided x = TestArrays.random(random, DType.FLOAT32, 4, 5);
    Strided y = TestArrays.empty(DType.FLOAT32, 3, 5);
    backend.indexing().gather(x, 0, index, Negatives.BAD, y);
    Strided sums = TestArrays.empty(DType.FLOAT32, 4, 5);
    TestArrays.forEach(sums.shape(), i -> TestArrays.set(sums, 0, i));
    backend.indexing().scatter(Store.ADD, y, 0, index, Negatives.BAD, sums);
    TestArrays.forEach(
        x.shape(),
        i -> {
          double value = TestArrays.get(x, i);
          assertEquals(i[0] == 1 ? 2 * value : i[0] == 3 ? value : 0, TestArrays.get(sums, i));
        });
    TestArrays.set(vector, -4, 2);
    TestArrays.forEach(sums.shape(), i -> TestArrays.set(sums, 7, i));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> backend.indexing().scatter(Store.ADD, y, 0, index, Negatives.BAD, sums));
    TestArrays.forEach(sums.shape(), i -> assertEquals(7, TestArrays.get(sums, i)));
  }

  @Test
  void gatherAndScatterTakeEveryLayout() {
    for (Form form : Form.values()) {
      for (int dim = 0; dim < 3; dim++) {
        int axis = dim;
        Strided x = TestArrays.random(random, DType.FLOAT64, Shape.of(3, 4, 5), form);
        Shape shape = Shape.of(2, 3, 2);
        Strided index = TestArrays.uninitialised(DType.INT64, shape, form);
        TestArrays.forEach(shape, i -> TestArrays.set(index, random.nextInt(-3, 3), i));
        Strided y = TestArrays.uninitialised(DType.FLOAT64, shape, Form.SLICED);
        backend.indexing().gather(x, dim, index, Negatives.FROM_END, y);
        TestArrays.forEach(
            shape,
            i -> {
              long[] at = i.clone();
              at[axis] = Math.floorMod((long) TestArrays.get(index, i), x.shape().size(axis));
              assertEquals(TestArrays.get(x, at), TestArrays.get(y, i));
            });
        Strided sum = TestArrays.random(random, DType.FLOAT64, Shape.of(3, 4, 5), Form.TRANSPOSED);
        Strided expected = TestArrays.empty(DType.FLOAT64, 3, 4, 5);
        backend.elements().copy(sum, expected);
        TestArrays.forEach(
            shape,
            i -> {
              long[] at = i.clone();
              at[axis] = Math.floorMod((long) TestArrays.get(index, i), sum.shape().size(axis));
              TestArrays.set(expected, TestArrays.get(expected, at) + TestArrays.get(y, i), at);
            });
        backend.indexing().scatter(Store.ADD, y, dim, index, Negatives.FROM_END, sum);
        assertArrayEquals(TestArrays.values(expected), TestArrays.values(sum), 1e-12);
      }
    }
  }

  @Test
  void trueElementsAreCountedAndLocated() {
    Strided mask = TestArrays.of(DType.BOOL, Shape.of(6), 1, 0, 0, 1, 1, 0);
    assertEquals(3, backend.counting().countTrue(mask));
    Strided positions = TestArrays.empty(DType.INT64, 3);
    backend.counting().positions(mask, positions);
    assertArrayEquals(new double[] {0, 3, 4}, TestArrays.values(positions));
  }
}
