package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.testing.GoldenFile;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class NumpyRandomTest {
  private static final GoldenFile GOLDEN = GoldenFile.open("random.safetensors");

  /** The names are recipes; their grammar is at the top of golden_random.py. */
  @TestFactory
  Stream<DynamicTest> drawsWhatNumpyDraws() {
    return GOLDEN.names().stream()
        .filter(name -> name.startsWith("numpy/"))
        .map(
            name ->
                DynamicTest.dynamicTest(
                    name,
                    () -> {
                      Tensor expected = GOLDEN.get(name);
                      Tensor found = follow(name);
                      assertEquals(expected.dtype(), found.dtype());
                      assertEquals(expected.shape(), found.shape());
                      assertArrayEquals(expected.toDoubleArray(), found.toDoubleArray());
                      assertArrayEquals(expected.toLongArray(), found.toLongArray());
                    }));
  }

  private static Tensor follow(String recipe) {
    String[] span = recipe.split("@", -1);
    String[] index = span[0].split("#", -1);
    String[] parts = index[0].split("/", 3);
    NumpyRandom random = new NumpyRandom(Long.parseLong(parts[1]));
    Tensor[] results =
        Stream.of(parts[2].split(";", -1)).map(call -> draw(random, call)).toArray(Tensor[]::new);
    Tensor result = results[index.length > 1 ? Integer.parseInt(index[1]) : results.length - 1];
    if (span.length == 1) {
      return result;
    }
    long[] ends = Stream.of(span[1].split(":", -1)).mapToLong(Long::parseLong).toArray();
    return result.slice(0, ends[0], ends[1], 1);
  }

  private static Tensor draw(NumpyRandom random, String call) {
    String function = call.substring(0, call.indexOf('('));
    String[] arguments = call.substring(call.indexOf('(') + 1, call.length() - 1).split(",", -1);
    long n = Long.parseLong(arguments[0]);
    return switch (function) {
      case "rand" -> random.rand(n);
      case "normal" ->
          random.normal(Double.parseDouble(arguments[1]), Double.parseDouble(arguments[2]), n);
      case "randint" ->
          random.randint(Long.parseLong(arguments[1]), Long.parseLong(arguments[2]), n);
      case "permutation" -> random.permutation(n);
      case "shuffle" -> {
        long columns = Long.parseLong(arguments[1]);
        Tensor rows =
            columns == 0 ? Tensor.arange(n) : Tensor.arange(n * columns).reshape(n, columns);
        random.shuffle(rows);
        yield rows;
      }
      default -> throw new IllegalArgumentException(call);
    };
  }

  /** numpy.random.seed(42), then rand(2, 2), randn(2), uniform(-1, 3, 2), as numpy prints them. */
  @Test
  void continuesOneStreamThroughAllDraws() {
    NumpyRandom random = new NumpyRandom(7).seed(42);
    assertArrayEquals(
        new double[] {
          0.3745401188473625, 0.9507143064099162, 0.7319939418114051, 0.5986584841970366
        },
        random.rand(2, 2).toDoubleArray());
    assertArrayEquals(
        new double[] {-0.23415337472333597, -0.23413695694918055}, random.randn(2).toDoubleArray());
    assertArrayEquals(
        new double[] {-0.7676655513272022, 2.4647045830997407},
        random.uniform(-1, 3, 2).toDoubleArray());
  }

  @Test
  void shufflesArraysAsItShufflesTensors() {
    long[] expected = new NumpyRandom(3).permutation(10).mul(7).toLongArray();
    long[] longs = Tensor.arange(10).mul(7).toLongArray();
    new NumpyRandom(3).shuffle(longs);
    assertArrayEquals(expected, longs);
    int[] ints = Tensor.arange(10).mul(7).toIntArray();
    new NumpyRandom(3).shuffle(ints);
    assertArrayEquals(expected, Arrays.stream(ints).asLongStream().toArray());
    Tensor rows = Tensor.arange(10).mul(7).reshape(10, 1).expand(10, 2);
    Tensor shuffled = new NumpyRandom(3).permutation(rows);
    assertArrayEquals(expected, shuffled.select(1, 1).toLongArray());
    assertEquals(7, rows.get(1, 0).item());
    new NumpyRandom(3).shuffle(new long[0]);
  }

  @Test
  void drawsScalarsAndNothing() {
    assertEquals(Shape.scalar(), new NumpyRandom(1).rand().shape());
    assertEquals(DType.FLOAT64, new NumpyRandom(1).rand(0, 3).dtype());
    assertEquals(0, new NumpyRandom(1).permutation(0).numel());
  }

  @Test
  void refusesWhatNumpyRefuses() {
    NumpyRandom random = new NumpyRandom(0xffffffffL);
    assertThrows(IllegalArgumentException.class, () -> random.seed(-1));
    assertThrows(IllegalArgumentException.class, () -> random.seed(1L << 32));
    assertThrows(IllegalArgumentException.class, () -> random.normal(0, -1, 2));
    assertThrows(IllegalArgumentException.class, () -> random.randint(3, 3, 2));
    assertThrows(
        IllegalArgumentException.class, () -> random.uniform(0, Double.POSITIVE_INFINITY, 1));
    assertThrows(IllegalArgumentException.class, () -> random.permutation(-1));
    assertThrows(
        IllegalArgumentException.class, () -> random.shuffle(Tensor.full(Shape.scalar(), 1)));
  }
}
