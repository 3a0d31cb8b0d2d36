package dev.chagres.nn;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Parameters that a module uses as it likes, named 0, 1, …; a tensor that is none becomes one,
 * which shares its memory.
 */
public final class ParameterList extends Module implements Iterable<Parameter> {
  private final List<Parameter> parameters = new ArrayList<>();

  /**
   * Makes a list of these parameters.
   *
   * @throws IllegalArgumentException if a tensor's dtype is not floating
   */
  public ParameterList(Tensor... parameters) {
    given("ParameterList", "parameters", parameters);
    for (Tensor parameter : parameters) {
      append(parameter);
    }
  }

  /**
   * Makes a list of these parameters.
   *
   * @throws IllegalArgumentException if a tensor's dtype is not floating
   */
  public ParameterList(Iterable<? extends Tensor> parameters) {
    add(parameters);
  }

  private void add(Iterable<? extends Tensor> more) {
    each("ParameterList", "a parameter", given("ParameterList", "parameters", more))
        .forEach(this::append);
  }

  /**
   * Appends a parameter and returns this list.
   *
   * @throws IllegalArgumentException if the tensor's dtype is not floating
   */
  public ParameterList append(Tensor parameter) {
    parameters.add(registerParameter(Integer.toString(parameters.size()), parameter));
    return this;
  }

  /**
   * Appends these parameters and returns this list.
   *
   * @throws IllegalArgumentException if a tensor's dtype is not floating
   */
  public ParameterList extend(Iterable<? extends Tensor> more) {
    add(more);
    return this;
  }

  /**
   * Puts a parameter in the place of another, which it returns; negative positions count from the
   * end.
   *
   * @throws IllegalArgumentException if the tensor's dtype is not floating
   */
  public Parameter set(int position, Tensor parameter) {
    int at = at(position);
    return parameters.set(at, registerOrReplace(Integer.toString(at), parameter));
  }

  /** Returns the parameter at a position; a negative one counts from the end. */
  public Parameter get(int position) {
    return parameters.get(at(position));
  }

  private int at(int position) {
    int at = position < 0 ? position + parameters.size() : position;
    if (at < 0 || at >= parameters.size()) {
      throw new IndexOutOfBoundsException(
          "ParameterList: there is no parameter " + position + " among " + parameters.size());
    }
    return at;
  }

  /** Returns the number of parameters. */
  public int size() {
    return parameters.size();
  }

  @Override
  public Iterator<Parameter> iterator() {
    return List.copyOf(parameters).iterator();
  }

  @Override
  Map<String, String> printedChildren() {
    Map<String, String> texts = new LinkedHashMap<>();
    for (int i = 0; i < parameters.size(); i++) {
      texts.put(Integer.toString(i), ParameterDict.text(parameters.get(i)));
    }
    return texts;
  }
}
