package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.testing.Programs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A layer that is only a field is warned of, in a program as a user writes it. */
class UnregisteredTest {
  @Test
  void eachClassIsWarnedOfOnce(@TempDir Path folder) throws Exception {
    Path script = folder.resolve("Program.java");
    Files.writeString(
        script,
        """
        import module dev.chagres;
        import dev.chagres.nn.Module;
        import dev.chagres.tensor.Parameter;

        class Forgetful extends Module {
          static final Linear SHARED = new Linear(1, 1);
          final Linear kept = register("kept", new Linear(2, 3));
          final Linear lost = new Linear(3, 4);
          final Parameter scale = new Parameter(Tensor.ones(1));
        }

        class Heir extends Forgetful {}

        class Careful extends Module {
          final Linear first = register("first", new Linear(2, 2));
          final Parameter tied = first.weight();
          final Child child = register("child", new Child(this));
          final Module none = null;
        }

        class Child extends Module {
          final Module parent;

          Child(Module parent) {
            this.parent = parent;
          }
        }

        class Held extends Module {
          final List<Linear> list = List.of(new Linear(1, 1));
          final Linear[] array = {null, new Linear(1, 1)};
          final Map<String, List<Object>> map = Map.of("a", List.of("b", new Linear(1, 1)));
          final Optional<Parameter> maybe = Optional.of(new Parameter(Tensor.ones(1)));
          final Tensor[] tensors = {Tensor.ones(1), new Parameter(Tensor.ones(1))};
          final Collection<Module> added = new ArrayList<>();
          final Set<String> words = Set.of("word");
          final Object[] broken = {new AbstractList<Module>() {
            @Override public Module get(int i) { throw new IllegalStateException(); }
            @Override public int size() { return 1; }
          }};

          Held() {
            for (int i = 0; i < 2; i++) {
              added.add(register("added" + i, new Linear(1, 1)));
            }
          }
        }

        class HeldRight extends Module {
          final List<Linear> list = List.of(register("a", new Linear(1, 1)));
          final Map<String, Module[]> map = Map.of("a", new Module[] {list.get(0), null});
          final Optional<Parameter> maybe = list.get(0).bias();
          final Optional<Module> none = Optional.empty();
        }

        void main() {
          IO.println(new Held().parameters().size());
          IO.println(new HeldRight().parameters().size());
          for (int i = 0; i < 2; i++) {
            IO.println(new Careful().parameters().size());
            IO.println(new Sequential(new Forgetful(), new Forgetful()).parameters().size());
          }
          IO.println(new Heir().parameters().size());
        }
        """);
    List<String> lines = Programs.run("java", "@" + Programs.OPTIONS, script.toString());
    assertEquals(
        List.of("4", "2", "2", "4", "2", "4", "2"),
        lines.stream().filter(line -> line.matches("\\d+")).toList(),
        lines::toString);
    List<String> warnings = lines.stream().filter(line -> line.contains("not registered")).toList();
    assertEquals(3, warnings.size(), lines::toString);
    String held = warnings.getFirst();
    assertTrue(
        held.contains(
            "Held: not trained, moved or saved, because not registered: list, array, map, maybe,"
                + " tensors; write field = register(\"field\", layer) or"
                + " registerParameter(\"field\", tensor); each part of a list, array or map by"
                + " itself, as in register(\"layer\" + i, layer), or in a registered Sequential"),
        held);
    warnings = warnings.subList(1, 3);
    assertTrue(warnings.getFirst().contains("Forgetful: "), lines::toString);
    assertTrue(warnings.getLast().contains("Heir: "), lines::toString);
    for (String warning : warnings) {
      assertTrue(warning.contains("not registered: lost, scale; "), warning);
      assertTrue(warning.endsWith("tensor)"), warning);
    }
  }
}
