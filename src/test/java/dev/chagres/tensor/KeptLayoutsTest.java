package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.chagres.autograd.Backward;
import dev.chagres.core.ChannelsLast;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.core.Pair;
import dev.chagres.core.Rounding;
import dev.chagres.nn.AvgPool2d;
import dev.chagres.nn.Functional;
import dev.chagres.optim.Adam;
import dev.chagres.optim.SGD;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Elementwise results, and those of flips and replaced parts, lie where PyTorch's do, and hold what
 * those of contiguous operands hold.
 */
class KeptLayoutsTest {

  private static Tensor call(String name, List<Tensor> operands) {
    Tensor x = operands.getFirst();
    Tensor y = operands.get(operands.size() > 1 ? 1 : 0);
    Tensor z = operands.getLast();
    return switch (name) {
      case "exp" -> x.exp();
      case "clone" -> x.clone();
      case "toFloat64" -> x.to(DType.FLOAT64);
      case "zerosLike" -> x.zerosLike();
      case "onesLike" -> x.onesLike();
      case "emptyLike" -> x.emptyLike().zero_();
      case "fullLike" -> x.fullLike(3);
      case "addNumber" -> x.add(2);
      case "numberSub" -> x.rsub(2);
      case "gtNumber" -> x.gt(2);
      case "clampNumbers" -> x.clamp(2, 5);
      case "halfExp" -> x.to(DType.FLOAT16).exp();
      case "floorOfIntegers" -> x.to(DType.INT32).floor();
      case "floorDivide" -> x.to(DType.INT32).floorDivide(2);
      case "flip" -> x.flip(0, 1);
      case "rot90" -> x.rot90();
      case "rot270" -> x.rot90(3, 0, 1);
      case "selectScatter" -> x.selectScatter(x.get(0).zerosLike(), 0, 0);
      case "sliceScatter" -> x.sliceScatter(x.at(":1").zerosLike(), 0, 0, 1, 1);
      case "diagonalScatter" -> x.diagonalScatter(x.diagonal().zerosLike());
      case "add" -> x.add(y);
      case "lt" -> x.lt(y);
      case "addFloat64" -> x.add(y.to(DType.FLOAT64));
      case "halfMul" -> x.to(DType.BFLOAT16).mul(y.to(DType.BFLOAT16));
      case "floorDivideIntegers" -> x.to(DType.INT32).floorDivide(y.to(DType.INT32));
      case "addcmul" -> x.addcmul(y, z);
      case "where" -> Tensor.where(x.gt(2), y, z);
      case "clamp" -> x.clamp(y, z);
      case "lerp" -> x.lerp(y, z);
      default -> throw new AssertionError(name);
    };
  }

  private static long[] numbers(String text) {
    return text.isEmpty()
        ? new long[0]
        : Arrays.stream(text.split(",")).mapToLong(Long::parseLong).toArray();
  }

  /** The numbers 1, 2, ... in memory, seen through sizes and strides. */
  private static Tensor operand(Device device, String text) {
    String[] parts = text.split("/", -1);
    long[] sizes = numbers(parts[0]);
    long[] strides = numbers(parts[1]);
    long span = 1;
    boolean isEmpty = false;
    for (int i = 0; i < sizes.length; i++) {
      span += (sizes[i] - 1) * strides[i];
      isEmpty |= sizes[i] == 0;
    }
    Tensor memory = Tensor.arange(isEmpty ? 0 : span).add(1).to(device, DType.FLOAT32);
    return memory.asStrided(sizes, strides);
  }

  /** Sizes and strides, but of those that say nothing. */
  private static String text(Layout layout) {
    StringBuilder sizes = new StringBuilder();
    StringBuilder strides = new StringBuilder("/");
    for (int i = 0; i < layout.dim(); i++) {
      boolean says = layout.size(i) > 1 && layout.numel() > 0;
      sizes.append(i == 0 ? "" : ",").append(layout.size(i));
      strides.append(i == 0 ? "" : ",").append(says ? "" + layout.stride(i) : "_");
    }
    return sizes.append(strides).toString();
  }

  @TestFactory
  Stream<DynamicTest> resultsLieAsTheOperandsDo() throws IOException {
    return lines().map(line -> dynamicTest(line, () -> check(Device.cpu(), line)));
  }

  /** What PyTorch's results have for strides. */
  static Stream<String> lines() throws IOException {
    return Files.readAllLines(Path.of("src", "test", "resources", "golden", "strides.txt"))
        .stream();
  }

  static void check(Device device, String line) {
    String[] sides = line.split(": ");
    String[] words = sides[0].split(" ");
    List<Tensor> operands =
        Arrays.stream(words).skip(1).map(word -> operand(device, word)).toList();
    Tensor result = call(words[0], operands);
    assertEquals(sides[1], text(result.layout()));
    Tensor expected = call(words[0], operands.stream().map(Tensor::contiguous).toList());
    assertTrue(expected.equal(result), () -> result + " is not " + expected);
  }

  /** Several threads share long results in their own order. */
  @Test
  void longResults() {
    longResults(Device.cpu(), 700 * 900);
  }

  static void longResults(Device device, long count) {
    for (DType dtype : List.of(DType.FLOAT32, DType.BFLOAT16, DType.INT64)) {
      Tensor a = Tensor.arange(count).remainder(251).add(1).to(device, dtype).view(7, 100, -1);
      Tensor x = a.permute(2, 0, 1);
      Tensor plain = x.contiguous();
      Tensor sum = x.add(x).mul(x).sub(1);
      assertArrayEquals(x.layout().strides(), sum.layout().strides());
      assertTrue(sum.equal(plain.add(plain).mul(plain).sub(1)));
      Tensor chosen = Tensor.where(x.gt(100), x, sum);
      assertArrayEquals(x.layout().strides(), chosen.layout().strides());
      assertTrue(chosen.equal(Tensor.where(plain.gt(100), plain, sum.contiguous())));
    }
  }

  /** What is made of results has its own order again, and gradients reach their operands. */
  @Test
  void laterOperationsTakeThem() {
    Tensor a = Tensor.rand(DType.FLOAT64, 3, 4).requiresGrad_();
    Tensor b = Tensor.rand(DType.FLOAT64, 3, 4).requiresGrad_();
    GradCheck.gradcheck(
        in -> {
          Tensor y = in.get(0).t().mul(in.get(1).t()).exp();
          return List.of(
              y.softmax(0).cumsum(1),
              y.reshape(2, 6).sort(1).values(),
              y.flatten().view(12),
              y.matmul(in.get(0).t().tanh().t()),
              y.tril(),
              y.addcmul(in.get(0).t(), y).gather(1, y.zerosLike(DType.INT64)));
        },
        List.of(a, b));
    Tensor y = a.detach().t().add(1);
    assertEquals(y.contiguous().toString(), y.toString());
    assertArrayEquals(y.contiguous().toDoubleArray(), y.toDoubleArray());
  }

  private static Tensor channelsLast(Tensor x) {
    return x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
  }

  /** Of channels that lie side by side everything is what it is of others. */
  @Test
  void imagesWithTheirChannelsLast() {
    Tensor plain = Tensor.randn(DType.FLOAT64, 2, 3, 6, 5);
    Tensor kernels = Tensor.randn(DType.FLOAT64, 4, 3, 2, 2);
    var options = AvgPool2d.options(2);
    List<UnaryOperator<Tensor>> functions =
        List.of(
            x -> Functional.conv2d(x, kernels),
            x -> Functional.maxPool2d(x, 2),
            x -> Functional.avgPool2d(x, Pair.of(2), options.rounding(Rounding.CEIL)),
            x -> Functional.maxPool2d(x.mul(9).toLong(), 2),
            x -> Functional.conv2d(x.mul(9).toLong(), kernels.mul(9).toLong()),
            x -> Tensor.cat(List.of(x, x.mul(2)), 1),
            x -> Tensor.stack(List.of(x, x.mul(2)), 2).select(2, 1));
    for (int i = 0; i < functions.size(); i++) {
      Tensor a = plain.clone().requiresGrad_();
      Tensor b = channelsLast(plain).requiresGrad_();
      Tensor y = functions.get(i).apply(a);
      Tensor z = functions.get(i).apply(b);
      assertTrue(ChannelsLast.is(z.layout()) && !ChannelsLast.is(y.layout()), "function " + i);
      assertTrue(y.allclose(z, 1e-12, 1e-12), "function " + i);
      if (y.requiresGrad()) {
        Tensor g = y.detach().cos();
        y.backward(g);
        z.backward(g);
        assertTrue(a.grad().allclose(b.grad(), 1e-12, 1e-12), "gradient of function " + i);
        assertArrayEquals(b.stride(), b.grad().stride());
        assertArrayEquals(a.stride(), a.grad().stride());
      }
    }
    Tensor one = Tensor.ones(2, 1, 3, 3);
    assertTrue(!ChannelsLast.is(one.layout()) && !ChannelsLast.is(plain.select(0, 0).layout()));
  }

  /** A leaf's gradient lies as the leaf, in row-major order if that has gaps. */
  @Test
  void gradientsLieAsTheirLeaves() {
    Tensor memory = Tensor.rand(DType.FLOAT64, 4, 3);
    Tensor turned = memory.t().detach().requiresGrad_();
    Tensor gaps = Tensor.rand(DType.FLOAT64, 3, 8).at(":, ::2").detach().requiresGrad_();
    for (Tensor leaf : List.of(turned, gaps)) {
      long[] wanted = leaf == turned ? new long[] {1, 3} : new long[] {4, 1};
      for (int round = 0; round < 2; round++) {
        leaf.square().cumsum(1).sum().backward();
        assertArrayEquals(wanted, leaf.grad().stride());
      }
      leaf.setGrad(null);
      leaf.square().sum().backward(Backward.Option.CREATE_GRAPH);
      assertArrayEquals(wanted, leaf.grad().stride());
      assertTrue(leaf.detach().mul(2).equal(leaf.grad().detach()));
    }
  }

  /** What PyTorch makes of it: strides count in the memory, which is that of the transposed. */
  @Test
  void stridesAreScatteredInTheMemory() {
    Tensor x = Tensor.arange(6).view(3, 2).t();
    Tensor y = x.asStridedScatter(Tensor.of(10, 20), new long[] {2}, new long[] {3}, 1);
    assertArrayEquals(new long[] {0, 2, 20, 10, 3, 5}, y.toLongArray());
    assertArrayEquals(new long[] {1, 2}, y.stride());
    GradCheck.gradcheck(
        in -> {
          Tensor z = in.getFirst().t();
          return List.of(z.asStridedScatter(in.get(1), new long[] {2}, new long[] {3}, 1).exp());
        },
        List.of(
            Tensor.rand(DType.FLOAT64, 3, 2).requiresGrad_(),
            Tensor.rand(DType.FLOAT64, 2).requiresGrad_()));
  }

  /** Optimizers keep their state as their kernels take it, however a parameter lies. */
  @Test
  void optimizersTakeParametersInAnyOrder() {
    Tensor start = Tensor.rand(3, 4);
    Tensor turned = start.t().clone().requiresGrad_();
    Tensor plain = start.t().contiguous().clone().requiresGrad_();
    assertTrue(!turned.isContiguous() && plain.isContiguous());
    for (int i = 0; i < 2; i++) {
      for (Tensor p : List.of(turned, plain)) {
        p.square().sum().backward();
      }
    }
    var adam = new Adam(List.of(turned, plain), Adam.options().lr(0.1));
    var sgd = new SGD(List.of(turned, plain), SGD.options().lr(0.1).momentum(0.9));
    for (int i = 0; i < 3; i++) {
      adam.step();
      sgd.step();
    }
    adam.loadStateDict(adam.stateDict());
    adam.step();
    assertTrue(plain.equal(turned));
  }
}
