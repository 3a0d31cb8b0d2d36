package dev.chagres.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.autograd.Backward.Option;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** An optimizer with a formula of one's own. */
@OnEveryDevice
class OwnOptimizerTest {
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
}
