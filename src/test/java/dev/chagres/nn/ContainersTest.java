package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.tensor.Tensor;
import dev.chagres.testing.OnEveryDevice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Lists and dictionaries of modules. */
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
