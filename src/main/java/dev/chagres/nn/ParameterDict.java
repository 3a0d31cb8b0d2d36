package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Parameters by name that a module uses as it likes, in the order in which their names came; a
 * tensor that is none becomes one, which shares its memory.
 */
public final class ParameterDict extends Module {
  private final Map<String, Parameter> parameters = new LinkedHashMap<>();

  /** Makes an empty dictionary. */
  public ParameterDict() {}

  /**
   * Makes a dictionary of these parameters, in the order of a {@link SequencedMap}, and of another
   * map, whose order may change from run to run, by name; PyTorch sorts the names of a {@code dict}
   * too.
   *
   * @throws IllegalArgumentException if a name is empty or has a dot, or a tensor's dtype is not
   *     floating
   */
  public ParameterDict(Map<String, ? extends Tensor> parameters) {
    ordered(given("ParameterDict", "parameters", parameters)).forEach(this::put);
  }

  /** Returns a map whose order is the same in every run. */
  static <T> Map<String, T> ordered(Map<String, T> map) {
    if (map instanceof SequencedMap) {
      return map;
    }
    Map<String, T> sorted = new TreeMap<>(Comparator.nullsFirst(Comparator.naturalOrder()));
    sorted.putAll(map);
    return sorted;
  }

  /**
   * Adds a parameter under a name, or puts it in the place of the one that has the name, and
   * returns this dictionary.
   *
   * @throws IllegalArgumentException if the name is empty or has a dot, or the tensor's dtype is
   *     not floating
   */
  public ParameterDict put(String name, Tensor parameter) {
    parameters.put(name, registerOrReplace(name, parameter));
    return this;
  }

  /**
   * Returns the parameter of a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Parameter get(String name) {
    Parameter parameter = parameters.get(given("ParameterDict", "name", name));
    if (parameter == null) {
      throw new IllegalArgumentException(
          "ParameterDict: there is no parameter \"" + name + "\" among " + parameters.keySet());
    }
    return parameter;
  }

  /** Removes the parameter of a name and returns it, if there is one. */
  public Optional<Parameter> remove(String name) {
    Parameter parameter = parameters.remove(given("ParameterDict", "name", name));
    if (parameter != null) {
      unregister(name);
    }
    return Optional.ofNullable(parameter);
  }

  /** Tells whether there is a parameter of this name. */
  public boolean containsKey(String name) {
    return parameters.containsKey(given("ParameterDict", "name", name));
  }

  /** Returns the names, in their order. */
  public Set<String> keys() {
    return Collections.unmodifiableSet(new LinkedHashSet<>(parameters.keySet()));
  }

  /** Returns the parameters by name, in the order of the names. */
  public Map<String, Parameter> items() {
    return new LinkedHashMap<>(parameters);
  }

  /** Returns the number of parameters. */
  public int size() {
    return parameters.size();
  }

  @Override
  Map<String, String> printedChildren() {
    Map<String, String> texts = new LinkedHashMap<>();
    parameters.forEach((name, parameter) -> texts.put(name, text(parameter)));
    return texts;
  }

  /** A parameter as it is printed: {@code Parameter containing: [torch.float32 of size 2x3]}. */
  static String text(Parameter parameter) {
    String sizes =
        Arrays.stream(parameter.shape().toArray())
            .mapToObj(Long::toString)
            .collect(Collectors.joining("x"));
    String device = parameter.isCpu() ? "" : " (" + parameter.device() + ")";
    return "Parameter containing: [torch." + parameter.dtype() + " of size " + sizes + device + "]";
  }
}
