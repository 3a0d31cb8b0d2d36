package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.chagres.Chagres;
import dev.chagres.core.Pair;
import dev.chagres.tensor.Tensor;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

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
          "MLP", () -> new Sequential(new Linear(784, 256), new ReLU(), new Linear(256, 10)));

  private static final Map<String, UnaryOperator<Tensor>> FILLS =
      Map.of(
          "xavier_uniform_", Init::xavierUniform_,
          "xavier_normal_", Init::xavierNormal_,
          "kaiming_uniform_", Init::kaimingUniform_,
          "kaiming_normal_", Init::kaimingNormal_);

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
