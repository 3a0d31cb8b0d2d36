package dev.chagres.optim;

import static dev.chagres.check.Given.given;

import dev.chagres.optim.ParameterwiseOptimizer.OptionGroup;
import dev.chagres.optim.ParameterwiseOptimizer.Options;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The groups of an optimizer, and their part of its state dict. */
final class OptionGroups<O extends Options<O>> {
  /** What PyTorch's groups have beside a formula's options: how it is computed there. */
  private static final Set<String> WAYS =
      Set.of("foreach", "fused", "capturable", "differentiable");

  private final String name;
  private final List<OptionGroup<O>> groups = new ArrayList<>();

  /** Makes an empty list, for the optimizer of this name. */
  OptionGroups(String name) {
    this.name = name;
  }

  List<OptionGroup<O>> list() {
    return Collections.unmodifiableList(groups);
  }

  /** Adds a group, after all checks. */
  void add(Collection<? extends Tensor> parameters, O options) {
    given(name, "parameters", parameters);
    given(name, "options", options);
    options.checkTogether();
    if (parameters.isEmpty()) {
      throw new IllegalArgumentException(
          name
              + ": the list of parameters is empty; an optimizer needs at least one (a Module finds"
              + " those of layers that were register-ed)");
    }
    IdentityHashMap<Tensor, Tensor> seen = new IdentityHashMap<>();
    for (OptionGroup<O> group : groups) {
      group.parameters().forEach(parameter -> seen.put(parameter, parameter));
    }
    for (Tensor parameter : parameters) {
      given(name, "a parameter", parameter);
      if (!parameter.isLeaf()) {
        throw new IllegalArgumentException(
            name
                + ": a parameter "
                + parameter.shape()
                + " was computed; only leaves can be optimized");
      }
      if (seen.put(parameter, parameter) != null) {
        throw new IllegalArgumentException(
            name + ": a parameter " + parameter.shape() + " is there twice");
      }
    }
    groups.add(new OptionGroup<>(List.copyOf(parameters), options));
  }

  /** Returns the options under which a parameter is changed. */
  O optionsOf(Tensor parameter) {
    for (OptionGroup<O> group : groups) {
      for (Tensor own : group.parameters()) {
        if (own == parameter) {
          return group.options();
        }
      }
    }
    throw new IllegalArgumentException(name + ": it does not have this parameter");
  }

  // ---- state

  /** Adds options and the numbers of parameters to a state dict. */
  void save(Map<String, Tensor> all) {
    int first = 0;
    for (int g = 0; g < groups.size(); g++) {
      String prefix = "param_groups." + g + ".";
      OptionGroup<O> group = groups.get(g);
      group.options().toTensors().forEach((option, value) -> all.put(prefix + option, value));
      int end = first + group.parameters().size();
      all.put(prefix + "params", Tensor.arange(first, end));
      first = end;
    }
  }

  /** What a group becomes: its options, and the rate that schedules begin with, if one is saved. */
  record Saved<O>(O options, @Nullable Double initialLr) {}

  /**
   * Takes the options of all groups out of what is left.
   *
   * @param fixed options of PyTorch's that this optimizer has once for all, where they are saved
   */
  List<Saved<O>> read(Map<String, Tensor> rest, Map<String, Boolean> fixed) {
    List<Saved<O>> options = new ArrayList<>();
    for (int g = 0; g < groups.size(); g++) {
      options.add(read(rest, g, fixed));
    }
    return options;
  }

  private Saved<O> read(Map<String, Tensor> rest, int g, Map<String, Boolean> fixed) {
    String prefix = "param_groups." + g + ".";
    Map<String, Tensor> own = new LinkedHashMap<>();
    for (String key : List.copyOf(rest.keySet())) {
      if (key.startsWith(prefix)) {
        own.put(key.substring(prefix.length()), SavedState.take(rest, key));
      }
    }
    Tensor numbers = own.remove("params");
    OptionGroup<O> group = groups.get(g);
    if (numbers == null || numbers.numel() != group.parameters().size()) {
      throw new IllegalArgumentException(
          "loadStateDict: group "
              + g
              + " has "
              + group.parameters().size()
              + " parameters, the saved one "
              + (numbers == null ? "is missing" : "has " + numbers.numel()));
    }
    own.keySet().removeAll(WAYS);
    fixed.forEach((option, value) -> checkFixed(option, value, own.remove(option)));
    Tensor initialLr = own.remove("initial_lr");
    O options = read(group.options(), own, g);
    options.checkTogether();
    own.keySet().removeAll(options.toTensors().keySet());
    if (!own.isEmpty()) {
      throw new IllegalArgumentException(
          "loadStateDict: group " + g + " has no option " + own.keySet());
    }
    return new Saved<>(options, initialLr == null ? null : initialLr.item());
  }

  private void checkFixed(String option, boolean value, @Nullable Tensor saved) {
    if (saved != null && saved.isTrue() != value) {
      throw new IllegalArgumentException(
          "loadStateDict: the saved state is of an optimizer whose "
              + option
              + " is "
              + !value
              + ", that of "
              + name
              + " is "
              + value);
    }
  }

  private O read(O present, Map<String, Tensor> saved, int g) {
    try {
      return present.from(saved);
    } catch (IllegalArgumentException e) {
      Set<String> missing = new TreeSet<>(present.toTensors().keySet());
      Set<String> others = new TreeSet<>(saved.keySet());
      others.removeAll(missing);
      missing.removeAll(saved.keySet());
      if (missing.isEmpty() || others.isEmpty()) {
        throw e;
      }
      throw new IllegalArgumentException(
          "loadStateDict: "
              + name
              + " wants the state of an optimizer of its kind; group "
              + g
              + " of the saved one has no "
              + String.join(", ", missing)
              + ", but "
              + String.join(", ", others)
              + ", which looks like another kind's",
          e);
    }
  }

  /** Sets what was read. */
  void set(List<Saved<O>> saved) {
    for (int g = 0; g < groups.size(); g++) {
      groups.get(g).replace(saved.get(g).options());
      Double initialLr = saved.get(g).initialLr();
      if (initialLr != null) {
        groups.get(g).setInitialLr(initialLr);
      }
    }
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder(name).append(" (");
    for (int g = 0; g < groups.size(); g++) {
      out.append(g == 0 ? "\n" : "\n\n").append("Parameter Group ").append(g);
      new TreeMap<>(groups.get(g).options().toTensors())
          .forEach(
              (option, value) ->
                  out.append("\n    ").append(option).append(": ").append(OptionText.of(value)));
    }
    return out.append("\n)").toString();
  }
}
