package dev.chagres.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Memory;
import dev.chagres.memory.Scope;
import dev.chagres.memory.raw.AllocationObserver;
import dev.chagres.memory.raw.Allocations;
import dev.chagres.memory.raw.RawStorage;
import dev.chagres.nn.GoldenCases;
import dev.chagres.nn.GoldenCases.Case;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Steps: PyTorch's, and what they leave alone. */
@OnEveryDevice
class OptimizerTest {
  private static Optimizer make(Case c, List<Tensor> parameters) {
    return switch (c.op()) {
      case "sgd" -> new SGD(parameters, sgd(c));
      case "adam" -> new Adam(parameters, adam(c, Adam.options()));
      case "adamw" -> new AdamW(parameters, adam(c, AdamW.options()));
      case "rmsprop" -> new RMSprop(parameters, rmsprop(c));
      case "adagrad" -> new Adagrad(parameters, adagrad(c));
      default -> throw new AssertionError(c.op());
    };
  }

  private static SGD.Options sgd(Case c) {
    var options =
        SGD.options()
            .lr(c.number("lr", 1e-3))
            .momentum(c.number("momentum", 0))
            .dampening(c.number("dampening", 0))
            .weightDecay(c.number("weight_decay", 0));
    options = c.flag("nesterov") ? options.nesterov() : options;
    return c.flag("maximize") ? options.maximize() : options;
  }

  private static Adam.Options adam(Case c, Adam.Options defaults) {
    var options = defaults.lr(c.number("lr", 1e-3)).eps(c.number("eps", 1e-8));
    if (c.args().get("betas") instanceof List<?> betas) {
      options = options.betas((double) betas.get(0), (double) betas.get(1));
    }
    options =
        c.args().containsKey("weight_decay")
            ? options.weightDecay(c.number("weight_decay", 0))
            : options;
    options = c.flag("amsgrad") ? options.amsgrad() : options;
    return c.flag("maximize") ? options.maximize() : options;
  }

  private static RMSprop.Options rmsprop(Case c) {
    var options =
        RMSprop.options()
            .lr(c.number("lr", 1e-2))
            .alpha(c.number("alpha", 0.99))
            .momentum(c.number("momentum", 0))
            .weightDecay(c.number("weight_decay", 0));
    return c.flag("centered") ? options.centered() : options;
  }

  private static Adagrad.Options adagrad(Case c) {
    return Adagrad.options()
        .lr(c.number("lr", 1e-2))
        .lrDecay(c.number("lr_decay", 0))
        .weightDecay(c.number("weight_decay", 0));
  }

  @TestFactory
  Stream<DynamicTest> followsPyTorch() throws IOException {
    return GoldenCases.of("sgd", "adam", "adamw", "rmsprop", "adagrad").stream()
        .flatMap(
            c ->
                Stream.of(
                    dynamicTest(c.op() + " " + c.name(), () -> follow(c, Tensor::clone)),
                    dynamicTest(
                        c.op() + " " + c.name() + " strided",
                        () -> follow(c, OptimizerTest::strided))));
  }

  /** The same values, two elements apart in memory. */
  private static Tensor strided(Tensor x) {
    Tensor wide = x.newZeros(x.numel(), 2);
    wide.at(":, 1").copy_(x);
    return wide.at(":, 1");
  }

  private static void follow(Case c, java.util.function.UnaryOperator<Tensor> layout) {
    Tensor parameter = layout.apply(c.in().getFirst()).detach().requiresGrad_();
    Optimizer optimizer = make(c, List.of(parameter));
    Tensor gradients = c.in().get(1);
    for (int step = 0; step < gradients.size(0); step++) {
      parameter.setGrad(layout.apply(gradients.get(step)));
      optimizer.step();
      GoldenCases.assertClose(c.out().getFirst().get(step), parameter, "after step " + step);
      assertTrue(parameter.grad().equal(gradients.get(step)), "the gradient stays as it is");
    }
  }

  /** Denormal moments would make each later step of some processors a hundred times as long. */
  @Test
  void momentsOfAGradientThatStaysZeroEndAtZero() {
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      for (int kind = 0; kind < 2; kind++) {
        Tensor parameter = Tensor.ones(dtype, 40).requiresGrad_();
        List<Tensor> parameters = List.of(parameter);
        Optimizer optimizer =
            kind == 0
                ? new Adam(parameters, Adam.options().betas(0.6, 0.6))
                : new SGD(parameters, SGD.options().momentum(0.6));
        for (int step = 0; step < 2000; step++) {
          parameter.setGrad(Tensor.full(Shape.of(40), step == 0 ? 1e-3 : 0, dtype));
          optimizer.step();
        }
        optimizer.state(parameter).values().stream()
            .filter(moment -> moment.dim() == 1)
            .forEach(moment -> assertEquals(40, moment.eq(0).sum().item(), moment::toString));
      }
    }
  }

  @Test
  void aStepOfManyHalfPrecisionParametersCopiesFewAtOnce() {
    long elements = 2 << 20;
    List<Tensor> parameters = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      Tensor parameter = Tensor.zeros(DType.BFLOAT16, elements).requiresGrad_();
      parameter.setGrad(Tensor.ones(DType.BFLOAT16, elements));
      parameters.add(parameter);
    }
    var sgd = new SGD(parameters, SGD.options().lr(0.5));
    long[] liveAndMost = {Memory.stats(parameters.getFirst().device()).liveBytes(), 0};
    Allocations.observe(
        new AllocationObserver() {
          @Override
          public <S extends RawStorage> S allocate(
              long bytes, Supplier<S> allocation, LongSupplier live) {
            S made = allocation.get();
            liveAndMost[1] = Math.max(liveAndMost[1], live.getAsLong());
            return made;
          }
        });
    try {
      sgd.step();
    } finally {
      Allocations.observe(null);
    }
    long most = liveAndMost[1] - liveAndMost[0];
    assertTrue(most > 0 && most < 90 << 20, most + " bytes of copies at once");
    for (Tensor parameter : parameters) {
      assertTrue(parameter.detach().eq(-0.5).all().isTrue());
      parameter.storage().free();
    }
  }

  @Test
  void stateHasTheDtypeOfItsParameter() {
    for (DType dtype : List.of(DType.FLOAT16, DType.BFLOAT16)) {
      Tensor parameter = Tensor.ones(dtype, 2, 3).requiresGrad_();
      parameter.square().sum().backward();
      for (Optimizer optimizer :
          List.of(
              new SGD(List.of(parameter), SGD.options().lr(0.1).momentum(0.9)),
              new Adam(List.of(parameter), Adam.options().lr(0.1).amsgrad()),
              new RMSprop(List.of(parameter), RMSprop.options().momentum(0.5)),
              new Adadelta(List.of(parameter)),
              new Rprop(List.of(parameter), Rprop.options().lr(0.1)),
              new AdamW(List.of(parameter), AdamW.options().lr(0.1)))) {
        double before = parameter.get(0, 0).item();
        long version = parameter.storage().version();
        optimizer.step();
        assertEquals(dtype, parameter.dtype());
        assertTrue(parameter.get(0, 0).item() < before, optimizer.getClass().getSimpleName());
        assertTrue(parameter.storage().version() > version);
        var state = new LinkedHashMap<>(optimizer.state(parameter));
        state.remove("step");
        assertFalse(state.isEmpty());
        state.forEach((name, tensor) -> assertEquals(dtype, tensor.dtype(), name));
      }
      assertTrue(parameter.grad().eq(2).all().isTrue(), "the gradient stays as it is");
    }
  }

  /** PyTorch 2.13's parameter after three steps; the square of the gradient is denormal. */
  @Test
  void aSmallEpsLeavesSmallMomentsAlone() {
    for (double eps : new double[] {0, 1e-30, 1e-8}) {
      Tensor parameter = Tensor.ones(3).requiresGrad_();
      var optimizer = new Adam(List.of(parameter), Adam.options().eps(eps));
      for (int step = 0; step < 3; step++) {
        parameter.setGrad(Tensor.full(Shape.of(3), 1e-20));
        optimizer.step();
      }
      assertEquals(eps == 1e-8 ? 1 : 0.9969930648803711, parameter.get(0).item(), 1e-7);
    }
  }

  @Test
  void momentumMayBeginLater() {
    Tensor a = Tensor.zeros(1).requiresGrad_();
    var optimizer = new SGD(List.of(a), SGD.options().lr(1));
    a.setGrad(Tensor.ones(1));
    optimizer.step();
    var group = optimizer.groups().getFirst();
    group.setOptions(group.options().momentum(0.5).dampening(0.5));
    optimizer.step();
    assertEquals(-2, a.item(), "the buffer begins as the gradient");
    optimizer.step();
    assertEquals(-3, a.item(), "0.5 of the buffer and 0.5 of the gradient");
  }

  @Test
  void aClosureIsRunWithGradients() {
    Tensor a = Tensor.ones(1).requiresGrad_();
    var optimizer = new SGD(List.of(a), SGD.options().lr(0.1));
    var loss =
        dev.chagres.tensor.Autograd.noGrad(
            () ->
                optimizer.step(
                    () -> {
                      optimizer.zeroGrad();
                      Tensor value = a.mul(a).sum();
                      value.backward();
                      return value;
                    }));
    assertEquals(1, loss.item());
    assertEquals(0.8, a.item(), 1e-7);
  }

  @Test
  void stateOutlivesScopes() {
    Parameter p = new Parameter(Tensor.ones(3));
    var optimizer = new Adam(List.of(p));
    for (int i = 0; i < 3; i++) {
      try (var _ = Scope.open()) {
        optimizer.zeroGrad();
        p.square().sum().backward();
        optimizer.step();
      }
    }
    assertEquals(
        List.of("step", "exp_avg", "exp_avg_sq"), List.copyOf(optimizer.state(p).keySet()));
    assertEquals(3, optimizer.state(p).get("step").item());
    assertEquals(Shape.of(3), optimizer.state(p).get("exp_avg").shape());
    assertTrue(optimizer.state(p).get("exp_avg").gt(0).all().item() == 1);
    List<Object> storages = new ArrayList<>();
    optimizer.forEachStorage(storages::add);
    assertEquals(2, storages.size());
  }
}
