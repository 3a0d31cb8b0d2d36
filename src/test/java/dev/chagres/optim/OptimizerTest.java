package dev.chagres.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.chagres.Chagres;
import dev.chagres.autograd.Backward.Option;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.Scope;
import dev.chagres.nn.GoldenCases;
import dev.chagres.nn.GoldenCases.Case;
import dev.chagres.nn.Linear;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

class OptimizerTest {

  private static Optimizer make(Case c, List<Tensor> parameters) {
    return switch (c.op()) {
      case "sgd" -> new SGD(parameters, sgd(c));
      case "adam" -> new Adam(parameters, adam(c, Adam.options()));
      case "adamw" -> new AdamW(parameters, adam(c, AdamW.options()));
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

  @TestFactory
  Stream<DynamicTest> followsPyTorch() throws IOException {
    return GoldenCases.of("sgd", "adam", "adamw").stream()
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
  void stateHasTheDtypeOfItsParameter() {
    for (DType dtype : List.of(DType.FLOAT16, DType.BFLOAT16)) {
      Tensor parameter = Tensor.ones(dtype, 2, 3).requiresGrad_();
      parameter.square().sum().backward();
      for (Optimizer optimizer :
          List.of(
              new SGD(List.of(parameter), SGD.options().lr(0.1).momentum(0.9)),
              new Adam(List.of(parameter), Adam.options().lr(0.1).amsgrad()),
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
  void wrongOptionsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> SGD.options().lr(-1));
    assertThrows(IllegalArgumentException.class, () -> SGD.options().lr(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> SGD.options().momentum(-0.1));
    assertThrows(IllegalArgumentException.class, () -> SGD.options().weightDecay(-0.1));
    assertThrows(IllegalArgumentException.class, () -> SGD.options().lr(Double.POSITIVE_INFINITY));
    assertThrows(IllegalArgumentException.class, () -> SGD.options().dampening(Double.NaN));
    assertEquals(
        "SGD: the momentum NaN is not 0 or more, and finite",
        assertThrows(IllegalArgumentException.class, () -> SGD.options().momentum(Double.NaN))
            .getMessage());
    assertThrows(IllegalArgumentException.class, () -> Adam.options().lr(-1));
    assertThrows(IllegalArgumentException.class, () -> Adam.options().eps(-1));
    assertThrows(IllegalArgumentException.class, () -> Adam.options().betas(1, 0.9));
    assertThrows(IllegalArgumentException.class, () -> Adam.options().betas(0.9, -0.1));
    assertThrows(IllegalArgumentException.class, () -> AdamW.options().weightDecay(-1));
    var one = List.of(Tensor.ones(1).requiresGrad_());
    var error =
        assertThrows(IllegalArgumentException.class, () -> new SGD(one, SGD.options().nesterov()));
    assertTrue(
        error.getMessage().contains("Nesterov momentum requires a momentum and zero dampening"));
    assertThrows(
        IllegalArgumentException.class,
        () -> new SGD(one, SGD.options().momentum(0.9).dampening(0.1).nesterov()));
  }

  @Test
  void optionsThatDoNotFitTogetherAreRefusedInEveryGroup() {
    Tensor a = Tensor.ones(1).requiresGrad_();
    Tensor b = Tensor.ones(1).requiresGrad_();
    var optimizer = new SGD(List.of(a), SGD.options().lr(0.5));
    var half = SGD.options().nesterov();
    assertThrows(IllegalArgumentException.class, () -> optimizer.addGroup(List.of(b), half));
    assertEquals(1, optimizer.groups().size());
    var group = optimizer.groups().getFirst();
    assertThrows(IllegalArgumentException.class, () -> group.setOptions(half));
    assertEquals(SGD.options().lr(0.5), group.options());
    group.setOptions(half.momentum(0.9));
    assertThrows(IllegalArgumentException.class, () -> group.setLr(-1));
  }

  @Test
  void optionsAreValues() {
    var options = SGD.options().nesterov().momentum(0.9).maximize();
    assertEquals(SGD.options().maximize().momentum(0.9).nesterov(), options);
    assertNotEquals(SGD.options().momentum(0.9).nesterov(), options);
    assertEquals(
        "Options[lr=0.001, momentum=0.9, dampening=0.0, weightDecay=0.0, variants=[NESTEROV,"
            + " MAXIMIZE]]",
        options.toString());
    assertEquals(Adam.options().weightDecay(1e-2), AdamW.options());
    assertThrows(UnsupportedOperationException.class, () -> options.variants().clear());
  }

  @Test
  void wrongParametersAreRefused() {
    Tensor leaf = Tensor.ones(1).requiresGrad_();
    var empty = assertThrows(IllegalArgumentException.class, () -> new SGD(List.of())).getMessage();
    assertEquals(
        "SGD: the list of parameters is empty; an optimizer needs at least one (a Module finds"
            + " those of layers that were register-ed)",
        empty);
    assertEquals(
        empty.replace("SGD", "AdamW"),
        assertThrows(IllegalArgumentException.class, () -> new AdamW(List.of())).getMessage());
    assertThrows(IllegalArgumentException.class, () -> new SGD(List.of(leaf.mul(2))));
    assertThrows(IllegalArgumentException.class, () -> new SGD(List.of(leaf, leaf)));
    assertThrows(
        IllegalArgumentException.class,
        () -> new SGD(List.of(leaf)).addGroup(List.of(leaf), SGD.options()));
  }

  @Test
  void groupsHaveOptionsOfTheirOwn() {
    Tensor a = Tensor.ones(1).requiresGrad_();
    Tensor b = Tensor.ones(1).requiresGrad_();
    Tensor without = Tensor.ones(1).requiresGrad_();
    var optimizer =
        new SGD(List.of(a, without), SGD.options().lr(0.5))
            .addGroup(List.of(b), SGD.options().lr(0.25));
    a.setGrad(Tensor.ones(1));
    b.setGrad(Tensor.ones(1));
    optimizer.step();
    assertEquals(0.5, a.item());
    assertEquals(0.75, b.item());
    assertEquals(1, without.item());
    optimizer.groups().get(1).setLr(0.75);
    assertEquals(0.75, optimizer.groups().get(1).options().lr());
    optimizer.step();
    assertEquals(0, b.item());
    optimizer.zeroGrad();
    assertNull(a.grad());
    optimizer.step();
    assertEquals(0, a.item());
  }

  /** What code that is for every optimizer may do without knowing its options' type. */
  @Test
  void aPlainOptimizerHasGroupsWithLearningRates() {
    Tensor a = Tensor.ones(1).requiresGrad_();
    Tensor b = Tensor.ones(1).requiresGrad_();
    Adam adam = new Adam(List.of(a)).addGroup(List.of(b), Adam.options().lr(0.5).eps(0.25));
    Optimizer optimizer = adam;
    for (Optimizer.Group group : optimizer.groups()) {
      group.setLr(group.lr() / 2);
    }
    assertEquals(0.0005, adam.groups().getFirst().options().lr());
    assertEquals(Adam.options().lr(0.25).eps(0.25), adam.groups().getLast().options());
    assertSame(b, optimizer.groups().getLast().parameters().getFirst());
    var group = optimizer.groups().getFirst();
    assertThrows(IllegalArgumentException.class, () -> group.setLr(-1));
    assertEquals(0.0005, group.lr());
  }

  /** Signs of gradients: a user's formula. */
  private static class Signs extends ParameterwiseOptimizer<Signs.Options> {
    final List<Tensor> seen = new ArrayList<>();

    record Options(double lr) implements ParameterwiseOptimizer.Options<Options> {
      @Override
      public Options lr(double lr) {
        return new Options(lr);
      }

      @Override
      public Map<String, Tensor> toTensors() {
        return Map.of("lr", number(lr));
      }

      @Override
      public Options from(Map<String, Tensor> tensors) {
        return new Options(value(tensors, "lr"));
      }
    }

    Signs(List<Tensor> parameters) {
      super(parameters, new Options(0.5));
    }

    @Override
    protected List<String> stateNames(Options options) {
      return List.of("votes");
    }

    @Override
    protected boolean countsSteps() {
      return true;
    }

    @Override
    protected void update(Tensor parameter, Tensor gradient, State state, Options options) {
      Tensor votes = state.tensors().getFirst().add_(gradient.sign());
      parameter.sub_(votes.sign().mul(options.lr));
      seen.add(gradient);
    }
  }

  @Test
  void aFormulaOfOnesOwnMayKeepGradients() {
    Tensor a = Tensor.zeros(2).requiresGrad_();
    Signs optimizer = new Signs(List.of(a));
    a.mul(3).sum().backward();
    optimizer.step();
    optimizer.zeroGrad();
    assertTrue(optimizer.seen.getFirst().equal(Tensor.of(3.0, 3.0)));
    a.pow(2).sum().backward(Option.CREATE_GRAPH);
    optimizer.step();
    assertFalse(optimizer.state(a).get("votes").requiresGrad());
  }

  @Test
  void aFormulaOfOnesOwnIsAnOptimizer() {
    Tensor a = Tensor.zeros(2).requiresGrad_();
    Optimizer optimizer = new Signs(List.of(a));
    a.setGrad(Tensor.of(3.0, -0.25));
    optimizer.step();
    optimizer.groups().getFirst().setLr(2);
    optimizer.step();
    assertTrue(a.detach().equal(Tensor.of(-2.5, 2.5)), a::toString);
    Optimizer second = new Signs(List.of(a));
    second.loadStateDict(optimizer.stateDict());
    assertEquals(2, second.groups().getFirst().lr());
    assertTrue(second.state(a).get("votes").equal(Tensor.of(2.0, -2.0)));
    assertEquals("Signs (\nParameter Group 0\n    lr: 2.0\n)", second.toString());
  }

  /** Backward passes and zeroGrad of other threads read and write gradients too. */
  @Test
  void aFormulaOfOnesOwnMayWaitForAThreadThatReadsTheGradient() {
    Tensor a = Tensor.zeros(2).requiresGrad_();
    a.setGrad(Tensor.of(3.0, -0.25));
    Optimizer optimizer =
        new Signs(List.of(a)) {
          @Override
          protected void update(Tensor parameter, Tensor gradient, State state, Options options) {
            Tensor read =
                CompletableFuture.supplyAsync(parameter::grad)
                    .orTimeout(10, TimeUnit.SECONDS)
                    .join();
            super.update(parameter, read, state, options);
          }
        };
    optimizer.step();
    assertTrue(a.detach().equal(Tensor.of(-0.5, 0.5)), a::toString);
  }

  @Test
  void aStepThatFailsDoesNotCount() {
    List<Function<Tensor, Optimizer>> kinds =
        List.of(
            w -> new SGD(List.of(w), SGD.options().momentum(0.5).dampening(0.5)),
            w -> new Adam(List.of(w), Adam.options().lr(0.1)),
            w -> new Signs(List.of(w)));
    for (Function<Tensor, Optimizer> kind : kinds) {
      Tensor troubled = Tensor.ones(3).requiresGrad_();
      Tensor untroubled = Tensor.ones(3).requiresGrad_();
      Optimizer optimizer = kind.apply(troubled);
      Optimizer other = kind.apply(untroubled);
      for (int step = 1; step <= 3; step++) {
        Tensor freed = Tensor.ones(3);
        troubled.setGrad(freed);
        freed.storage().free();
        assertThrows(IllegalStateException.class, optimizer::step);
        assertEquals(
            other.state(untroubled).keySet(), optimizer.state(troubled).keySet(), "no new state");
        Tensor gradient = Tensor.full(Shape.of(3), 1.0 / step);
        troubled.setGrad(gradient);
        untroubled.setGrad(gradient);
        optimizer.step();
        other.step();
        assertTrue(troubled.equal(untroubled), () -> optimizer + ": " + troubled);
      }
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

  @Test
  void trainingGoesOnFromASavedState() {
    for (boolean amsgrad : new boolean[] {false, true}) {
      var options = Adam.options().lr(0.1).weightDecay(0.01);
      var chosen = amsgrad ? options.amsgrad() : options;
      Chagres.manualSeed(5);
      Linear one = new Linear(2, 3);
      Linear two = new Linear(2, 3);
      two.loadStateDict(one.stateDict());
      var first = new Adam(one.parameters(), chosen);
      train(one, first, 3);
      var second = new Adam(two.parameters());
      Map<String, Tensor> saved = copy(first.stateDict());
      assertTrue(
          saved.containsKey("state.0.exp_avg") && saved.containsKey("param_groups.0.betas"),
          saved.keySet().toString());
      second.loadStateDict(saved);
      two.loadStateDict(one.stateDict());
      assertEquals(first.toString(), second.toString());
      train(one, first, 2);
      train(two, second, 2);
      assertTrue(one.weight().detach().equal(two.weight().detach()));
      train(one, first, 1);
      assertNotEquals(one.weight().detach().sum().item(), two.weight().detach().sum().item());
    }
  }

  private static Map<String, Tensor> copy(Map<String, Tensor> state) {
    Map<String, Tensor> copies = new LinkedHashMap<>();
    state.forEach((name, value) -> copies.put(name, value.clone()));
    return copies;
  }

  private static void train(Linear model, Optimizer optimizer, int steps) {
    for (int i = 0; i < steps; i++) {
      optimizer.zeroGrad();
      model.call(Tensor.ones(1, 2)).square().sum().backward();
      optimizer.step();
    }
  }

  @Test
  void aStateThatDoesNotFitChangesNothing() {
    Parameter p = new Parameter(Tensor.ones(3));
    p.setGrad(Tensor.ones(3));
    var optimizer = new SGD(List.of(p), SGD.options().lr(0.5).momentum(0.9));
    optimizer.step();
    String before = optimizer.stateDict().toString();
    for (String missing :
        new String[] {"param_groups.0.lr", "param_groups.0.params", "state.0.momentum_buffer"}) {
      Map<String, Tensor> state = copy(optimizer.stateDict());
      state.put("param_groups.0.momentum", Tensor.scalar(0.8).squeeze());
      state.remove(missing);
      if (missing.startsWith("state")) {
        state.put(missing, Tensor.ones(4));
      }
      assertThrows(IllegalArgumentException.class, () -> optimizer.loadStateDict(state), missing);
      assertEquals(before, optimizer.stateDict().toString());
    }
    Map<String, Tensor> more = copy(optimizer.stateDict());
    more.put("param_groups.1.lr", Tensor.scalar(1.0));
    assertThrows(IllegalArgumentException.class, () -> optimizer.loadStateDict(more));
    Map<String, Tensor> nesterov = copy(optimizer.stateDict());
    nesterov.put("param_groups.0.nesterov", Tensor.scalar(true).squeeze());
    nesterov.put("param_groups.0.dampening", Tensor.scalar(0.5).squeeze());
    assertThrows(IllegalArgumentException.class, () -> optimizer.loadStateDict(nesterov));
    assertEquals(before, optimizer.stateDict().toString());
  }

  /** The lines are those that PyTorch prints of the same optimizer, but for its own switches. */
  @Test
  void printsItsGroups() {
    var a = Tensor.ones(1).requiresGrad_();
    var b = Tensor.ones(1).requiresGrad_();
    var optimizer =
        new AdamW(List.of(a))
            .addGroup(List.of(b), Adam.options().lr(5e-5).eps(1.5e-10).betas(0, 0.95).amsgrad());
    assertEquals(
        """
        AdamW (
        Parameter Group 0
            amsgrad: False
            betas: (0.9, 0.999)
            eps: 1e-08
            lr: 0.001
            maximize: False
            weight_decay: 0.01

        Parameter Group 1
            amsgrad: True
            betas: (0, 0.95)
            eps: 1.5e-10
            lr: 5e-05
            maximize: False
            weight_decay: 0
        )\
        """,
        optimizer.toString());
    var sgd = SGD.options().lr(2).dampening(-0.25);
    assertEquals(
        """
        SGD (
        Parameter Group 0
            dampening: -0.25
            lr: 2.0
            maximize: False
            momentum: 0
            nesterov: False
            weight_decay: 0
        )\
        """,
        new SGD(List.of(a), sgd).toString());
    assertEquals(0.01, AdamW.options().toTensors().get("weight_decay").item());
    assertEquals(DType.FLOAT64, AdamW.options().toTensors().get("lr").dtype());
  }

  @Test
  void theStateOfAnotherKindOfOptimizerIsNamed() {
    List<Parameter> parameters = List.of(new Parameter(Tensor.ones(1)));
    var adam = new Adam(parameters);
    var sgd = new SGD(parameters);
    Exception given =
        assertThrows(IllegalArgumentException.class, () -> adam.loadStateDict(sgd.stateDict()));
    assertEquals(
        "loadStateDict: Adam wants the state of an optimizer of its kind; group 0 of the saved one"
            + " has no amsgrad, betas, eps, but dampening, momentum, nesterov, which looks like"
            + " another kind's",
        given.getMessage());
    Exception other =
        assertThrows(IllegalArgumentException.class, () -> sgd.loadStateDict(adam.stateDict()));
    assertTrue(
        other.getMessage().startsWith("loadStateDict: SGD wants the state of"), other.getMessage());
    Map<String, Tensor> cut = sgd.stateDict();
    cut.remove("param_groups.0.momentum");
    Exception missing = assertThrows(IllegalArgumentException.class, () -> sgd.loadStateDict(cut));
    assertEquals(
        "loadStateDict: the option momentum is missing, or not one number", missing.getMessage());
  }

  @Test
  void whatIsNullIsNamed() {
    List<Parameter> parameters = List.of(new Parameter(Tensor.ones(1)));
    var sgd = new SGD(parameters);
    Map<String, Executable> calls =
        Map.of(
            "Adam: parameters is null", () -> new Adam(absent()),
            "AdamW: options is null", () -> new AdamW(parameters, absent()),
            "SGD: a parameter is null", () -> new SGD(Arrays.asList(absent(), absent())),
            "SGD: options is null", () -> sgd.addGroup(parameters, absent()),
            "setOptions: options is null", () -> sgd.groups().getFirst().setOptions(absent()),
            "state: parameter is null", () -> sgd.state(absent()),
            "step: closure is null", () -> sgd.step(absent()),
            "loadStateDict: saved is null", () -> sgd.loadStateDict(absent()));
    calls.forEach(
        (message, call) ->
            assertEquals(message, assertThrows(NullPointerException.class, call).getMessage()));
  }

  /** Null where the annotations forbid it, as from a caller who does not check them. */
  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T absent() {
    return null;
  }
}
