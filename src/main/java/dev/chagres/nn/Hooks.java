package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Autograd;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The hooks of one module, and a call with them. */
final class Hooks {
  final Chain<Module.ForwardPreHook> before = new Chain<>();
  final Chain<Module.ForwardHook> after = new Chain<>();
  final Chain<Module.BackwardHook> backward = new Chain<>();

  /**
   * Hooks of one sort, in the order in which they were added. The same function may be added twice.
   */
  static final class Chain<H> {
    private record Entry<H>(H hook, Object identity) {}

    private final List<Entry<H>> entries = new CopyOnWriteArrayList<>();

    RemovableHandle add(H hook) {
      Entry<H> entry = new Entry<>(hook, new Object());
      entries.add(entry);
      return () -> entries.remove(entry);
    }

    List<H> hooks() {
      List<H> hooks = new ArrayList<>();
      entries.forEach(entry -> hooks.add(entry.hook));
      return hooks;
    }
  }

  /** Returns the same hooks, to be added to and removed from apart. */
  Hooks copy() {
    Hooks copy = new Hooks();
    before.hooks().forEach(copy.before::add);
    after.hooks().forEach(copy.after::add);
    backward.hooks().forEach(copy.backward::add);
    return copy;
  }

  /** Calls what a module does with its inputs. */
  Tensor call(Module module, List<Tensor> given, Function<List<Tensor>, Tensor> forward) {
    List<Tensor> inputs = given;
    for (Module.ForwardPreHook hook : before.hooks()) {
      List<Tensor> replaced = hook.before(module, inputs);
      inputs = replaced == null ? inputs : List.copyOf(replaced);
    }
    List<Module.BackwardHook> watchers = backward.hooks();
    Passage passage = watchers.isEmpty() ? null : new Passage(module, watchers, inputs);
    List<Tensor> seen = passage == null ? inputs : passage.inputs();
    Tensor output = forward.apply(seen);
    for (Module.ForwardHook hook : after.hooks()) {
      Tensor replaced = hook.after(module, seen, output);
      output = replaced == null ? output : replaced;
    }
    return passage == null ? output : passage.output(output);
  }

  /**
   * The gradients of one call. Inputs and output pass through views of their own, so that what
   * arrives there belongs to this call alone. Several inputs that want gradients pass through one
   * tensor, so that their gradients arrive together.
   */
  private static final class Passage {
    private final Module module;
    private final List<Module.BackwardHook> watchers;
    private final List<Tensor> inputs;
    private final int[] wanting;
    private @Nullable Tensor gradOutput;

    Passage(Module module, List<Module.BackwardHook> watchers, List<Tensor> given) {
      this.module = module;
      this.watchers = watchers;
      this.inputs = new ArrayList<>(given);
      this.wanting =
          Autograd.isGradEnabled()
              ? IntStream.range(0, given.size()).filter(i -> given.get(i).requiresGrad()).toArray()
              : new int[0];
      if (wanting.length == 1) {
        Tensor door = view(given.get(wanting[0]));
        door.registerHook(gradient -> arrived(List.of(gradient)).getFirst());
        inputs.set(wanting[0], door);
      } else if (wanting.length > 1) {
        pack(given);
      }
    }

    private static Tensor view(Tensor x) {
      return x.permute(IntStream.range(0, x.dim()).toArray());
    }

    private void pack(List<Tensor> given) {
      List<Tensor> flat = new ArrayList<>();
      for (int i : wanting) {
        flat.add(given.get(i).flatten());
      }
      Tensor door = Tensor.cat(flat, 0);
      long[] sizes = flat.stream().mapToLong(Tensor::numel).toArray();
      List<Tensor> parts = door.split(sizes, 0);
      for (int i = 0; i < wanting.length; i++) {
        inputs.set(wanting[i], parts.get(i).reshape(given.get(wanting[i]).shape()));
      }
      door.registerHook(
          gradient -> {
            List<Tensor> gradients = new ArrayList<>();
            List<Tensor> pieces = gradient.split(sizes, 0);
            for (int i = 0; i < wanting.length; i++) {
              gradients.add(pieces.get(i).reshape(inputs.get(wanting[i]).shape()));
            }
            return Tensor.cat(arrived(gradients).stream().map(Tensor::flatten).toList(), 0);
          });
    }

    List<Tensor> inputs() {
      return inputs;
    }

    Tensor output(Tensor output) {
      if (!output.requiresGrad()) {
        return output;
      }
      Tensor door = view(output);
      door.registerHook(
          gradient -> {
            gradOutput = gradient;
            if (wanting.length == 0) {
              arrived(List.of());
            }
            return null;
          });
      return door;
    }

    /** Passes the gradients of those inputs that want one through the hooks. */
    private List<Tensor> arrived(List<Tensor> gradients) {
      Tensor gradient = gradOutput;
      if (gradient == null) {
        return gradients;
      }
      List<Tensor> current = new ArrayList<>(gradients);
      for (Module.BackwardHook hook : watchers) {
        List<@Nullable Tensor> all =
            new ArrayList<@Nullable Tensor>(Collections.nCopies(inputs.size(), null));
        for (int i = 0; i < wanting.length; i++) {
          all.set(wanting[i], current.get(i));
        }
        List<@Nullable Tensor> replaced =
            hook.backward(module, Collections.unmodifiableList(all), gradient);
        if (replaced != null) {
          merge(replaced, current);
        }
      }
      return current;
    }

    private void merge(List<@Nullable Tensor> replaced, List<Tensor> current) {
      if (replaced.size() != inputs.size()) {
        throw new IllegalStateException(
            "backward hook of "
                + module.name()
                + ": "
                + replaced.size()
                + " gradients for "
                + inputs.size()
                + " inputs");
      }
      for (int i = 0; i < wanting.length; i++) {
        Tensor replacement = replaced.get(wanting[i]);
        if (replacement != null) {
          if (!replacement.shape().equals(current.get(i).shape())) {
            throw new IllegalStateException(
                "backward hook of "
                    + module.name()
                    + ": a gradient of shape "
                    + replacement.shape()
                    + " for one of "
                    + current.get(i).shape());
          }
          current.set(i, replacement);
        }
      }
    }
  }
}
