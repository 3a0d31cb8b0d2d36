package dev.chagres.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.nn.Linear;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** State that is saved, and goes on. */
@OnEveryDevice
class OptimizerStateTest {
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

  /** A scheduler asks for steps that were taken; a load that fails is none. */
  @Test
  void onlyAStateThatWasLoadedTellsOfSteps() {
    List<Parameter> parameters = List.of(new Parameter(Tensor.ones(1)));
    for (Optimizer optimizer : List.of(new LBFGS(parameters), new SGD(parameters))) {
      assertThrows(IllegalArgumentException.class, () -> optimizer.loadStateDict(Map.of()));
      assertFalse(optimizer.hasStepped(), optimizer.name());
      optimizer.loadStateDict(optimizer.stateDict());
      assertTrue(optimizer.hasStepped(), optimizer.name());
    }
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
}
