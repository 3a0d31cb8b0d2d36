package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/** Lists of positions name what they name in PyTorch, beside all other kinds of items. */
class IndexListsTest {

  private static long[] numbers(String text) {
    return text.isEmpty()
        ? new long[0]
        : Arrays.stream(text.split(",")).mapToLong(Long::parseLong).toArray();
  }

  @TestFactory
  Stream<DynamicTest> textsReadAndWriteWhatTheyDoInPyTorch() throws IOException {
    return Files.readAllLines(Path.of("src", "test", "resources", "golden", "indexing.txt"))
        .stream()
        .map(line -> dynamicTest(line, () -> check(line.split(" \\| ", -1))));
  }

  /** As in PyTorch a list of flags is a mask of one dimension. */
  @Test
  void flagsNameWhereTheyAreTrue() {
    Tensor x = Tensor.arange(6).view(3, 2);
    assertArrayEquals(new long[] {0, 1, 4, 5}, x.at("[True, False, True]").toLongArray());
    assertArrayEquals(new long[] {1, 3, 5}, x.at(":, [false, true]").toLongArray());
    assertArrayEquals(
        new long[] {0, 4}, x.index(Index.of(true, false, true), Index.at(0)).toLongArray());
    assertEquals(Shape.of(0, 2), x.at("[False, False, False]").shape());
    x.put("[True, False, False]", 9);
    assertArrayEquals(new long[] {9, 9, 2, 3, 4, 5}, x.toLongArray());
    Tensor leaf = Tensor.ones(3).requiresGrad_();
    leaf.at("[true, false, true]").sum().backward();
    assertArrayEquals(new long[] {1, 0, 1}, leaf.grad().toLongArray());
    Exception length = assertThrows(IndexOutOfBoundsException.class, () -> x.at("[True, False]"));
    assertTrue(length.getMessage().startsWith("index: "), length.getMessage());
    for (String mixed : List.of("[True, 1]", "[0, False]")) {
      Exception refused = assertThrows(IllegalArgumentException.class, () -> x.at(mixed));
      String text = refused.getMessage();
      assertTrue(text.endsWith("a list has positions or flags, not both"), text);
    }
    assertThrows(IllegalArgumentException.class, () -> x.at("[Trueish]"));
    assertThrows(IllegalArgumentException.class, () -> x.at("[True True]"));
  }

  private static void assertRefused(Shape shape, Executable call) {
    RuntimeException refused = assertThrows(RuntimeException.class, call);
    boolean isRange = refused instanceof IndexOutOfBoundsException;
    String text = refused.getMessage();
    assertTrue(isRange || refused instanceof IllegalArgumentException, refused::toString);
    assertTrue(text.startsWith("index: "), text);
    assertTrue(text.endsWith(isRange ? "of shape " + shape : "do not broadcast"), text);
  }

  private static void check(String... parts) {
    Shape shape = Shape.of(numbers(parts[0]));
    Tensor x = Tensor.arange(shape.numel()).view(shape.toArray());
    String text = parts[1];
    if (parts[2].equals("error")) {
      assertRefused(shape, () -> assertNotNull(x.at(text)));
      assertRefused(shape, () -> x.put(text, 1));
      return;
    }
    Tensor read = x.at(text);
    assertEquals(Shape.of(numbers(parts[2])), read.shape());
    long[] named = numbers(parts[3]);
    assertArrayEquals(named, read.toLongArray());
    assertArrayEquals(named, x.index(IndexText.parse(text).toArray(Index[]::new)).toLongArray());
    long[] counts = new long[Math.toIntExact(shape.numel())];
    for (long position : named) {
      counts[(int) position]++;
    }
    Tensor leaf = x.to(DType.FLOAT64).requiresGrad_();
    leaf.at(text).sum().backward();
    assertArrayEquals(counts, leaf.grad().toLongArray());
    long[] written = Arrays.stream(counts).map(count -> Math.min(count, 1)).toArray();
    assertArrayEquals(written, x.zerosLike().put(text, 1).toLongArray());
  }

  /** What a text names is remembered; the tensors that it is read with are not. */
  @Test
  void textsOutliveTheScopesOfTheirFirstUse() {
    Tensor x = Tensor.arange(3);
    for (int i = 0; i < 2; i++) {
      try (var _ = Scope.open()) {
        assertArrayEquals(new long[] {2, 0}, x.at("[2, 0], ...").toLongArray());
      }
    }
  }

  @Test
  void positionsAreWrittenAndAddedTo() {
    Tensor x = Tensor.zeros(2, 3).put(5, Index.all(), Index.of(0, 2));
    assertEquals(List.of(List.of(5.0, 0.0, 5.0), List.of(5.0, 0.0, 5.0)), x.tolist());
    x.indexPut_(Tensor.ones(3), Accumulate.ACCUMULATE, Index.of(1, 1, 1), Index.of(1, 1, 0));
    assertEquals(List.of(List.of(5.0, 0.0, 5.0), List.of(6.0, 2.0, 5.0)), x.tolist());
    long[] positions = {1};
    Index kept = Index.of(positions);
    positions[0] = 7;
    assertEquals(Index.of(1), kept);
  }
}
