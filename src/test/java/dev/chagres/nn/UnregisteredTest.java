package dev.chagres.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.testing.Programs;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A layer that is only a field is warned of, in a program as a user writes it. */
class UnregisteredTest {
  @Test
  void eachClassIsWarnedOfOnce(@TempDir Path folder) throws Exception {
    List<String> lines =
        Programs.runSource(
            folder,
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
              final List<Module> walked = new AbstractList<>() {
                @Override public Module get(int i) { IO.println("walked"); return array[1]; }
                @Override public int size() { return 1; }
              };
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

            class Student extends Module {
              final Linear linear = register("linear", new Linear(1, 1));
              final Supplier<Module> teacher;

              Student(Module teacher) {
                this.teacher = () -> teacher;
              }
            }

            void main() {
              IO.println(new Held().parameters().size());
              new Held().parameters();
              IO.println(new Student(new Linear(1, 1)).parameters().size());
              IO.println(new HeldRight().parameters().size());
              for (int i = 0; i < 2; i++) {
                IO.println(new Careful().parameters().size());
                IO.println(new Sequential(new Forgetful(), new Forgetful()).parameters().size());
              }
              IO.println(new Heir().parameters().size());
            }
            """);
    assertEquals(
        List.of("4", "2", "2", "2", "4", "2", "4", "2"),
        lines.stream().filter(line -> line.matches("\\d+")).toList(),
        lines::toString);
    assertEquals(1, lines.stream().filter("walked"::equals).count(), lines::toString);
    List<String> warnings = lines.stream().filter(line -> line.contains("not registered")).toList();
    assertEquals(3, warnings.size(), lines::toString);
    String held = warnings.getFirst();
    assertTrue(
        held.contains(
            "Held: not trained, moved or saved, nor switched by train() and eval(), because not"
                + " registered: list, array, map, maybe,"
                + " tensors, walked; write field = register(\"field\", layer) or"
                + " registerParameter(\"field\", tensor); in the place of a list, array or map"
                + " register a ModuleList, ModuleDict, ParameterList or ParameterDict"),
        held);
    warnings = warnings.subList(1, 3);
    assertTrue(warnings.getFirst().contains("Forgetful: "), lines::toString);
    assertTrue(warnings.getLast().contains("Heir: "), lines::toString);
    for (String warning : warnings) {
      assertTrue(warning.contains("not registered: lost, scale; "), warning);
      assertTrue(warning.endsWith("tensor)"), warning);
    }
  }

  @Test
  void aCallAndAModeWarnOfWhatDependsOnItsMode(@TempDir Path folder) throws Exception {
    List<String> lines =
        Programs.runSource(
            folder,
            """
            import module dev.chagres;
            import dev.chagres.nn.Module;
            import dev.chagres.tensor.Parameter;

            class Called extends Module {
              final Dropout dropout = new Dropout(0.5);
              @Override public Tensor forward(Tensor x) { return dropout.call(x); }
            }

            class Switched extends Module {
              final RReLU noisy = new RReLU();
            }

            class Harmless extends Module {
              final ReLU relu = new ReLU();
              final Module[] more = {new Tanh(), new Sequential(new Flatten(), new Softmax(1))};
              @Override public Tensor forward(Tensor x) { return relu.call(x); }
            }

            class Whole extends Module {
              final Linear shared = register("shared", new Linear(1, 1));
              final Part part = register("part", new Part(this, shared));
            }

            class Part extends Module {
              final Module whole;
              final Linear borrowed;
              final Parameter tied;
              Part(Module whole, Linear borrowed) {
                this.whole = whole;
                this.borrowed = borrowed;
                tied = borrowed.weight();
              }
              @Override public Tensor forward(Tensor x) { return borrowed.call(x); }
            }

            void main() {
              new Sequential(new Called()).call(Tensor.ones(1));
              new Called().call(Tensor.ones(1));
              new Switched().eval();
              new Harmless().call(Tensor.ones(1));
              new Harmless().eval().parameters();
              new Whole().part.call(Tensor.ones(1));
              new Whole().part.eval().parameters();
              new Whole().part.stateDict();
              new Whole().eval();
            }
            """);
    assertEquals(
        List.of(
            "Called: not trained, moved or saved, nor switched by train() and eval(), because not"
                + " registered: dropout; ",
            "Switched: not trained, moved or saved, nor switched by train() and eval(), because not"
                + " registered: noisy; "),
        lines.stream()
            .filter(line -> line.contains("not registered"))
            .map(line -> line.replaceFirst(".*?(?=\\w+: not)", "").replaceFirst("write.*", ""))
            .toList(),
        lines::toString);
  }

  @Test
  void aFieldThatHoldsAnotherTensorThanItsNameIsWarnedOf(@TempDir Path folder) throws Exception {
    List<String> lines =
        Programs.runSource(
            folder,
            """
            import module dev.chagres;
            import dev.chagres.nn.Module;
            import dev.chagres.tensor.Parameter;

            class Mean extends Module {
              Tensor runningMean = registerBuffer("running_mean", Tensor.zeros(2));
              Parameter weight = registerParameter("weight", Tensor.ones(2));
              Tensor rows = registerBuffer("rows", Tensor.zeros(2)).unsqueeze(0);
              Tensor last = Tensor.zeros(1);

              @Override public Tensor forward(Tensor x) {
                last = x;
                runningMean = runningMean.mul(0.9).add(x);
                weight = new Parameter(weight.detach().mul(2));
                return weight.mul(runningMean);
              }
            }

            class Right extends Module {
              Tensor mean = registerBuffer("mean", Tensor.zeros(2));

              @Override public Tensor forward(Tensor x) {
                mean = registerBuffer("mean", mean.mul(0.9).add(x));
                return mean;
              }
            }

            class Untrained extends Module {
              final Tensor w = Tensor.ones(2);
              final Tensor rows = registerParameter("rows", Tensor.ones(2)).unsqueeze(0);

              Untrained() {
                registerParameter("w", w);
              }
            }

            class Cached extends Module {
              final Parameter W = registerParameter("W", Tensor.ones(2));
              final Parameter weightIH = registerParameter("weight_ih", Tensor.ones(2));
              final Tensor w = Tensor.zeros(2);
              final Tensor weightIh = weightIH.unsqueeze(0);
            }

            class CamelCase extends Module {
              final Tensor weightIH = Tensor.zeros(2);

              CamelCase() {
                registerParameter("weight_ih", Tensor.ones(2));
              }
            }

            void main() {
              new Untrained().parameters();
              new Cached().parameters();
              new CamelCase().parameters();
              var mean = new Mean();
              mean.eval();
              mean.call(Tensor.ones(2));
              IO.println(mean.stateDict().get("running_mean").tolist());
              mean.stateDict();
              var right = new Right();
              right.call(Tensor.ones(2));
              IO.println(right.stateDict().get("mean").tolist());
            }
            """);
    List<String> warnings = lines.stream().filter(line -> line.contains("the field")).toList();
    assertEquals(4, warnings.size(), lines::toString);
    assertTrue(
        warnings
            .getFirst()
            .endsWith(
                "Untrained: the field w holds another tensor than the one that is registered as"
                    + " \"w\", which is what is saved, loaded, moved and trained; assign what"
                    + " registering returns: w = registerParameter(\"w\", value)"),
        lines::toString);
    assertTrue(warnings.get(1).contains("CamelCase: the field weightIH "), lines::toString);
    assertTrue(
        warnings
            .get(2)
            .endsWith(
                "Mean: the field runningMean holds another tensor than the one that is registered"
                    + " as \"running_mean\", which is what is saved, loaded, moved and trained;"
                    + " keep the field final and write into its tensor, as in"
                    + " runningMean.copy_(value), or register the new one: runningMean ="
                    + " registerBuffer(\"running_mean\", value)"),
        lines::toString);
    assertTrue(
        warnings.getLast().endsWith("as in weight.copy_(value) within Autograd.noGrad()"),
        lines::toString);
    assertTrue(lines.contains("[0.0, 0.0]"), lines::toString);
    assertTrue(lines.contains("[1.0, 1.0]"), lines::toString);
    assertTrue(lines.stream().noneMatch(line -> line.contains("not registered")), lines::toString);
  }
}
