package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Copies of modules are like them, and apart from them. */
@OnEveryDevice
class ModuleCopyTest {
  /** A user's module: a tied weight, a buffer that is saved and one that is not. */
  private static final class Tied extends Module {
    final Linear in = register("in", new Linear(4, 4));
    final Parameter out = registerParameter("out", in.weight());
    final BatchNorm1d norm = register("norm", new BatchNorm1d(4));
    final Tensor seen = registerBuffer("seen", Tensor.zeros(DType.INT64), Persistence.TRANSIENT);
    int calls;

    @Override
    public Tensor forward(Tensor x) {
      calls++;
      seen.add_(1);
      return norm.call(in.call(x)).matmul(out);
    }
  }

  private static Tensor random(long... sizes) {
    return Tensor.randn(sizes);
  }

  @Test
  void aCopyComputesTheSameAndGoesItsOwnWay() {
    Chagres.manualSeed(1);
    Tied module = new Tied();
    module.call(random(5, 4));
    module.norm.eval();
    module.in.bias().orElseThrow().requiresGrad_(false);
    module.out.setGrad(Tensor.ones(4, 4));
    Tied copy = module.copy(Tied::new);
    assertNotSame(module, copy);
    assertEquals(0, copy.calls, "what is only a field is the constructor's");
    assertEquals(1, copy.seen.item());
    assertSame(copy.out, copy.in.weight(), "tied as in the module");
    assertNull(copy.out.grad());
    assertTrue(copy.isTraining() && copy.in.isTraining() && !copy.norm.isTraining());
    assertFalse(copy.in.bias().orElseThrow().requiresGrad());
    assertTrue(copy.out.requiresGrad());
    module
        .stateDict()
        .forEach((name, tensor) -> assertTrue(tensor.equal(copy.stateDict().get(name)), name));
    Tensor x = random(5, 4);
    Tensor y = module.call(x);
    assertTrue(y.equal(copy.call(x)));
    dev.chagres.tensor.Autograd.noGrad(() -> copy.out.mul_(2));
    assertTrue(y.equal(module.call(x)));
    copy.call(x).sum().backward();
    assertTrue(module.out.grad().equal(Tensor.ones(4, 4)), "no gradient comes to the module");
  }

  @Test
  void dtypesAndPlacesAreTheModules() {
    Module module = new Sequential(new Linear(3, 2), new LayerNorm(2)).to(DType.FLOAT64);
    Sequential copy = module.copy(() -> new Sequential(new Linear(3, 2), new LayerNorm(2)));
    for (Parameter parameter : copy.parameters()) {
      assertEquals(DType.FLOAT64, parameter.dtype());
      assertEquals(Tensor.empty(0).device(), parameter.device());
    }
    assertEquals(DType.FLOAT64, copy.call(Tensor.ones(DType.FLOAT64, 1, 3)).dtype());
  }

  @Test
  void nobodyMissesTheNumbersThatTheMakerDraws() {
    Chagres.manualSeed(3);
    Linear module = new Linear(3, 2);
    Tensor expected = random(4);
    Chagres.manualSeed(3);
    new Linear(3, 2);
    module.copy(() -> new Linear(3, 2));
    assertTrue(expected.equal(random(4)));
  }

  @Test
  void aCopyOutlivesTheScopeThatItWasMadeIn() {
    Linear module = new Linear(3, 2);
    Linear copy;
    try (var _ = Scope.open()) {
      copy = module.copy(() -> new Linear(3, 2));
    }
    assertTrue(copy.weight().equal(module.weight()));
  }

  @Test
  void hooksAreTheModulesButWhereTheMakerHasPutSome() {
    List<String> heard = new ArrayList<>();
    Supplier<Sequential> maker = () -> new Sequential(new Linear(2, 2), new ReLU());
    Sequential module = maker.get();
    RemovableHandle handle = module.get(0).registerForwardPreHook((m, _) -> note(heard, "before"));
    module.get(1).registerForwardHook((m, _, y) -> noted(heard, "after", m));
    Sequential copy =
        module.copy(
            () -> {
              Sequential made = maker.get();
              made.get(1).registerForwardHook((m, _, y) -> noted(heard, "own", m));
              return made;
            });
    copy.call(Tensor.ones(1, 2));
    assertEquals(List.of("before", "own"), heard);
    handle.remove();
    copy.call(Tensor.ones(1, 2));
    assertEquals(List.of("before", "own", "before", "own"), heard, "the copy has its own list");
  }

  private static List<Tensor> note(List<String> heard, String what) {
    heard.add(what);
    return null;
  }

  private static Tensor noted(List<String> heard, String what, Module module) {
    assertTrue(module instanceof ReLU);
    heard.add(what);
    return null;
  }

  private static String refused(Module module, Supplier<? extends Module> maker) {
    return assertThrows(IllegalArgumentException.class, () -> module.copy(maker)).getMessage();
  }

  @Test
  void whatIsNotLikeTheModuleIsRefused() {
    Sequential module = new Sequential(new Linear(2, 2), new Dropout(0.5));
    Sequential before = module.copy(() -> new Sequential(new Linear(2, 2), new Dropout(0.5)));
    assertEquals(
        "copy: what the maker made has other parts, without [1]",
        refused(module, () -> new Sequential(new Linear(2, 2))));
    assertEquals(
        "copy: 1 is Dropout(p=0.5, inplace=False), and what the maker made (p=0.1,"
            + " inplace=False)",
        refused(module, () -> new Sequential(new Linear(2, 2), new Dropout(0.1))));
    assertTrue(
        refused(module, () -> new Sequential(new Linear(2, 3), new Dropout(0.5)))
            .startsWith("copy: 0 is Linear(in_features=2, out_features=2"));
    assertTrue(
        refused(module, () -> new Sequential(new Linear(2, 2), new ReLU()))
            .startsWith("copy: 1 is of class dev.chagres.nn.Dropout"));
    assertTrue(refused(module, () -> module).contains("itself; it has to make a new one"));
    assertTrue(
        refused(module, () -> new Sequential(module.get(0), new Dropout(0.5)))
            .contains("copy: the maker returned 0 itself"));
    assertThrows(NullPointerException.class, () -> module.copy(() -> null));
    assertTrue(before.parameters().getFirst().equal(module.parameters().getFirst()));
  }

  /** A module of one or two parameters. */
  private static final class Two extends Module {
    Two(Tensor first, Tensor second) {
      registerParameter("first", first);
      registerParameter("second", second);
    }

    static Two apart() {
      return new Two(Tensor.ones(2), Tensor.ones(2));
    }

    static Two tied() {
      Parameter one = new Parameter(Tensor.ones(2));
      return new Two(one, one);
    }
  }

  @Test
  void parametersAreTiedInBothOrNeither() {
    assertTrue(refused(Two.apart(), Two::tied).contains("second is one with another parameter"));
    assertTrue(refused(Two.tied(), Two::apart).contains("second is one with another parameter"));
    Two module = Two.apart();
    Tensor own = module.parameters().getFirst();
    assertTrue(
        refused(module, () -> new Two(own, Tensor.ones(2)))
            .contains("a parameter or buffer of the module itself"));
    assertTrue(
        refused(module, () -> new Two(Tensor.ones(3), Tensor.ones(2)))
            .startsWith("copy: first is (2,), and what the maker made (3,)"));
    assertEquals(1, Two.tied().copy(Two::tied).parameters().size());
  }
}
