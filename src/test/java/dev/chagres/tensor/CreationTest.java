package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.testing.OnEveryDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

/** New tensors, and which numbers a dtype takes, as PyTorch 2.13 does. */
@OnEveryDevice
class CreationTest {
  private static void refused(String part, Executable code) {
    Exception e = assertThrows(IllegalArgumentException.class, code);
    assertTrue(e.getMessage().startsWith(part), e.getMessage());
  }

  private static void is(Tensor x, DType dtype, Shape shape, double... values) {
    assertEquals(dtype, x.dtype());
    assertEquals(shape, x.shape());
    assertArrayEquals(values, x.toDoubleArray());
  }

  @Test
  void onlyScalarMakesTensorsWithoutDimensions() {
    is(Tensor.scalar(2.5), DType.FLOAT32, Shape.scalar(), 2.5);
    is(Tensor.scalar(9L), DType.INT64, Shape.scalar(), 9);
    is(Tensor.scalar((byte) 9), DType.INT64, Shape.scalar(), 9);
    is(Tensor.scalar(true), DType.BOOL, Shape.scalar(), 1);
    is(Tensor.scalar(9, DType.FLOAT16), DType.FLOAT16, Shape.scalar(), 9);
    is(Tensor.of(2.5), DType.FLOAT32, Shape.of(1), 2.5);
    is(Tensor.of(9L), DType.INT64, Shape.of(1), 9);
    is(Tensor.of(9), DType.INT64, Shape.of(1), 9);
    is(Tensor.of(2.5f), DType.FLOAT32, Shape.of(1), 2.5);
    is(Tensor.of(true), DType.BOOL, Shape.of(1), 1);
  }

  @Test
  void listsOfAnyDepthAreTensors() {
    is(Tensor.of(List.of(1, 2L, (short) 3)), DType.INT64, Shape.of(3), 1, 2, 3);
    is(Tensor.of(List.of(1, 2.5)), DType.FLOAT32, Shape.of(2), 1, 2.5);
    is(Tensor.of(List.of(true, false)), DType.BOOL, Shape.of(2), 1, 0);
    is(Tensor.of(List.of(true, 2)), DType.INT64, Shape.of(2), 1, 2);
    is(Tensor.of(List.of(List.of(1), List.of(2.5f))), DType.FLOAT32, Shape.of(2, 1), 1, 2.5);
    is(Tensor.of(List.of()), DType.FLOAT32, Shape.of(0));
    is(Tensor.of(List.of(List.of(), List.of())), DType.FLOAT32, Shape.of(2, 0));
    is(
        Tensor.of(List.of(new double[] {1, 2}, new double[] {3, 4})),
        DType.FLOAT32,
        Shape.of(2, 2),
        1,
        2,
        3,
        4);
    is(Tensor.of(List.of((Object) new int[][] {{7}})), DType.INT64, Shape.of(1, 1, 1), 7);
    is(Tensor.of(List.of(1, 2), DType.FLOAT64), DType.FLOAT64, Shape.of(2), 1, 2);
    is(Tensor.zeros(DType.INT8, 1).newTensor(List.of(3)), DType.INT8, Shape.of(1), 3);
    long large = (1L << 62) + 1;
    assertEquals(large, Tensor.of(List.of(large)).itemLong());
    Tensor x = Tensor.arange(24).view(2, 3, 4);
    assertTrue(x.equal(Tensor.of((List<?>) x.tolist())));
  }

  @Test
  void listsOfOtherThingsAreRefused() {
    refused("of: rows at depth 1 have lengths", () -> Tensor.of(List.of(List.of(1), List.of())));
    refused(
        "of: elements 0 and 1 of a list differ in depth or type",
        () -> Tensor.of(List.of(1, List.of(2))));
    refused(
        "of: elements 0 and 1 of a list differ in depth or type",
        () -> Tensor.of(List.of(List.of(1), 2)));
    refused(
        "of: elements 0 and 1 of a list differ in depth or type",
        () -> Tensor.of(List.of(new int[1], new double[1])));
    refused("of: a list of tensors; stack(list)", () -> Tensor.of(List.of(Tensor.ones(1))));
    refused("of: a list with a java.lang.String", () -> Tensor.of(List.of("1")));
    refused("of: an array of java.lang.String", () -> Tensor.of(List.of((Object) new String[1])));
    refused("of: 300 does not fit", () -> Tensor.of(List.of(300), DType.UINT8));
    assertThrows(NullPointerException.class, () -> Tensor.of(Arrays.asList(1, null)));
  }

  @Test
  void everyArrayHasItsDtype() {
    Shape two = Shape.of(2);
    is(Tensor.of(new float[] {1, 2}), DType.FLOAT32, two, 1, 2);
    is(Tensor.of(new double[] {1, 2}), DType.FLOAT32, two, 1, 2);
    is(Tensor.of(new int[] {1, 2}), DType.INT64, two, 1, 2);
    is(Tensor.of(new long[] {1, 2}), DType.INT64, two, 1, 2);
    is(Tensor.of(new short[] {1, -2}), DType.INT16, two, 1, -2);
    is(Tensor.of(new byte[] {1, -1}), DType.UINT8, two, 1, 255);
    is(Tensor.of(new boolean[] {true, false}), DType.BOOL, two, 1, 0);
    is(Tensor.of(new float[][] {{1, 2}}), DType.FLOAT32, Shape.of(1, 2), 1, 2);
    is(Tensor.of(new int[2][0]), DType.INT64, Shape.of(2, 0));
    is(Tensor.of(new double[] {1, 0.1}, DType.FLOAT64), DType.FLOAT64, two, 1, 0.1);
  }

  @Test
  void whatIsNoArrayOfNumbersIsRefused() {
    refused("of: an array of java.lang.String", () -> Tensor.of(new String[] {"a"}));
    refused("of: an array of java.lang.Integer", () -> Tensor.of(new Integer[] {1}));
    refused("of: a java.lang.String", () -> Tensor.of("a", DType.FLOAT32));
    refused(
        "of: a java.util.HashMap is no array or list",
        () -> Tensor.of(new HashMap<>(), DType.FLOAT32));
    refused("of: a dev.chagres.tensor.Tensor", () -> Tensor.of(Tensor.ones(2), DType.FLOAT32));
    refused("of: a java.lang.Integer", () -> Tensor.of(5, DType.FLOAT32));
    refused("arange: not defined for bool", () -> Tensor.arange(DType.BOOL, 0, 2, 1));
  }

  @Test
  void aStoredNumberMustFitItsDtype() {
    double nan = Double.NaN;
    List<Number> bad8 = List.of(300, -300, 256, 255.5, -0.5, nan, 1e300);
    for (Number value : bad8) {
      refused("full: ", () -> Tensor.full(Shape.of(1), value, DType.UINT8));
      refused("fill_: ", () -> Tensor.zeros(DType.UINT8, 2).fill_(value));
      refused("scalar: ", () -> Tensor.scalar(value, DType.UINT8));
      refused(
          "maskedFill: ", () -> Tensor.zeros(DType.UINT8, 1).maskedFill(Tensor.of(true), value));
    }
    is(Tensor.full(Shape.of(1), -1, DType.UINT8), DType.UINT8, Shape.of(1), 255);
    is(Tensor.full(Shape.of(1), 3.7, DType.INT32), DType.INT32, Shape.of(1), 3);
    refused("full: ", () -> Tensor.full(Shape.of(1), 127.5, DType.INT8));
    refused("full: ", () -> Tensor.full(Shape.of(1), -128.5, DType.INT8));
    refused("full: ", () -> Tensor.full(Shape.of(1), 1L << 40, DType.INT32));
    refused("full: ", () -> Tensor.full(Shape.of(1), nan, DType.INT64));
    refused("full: ", () -> Tensor.full(Shape.of(1), 1e300, DType.INT64));
    refused("full: ", () -> Tensor.full(Shape.of(1), 1e300));
    refused("full: ", () -> Tensor.full(Shape.of(1), 1e300, DType.FLOAT16));
    is(Tensor.full(Shape.of(1), 1e5, DType.FLOAT16), DType.FLOAT16, Shape.of(1), 1.0 / 0);
    is(Tensor.full(Shape.of(1), 1.0 / 0), DType.FLOAT32, Shape.of(1), 1.0 / 0);
    is(Tensor.full(Shape.of(1), nan, DType.BOOL), DType.BOOL, Shape.of(1), 1);
    is(Tensor.full(Shape.of(1), 1e300, DType.FLOAT64), DType.FLOAT64, Shape.of(1), 1e300);
  }

  @Test
  void theNumbersOfAnArrayMustFitAnIntegerDtype() {
    refused("of: 300 ", () -> Tensor.of(new int[] {1, 300}, DType.UINT8));
    refused("of: -300 ", () -> Tensor.of(new long[][] {{-300}, {1}}, DType.UINT8));
    refused("of: 300.0 ", () -> Tensor.of(new double[] {300}, DType.UINT8));
    refused("of: -0.5 ", () -> Tensor.of(new double[] {-0.5}, DType.UINT8));
    refused("of: NaN ", () -> Tensor.of(new double[] {1, Double.NaN}, DType.INT64));
    refused("of: 40000 ", () -> Tensor.of(new long[] {40_000}, DType.INT16));
    is(Tensor.of(new int[] {-1}, DType.UINT8), DType.UINT8, Shape.of(1), 255);
    is(Tensor.of(new double[] {-3.5}, DType.INT8), DType.INT8, Shape.of(1), -3);
    is(Tensor.of(new boolean[] {true}, DType.INT8), DType.INT8, Shape.of(1), 1);
    is(Tensor.of(new double[] {1e300}), DType.FLOAT32, Shape.of(1), 1.0 / 0);
    is(Tensor.of(new int[0], DType.UINT8), DType.UINT8, Shape.of(0));
  }

  @Test
  void inArithmeticANumberWraps() {
    Tensor u8 = Tensor.of(new int[] {200, 100}, DType.UINT8);
    Shape two = Shape.of(2);
    is(u8.add(300), DType.UINT8, two, 244, 144);
    is(u8.add(-300), DType.UINT8, two, 156, 56);
    is(u8.add(1L << 40), DType.UINT8, two, 200, 100);
    is(u8.mul(300), DType.UINT8, two, 96, 48);
    is(u8.floorDivide(300), DType.UINT8, two, 4, 2);
    is(u8.lt(300), DType.BOOL, two, 0, 0);
    is(u8.lt(-1), DType.BOOL, two, 1, 1);
    is(u8.eq(456), DType.BOOL, two, 1, 0);
    is(u8.clone().add_(300), DType.UINT8, two, 244, 144);
    is(Tensor.of(new int[] {100}, DType.INT8).add(300), DType.INT8, Shape.of(1), -112);
    refused("pow: ", () -> u8.pow(300));
    refused("clamp: ", () -> u8.clamp(0, 300));
    refused("clamp: ", () -> u8.clamp_(-5, 300));
    refused("clamp: ", () -> u8.clampMin(300));
    refused("clamp: ", () -> Tensor.zeros(2).clamp(-1e300, 1e300));
    is(Tensor.zeros(1).add(1e300), DType.FLOAT32, Shape.of(1), 1.0 / 0);
  }

  @Test
  void equalComparesAcrossDtypes() {
    assertTrue(Tensor.ones(2).equal(Tensor.ones(DType.INT64, 2)));
    assertTrue(!Tensor.ones(2).equal(Tensor.of(1L, 2L)));
    assertTrue(!Tensor.ones(2).equal(Tensor.ones(1, 2)));
  }

  /**
   * PyTorch's ranges: the number of elements, integers and float32 and float64 linspace exactly,
   * the rest to within the last bit of its dtype.
   */
  @TestFactory
  Stream<DynamicTest> ranges() throws IOException {
    return Files.readAllLines(Path.of("src", "test", "resources", "golden", "ranges.txt")).stream()
        .map(line -> line.split(": ?", -1))
        .map(parts -> dynamicTest(parts[0], () -> range(parts[0], parts[1])));
  }

  private static void range(String call, String elements) {
    String[] words = call.split(" ");
    DType dtype = DType.named(words[1]);
    boolean arange = words[0].equals("arange");
    Supplier<Tensor> range =
        arange
            ? () -> Tensor.arange(dtype, number(words[2]), number(words[3]), number(words[4]))
            : () ->
                Tensor.linspace(
                    dtype,
                    Double.parseDouble(words[2]),
                    Double.parseDouble(words[3]),
                    Long.parseLong(words[4]));
    if (elements.equals("refused")) {
      refused(words[0] + ": ", range::get);
      return;
    }
    Tensor got = range.get();
    assertEquals(dtype, got.dtype());
    String[] expected = elements.isEmpty() ? new String[0] : elements.split(" ");
    assertEquals(expected.length, got.numel());
    if (!dtype.isFloating()) {
      long[] numbers = Stream.of(expected).mapToLong(Long::parseLong).toArray();
      assertArrayEquals(numbers, got.toLongArray());
      return;
    }
    double[] numbers = Stream.of(expected).mapToDouble(Double::parseDouble).toArray();
    double[] values = got.toDoubleArray();
    double step =
        switch (dtype) {
          case BFLOAT16 -> 0x1p-8;
          case FLOAT16 -> 0x1p-11;
          case FLOAT32 -> 0x1p-24;
          default -> 0x1p-53;
        };
    double greatest = DoubleStream.of(numbers).map(Math::abs).max().orElse(0);
    for (int i = 0; i < values.length; i++) {
      assertEquals(numbers[i], values[i], arange ? 2 * step * greatest : 0, "element " + i);
    }
  }

  private static Number number(String text) {
    return text.contains(".") || text.contains("e")
        ? (Number) Double.parseDouble(text)
        : (Number) Long.parseLong(text);
  }

  @Test
  void rangesOfTheWholeOfInt64AreCounted() {
    long least = Long.MIN_VALUE;
    long most = Long.MAX_VALUE;
    long step = 1L << 62;
    is(
        Tensor.arange(least, most, step),
        DType.INT64,
        Shape.of(4),
        (double) least,
        (double) -step,
        0,
        (double) step);
    is(Tensor.arange(most, least, least), DType.INT64, Shape.of(2), (double) most, -1);
    refused("arange: no finite steps of 1 lead from", () -> Tensor.arange(least, most, 1));
    refused("arange: too many elements", () -> Tensor.arange(0, most, 1));
    refused("arange: the step 0.5 is 0 in int64", () -> Tensor.arange(DType.INT64, 0, 2, 0.5));
    refused("arange: the step 0 is 0", () -> Tensor.arange(0, 2, 0));
    refused("arange: NaN does not fit in int64", () -> Tensor.arange(DType.INT8, 0, 0.0 / 0, 1));
    refused("linspace: too many elements", () -> Tensor.linspace(0, 1, most));
  }

  /** Where float64 rounds a sum to the middle between two floats, and that is rounded again. */
  @Test
  void linspaceIsRoundedOnce() {
    Random random = new Random(7);
    for (int i = 0; i < 200; i++) {
      // The sum of a step of 24 bits and a start far above it is close to a middle.
      float start = Math.scalb(1f + random.nextInt(1 << 22) * 0x1p-22f, 24);
      float end = start + Math.scalb(1f + random.nextInt(1 << 23) * 0x1p-23f, random.nextInt(9));
      int steps = 3 + random.nextInt(40);
      float step = (end - start) / (steps - 1);
      float[] expected = new float[steps];
      for (int j = 0; j < steps; j++) {
        expected[j] =
            j < steps / 2 ? Math.fma(step, j, start) : Math.fma(-step, steps - 1 - j, end);
      }
      assertArrayEquals(expected, Tensor.linspace(start, end, steps).toFloatArray());
    }
  }

  @Test
  void emptyOnesLieAsIsSaid() {
    Tensor x = Tensor.emptyStrided(DType.INT32, new long[] {2, 3}, new long[] {1, 3});
    assertEquals(Shape.of(2, 3), x.shape());
    assertArrayEquals(new long[] {1, 3}, x.stride());
    assertEquals(8 * 4, x.storage().byteSize());
    is(x.fill_(7), DType.INT32, Shape.of(2, 3), 7, 7, 7, 7, 7, 7);
    Tensor same = Tensor.emptyStrided(new long[] {4, 1}, new long[] {0, 5});
    assertEquals(DType.FLOAT32, same.dtype());
    assertEquals(4, same.storage().byteSize());
    refused("fill_: elements of the tensor written to share memory", () -> same.fill_(1));
    assertEquals(0, Tensor.emptyStrided(new long[] {0, 3}, new long[] {5, 1}).numel());
    assertEquals(DType.INT32, x.newEmptyStrided(new long[] {2}, new long[] {3}).dtype());
    assertArrayEquals(
        new long[] {3},
        x.newEmptyStrided(DType.BOOL, new long[] {2}, new long[] {3}).fill_(true).stride());
    Tensor images = Tensor.emptyPermuted(new long[] {2, 3, 5, 4}, 0, 2, 3, 1);
    assertArrayEquals(new long[] {60, 1, 12, 3}, images.stride());
    assertEquals(120 * 4, images.storage().byteSize());
    Tensor order = Tensor.emptyPermuted(DType.BOOL, new long[] {2, 3, 5}, 2, 0, 1);
    assertArrayEquals(new long[] {3, 1, 6}, order.stride());
    assertEquals(DType.BOOL, order.dtype());
    assertEquals(1, Tensor.emptyPermuted(new long[0]).numel());
    long[] two = {2, 3};
    refused("emptyStrided: there are 1", () -> Tensor.emptyStrided(two, new long[] {1}));
    refused("emptyStrided: a stride", () -> Tensor.emptyStrided(two, new long[] {-1, 1}));
    refused(
        "emptyStrided: too many", () -> Tensor.emptyStrided(two, new long[] {1L << 61, 1L << 60}));
    refused(
        "newEmptyStrided: strides", () -> x.newEmptyStrided(two, new long[] {1L << 62, 1L << 62}));
    for (int[] wrong : new int[][] {{0}, {0, 0}, {0, -1}, {0, 2}, {0, 1, 1}, {}}) {
      refused("emptyPermuted: [", () -> Tensor.emptyPermuted(two, wrong));
    }
  }

  /** The gradients are those of PyTorch 2.13. */
  @Test
  void oneElementIsEverywhere() {
    Tensor x = Tensor.ones(3).requiresGrad_();
    Tensor v = Tensor.scalar(2.5, DType.FLOAT64).requiresGrad_();
    Tensor y = x.fill(v);
    is(y, DType.FLOAT32, Shape.of(3), 2.5, 2.5, 2.5);
    assertEquals("FillBackward", y.gradFn().name());
    y.mul(2).sum().backward();
    is(x.grad(), DType.FLOAT32, Shape.of(3), 0, 0, 0);
    is(v.grad(), DType.FLOAT64, Shape.scalar(), 6);
    Tensor z = Tensor.zeros(2, 2);
    assertEquals(4, z.fill(1).sum().item());
    z.select(0, 1).fill_(v);
    z.sum().backward();
    is(z.detach(), DType.FLOAT32, Shape.of(2, 2), 0, 0, 2.5, 2.5);
    is(v.grad(), DType.FLOAT64, Shape.scalar(), 8);
    Tensor own = Tensor.of(1, 2, 3);
    is(own.fill_(own.get(2)), DType.INT64, Shape.of(3), 3, 3, 3);
    GradCheck.gradgradcheck(
        in -> List.of(in.get(0).fill(in.get(1)).exp()),
        List.of(
            Tensor.zeros(DType.FLOAT64, 2).requiresGrad_(),
            Tensor.scalar(0.5, DType.FLOAT64).requiresGrad_()));
    refused("fill: the value must be a tensor without dimensions", () -> own.fill(own));
    refused("fill_: the value must be a tensor without dimensions", () -> own.fill_(own));
  }
}
