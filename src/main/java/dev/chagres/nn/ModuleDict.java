package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/**
 * Modules by name that another calls as it likes, in the order in which their names came; they are
 * not called by the dictionary.
 *
 * @param <M> what they are
 */
public final class ModuleDict<M extends Module> extends Module {
  private final Map<String, M> modules = new LinkedHashMap<>();

  /** Makes an empty dictionary. */
  public ModuleDict() {}

  /**
   * Makes a dictionary of these modules, in the order of a {@link SequencedMap}, and of another
   * map, whose order may change from run to run, by name.
   *
   * @throws IllegalArgumentException if a name is empty or has a dot
   */
  public ModuleDict(Map<String, ? extends M> modules) {
    ParameterDict.ordered(given("ModuleDict", "modules", modules)).forEach(this::put);
  }

  /**
   * Adds a module under a name, or puts it in the place of the one that has the name, and returns
   * this dictionary.
   *
   * @throws IllegalArgumentException if the name is empty or has a dot, or if this dictionary is
   *     inside the module
   */
  public ModuleDict<M> put(String name, M module) {
    registerOrReplace(name, module);
    modules.put(name, module);
    return this;
  }

  /**
   * Returns the module of a name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public M get(String name) {
    M module = modules.get(given("ModuleDict", "name", name));
    if (module == null) {
      throw new IllegalArgumentException(
          "ModuleDict: there is no module \"" + name + "\" among " + modules.keySet());
    }
    return module;
  }

  /** Removes the module of a name and returns it, if there is one. */
  public Optional<M> remove(String name) {
    M module = modules.remove(given("ModuleDict", "name", name));
    if (module != null) {
      unregister(name);
    }
    return Optional.ofNullable(module);
  }

  /** Tells whether there is a module of this name. */
  public boolean containsKey(String name) {
    return modules.containsKey(given("ModuleDict", "name", name));
  }

  /** Returns the names, in their order. */
  public Set<String> keys() {
    return Collections.unmodifiableSet(new LinkedHashSet<>(modules.keySet()));
  }

  /** Returns the modules by name, in the order of the names. */
  public Map<String, M> items() {
    return new LinkedHashMap<>(modules);
  }

  /** Returns the number of modules. */
  public int size() {
    return modules.size();
  }
}
