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

        void main() {
          for (int i = 0; i < 2; i++) {
            IO.println(new Careful().parameters().size());
            IO.println(new Sequential(new Forgetful(), new Forgetful()).parameters().size());
          }
          IO.println(new Heir().parameters().size());
        }
        """);
    List<String> lines = Programs.run("java", "@" + Programs.OPTIONS, script.toString());
    assertEquals(
        List.of("2", "4", "2", "4", "2"),
        lines.stream().filter(line -> line.matches("\\d+")).toList(),
        lines::toString);
    List<String> warnings = lines.stream().filter(line -> line.contains("not registered")).toList();
    assertEquals(2, warnings.size(), lines::toString);
    assertTrue(warnings.getFirst().contains("Forgetful: "), lines::toString);
    assertTrue(warnings.getLast().contains("Heir: "), lines::toString);
    for (String warning : warnings) {
      assertTrue(warning.contains("not registered: lost, scale; "), warning);
    }
  }
}
