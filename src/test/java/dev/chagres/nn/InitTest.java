package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Pair;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Generator;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@OnEveryDevice
class InitTest {
  private static final Map<String, Supplier<Module>> LAYERS =
      Map.of(
          "Linear(2,5)", () -> new Linear(2, 5),
          "Linear(784,256)", () -> new Linear(784, 256),
          "Linear(3,2,bias=False)", () -> new Linear(3, 2, Bias.NONE),
          "Conv2d(1,8,3)", () -> new Conv2d(1, 8, 3),
          "Conv2d(4,6,(3,2),groups=2)",
              () -> new Conv2d(4, 6, new Pair(3, 2), Conv2d.options().groups(2)),
          "Sequential(Linear(3,5),Linear(5,1))",
              () -> new Sequential(new Linear(3, 5), new Linear(5, 1)),
          "Embedding(7,3)", () -> new Embedding(7, 3),
          "MLP", () -> new Sequential(new Linear(784, 256), new ReLU(), new Linear(256, 10)));

  private static final Map<String, UnaryOperator<Tensor>> FILLS =
      Map.of(
          "xavier_uniform_", Init::xavierUniform_,
          "xavier_normal_", Init::xavierNormal_,
          "kaiming_uniform_", Init::kaimingUniform_,
          "kaiming_normal_", Init::kaimingNormal_);

  @OnCpu("a GPU draws other numbers than PyTorch's CPU")
  @TestFactory
  Stream<DynamicTest> layersBeginWithPyTorchsValues() {
    Map<String, Tensor> golden = GoldenCases.tensors();
    return LAYERS.keySet().stream()
        .sorted()
        .map(name -> dynamicTest(name, () -> checkLayer(golden, name)));
  }

  private static void checkLayer(Map<String, Tensor> golden, String name) {
    Chagres.manualSeed(42);
    Map<String, Tensor> state = LAYERS.get(name).get().stateDict();
    assertFalse(state.isEmpty());
    state.forEach(
        (key, value) -> {
          String path = "init/" + name + "/" + key;
          if (golden.containsKey(path)) {
            assertTrue(golden.get(path).equal(value), path);
          } else {
            assertTrue(golden.get(path + "@head").equal(value.flatten().narrow(0, 0, 8)), path);
            assertEquals(
                golden.get(path + "@sum").item(), value.toDouble().sum().item(), 1e-9, path);
          }
        });
  }

  @OnCpu("a GPU draws other numbers than PyTorch's CPU")
  @TestFactory
  Stream<DynamicTest> fillsGivePyTorchsValues() {
    Map<String, Tensor> golden = GoldenCases.tensors();
    return FILLS.keySet().stream()
        .sorted()
        .map(
            name ->
                dynamicTest(
                    name,
                    () -> {
                      Chagres.manualSeed(42);
                      Tensor filled = FILLS.get(name).apply(Tensor.empty(5, 4));
                      GoldenCases.assertClose(golden.get("init/" + name + "/(5,4)"), filled, name);
                    }));
  }

  @Test
  void fillsAreNotRecorded() {
    Tensor x = Tensor.ones(2, 2).requiresGrad_();
    assertTrue(Init.constant_(x, 3) == x);
    Init.eye_(x);
    assertTrue(x.isLeaf());
    assertTrue(x.detach().equal(Tensor.eye(2)));
    assertEquals(0, Init.zeros_(x).detach().abs().sum().item());
    assertEquals(4, Init.ones_(x).detach().sum().item());
    Init.uniform_(x, 2, 3);
    assertTrue(x.detach().ge(2).all().item() == 1);
    Init.normal_(x, 100, 0.1);
    assertTrue(x.detach().gt(90).all().item() == 1);
  }

  @Test
  void fansNeedTwoDimensions() {
    assertThrows(IllegalArgumentException.class, () -> Init.xavierUniform_(Tensor.ones(3)));
    assertThrows(IllegalArgumentException.class, () -> Init.kaimingNormal_(Tensor.ones(3)));
    assertThrows(IllegalArgumentException.class, () -> Init.eye_(Tensor.ones(3)));
    assertEquals(0, Init.kaimingUniform_(Tensor.empty(0, 3)).numel());
  }

  @OnCpu("its generator is one of the CPU")
  @Test
  void aGeneratorDrawsAsTheDefaultOneDoes() {
    Init.Nonlinearity tanh = Init.Nonlinearity.TANH;
    Map<UnaryOperator<Tensor>, BiFunction<Tensor, Generator, Tensor>> forms =
        Map.of(
            Init::uniform_,
            (x, g) -> Init.uniform_(x, 0, 1, g),
            Init::normal_,
            (x, g) -> Init.normal_(x, 0, 1, g),
            Init::xavierUniform_,
            (x, g) -> Init.xavierUniform_(x, 1, g),
            Init::xavierNormal_,
            (x, g) -> Init.xavierNormal_(x, 1, g),
            x -> Init.kaimingUniform_(x, 0.1, Init.Fan.OUT, tanh),
            (x, g) -> Init.kaimingUniform_(x, 0.1, Init.Fan.OUT, tanh, g),
            x -> Init.kaimingNormal_(x, 0.1, Init.Fan.OUT, tanh),
            (x, g) -> Init.kaimingNormal_(x, 0.1, Init.Fan.OUT, tanh, g),
            Init::orthogonal_,
            (x, g) -> Init.orthogonal_(x, 1, g),
            x -> Init.sparse_(x, 0),
            (x, g) -> Init.sparse_(x, 0, 0.01, g));
    forms.forEach(
        (ofDefault, ofOne) -> {
          Chagres.manualSeed(6);
          Tensor expected = ofDefault.apply(Tensor.zeros(5, 4));
          Chagres.manualSeed(7);
          assertTrue(expected.equal(ofOne.apply(Tensor.zeros(5, 4), new Generator(6))));
          assertTrue(expected.abs().sum().item() > 0);
        });
  }

  private static Tensor drawn(UnaryOperator<Tensor> fill, long... sizes) {
    Chagres.manualSeed(42);
    return fill.apply(Tensor.empty(sizes));
  }

  @OnCpu("a GPU draws other numbers than PyTorch's CPU")
  @Test
  void drawsAreRepeatedInPyTorchsOrder() {
    assertTrue(
        drawn(x -> Init.truncNormal_(x, 0, 1, -0.7, 0.7), 4)
            .allclose(Tensor.of(0.336690366, 0.128809407, 0.234462366, 0.23033303)));
    assertTrue(
        drawn(x -> Init.truncNormal_(x, 0, 1, 0.5, 0.9), 4)
            .allclose(Tensor.of(0.852907658, 0.866001546, 0.653145492, 0.737431824)));
    assertTrue(
        drawn(x -> Init.orthogonal_(x, 2), 2, 3)
            .flatten()
            .allclose(
                Tensor.of(
                    1.56589651, 0.599073291, 1.09044933, 0.763032496, -1.84694719, -0.0810429305)));
  }

  @Test
  void truncatedNumbersAreBetweenTheLimits() {
    double[][] cases = {
      {0, 1, -2, 2}, {1, 2, 2, 3}, {0, 1, 3, 8}, {5, 0.5, 1, 1}, {0, 3, 0, 1e300}
    };
    for (double[] each : cases) {
      Tensor x = Tensor.zeros(40, 25).t().requiresGrad_();
      assertTrue(Init.truncNormal_(x, each[0], each[1], each[2], each[3]) == x);
      assertTrue(x.detach().ge(each[2]).logicalAnd(x.detach().le(each[3])).all().isTrue());
      assertEquals(each[2] == each[3], x.detach().std().item() == 0);
    }
    Tensor half = Init.truncNormal_(Tensor.empty(DType.FLOAT16, 1000), 0, 1, -0.3, 0.3);
    assertTrue(half.abs().le(0.3).all().isTrue());
    assertEquals(0, Init.truncNormal_(Tensor.empty(0)).numel());
    Tensor x = Tensor.ones(3);
    assertThrows(IllegalArgumentException.class, () -> Init.truncNormal_(x, 0, 0, -1, 1));
    assertThrows(IllegalArgumentException.class, () -> Init.truncNormal_(x, 0, 1, 1, -1));
    assertThrows(IllegalArgumentException.class, () -> Init.truncNormal_(x, Double.NaN, 1, 0, 1));
    assertTrue(x.equal(Tensor.ones(3)));
  }

  @Test
  void rowsOrColumnsAreOrthogonal() {
    Tensor wide = Init.orthogonal_(Tensor.empty(3, 2, 4)).flatten(1);
    assertTrue(wide.matmul(wide.t()).allclose(Tensor.eye(3), 1e-5, 1e-6));
    Tensor tall = Init.orthogonal_(Tensor.empty(DType.FLOAT64, 4, 7).t(), 3);
    assertTrue(tall.t().matmul(tall).allclose(Tensor.eye(DType.FLOAT64, 4).mul(9)));
    assertEquals(0, Init.orthogonal_(Tensor.empty(0, 3)).numel());
    assertThrows(IllegalArgumentException.class, () -> Init.orthogonal_(Tensor.ones(3)));
    assertThrows(
        IllegalArgumentException.class, () -> Init.orthogonal_(Tensor.ones(DType.FLOAT16, 3, 3)));
  }

  /** PyTorch's positions. */
  @Test
  void diracHandsChannelsOn() {
    double[][][] ones = new double[4][4][3];
    ones[0][0][1] = ones[1][1][1] = ones[2][0][1] = ones[3][1][1] = 1;
    Tensor weight = Tensor.full(Shape.of(4, 4, 3), 7.0).requiresGrad_();
    assertTrue(Init.dirac_(weight, 2) == weight);
    assertTrue(weight.detach().equal(Tensor.of((Object[]) ones)));
    Tensor x = Tensor.randn(1, 2, 5, 6);
    var options = Conv2d.options().padding(1);
    Tensor same = Functional.conv2d(x, Init.dirac_(Tensor.empty(3, 2, 3, 3)), null, options);
    assertTrue(same.narrow(1, 0, 2).equal(x));
    assertEquals(0, same.select(1, 2).abs().sum().item());
    assertEquals(2, Init.dirac_(Tensor.empty(2, 3, 2, 2, 2)).sum().item());
    assertEquals(0, Init.dirac_(Tensor.empty(0, 3, 2)).numel());
    assertThrows(IllegalArgumentException.class, () -> Init.dirac_(Tensor.ones(3, 3)));
    assertThrows(IllegalArgumentException.class, () -> Init.dirac_(Tensor.ones(3, 3, 3), 2));
    assertThrows(IllegalArgumentException.class, () -> Init.dirac_(Tensor.ones(3, 3, 3), 0));
  }

  @Test
  void sparseMatricesNeedAPartAndTwoDimensions() {
    Tensor x = Init.sparse_(Tensor.ones(10, 4), 0.25, 3);
    for (Tensor column : x.unbind(1)) {
      assertEquals(3, column.eq(0).sum().item());
    }
    assertThrows(IllegalArgumentException.class, () -> Init.sparse_(x, 1.1));
    assertThrows(IllegalArgumentException.class, () -> Init.sparse_(x, Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> Init.sparse_(Tensor.ones(3), 0.5));
  }

  @Test
  void gainsAreTheRecommendedOnes() {
    assertEquals(1, Init.calculateGain(Init.Nonlinearity.LINEAR));
    assertEquals(1, Init.calculateGain(Init.Nonlinearity.SIGMOID));
    assertEquals(5.0 / 3, Init.calculateGain(Init.Nonlinearity.TANH));
    assertEquals(Math.sqrt(2), Init.calculateGain(Init.Nonlinearity.RELU));
    assertEquals(1.4141428569978354, Init.calculateGain(Init.Nonlinearity.LEAKY_RELU), 1e-15);
    assertEquals(Math.sqrt(2.0 / 5), Init.calculateGain(Init.Nonlinearity.LEAKY_RELU, 2), 1e-15);
    assertEquals(0.75, Init.calculateGain(Init.Nonlinearity.SELU));
  }
}
