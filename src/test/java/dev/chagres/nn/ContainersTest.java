package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Lists and dictionaries of modules and of parameters. */
@OnEveryDevice
class ContainersTest {
  @Test
  void aListNamesItsModulesByPosition() {
    var list = new ModuleList<>(new Linear(2, 3), new Linear(3, 4));
    assertEquals(
        List.of("0.weight", "0.bias", "1.weight", "1.bias"),
        List.copyOf(list.stateDict().keySet()));
    var inserted = new Linear(5, 6);
    Linear first = list.get(0);
    Linear second = list.get(-1);
    list.insert(0, inserted).append(new Linear(7, 8)).extend(List.of(new Linear(1, 1)));
    assertEquals(5, list.size());
    assertSame(inserted, list.get(0));
    assertSame(first, list.get(1));
    assertSame(second, list.get(2));
    assertEquals(list.children(), List.copyOf(list.namedChildren().values()));
    int at = 0;
    for (Linear module : list) {
      assertSame(module, list.namedChildren().get(Integer.toString(at++)));
    }
    assertEquals(5, at);
    list.insert(5, first);
    assertSame(first, list.removeLast());
    assertSame(inserted, list.set(0, second));
    assertEquals(List.of("0", "1", "3", "4"), List.copyOf(list.namedChildren().keySet()));
    assertEquals(
        "ModuleList: there is no module 5 among 5",
        assertThrows(IndexOutOfBoundsException.class, () -> list.get(5)).getMessage());
    assertThrows(UnsupportedOperationException.class, () -> list.call(Tensor.ones(2)));
    assertThrows(IndexOutOfBoundsException.class, () -> new ModuleList<Linear>().removeLast());
    assertThrows(NullPointerException.class, () -> list.append(null));
    assertThrows(NullPointerException.class, () -> list.set(0, null));
    assertSame(second, list.get(0));
  }

  @Test
  void aModuleOfAChainGivesItsPlaceToAnother() {
    Linear first = new Linear(2, 3);
    var chain = new Sequential(first, new ReLU()).addModule("last", new Linear(3, 4));
    Linear last = new Linear(3, 1);
    assertEquals(4, ((Linear) chain.set(-1, last)).weight().size(0));
    assertSame(last, chain.get(2));
    assertSame(last, chain.namedChildren().get("last"));
    assertSame(last.weight(), chain.namedParameters().get("last.weight"));
    assertEquals(Shape.of(5, 1), chain.call(Tensor.ones(5, 2)).shape());
    assertSame(first, chain.set(0, new Linear(7, 3)));
    assertEquals(
        List.of("0.weight", "0.bias", "last.weight", "last.bias"),
        List.copyOf(chain.stateDict().keySet()));
    assertThrows(IllegalArgumentException.class, () -> chain.set(1, chain));
    assertEquals(
        "Sequential: there is no module 3 among 3",
        assertThrows(IndexOutOfBoundsException.class, () -> chain.set(3, last)).getMessage());
  }

  @Test
  void aDictionaryKeepsTheOrderOfNames() {
    Map<String, Module> given = new LinkedHashMap<>();
    given.put("z", new Linear(2, 3));
    given.put("a", new ReLU());
    var dictionary = new ModuleDict<>(given);
    assertEquals(List.of("z", "a"), List.copyOf(dictionary.keys()));
    assertEquals(List.of("z.weight", "z.bias"), List.copyOf(dictionary.stateDict().keySet()));
    assertEquals(given, dictionary.items());
    dictionary.put("z", new Tanh()).put("b", new ReLU());
    assertEquals(3, dictionary.size());
    assertTrue(dictionary.get("z") instanceof Tanh);
    assertTrue(dictionary.containsKey("b"));
    assertTrue(dictionary.remove("b").isPresent());
    assertTrue(dictionary.remove("b").isEmpty());
    assertFalse(dictionary.containsKey("b"));
    assertEquals(2, dictionary.children().size());
    assertEquals(
        "ModuleDict: there is no module \"b\" among [z, a]",
        assertThrows(IllegalArgumentException.class, () -> dictionary.get("b")).getMessage());
    assertThrows(IllegalArgumentException.class, () -> dictionary.put("a.b", new ReLU()));
    assertThrows(IllegalArgumentException.class, () -> dictionary.put("self", dictionary));
    assertEquals(0, new ModuleDict<ReLU>().size());
  }

  /** A module of all kinds of parts, whose keys come in PyTorch's order. */
  private static final class Mixed extends Module {
    final ParameterList list = register("list", new ParameterList(Tensor.ones(2), Tensor.zeros(1)));
    final Linear linear = register("linear", new Linear(2, 1));
    final ParameterDict dictionary =
        register(
            "dictionary", new ParameterDict().put("u", Tensor.ones(1)).put("a", Tensor.ones(1)));
    final Parameter own = registerParameter("own", Tensor.full(Shape.of(1), 3f));

    @Override
    public Tensor forward(Tensor x) {
      Tensor y = x.mul(list.get(0)).sum().mul(own).add(list.get(-1));
      return y.add(dictionary.get("u").sub(dictionary.get("a").mul(2)));
    }
  }

  @Test
  void aListOfParametersNamesThemByPosition() {
    var module = new Mixed();
    List<String> keys =
        List.of(
            "own",
            "list.0",
            "list.1",
            "linear.weight",
            "linear.bias",
            "dictionary.u",
            "dictionary.a");
    assertEquals(keys, List.copyOf(module.stateDict().keySet()));
    module.call(Tensor.of(5f, 7f)).backward();
    assertArrayEquals(new float[] {15, 21}, module.list.get(0).grad().toFloatArray());
    assertEquals(-2, module.dictionary.get("a").grad().item());
    var given = new Parameter(Tensor.ones(3));
    Parameter first = module.list.get(0);
    assertSame(first, module.list.set(0, given));
    assertSame(given, module.list.get(-2));
    assertEquals(keys, List.copyOf(module.stateDict().keySet()));
    module.list.append(first).extend(List.of(Tensor.zeros(2), given));
    assertEquals(5, module.list.size());
    assertEquals(4, module.list.parameters().size());
    int at = 0;
    for (Parameter parameter : module.list) {
      assertSame(parameter, module.list.get(at++));
    }
    assertEquals(5, at);
    assertSame(first, new ParameterList(List.of(first)).get(0));
    assertEquals(
        "ParameterList: there is no parameter 5 among 5",
        assertThrows(IndexOutOfBoundsException.class, () -> module.list.get(5)).getMessage());
    assertThrows(IndexOutOfBoundsException.class, () -> module.list.set(-6, first));
    assertThrows(IllegalArgumentException.class, () -> module.list.append(Tensor.of(1)));
    assertThrows(NullPointerException.class, () -> module.list.append(null));
    assertThrows(NullPointerException.class, () -> module.list.set(0, null));
    assertThrows(UnsupportedOperationException.class, () -> module.list.call(Tensor.ones(2)));
    assertEquals(5, module.list.size());
  }

  @Test
  void aDictionaryOfParametersKeepsTheOrderOfNames() {
    Map<String, Tensor> given = new LinkedHashMap<>();
    given.put("z", Tensor.ones(2));
    given.put("a", Tensor.zeros(1));
    var dictionary = new ParameterDict(given);
    assertEquals(List.of("z", "a"), List.copyOf(dictionary.stateDict().keySet()));
    dictionary.put("b", Tensor.ones(1)).put("z", Tensor.ones(3));
    assertEquals(List.of("z", "a", "b"), List.copyOf(dictionary.keys()));
    assertEquals(dictionary.namedParameters(), dictionary.items());
    assertEquals(Shape.of(3), dictionary.get("z").shape());
    assertEquals(3, dictionary.size());
    assertTrue(dictionary.containsKey("b"));
    assertEquals(1, dictionary.remove("b").orElseThrow().numel());
    assertTrue(dictionary.remove("b").isEmpty());
    assertEquals(2, dictionary.parameters().size());
    assertEquals(
        "ParameterDict: there is no parameter \"b\" among [z, a]",
        assertThrows(IllegalArgumentException.class, () -> dictionary.get("b")).getMessage());
    assertThrows(IllegalArgumentException.class, () -> dictionary.put("a.b", Tensor.ones(1)));
    assertThrows(IllegalArgumentException.class, () -> dictionary.put("", Tensor.ones(1)));
    assertThrows(NullPointerException.class, () -> dictionary.put("a", null));
    assertEquals(List.of("z", "a"), List.copyOf(dictionary.keys()));
  }

  @Test
  void mapsWithoutAnOrderGiveTheirNamesSorted() {
    List<String> names = IntStream.range(0, 40).mapToObj(i -> "w" + i).sorted().toList();
    Map<String, Tensor> tensors =
        names.stream().collect(Collectors.toMap(name -> name, _ -> Tensor.ones(1)));
    Map<String, ReLU> modules =
        names.stream().collect(Collectors.toMap(name -> name, _ -> new ReLU()));
    assertEquals(names, List.copyOf(new ParameterDict(Map.copyOf(tensors)).keys()));
    assertEquals(names, List.copyOf(new ParameterDict(new HashMap<>(tensors)).keys()));
    assertEquals(names, List.copyOf(new ModuleDict<>(Map.copyOf(modules)).keys()));
    assertEquals(names, List.copyOf(new ModuleDict<>(new HashMap<>(modules)).keys()));
    Map<String, Tensor> unnamed = new HashMap<>();
    unnamed.put(null, Tensor.ones(1));
    assertEquals(
        "ParameterDict: a name is null",
        assertThrows(NullPointerException.class, () -> new ParameterDict(unnamed)).getMessage());
  }

  @Test
  void containersOfParametersAreMovedCopiedAndLoaded() {
    var module = new Mixed();
    module.to(DType.FLOAT64);
    assertEquals(DType.FLOAT64, module.list.get(0).dtype());
    Mixed copy = module.copy(Mixed::new);
    assertEquals(DType.FLOAT64, copy.dictionary.get("u").dtype());
    module.list.get(1).detach().fill_(9);
    assertEquals(0, copy.list.get(1).item());
    copy.loadStateDict(module.stateDict());
    assertEquals(9, copy.list.get(1).item());
  }

  @Test
  void parametersPrintTheirSizes() {
    var list = new ParameterList(Tensor.zeros(Device.cpu(), 2, 3), Tensor.zeros(Device.cpu()));
    assertEquals(
        """
        ParameterList(
          (0): Parameter containing: [torch.float32 of size 2x3]
          (1): Parameter containing: [torch.float32 of size ]
        )\
        """,
        list.toString());
    var dictionary = new ParameterDict().put("b", Tensor.zeros(Device.cpu(), DType.FLOAT64, 1));
    assertEquals(
        """
        ParameterDict(
          (b): Parameter containing: [torch.float64 of size 1]
        )\
        """,
        dictionary.toString());
    assertEquals("ParameterList()", new ParameterList().toString());
  }

  @Test
  void theyPrintAsInPyTorch() {
    var list =
        new ModuleList<Module>(new Linear(2, 3), new Linear(2, 3), new ReLU(), new Linear(2, 3));
    assertEquals(
        """
        ModuleList(
          (0-1): 2 x Linear(in_features=2, out_features=3, bias=True)
          (2): ReLU()
          (3): Linear(in_features=2, out_features=3, bias=True)
        )\
        """,
        list.toString());
    var dictionary = new ModuleDict<Module>().put("a", new ReLU());
    dictionary.put("b", new ModuleList<>(new Linear(1, 1), new Linear(1, 1)));
    assertEquals(
        """
        ModuleDict(
          (a): ReLU()
          (b): ModuleList(
            (0-1): 2 x Linear(in_features=1, out_features=1, bias=True)
          )
        )\
        """,
        dictionary.toString());
    assertEquals("ModuleList()", new ModuleList<Linear>().toString());
  }
}
