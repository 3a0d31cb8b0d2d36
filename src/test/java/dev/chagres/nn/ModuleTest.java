package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.Chagres;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Pair;
import dev.chagres.core.Shape;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnCpu;
import dev.chagres.testing.OnEveryDevice;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

@OnEveryDevice
class ModuleTest {
  /** A module with every sort of part. */
  private static final class Whole extends Module {
    final Parameter scale = registerParameter("scale", Tensor.of(2.0, 3.0));
    final Tensor seen = registerBuffer("seen", Tensor.scalar(7L));
    final Tensor scratch = registerBuffer("scratch", Tensor.zeros(1), Persistence.TRANSIENT);
    final Linear first = register("first", new Linear(2, 2));
    final Sequential rest =
        register("rest", new Sequential(new Linear(2, 3, Bias.NONE), new ReLU()));

    @Override
    public Tensor forward(Tensor x) {
      return rest.call(first.call(x).mul(scale));
    }
  }

  /** A module of two inputs. */
  private static final class Product extends Module {
    @Override
    public Tensor forward(Tensor... inputs) {
      return inputs[0].mul(inputs[1]);
    }
  }

  /** A module that adds what it is given, one tensor or more. */
  private static final class Sum extends Module {
    @Override
    public Tensor forward(Tensor... inputs) {
      Tensor sum = inputs[0];
      for (int i = 1; i < inputs.length; i++) {
        sum = sum.add(inputs[i]);
      }
      return sum;
    }
  }

  /** A module whose forward no call reaches. */
  private static final class OfTwo extends Module {
    @SuppressWarnings("unused")
    Tensor forward(Tensor x, Tensor y) {
      return x.add(y);
    }
  }

  @Test
  void aForwardOfTwoTensorsIsSaidNotToBeReached() {
    Tensor x = Tensor.of(1.0, 2.0);
    var of2 = assertThrows(UnsupportedOperationException.class, () -> new OfTwo().call(x, x));
    String apart =
        "; its forward(Tensor, Tensor) is another method: read inputs[0], inputs[1] in"
            + " forward(Tensor... inputs)";
    assertEquals(
        "OfTwo: takes one input, not 2; a module of several overrides forward(Tensor... inputs)"
            + apart,
        of2.getMessage());
    var of3 = assertThrows(UnsupportedOperationException.class, () -> new OfTwo().call(x, x, x));
    assertEquals(
        "OfTwo: takes one input, not 3; a module of several overrides forward(Tensor... inputs)"
            + apart,
        of3.getMessage());
    var of1 = assertThrows(UnsupportedOperationException.class, () -> new OfTwo().call(x));
    assertEquals(
        "OfTwo: has no forward(Tensor); override it, or forward(Tensor... inputs)" + apart,
        of1.getMessage());
    var loss =
        new Loss() {
          @Override
          public Tensor forward(Tensor input, Tensor target) {
            return input.sub(target).sum();
          }
        };
    assertEquals(0, loss.call(x, x).item());
  }

  @Test
  void aForwardThatReturnsNullIsNamed() {
    var module =
        new Module() {
          @Override
          @SuppressWarnings("NullAway")
          public Tensor forward(Tensor x) {
            return null;
          }
        };
    Tensor x = Tensor.of(1.0);
    for (int hooks = 0; hooks < 2; hooks++) {
      var e = assertThrows(NullPointerException.class, () -> module.call(x));
      assertEquals("Module: what forward returned is null", e.getMessage());
      module.registerForwardHook((_, _, _) -> null);
    }
  }

  @Test
  void aBufferTakesThePlaceOfOneOfItsName() {
    var module =
        new Module() {
          void buffer(String name, Tensor value, Persistence persistence) {
            registerBuffer(name, value, persistence);
          }

          void buffer(String name, Tensor value) {
            registerBuffer(name, value);
          }
        };
    module.buffer("a", Tensor.of(1.0), Module.Persistence.PERSISTENT);
    module.buffer("b", Tensor.of(2.0), Module.Persistence.PERSISTENT);
    Tensor other = Tensor.of(3.0, 4.0);
    module.buffer("a", other, Module.Persistence.PERSISTENT);
    assertEquals(List.of("a", "b"), List.copyOf(module.stateDict().keySet()));
    assertSame(other, module.namedBuffers().get("a"));
    module.buffer("a", other, Module.Persistence.TRANSIENT);
    module.buffer("a", Tensor.of(5.0));
    module.buffer("b", Tensor.of(6.0));
    assertEquals(List.of("b"), List.copyOf(module.stateDict().keySet()));
    module.buffer("a", other, Module.Persistence.PERSISTENT);
    assertEquals(List.of("a", "b"), List.copyOf(module.stateDict().keySet()));
    var whole = new Whole();
    for (String name : List.of("scale", "first")) {
      var e =
          assertThrows(
              IllegalArgumentException.class, () -> whole.registerBuffer(name, Tensor.of(1.0)));
      assertEquals("Whole: there is a part named \"" + name + "\" already", e.getMessage());
    }
  }

  @Test
  void oneTensorReachesAForwardOfSeveral() {
    Tensor x = Tensor.of(1.0, 2.0);
    var sum = new Sum();
    assertSame(x, sum.call(x));
    assertSame(x, new Sequential(sum, new Identity()).call(x));
    assertEquals(9, sum.call(x, x, x).sum().item());
    var seen = new ArrayList<Integer>();
    sum.registerForwardHook(
        (module, inputs, output) -> {
          seen.add(inputs.size());
          return null;
        });
    assertSame(x, sum.call(x));
    assertEquals(6, sum.call(x, x).sum().item());
    assertEquals(List.of(1, 2), seen);
  }

  @Test
  void aForwardThatIsNotThereIsNamed() {
    Tensor x = Tensor.ones(1);
    Module none = new Nothing();
    for (Executable call :
        List.<Executable>of(
            () -> none.call(x), () -> none.forward(x), () -> none.call(new Tensor[] {x}))) {
      Exception error = assertThrows(UnsupportedOperationException.class, call);
      assertEquals(
          "Nothing: has no forward(Tensor); override it, or forward(Tensor... inputs)",
          error.getMessage());
    }
    Exception many = assertThrows(UnsupportedOperationException.class, () -> new ReLU().call(x, x));
    assertEquals(
        "ReLU: takes one input, not 2; a module of several overrides forward(Tensor... inputs)",
        many.getMessage());
    // What calls the forward that it overrides does not go round in circles
    var up =
        new Module() {
          @Override
          public Tensor forward(Tensor... inputs) {
            return super.forward(inputs);
          }
        };
    assertThrows(UnsupportedOperationException.class, () -> up.call(x));
  }

  private static final class Nothing extends Module {}

  @Test
  void theTreeHasPyTorchsNamesAndOrder() {
    Whole whole = new Whole();
    assertEquals(
        List.of("scale", "first.weight", "first.bias", "rest.0.weight"),
        List.copyOf(whole.namedParameters().keySet()));
    assertEquals(List.of("seen", "scratch"), List.copyOf(whole.namedBuffers().keySet()));
    assertEquals(
        List.of("scale", "seen", "first.weight", "first.bias", "rest.0.weight"),
        List.copyOf(whole.stateDict().keySet()));
    assertEquals(List.of("first", "rest"), List.copyOf(whole.namedChildren().keySet()));
    assertEquals(
        List.of("", "first", "rest", "rest.0", "rest.1"),
        List.copyOf(whole.namedModules().keySet()));
    assertEquals(4, whole.parameters().size());
    assertEquals(5, whole.modules().size());
    assertSame(whole.first.weight(), whole.parameters().get(1));
  }

  @Test
  void sharedPartsAreCountedOnceButSavedUnderEveryName() {
    Linear shared = new Linear(2, 2);
    Sequential twice = new Sequential(shared, new ReLU(), shared);
    assertEquals(2, twice.parameters().size());
    assertEquals(2, twice.children().size());
    assertEquals(
        List.of("0.weight", "0.bias", "2.weight", "2.bias"),
        List.copyOf(twice.stateDict().keySet()));
    AtomicInteger visits = new AtomicInteger();
    twice.apply(module -> visits.incrementAndGet());
    assertEquals(3, visits.get());
  }

  @Test
  void namesAreChecked() {
    for (String name : new String[] {"", "a.b"}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> new Sequential(new ReLU()).addModule(name, new ReLU()),
          name);
    }
  }

  @Test
  void applyVisitsChildrenFirst() {
    List<String> order = new ArrayList<>();
    new Whole().apply(module -> order.add(module.getClass().getSimpleName()));
    assertEquals(List.of("Linear", "Linear", "ReLU", "Sequential", "Whole"), order);
  }

  @Test
  void printsAsPyTorchDoes() {
    assertEquals("Linear(in_features=3, out_features=5, bias=True)", new Linear(3, 5).toString());
    assertEquals("Sequential()", new Sequential().toString());
    assertEquals(
        """
        Sequential(
          (0): Linear(in_features=3, out_features=5, bias=False)
          (inner): Sequential(
            (0): Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)
            (1): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
          )
        )\
        """,
        new Sequential(new Linear(3, 5, Bias.NONE))
            .addModule(
                "inner",
                new Sequential(
                    new Conv2d(3, 4, 3, Conv2d.options().padding(1).bias(Bias.NONE)),
                    new MaxPool2d(2)))
            .toString());
    assertEquals(
        "Conv2d(4, 6, kernel_size=(3, 2), stride=(2, 1), dilation=(2, 2), groups=2)",
        new Conv2d(
                4, 6, new Pair(3, 2), Conv2d.options().stride(new Pair(2, 1)).dilation(2).groups(2))
            .toString());
    assertEquals("AvgPool2d(kernel_size=2, stride=2, padding=0)", new AvgPool2d(2).toString());
    assertEquals("Dropout(p=0.3, inplace=False)", new Dropout(0.3).toString());
    assertEquals("GELU(approximate='none')", new GELU().toString());
    assertEquals("GELU(approximate='tanh')", new GELU(GELU.Approximate.TANH).toString());
    assertEquals("Softmax(dim=1)", new Softmax(1).toString());
    assertEquals("LogSoftmax(dim=1)", new LogSoftmax(1).toString());
    assertEquals("Flatten(start_dim=1, end_dim=-1)", new Flatten().toString());
    assertEquals("Flatten(start_dim=0, end_dim=-1)", new Flatten(0).toString());
    assertEquals("MSELoss()", new MSELoss().toString());
    assertEquals("CrossEntropyLoss()", new CrossEntropyLoss().toString());
  }

  // ---- state

  @Test
  void aStateDictSharesMemoryAndComesBack() {
    Chagres.manualSeed(1);
    Whole from = new Whole();
    Whole to = new Whole();
    Map<String, Tensor> state = from.stateDict();
    assertFalse(state.get("scale").requiresGrad());
    state.get("scale").put("0", 9);
    assertEquals(9, from.scale.get(0).item());
    to.loadStateDict(state);
    to.stateDict().forEach((name, value) -> assertTrue(value.equal(state.get(name)), name));
    assertTrue(to.scale.requiresGrad() && to.scale.isLeaf());
    state.get("scale").put("0", 1);
    assertEquals(9, to.scale.get(0).item());
  }

  @Test
  void everyProblemOfAStateDictIsNamedAndNothingIsChanged() {
    Whole whole = new Whole();
    Map<String, Tensor> state = new LinkedHashMap<>(whole.stateDict());
    state.remove("first.bias");
    state.remove("seen");
    state.put("extra", Tensor.zeros(1));
    state.put("rest.0.weight", Tensor.zeros(3, 4));
    state.put("scale", Tensor.zeros(2));
    var error = assertThrows(IllegalArgumentException.class, () -> whole.loadStateDict(state));
    String message = error.getMessage();
    assertTrue(message.contains("Whole"), message);
    assertTrue(
        message.contains("missing keys in the state dict: \"seen\", \"first.bias\""), message);
    assertTrue(message.contains("unexpected keys in the state dict: \"extra\""), message);
    assertTrue(
        message.contains(
            "size mismatch for rest.0.weight: the state dict has shape (3, 4), the module (3, 2)"),
        message);
    assertEquals(2, whole.scale.get(0).item());

    assertThrows(
        IllegalArgumentException.class,
        () -> whole.loadStateDict(state, Module.Strictness.LENIENT),
        "sizes must fit");
    state.remove("rest.0.weight");
    var incompatible = whole.loadStateDict(state, Module.Strictness.LENIENT);
    assertEquals(List.of("seen", "first.bias", "rest.0.weight"), incompatible.missing());
    assertEquals(List.of("extra"), incompatible.unexpected());
    assertEquals(0, whole.scale.get(0).item());
  }

  /** What the last of the state dict's entries is wrong with, and how that is told. */
  private record Spoilt(String why, Class<? extends RuntimeException> told, Tensor value) {}

  @Test
  void aStateDictThatCannotBeCopiedChangesNothing() throws InterruptedException {
    Tensor freed = Tensor.ones(2);
    freed.storage().free();
    Arena closed = Arena.ofConfined();
    Tensor gone = Tensor.of(closed.allocate(8), DType.FLOAT32, 2);
    closed.close();
    var foreign = new AtomicReference<Tensor>();
    Thread owner =
        Thread.ofPlatform()
            .start(() -> foreign.set(Tensor.of(Arena.ofConfined().allocate(8), DType.FLOAT32, 2)));
    owner.join();
    for (Spoilt spoilt :
        List.of(
            new Spoilt("use after close", IllegalStateException.class, freed),
            new Spoilt("is closed", IllegalStateException.class, gone),
            new Spoilt("confined", WrongThreadException.class, foreign.get()))) {
      Sequential net = new Sequential(new Linear(2, 2), new Linear(2, 2));
      Map<String, Tensor> before = clones(net.stateDict());
      Map<String, Tensor> state = clones(before);
      state.values().forEach(value -> value.add_(1));
      state.put("1.bias", spoilt.value);
      var error = assertThrows(spoilt.told, () -> net.loadStateDict(state), spoilt.why);
      assertTrue(
          error.getMessage().startsWith("loadStateDict: 1.bias: ")
              && error.getMessage().contains(spoilt.why),
          error::getMessage);
      net.stateDict().forEach((key, value) -> assertTrue(value.equal(before.get(key)), key));
    }
  }

  @Test
  void aModuleOverReadOnlyMemoryIsNotHalfLoaded() {
    Sequential net = new Sequential(new Linear(2, 2), new Linear(2, 2));
    Map<String, Tensor> state = clones(net.stateDict());
    state.values().forEach(value -> value.add_(1));
    Map<String, Tensor> before = clones(net.stateDict());
    try (Arena arena = Arena.ofConfined()) {
      Tensor fixed = Tensor.of(arena.allocate(8).asReadOnly(), DType.FLOAT32, 2);
      net.namedParameters().get("1.bias").setData(fixed);
      var error = assertThrows(IllegalStateException.class, () -> net.loadStateDict(state));
      assertEquals(
          "loadStateDict: 1.bias: the tensor is over read-only memory; clone() it first",
          error.getMessage());
      assertTrue(net.stateDict().get("0.weight").equal(before.get("0.weight")));
      net.namedParameters().get("1.bias").setData(Tensor.zeros(1).expand(2));
      var shared = assertThrows(IllegalArgumentException.class, () -> net.loadStateDict(state));
      assertTrue(
          shared.getMessage().startsWith("loadStateDict: 1.bias: elements"), shared::getMessage);
      assertTrue(net.stateDict().get("0.weight").equal(before.get("0.weight")));
    }
  }

  @Test
  void aStateDictMayShareTheModulesMemory() {
    Linear linear = new Linear(2, 2);
    Tensor turned = linear.weight().detach().t();
    Tensor expected = turned.clone();
    linear.loadStateDict(Map.of("weight", turned, "bias", Tensor.zeros(2)));
    assertTrue(linear.weight().equal(expected));
  }

  private static Map<String, Tensor> clones(Map<String, Tensor> state) {
    Map<String, Tensor> copies = new LinkedHashMap<>();
    state.forEach((key, value) -> copies.put(key, value.clone()));
    return copies;
  }

  @Test
  void loadedValuesAreCast() {
    Linear linear = new Linear(1, 1);
    linear.loadStateDict(
        Map.of(
            "weight",
            Tensor.of(new double[][] {{2}}, DType.FLOAT64),
            "bias",
            Tensor.of(new double[] {3}, DType.FLOAT64)));
    assertEquals(DType.FLOAT32, linear.weight().dtype());
    assertEquals(7, linear.call(Tensor.ones(1).mul(2)).item());
  }

  // ---- mode, dtype, gradients

  @Test
  void modesReachEveryModule() {
    Sequential net = new Sequential(new Dropout(0.5), new Sequential(new Dropout(0.5)));
    assertTrue(net.isTraining());
    net.eval();
    assertTrue(net.modules().stream().noneMatch(Module::isTraining));
    Tensor x = Tensor.ones(10);
    assertSame(x, net.call(x));
    net.train();
    assertTrue(net.modules().stream().allMatch(Module::isTraining));
    assertSame(net, net.train(false));
    assertTrue(net.modules().stream().noneMatch(Module::isTraining));
    net.train(true);
    assertTrue(net.modules().stream().allMatch(Module::isTraining));
  }

  @OnCpu("it expects that there is no GPU")
  @Test
  void conversionKeepsTheParametersAndTheirGradients() {
    Whole whole = new Whole();
    whole.call(Tensor.ones(1, 2)).sum().backward();
    Parameter weight = whole.first.weight();
    double before = weight.grad().abs().sum().item();
    assertSame(whole, whole.to(DType.FLOAT64));
    assertSame(weight, whole.first.weight());
    assertEquals(DType.FLOAT64, weight.dtype());
    assertEquals(DType.FLOAT64, weight.grad().dtype());
    assertEquals(before, weight.grad().abs().sum().item(), 1e-6);
    assertEquals(DType.INT64, whole.seen.dtype());
    assertTrue(weight.requiresGrad() && weight.isLeaf());
    whole.zeroGrad();
    assertNull(weight.grad());
    whole.call(Tensor.ones(DType.FLOAT64, 1, 2)).sum().backward();
    assertEquals(DType.FLOAT64, weight.grad().dtype());
    assertEquals(before, weight.grad().abs().sum().item(), 1e-6);
    assertThrows(IllegalArgumentException.class, () -> whole.to(DType.INT32));
    assertSame(whole, whole.to(Device.cpu()));
    assertThrows(IllegalStateException.class, () -> whole.to(Device.cuda(0)));
  }

  @Test
  void frozenParametersGetNoGradient() {
    Whole whole = new Whole();
    whole.first.requiresGrad_(false);
    whole.call(Tensor.ones(1, 2)).sum().backward();
    assertNull(whole.first.weight().grad());
    assertNotNull(whole.scale.grad());
  }

  @Test
  void parametersBuffersAndGradientsOutliveScopes() {
    Whole whole;
    try (var _ = Scope.open()) {
      whole = new Whole();
      whole.call(Tensor.ones(1, 2)).sum().backward();
    }
    assertEquals(2, whole.scale.get(0).item());
    assertEquals(7, whole.seen.item());
    assertEquals(Shape.of(2, 2), whole.first.weight().grad().shape());
    assertTrue(Double.isFinite(whole.first.weight().grad().sum().item()));
    try (var _ = Scope.open()) {
      whole.to(DType.FLOAT64);
    }
    assertEquals(2, whole.scale.get(0).item());
  }

  // ---- calls and hooks

  @Test
  void theNumberOfInputsIsChecked() {
    assertTrue(
        new Product().call(Tensor.scalar(2.0), Tensor.scalar(3.0)).equal(Tensor.scalar(6.0)));
    // How many inputs a forward(Tensor...) takes is its own matter
    assertThrows(
        ArrayIndexOutOfBoundsException.class, () -> new Product().call(Tensor.scalar(2.0)));
    assertThrows(
        UnsupportedOperationException.class,
        () -> new ReLU().call(Tensor.scalar(2.0), Tensor.scalar(3.0)));
    assertThrows(
        IllegalArgumentException.class,
        () -> new MSELoss().call(Tensor.scalar(2.0), Tensor.scalar(3.0), Tensor.scalar(3.0)));
  }

  @Test
  void forwardHooksSeeAndReplace() {
    Linear linear = new Linear(1, 1);
    Init.ones_(linear.weight());
    Init.zeros_(linear.bias().orElseThrow());
    List<String> log = new ArrayList<>();
    var pre =
        linear.registerForwardPreHook(
            (module, inputs) -> {
              log.add("pre " + inputs.getFirst().item());
              return List.of(inputs.getFirst().mul(10));
            });
    var look =
        linear.registerForwardHook(
            (module, inputs, output) -> {
              log.add("post " + inputs.getFirst().item() + " " + output.item());
              return null;
            });
    var replace = linear.registerForwardHook((module, inputs, output) -> output.add(1));
    assertEquals(21, linear.call(Tensor.ones(1).mul(2)).item());
    assertEquals(List.of("pre 2.0", "post 20.0 20.0"), log);
    pre.remove();
    pre.remove();
    look.remove();
    assertEquals(3, linear.call(Tensor.ones(1).mul(2)).item());
    replace.remove();
    assertEquals(2, linear.call(Tensor.ones(1).mul(2)).item());
    assertEquals(2, log.size());
  }

  @Test
  void hooksEndWithABlock() {
    Linear linear = new Linear(2, 2);
    Tensor x = Tensor.ones(2);
    Tensor plain = linear.call(x);
    try (var _ = linear.registerForwardHook((module, inputs, output) -> output.add(1))) {
      assertTrue(linear.call(x).equal(plain.add(1)));
    }
    assertTrue(linear.call(x).equal(plain));
  }

  private static final class Replacing extends Module {
    private Module head = register("head", new Linear(2, 3));
    private final Linear tail = register("tail", new Linear(2, 2));

    @Override
    public Tensor forward(Tensor x) {
      return head.call(tail.call(x));
    }
  }

  @Test
  void aChildGivesItsPlaceToAnother() {
    Replacing module = new Replacing();
    Linear wider = new Linear(2, 5);
    module.head = module.replace("head", wider);
    assertSame(wider, module.head);
    assertEquals(
        List.of("head.weight", "head.bias", "tail.weight", "tail.bias"),
        List.copyOf(module.stateDict().keySet()));
    assertSame(wider.weight(), module.parameters().getFirst());
    assertEquals(Shape.of(4, 5), module.call(Tensor.ones(4, 2)).shape());
    assertEquals(
        "Replacing: there is no child \"fc\" among [head, tail]",
        assertThrows(IllegalArgumentException.class, () -> module.replace("fc", wider))
            .getMessage());
    assertThrows(IllegalArgumentException.class, () -> module.replace("head", module));
    assertThrows(NullPointerException.class, () -> module.replace("head", null));
    assertSame(wider, module.namedChildren().get("head"));
  }

  @Test
  void parametersGoWhereTensorsDo() {
    Linear linear = new Linear(2, 2);
    List<Parameter> parameters = linear.parameters();
    assertEquals(
        Shape.of(6), Tensor.cat(parameters.stream().map(p -> p.flatten()).toList()).shape());
    assertEquals(Shape.of(3, 2), Tensor.vstack(parameters).shape());
    Tensor loss = linear.call(Tensor.ones(3, 2)).sum();
    List<Tensor> slopes = Autograd.grad(loss, parameters);
    assertTrue(slopes.get(1).equal(Tensor.full(Shape.of(2), 3.0)));
    Linear other = new Linear(2, 2);
    other.loadStateDict(linear.namedParameters());
    assertTrue(other.weight().equal(linear.weight()));
  }

  @Test
  void backwardHooksSeeTheGradientsOfTheirOwnCall() {
    Linear linear = new Linear(1, 1, Bias.NONE);
    Init.constant_(linear.weight(), 3);
    List<String> log = new ArrayList<>();
    var handle =
        linear.registerFullBackwardHook(
            (module, gradInputs, gradOutput) -> {
              log.add(gradInputs.getFirst().item() + " " + gradOutput.item());
              return null;
            });
    Tensor x = Tensor.of(new float[][] {{2}}).requiresGrad_();
    // x is used outside of the module too, and so is its output
    linear.call(x).mul(5).add(x.mul(100)).sum().backward();
    assertEquals(List.of("15.0 5.0"), log);
    assertEquals(115, x.grad().item());
    assertEquals(10, linear.weight().grad().item());
    handle.remove();
    linear.call(x).sum().backward();
    assertEquals(1, log.size());
  }

  @Test
  void backwardHooksReplaceGradients() {
    Linear linear = new Linear(1, 1, Bias.NONE);
    Init.constant_(linear.weight(), 3);
    linear.registerFullBackwardHook((module, in, out) -> List.of(in.getFirst().mul(2)));
    linear.registerFullBackwardHook((module, in, out) -> List.of(in.getFirst().add(1)));
    Tensor x = Tensor.of(new float[][] {{2}}).requiresGrad_();
    linear.call(x).sum().backward();
    assertEquals(7, x.grad().item());
  }

  @Test
  void backwardHooksOfSeveralInputsSeeAllOfThem() {
    Product product = new Product();
    List<String> log = new ArrayList<>();
    product.registerFullBackwardHook(
        (module, in, out) -> {
          log.add(in.get(0).shape() + " " + in.get(1).sum().item());
          var replaced = new ArrayList<Tensor>(in);
          replaced.set(1, in.get(1).neg());
          replaced.set(0, null);
          return replaced;
        });
    Tensor a = Tensor.of(new float[][] {{2, 3}}).requiresGrad_();
    Tensor b = Tensor.of(new float[][] {{5, 7}}).requiresGrad_();
    product.call(a, b).sum().backward();
    assertEquals(List.of("(1, 2) 5.0"), log);
    assertTrue(a.grad().equal(Tensor.of(new float[][] {{5, 7}})));
    assertTrue(b.grad().equal(Tensor.of(new float[][] {{-2, -3}})));
  }

  @Test
  void backwardHooksRunWithoutGradientsOfInputs() {
    Linear linear = new Linear(1, 1, Bias.NONE);
    List<String> log = new ArrayList<>();
    linear.registerFullBackwardHook(
        (module, in, out) -> {
          log.add(in + " " + out.item());
          return null;
        });
    linear.call(Tensor.of(new float[][] {{2}})).sum().backward();
    assertEquals(List.of("[null] 1.0"), log);
    Tensor quiet = linear.call(Tensor.of(new float[][] {{2}})).detach();
    assertFalse(quiet.requiresGrad());
    assertEquals(1, log.size());
  }

  @Test
  void hooksOnInPlaceModulesKeepGradientsRight() {
    Module inPlace =
        new Module() {
          @Override
          public Tensor forward(Tensor x) {
            return x.relu_();
          }
        };
    inPlace.registerFullBackwardHook((module, in, out) -> null);
    Tensor x = Tensor.of(-1.0, 2.0).requiresGrad_();
    inPlace.call(x.mul(3)).sum().backward();
    assertTrue(x.grad().equal(Tensor.of(0.0, 3.0)));
  }

  @Test
  void aLossOfDifferentShapesIsBroadcastButNotInSilence() {
    assertEquals(
        Shape.of(3, 3),
        new MSELoss(Reduction.NONE).call(Tensor.ones(3), Tensor.ones(3, 1)).shape());
    assertThrows(
        IllegalArgumentException.class,
        () -> new BCEWithLogitsLoss().call(Tensor.ones(3), Tensor.ones(3, 1)));
  }

  @Test
  void weightsOfLossesArePartOfTheirState() {
    var loss = new CrossEntropyLoss(CrossEntropyLoss.options().weight(Tensor.of(1.0, 2.0)));
    assertEquals(List.of("weight"), List.copyOf(loss.stateDict().keySet()));
  }

  @Test
  void sequencesCanBeWalked() {
    ReLU relu = new ReLU();
    Sequential net = new Sequential(new Linear(1, 1), relu);
    assertEquals(2, net.size());
    assertSame(relu, net.get(1));
    assertSame(relu, net.get(-1));
    assertThrows(IndexOutOfBoundsException.class, () -> net.get(2));
    List<Module> walked = new ArrayList<>();
    net.forEach(walked::add);
    assertEquals(net.children(), walked);
    assertEquals(
        List.of("0.weight", "0.bias", "2.weight", "2.bias"),
        List.copyOf(net.add(new Linear(1, 1)).stateDict().keySet()));
  }

  @Test
  void noModuleContainsItself() {
    var outer = new Sequential(new Identity());
    var inner = new Sequential(new Sequential(outer));
    for (Module wrong : List.of(outer, inner)) {
      assertEquals(
          "Sequential: the part \"1\" has this module inside; no module contains itself",
          assertThrows(IllegalArgumentException.class, () -> outer.add(wrong)).getMessage());
    }
    assertEquals(1, outer.size());
    assertEquals(1, outer.children().size());
    assertEquals(1, inner.call(Tensor.ones(1)).item());
  }

  @Test
  void aChainSaysWhichOfItsModulesThrew() {
    Sequential inner = new Sequential(new Linear(4, 4), new ReLU(), new Linear(5, 2));
    Sequential chain = new Sequential(new Linear(3, 4)).addModule("inner", inner);
    for (UnaryOperator<Tensor> call :
        List.<UnaryOperator<Tensor>>of(chain::call, x -> chain.checkpointed(1, x))) {
      var error = assertThrows(IllegalArgumentException.class, () -> call.apply(Tensor.ones(2, 3)));
      assertEquals("linear: a weight (2, 5) needs inputs (..., 5), not (2, 4)", error.getMessage());
      assertEquals(
          List.of(
              "by module \"2\" of a Sequential, Linear, that was given float32 (2, 4)",
              "by module \"inner\" of a Sequential, Sequential, that was given float32 (2, 4)"),
          Arrays.stream(error.getSuppressed()).map(Throwable::getMessage).toList());
    }
  }

  @Test
  void aModuleOfAChainThatReturnsNullIsNamed() {
    class Nothing extends Module {
      @SuppressWarnings("NullAway") // what is tested
      @Override
      public Tensor forward(Tensor x) {
        return null;
      }
    }
    var error =
        assertThrows(
            NullPointerException.class,
            () -> new Sequential(new Nothing(), new ReLU()).call(Tensor.ones(1)));
    assertEquals("Nothing: what forward returned is null", error.getMessage());
  }
}
