package dev.chagres.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Options and groups of parameters: which are refused, and how they are printed. */
@OnEveryDevice
class OptimizerOptionsTest {
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
    for (Executable wrong :
        List.<Executable>of(
            () -> RMSprop.options().alpha(-1),
            () -> RMSprop.options().momentum(Double.NaN),
            () -> Adagrad.options().lrDecay(-1),
            () -> Adagrad.options().initialAccumulatorValue(-1),
            () -> Adadelta.options().rho(1.5),
            () -> Adamax.options().betas(0.9, 1),
            () -> NAdam.options().momentumDecay(-1),
            () -> RAdam.options().eps(-1),
            () -> ASGD.options().t0(Double.NaN),
            () -> Rprop.options().etas(0, 1.2),
            () -> Rprop.options().etas(0.5, 1),
            () -> Rprop.options().stepSizes(0, Double.POSITIVE_INFINITY),
            () -> LBFGS.options().maxIter(0),
            () -> LBFGS.options().historySize(0),
            () -> LBFGS.options().toleranceGrad(Double.NaN))) {
      assertThrows(IllegalArgumentException.class, wrong);
    }
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
  void lbfgsHasParametersOfOneKindAndNeedsAClosure() {
    Tensor a = Tensor.ones(1).requiresGrad_();
    Tensor b = Tensor.ones(DType.FLOAT64, 1).requiresGrad_();
    assertThrows(IllegalArgumentException.class, () -> new LBFGS(List.of(a, b)));
    assertThrows(IllegalArgumentException.class, () -> new LBFGS(List.of()));
    var optimizer = new LBFGS(List.of(a));
    assertThrows(UnsupportedOperationException.class, optimizer::step);
    assertTrue(optimizer.state(a).isEmpty());
    optimizer.loadStateDict(optimizer.stateDict());
    assertThrows(IllegalArgumentException.class, () -> optimizer.state(b));
    assertTrue(optimizer.toString().contains("max_eval: 25"), optimizer::toString);
  }

  @Test
  void adamTellsAdamWsStateFromItsOwn() {
    Tensor a = Tensor.ones(1).requiresGrad_();
    var adam = new Adam(List.of(a));
    Map<String, Tensor> saved = new java.util.LinkedHashMap<>(adam.stateDict());
    saved.put("param_groups.0.fused", Tensor.scalar(true));
    saved.put("param_groups.0.decoupled_weight_decay", Tensor.scalar(false));
    saved.put("param_groups.0.initial_lr", Tensor.scalar(0.5));
    adam.loadStateDict(saved);
    assertEquals(0.5, new ConstantLR(adam, 0.5, 3).baseLr(0));
    var other = new AdamW(List.of(a));
    assertThrows(IllegalArgumentException.class, () -> other.loadStateDict(saved));
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
