package dev.chagres.tensor;

import static dev.chagres.tensor.Index.all;
import static dev.chagres.tensor.Index.at;
import static dev.chagres.tensor.Index.ellipsis;
import static dev.chagres.tensor.Index.newAxis;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.testing.GoldenFile;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@OnEveryDevice(blocking = true)
class SelectionTest {
  private static final GoldenFile GOLDEN = GoldenFile.open("shape.safetensors");

  // ---- PyTorch's results and gradients

  @TestFactory
  Stream<DynamicTest> readsAndWritesWhatPyTorchDoes() {
    return GOLDEN.names().stream()
        .filter(name -> name.endsWith("/out"))
        .map(name -> name.substring(0, name.length() - 4))
        .filter(name -> name.startsWith("get/") || name.startsWith("put"))
        .map(name -> DynamicTest.dynamicTest(name, () -> compare(name)));
  }

  private static void compare(String name) {
    List<Tensor> inputs = new ArrayList<>();
    while (GOLDEN.has(name + "/in" + inputs.size())) {
      Tensor input = GOLDEN.get(name + "/in" + inputs.size());
      inputs.add(input.dtype().isFloating() ? input.requiresGrad_() : input);
    }
    Index[] items = items(name, inputs);
    Tensor x = inputs.getFirst();
    Tensor y;
    if (name.startsWith("get/")) {
      y = x.index(items);
    } else if (name.startsWith("put_add/")) {
      y = x.indexPut(inputs.getLast(), Accumulate.ACCUMULATE, items);
    } else {
      y = x.clone();
      y.put(inputs.getLast(), items);
      y = y.mul(1);
    }
    assertTensor(GOLDEN.get(name + "/out"), y);
    if (GOLDEN.has(name + "/cotangent")) {
      y.backward(GOLDEN.get(name + "/cotangent"));
      for (int i = 0; i < inputs.size(); i++) {
        if (GOLDEN.has(name + "/grad" + i)) {
          assertTensor(GOLDEN.get(name + "/grad" + i), inputs.get(i).grad());
        }
      }
    }
  }

  private static Index[] items(String name, List<Tensor> inputs) {
    JsonObject arguments = GOLDEN.arguments(name);
    assertTrue(arguments != null, name);
    return arguments.getAsJsonArray("index").asList().stream()
        .map(item -> item(item, inputs))
        .toArray(Index[]::new);
  }

  private static Index item(JsonElement item, List<Tensor> inputs) {
    if (item.isJsonArray()) {
      JsonArray ends = item.getAsJsonArray();
      return new Index.Slice(end(ends.get(0)), end(ends.get(1)), end(ends.get(2)).orElse(1));
    }
    if (item.isJsonObject()) {
      return Index.of(inputs.get(1 + item.getAsJsonObject().get("tensor").getAsInt()));
    }
    return switch (item.getAsString()) {
      case "..." -> ellipsis();
      case "newaxis" -> newAxis();
      default -> at(item.getAsLong());
    };
  }

  private static OptionalLong end(JsonElement number) {
    return number.isJsonNull() ? OptionalLong.empty() : OptionalLong.of(number.getAsLong());
  }

  private static void assertTensor(Tensor expected, @Nullable Tensor found) {
    assertTrue(found != null, "there is no tensor");
    assertEquals(expected.shape(), found.shape());
    assertEquals(expected.dtype(), found.dtype());
    assertArrayEquals(expected.toDoubleArray(), found.toDoubleArray());
  }

  // ---- where the dimensions of index tensors go

  private static final Tensor X = Tensor.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5);
  private static final Tensor I = Tensor.of(0L, 1L);

  private static void assertShape(List<Integer> expected, Tensor found) {
    long[] sizes = expected.stream().mapToLong(Integer::longValue).toArray();
    assertEquals(Shape.of(sizes), found.shape());
  }

  /** Shapes that PyTorch 2.13 gives; a number beside a tensor does not part it from the next. */
  @Test
  void placesTheDimensionsOfIndexTensors() {
    assertShape(List.of(3, 2, 5), X.index(at(0), all(), Index.of(I)));
    assertShape(List.of(2, 2, 5), X.index(all(), at(0), Index.of(I)));
    assertShape(List.of(2, 1, 4, 5), X.index(Index.of(I), newAxis(), Index.of(I)));
    assertShape(List.of(2, 4), X.index(Index.of(I), at(0), all(), Index.of(I)));
    assertShape(List.of(2, 2), X.index(all(), Index.of(I), at(0), Index.of(I)));
    assertShape(List.of(2, 3, 5), X.index(Index.of(I), all(), Index.of(I)));
    assertShape(List.of(2, 3, 2), X.index(all(), all(), Index.of(I), Index.of(I)));
    assertShape(List.of(2, 3, 4), X.index(Index.of(I), ellipsis(), Index.of(I)));
    assertShape(List.of(1, 2, 3, 4, 5), X.index(newAxis(), Index.of(I)));
    Tensor mask = Tensor.of(new boolean[][] {{true, false, true}, {true, true, true}});
    assertShape(List.of(5, 1, 4, 5), X.index(Index.of(mask), newAxis()));
    assertShape(List.of(5, 4), X.index(Index.of(mask), all(), Index.of(Tensor.of(3L))));
    assertShape(
        List.of(1, 2, 3, 4, 5), X.index(Index.of(Tensor.scalar(true).reshape(new long[0]))));
    assertShape(
        List.of(0, 2, 3, 4, 5), X.index(Index.of(Tensor.scalar(false).reshape(new long[0]))));
  }

  @Test
  void picksTheNamedElements() {
    Tensor y = X.index(Index.of(Tensor.of(1L, -2L)), all(), Index.of(Tensor.of(-1L, 2L)), at(3));
    assertArrayEquals(new long[] {78, 98, 118, 13, 33, 53}, y.toLongArray());
    Tensor wide = X.index(at(0), Index.of(Tensor.of(new long[][] {{0}, {2}})), Index.of(I), at(-1));
    assertArrayEquals(new long[] {4, 9, 44, 49}, wide.toLongArray());
  }

  @Test
  void readsAViewWhereNoTensorIsInvolved() {
    Tensor x = Tensor.zeros(2, 3);
    x.at("1, ::2").fill_(7);
    x.at("..., None").get(0, 1).fill_(5);
    x.at("...").get(0, 0).fill_(3);
    assertArrayEquals(new double[] {3, 5, 0, 7, 0, 7}, x.toDoubleArray());
    Tensor row = Tensor.zeros(2, 3);
    row.index(Index.of(Tensor.full(Shape.scalar(), 1))).fill_(2);
    assertArrayEquals(new double[] {0, 0, 0, 2, 2, 2}, row.toDoubleArray());
  }

  @Test
  void readsACopyWhereATensorIsInvolved() {
    Tensor x = Tensor.zeros(3);
    x.index(Index.of(I)).fill_(1);
    assertArrayEquals(new double[3], x.toDoubleArray());
  }

  // ---- writing

  @Test
  void writesThroughNumbersAndRanges() {
    Tensor x = Tensor.zeros(2, 3);
    x.put("0, 1", 2).put(":, -1", Tensor.of(5L, 6L));
    assertArrayEquals(new double[] {0, 2, 5, 0, 0, 6}, x.toDoubleArray());
    x.put(Tensor.ones(1, 1, 3), at(0));
    assertArrayEquals(new double[] {1, 1, 1, 0, 0, 6}, x.toDoubleArray());
  }

  @Test
  void writesThroughTensorsInPlace() {
    Tensor x = Tensor.zeros(2, 3);
    long version = x.storage().version();
    x.put(Tensor.of(1L, 2L, 3L), Index.of(I.add(-2)));
    assertArrayEquals(new double[] {1, 2, 3, 1, 2, 3}, x.toDoubleArray());
    assertEquals(version + 1, x.storage().version());
    x.put(9, Index.of(x.gt(1.5)));
    assertArrayEquals(new double[] {1, 9, 9, 1, 9, 9}, x.toDoubleArray());
    x.put(Tensor.of(4.0, 5.0), Index.of(I), Index.of(Tensor.of(2L, 0L)));
    assertArrayEquals(new double[] {1, 9, 4, 5, 9, 9}, x.toDoubleArray());
  }

  @Test
  void keepsTheLastOfTheValuesForOneElement() {
    Tensor x = Tensor.zeros(3);
    x.put(Tensor.of(1.0, 2.0, 3.0), Index.of(Tensor.of(1L, 1L, -2L)));
    assertArrayEquals(new double[] {0, 3, 0}, x.toDoubleArray());
  }

  @Test
  void writesThroughTensorsIntoViewsOfAnyLayout() {
    Tensor x = Tensor.zeros(3, 4);
    x.t().put(Tensor.of(1.0, 2.0, 3.0), Index.of(Tensor.of(1L, 3L)));
    x.at("1:, :2").put(7, Index.of(I), Index.of(I));
    assertArrayEquals(new double[] {0, 1, 0, 1, 7, 2, 0, 2, 0, 7, 0, 3}, x.toDoubleArray());
    Tensor y = Tensor.zeros(2, 2, 2);
    y.put(
        Tensor.of(new double[][] {{1, 2}, {3, 4}}),
        Index.of(I),
        all(),
        Index.of(Tensor.of(1L, 0L)));
    assertArrayEquals(new double[] {0, 1, 0, 2, 3, 0, 4, 0}, y.toDoubleArray());
  }

  @Test
  void writesWhatSharesMemoryWithTheTarget() {
    Tensor x = Tensor.arange(5);
    x.put(x.at("1:"), Index.of(Tensor.of(0L, 1L, 2L, 3L)));
    assertArrayEquals(new long[] {1, 2, 3, 4, 4}, x.toLongArray());
    Tensor permutation = Tensor.of(2L, 0L, 1L);
    permutation.put(permutation.clone().add(10), Index.of(permutation));
    assertArrayEquals(new long[] {10, 11, 12}, permutation.toLongArray());
  }

  @Test
  void writesInsideTheGraph() {
    Tensor x = Tensor.of(1.0, 2.0, 3.0).requiresGrad_();
    Tensor v = Tensor.of(10.0, 20.0).requiresGrad_();
    Tensor y = x.mul(2);
    y.put(v, Index.of(Tensor.of(2L, 0L)));
    assertEquals("IndexPutBackward", name(y));
    y.mul(Tensor.of(1.0, 10.0, 100.0)).sum().backward();
    assertArrayEquals(new double[] {0, 20, 0}, gradient(x));
    assertArrayEquals(new double[] {100, 1}, gradient(v));
  }

  @Test
  void writesIntoAViewInsideTheGraph() {
    Tensor x = Tensor.ones(2, 3).requiresGrad_();
    Tensor v = Tensor.scalar(5.0).requiresGrad_();
    Tensor y = x.mul(3);
    y.at("1").put(v, Index.of(Tensor.of(true, false, true)));
    assertEquals("CopySlices", name(y));
    y.square().sum().backward();
    assertArrayEquals(new double[] {18, 18, 18, 0, 18, 0}, gradient(x));
    assertArrayEquals(new double[] {20}, gradient(v));
  }

  private static String name(Tensor y) {
    var node = y.gradFn();
    return node == null ? "none" : node.name();
  }

  private static double[] gradient(Tensor x) {
    Tensor gradient = x.grad();
    return gradient == null ? new double[0] : gradient.toDoubleArray();
  }

  @Test
  void refusesToWriteIntoALeafThatRequiresGradients() {
    Tensor x = Tensor.zeros(3).requiresGrad_();
    assertThrows(IllegalStateException.class, () -> x.put(1, at(0)));
    assertThrows(IllegalStateException.class, () -> x.put(1, Index.of(I)));
    Autograd.noGrad(() -> x.put(1, Index.of(I)).put(2, at(2)));
    assertArrayEquals(new double[] {1, 1, 2}, x.toDoubleArray());
    assertNull(x.gradFn());
  }

  // ---- derivatives

  @Test
  void differentiatesTwice() {
    Tensor x = new Generator(DefaultDevice.get(), 1).randn(DType.FLOAT64, 2, 3, 2).requiresGrad_();
    Tensor v = new Generator(DefaultDevice.get(), 2).randn(DType.FLOAT64, 2, 1).requiresGrad_();
    Tensor repeated = Tensor.of(1L, 1L, 0L, -1L);
    Tensor places = Tensor.of(0L, 1L, 1L, 0L);
    Tensor mask = Tensor.of(new boolean[][] {{true, false, true}, {false, true, true}});
    List<UnaryOperator<Tensor>> functions =
        List.of(
            y -> y.index(Index.of(repeated)),
            y -> y.index(Index.of(repeated), all(), Index.of(places)),
            y -> y.index(all(), Index.of(repeated), Index.of(places)),
            y -> y.index(Index.of(mask)),
            y -> y.maskedSelect(mask.unsqueeze(2)),
            y -> y.at("..., None, ::2, -1"));
    for (var function : functions) {
      GradCheck.gradcheck(y -> function.apply(y).square(), x);
      GradCheck.gradgradcheck(y -> function.apply(y).square(), x);
    }
    BinaryOperator<Tensor> write =
        (y, w) -> y.mul(1).put(w, Index.of(I), all(), Index.of(Tensor.of(1L, 0L))).square();
    GradCheck.gradcheck(write, x, v);
    GradCheck.gradgradcheck(write, x, v);
  }

  @Test
  void keepsOnlyTheIndexOnTheTape() {
    Tensor x = Tensor.ones(3).requiresGrad_();
    Tensor base = x.mul(1);
    Tensor y = base.index(Index.of(I));
    Autograd.noGrad(() -> base.detach().fill_(9));
    y.sum().backward();
    assertArrayEquals(new double[] {1, 1, 0}, gradient(x));
    Tensor index = Tensor.of(0L, 1L);
    Tensor z = x.mul(1).index(Index.of(index)).sum();
    index.fill_(2);
    assertThrows(IllegalStateException.class, z::backward);
  }

  // ---- masks

  @Test
  void findsWhatIsNotZero() {
    Tensor x = Tensor.of(new double[][] {{0, 3, 0}, {0, 0, Double.NaN}});
    assertArrayEquals(new long[] {0, 1, 1, 2}, x.nonzero().toLongArray());
    assertEquals(Shape.of(2, 2), x.nonzero().shape());
    assertEquals(Shape.of(2, 1), x.flatten().nonzero().shape());
    assertEquals(Shape.of(1, 0), Tensor.full(Shape.scalar(), 4).nonzero().shape());
    assertEquals(Shape.of(0, 0), Tensor.full(Shape.scalar(), 0).nonzero().shape());
    assertEquals(Shape.of(0, 2), Tensor.zeros(0, 3).nonzero().shape());
    assertArrayEquals(new long[] {1, 0, 2, 1}, x.t().nonzero().toLongArray());
  }

  @Test
  void selectsByABroadcastMask() {
    Tensor x = Tensor.arange(3);
    Tensor mask = Tensor.of(new boolean[][] {{true}, {false}, {true}});
    assertArrayEquals(new long[] {0, 1, 2, 0, 1, 2}, x.maskedSelect(mask).toLongArray());
    assertEquals(Shape.of(0), x.maskedSelect(Tensor.scalar(false)).shape());
    assertThrows(IllegalArgumentException.class, () -> x.maskedSelect(I));
    assertThrows(IllegalArgumentException.class, () -> x.maskedSelect(Tensor.of(true, false)));
  }

  // ---- errors

  private static void assertRefused(
      Class<? extends RuntimeException> type, String message, Runnable code) {
    assertEquals(message, assertThrows(type, code::run).getMessage());
  }

  @Test
  void namesWhatDoesNotFit() {
    Tensor x = Tensor.zeros(2, 3);
    assertRefused(
        IndexOutOfBoundsException.class,
        "index: 3 indices for a tensor of 2 dimensions, of shape (2, 3)",
        () -> x.at("0, 0, 0"));
    assertRefused(
        IndexOutOfBoundsException.class,
        "index: 1 index for a tensor of 0 dimensions, of shape ()",
        () -> x.get(0, 0).at(":"));
    assertRefused(
        IndexOutOfBoundsException.class,
        "index: 3 is out of range for dim 1 of shape (2, 3)",
        () -> x.at("None, 0, 3"));
    assertRefused(
        IndexOutOfBoundsException.class,
        "index: -4 is out of range for dim 1 of shape (2, 3)",
        () -> x.index(at(0), Index.of(Tensor.of(0L, -4L))));
    assertRefused(
        IndexOutOfBoundsException.class,
        "index: 2 is out of range for dim 0 of shape (2, 3)",
        () -> x.index(Index.of(Tensor.of(2L, 0L)), Index.of(I)));
    assertRefused(
        IndexOutOfBoundsException.class,
        "index: a mask of shape (3,) does not fit shape (2, 3) from dim 0 on, which needs (2,)",
        () -> x.index(Index.of(Tensor.of(true, false, true))));
    assertRefused(
        IllegalArgumentException.class,
        "index: index tensors of shapes (2,) and (3,) do not broadcast",
        () -> x.index(Index.of(I), Index.of(Tensor.of(0L, 1L, 2L))));
    assertRefused(
        IllegalArgumentException.class,
        "index: there is more than one ellipsis",
        () -> x.at("..., ..."));
    assertRefused(
        IllegalArgumentException.class,
        "index: an index tensor must be int64, int32 or, for a mask, bool or uint8, not int16;"
            + " convert it with to(dtype)",
        () -> x.index(Index.of(I.to(DType.INT16))));
    assertRefused(
        IllegalArgumentException.class,
        "put: a value of shape (4,) does not broadcast to (2, 3), what is written to",
        () -> x.put(Tensor.zeros(4), Index.of(I)));
  }

  @OnCpu("a kernel of CUDA leaves out the bad element alone")
  @Test
  void writesNothingWhereAnIndexIsOutOfRange() {
    Tensor x = Tensor.zeros(2, 3);
    Tensor bad = Tensor.of(0L, 1L, 2L);
    assertThrows(IndexOutOfBoundsException.class, () -> x.put(1, Index.of(bad)));
    assertThrows(IndexOutOfBoundsException.class, () -> x.put(1, Index.of(bad), Index.of(bad)));
    assertThrows(IndexOutOfBoundsException.class, () -> x.t().put(1, all(), Index.of(bad)));
    assertArrayEquals(new double[6], x.toDoubleArray());
  }

  @Test
  void refusesToWriteElementsThatShareMemory() {
    Tensor x = Tensor.zeros(3, 1).expand(3, 4);
    assertThrows(IllegalArgumentException.class, () -> x.put(1, at(0)));
    assertThrows(IllegalArgumentException.class, () -> x.put(1, Index.of(I)));
  }

  @Test
  void acceptsIndicesWithoutElements() {
    Tensor none = Tensor.empty(DType.INT64, 0);
    assertEquals(Shape.of(0, 3), Tensor.zeros(2, 3).index(Index.of(none)).shape());
    assertEquals(Shape.of(0, 3), Tensor.zeros(0, 3).index(Index.of(none)).shape());
    Tensor x = Tensor.zeros(2);
    x.put(1, Index.of(none));
    assertArrayEquals(new double[2], x.toDoubleArray());
  }

  // ---- what PyTorch has and numpy not, and the other way round

  @Test
  void bytesAreMasks() {
    Tensor x = Tensor.arange(12).reshape(3, 4);
    Tensor bytes = Tensor.of(new byte[] {1, 0, (byte) 200});
    assertArrayEquals(new long[] {1, 10}, x.index(of(bytes), of(Tensor.of(1L, 2L))).toLongArray());
    assertEquals(Shape.of(1, 3, 4), x.index(of(Tensor.scalar(1, DType.UINT8))).shape());
    assertEquals(Shape.of(0, 3, 4), x.index(of(Tensor.scalar(0, DType.UINT8))).shape());
    assertArrayEquals(new long[] {7, 1, 7}, Tensor.of(0L, 1L, 2L).put(7, of(bytes)).toLongArray());
  }

  private static Index of(Tensor tensor) {
    return Index.of(tensor);
  }

  @Test
  void scalarsOfAnyIntegersAreNumbers() {
    Tensor x = Tensor.arange(6).reshape(2, 3);
    for (DType dtype : List.of(DType.INT8, DType.INT16, DType.INT32, DType.INT64)) {
      Tensor row = x.index(of(Tensor.scalar(-1, dtype)));
      assertArrayEquals(new long[] {3, 4, 5}, row.toLongArray());
      assertSame(x.storage(), row.storage());
    }
  }

  @Test
  void rangesMayGoBackwardsAsNumpysDo() {
    Tensor x = Tensor.arange(5);
    assertArrayEquals(new long[] {4, 3, 2, 1, 0}, x.at("::-1").toLongArray());
    assertArrayEquals(new long[] {3, 1}, x.at("3::-2").toLongArray());
    assertArrayEquals(new long[] {4, 3}, x.at("9:2:-1").toLongArray());
    assertArrayEquals(new long[] {4, 3}, x.at(":-3:-1").toLongArray());
    assertArrayEquals(new long[] {2, 1, 0}, x.at("-3:-9:-1").toLongArray());
    assertArrayEquals(new long[] {}, x.at("1:3:-1").toLongArray());
    assertArrayEquals(new long[] {}, x.at("-9::-1").toLongArray());
    assertArrayEquals(
        new long[] {4},
        x.index(Index.slice(Long.MAX_VALUE, Long.MIN_VALUE, Long.MIN_VALUE)).toLongArray());
    assertEquals(Shape.of(0), Tensor.zeros(0).at("::-1").shape());
    x.at("::-1").fill_(9);
    assertArrayEquals(new long[] {0, 1, 2, 3, 4}, x.toLongArray());
    x.put("3:0:-1", Tensor.of(7L, 8L, 9L));
    assertArrayEquals(new long[] {0, 9, 8, 7, 4}, x.toLongArray());
    assertThrows(IllegalArgumentException.class, () -> x.index(Index.slice(0, 3, 0)));
  }

  @Test
  void truthValuesAreWritten() {
    Tensor mask = Tensor.zeros(DType.BOOL, 3).put("1", true);
    assertEquals(List.of(false, true, false), mask.tolist());
    mask.put(true, Index.of(Tensor.of(0, 2))).put(false, Index.at(1));
    assertEquals(List.of(true, false, true), mask.tolist());
    assertEquals(List.of(0.0, 1.0), Tensor.zeros(2).put("1", true).tolist());
  }

  @Test
  void morePositionsThanDimensionsAreRefused() {
    Tensor x = Tensor.ones(2, 3);
    Exception two = assertThrows(IndexOutOfBoundsException.class, () -> x.get(0, 0, 0));
    assertEquals("get: 3 positions for the 2 dimensions of shape (2, 3)", two.getMessage());
    Exception none = assertThrows(IndexOutOfBoundsException.class, () -> Tensor.scalar(1).get(0));
    assertEquals("get: 1 position for the 0 dimensions of shape ()", none.getMessage());
  }

  @Test
  void addsWithinTheGraph() {
    Tensor x = Tensor.of(1.0, 2.0, 3.0).requiresGrad_();
    Tensor v = Tensor.of(10.0, 20.0).requiresGrad_();
    Tensor y = x.mul(2).indexPut_(v, Accumulate.ACCUMULATE, of(Tensor.of(2L, 2L)));
    assertEquals("IndexPutBackward", name(y));
    assertArrayEquals(new double[] {2, 4, 36}, y.toDoubleArray());
    y.mul(Tensor.of(1.0, 10.0, 100.0)).sum().backward();
    assertArrayEquals(new double[] {2, 20, 200}, gradient(x));
    assertArrayEquals(new double[] {100, 100}, gradient(v));
    assertThrows(
        IllegalStateException.class,
        () -> x.indexPut_(v.detach(), Accumulate.ACCUMULATE, of(Tensor.of(2L, 2L))));
  }
}
