package dev.chagres.nn;

import static dev.chagres.check.Given.given;

import dev.chagres.nn.Module.Persistence;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The named parts of one module, and walks over those of a module and all inside it. Names and
 * their order are PyTorch's.
 */
final class Parts {
  /** Those that begin a word in camelCase, such as I in weightIh, or IH in weightIH. */
  private static final Pattern CAPITALS = Pattern.compile("(?<=[a-z0-9])[A-Z]+");

  private final Map<String, Parameter> parameters = new LinkedHashMap<>();
  private final Map<String, Buffer> buffers = new LinkedHashMap<>();
  private final Map<String, Module> children = new LinkedHashMap<>();

  /** A tensor of a module's state that is not learned, and whether the state dict has it. */
  private record Buffer(Tensor tensor, Persistence persistence) {}

  // ---- registering, for the module whose parts these are

  void addModule(Module owner, String name, Module module) {
    checkName(owner, name);
    given("register", "module \"" + name + "\"", module);
    checkAcyclic(owner, name, module);
    children.put(name, module);
    module.registration().becomePart();
  }

  /** Adds a module in the place of the one that has the name, which must be there. */
  void replaceModule(Module owner, String name, Module module) {
    if (!children.containsKey(given("replace", "name", name))) {
      throw new IllegalArgumentException(
          owner.name() + ": there is no child \"" + name + "\" among " + children.keySet());
    }
    putModule(owner, name, module);
  }

  /** Adds a module in the place of the one that has the name, or behind the others. */
  void putModule(Module owner, String name, Module module) {
    given(owner.name(), "a name", name);
    given(owner.name(), "module \"" + name + "\"", module);
    if (!children.containsKey(name)) {
      checkName(owner, name);
    }
    checkAcyclic(owner, name, module);
    children.put(name, module);
    module.registration().becomePart();
  }

  void remove(String name) {
    children.remove(name);
    parameters.remove(name);
  }

  Parameter addParameter(Module owner, String name, Tensor initial) {
    checkName(owner, name);
    given("registerParameter", "tensor \"" + name + "\"", initial);
    return learned(name, initial);
  }

  /** Adds a parameter in the place of the one that has the name, or behind the others. */
  Parameter putParameter(Module owner, String name, Tensor initial) {
    given(owner.name(), "a name", name);
    given(owner.name(), "tensor \"" + name + "\"", initial);
    if (!parameters.containsKey(name)) {
      checkName(owner, name);
    }
    return learned(name, initial);
  }

  private Parameter learned(String name, Tensor initial) {
    Parameter parameter = initial instanceof Parameter given ? given : new Parameter(initial);
    parameters.put(name, parameter);
    return parameter;
  }

  /** Adds a buffer, in the place of the one that has the name. */
  void putBuffer(Module owner, String name, Tensor tensor, Persistence persistence) {
    if (name == null || !buffers.containsKey(name)) {
      checkName(owner, name);
    }
    given("registerBuffer", "tensor \"" + name + "\"", tensor);
    given("registerBuffer", "persistence", persistence);
    tensor.storage().escape();
    buffers.put(name, new Buffer(tensor, persistence));
  }

  private void checkName(Module owner, String name) {
    given("register", "name", name);
    if (name.isEmpty() || name.contains(".")) {
      throw new IllegalArgumentException(
          owner.name() + ": a part's name may not be empty or have a dot: \"" + name + "\"");
    }
    if (parameters.containsKey(name) || buffers.containsKey(name) || children.containsKey(name)) {
      throw new IllegalArgumentException(
          owner.name() + ": there is a part named \"" + name + "\" already");
    }
  }

  private static void checkAcyclic(Module owner, String name, Module module) {
    Set<Module> inside = identitySet();
    collect(module, "", inside, new LinkedHashMap<>());
    if (inside.contains(owner)) {
      throw new IllegalArgumentException(
          owner.name()
              + ": the part \""
              + name
              + "\" has this module inside; no module contains itself");
    }
  }

  // ---- walking

  /** Returns the children by name, as often as they are registered. */
  Map<String, Module> all() {
    return Collections.unmodifiableMap(children);
  }

  boolean hasNoTensors() {
    return parameters.isEmpty() && buffers.isEmpty();
  }

  boolean isBuffer(String name) {
    return buffers.containsKey(name);
  }

  /** Returns whether the buffer of this name is saved; it is if there is none yet. */
  Persistence persistence(String name) {
    Buffer present = buffers.get(name);
    return present == null ? Persistence.PERSISTENT : present.persistence;
  }

  /** Returns the parameter or buffer of this name, if there is one. */
  @Nullable Tensor tensor(String name) {
    Buffer buffer = buffers.get(name);
    return buffer == null ? parameters.get(name) : buffer.tensor;
  }

  /** Returns whether a tensor is one of the parameters or buffers. */
  @SuppressWarnings("ReferenceEquality") // A tensor is itself.
  boolean has(Tensor tensor) {
    return parameters.containsValue(tensor)
        || buffers.values().stream().anyMatch(buffer -> buffer.tensor == tensor);
  }

  /**
   * Returns the name of the parameter or buffer that a field of this name holds: the same, or else
   * one with underscores for a field in camelCase, or the reverse; null if there is none.
   */
  @Nullable String nameOfTensor(String field) {
    if (tensor(field) != null) {
      return field;
    }
    String words = words(field);
    return Stream.concat(parameters.keySet().stream(), buffers.keySet().stream())
        .filter(name -> words(name).equals(words))
        .findFirst()
        .orElse(null);
  }

  /** Returns a name in camelCase with underscores; the first letter stays, so w is not W. */
  private static String words(String name) {
    return CAPITALS.matcher(name).replaceAll(found -> "_" + found.group().toLowerCase(Locale.ROOT));
  }

  /** Returns the children by name, each once. */
  Map<String, Module> children() {
    Set<Module> seen = identitySet();
    Map<String, Module> named = new LinkedHashMap<>();
    children.forEach(
        (name, child) -> {
          if (seen.add(child)) {
            named.put(name, child);
          }
        });
    return named;
  }

  /** Returns a module (its name is empty) and all inside it by path, each once, parents first. */
  static Map<String, Module> modules(Module root) {
    Map<String, Module> named = new LinkedHashMap<>();
    collect(root, "", identitySet(), named);
    return named;
  }

  private static void collect(
      Module module, String path, Set<Module> seen, Map<String, Module> named) {
    if (seen.add(module)) {
      named.put(path, module);
      module
          .ownParts()
          .children
          .forEach((name, child) -> collect(child, join(path, name), seen, named));
    }
  }

  /** Returns the parameters of a module and all inside it by path, each once. */
  static Map<String, Parameter> parameters(Module root) {
    Map<String, Parameter> named = new LinkedHashMap<>();
    Set<Object> registered = identitySet();
    Map<String, Module> modules = modules(root);
    modules.forEach(
        (path, module) ->
            module
                .ownParts()
                .parameters
                .forEach(
                    (name, parameter) -> {
                      if (registered.add(parameter)) {
                        named.put(join(path, name), parameter);
                      }
                    }));
    Registration.warn(modules.values());
    return named;
  }

  /** Returns the buffers of a module and all inside it by path, each once. */
  static Map<String, Tensor> buffers(Module root) {
    Map<String, Tensor> named = new LinkedHashMap<>();
    Set<Tensor> seen = identitySet();
    modules(root)
        .forEach(
            (path, module) ->
                module
                    .ownParts()
                    .buffers
                    .forEach(
                        (name, buffer) -> {
                          if (seen.add(buffer.tensor)) {
                            named.put(join(path, name), buffer.tensor);
                          }
                        }));
    return named;
  }

  /** Calls an action with the parameters and buffers of this module alone. */
  void forEachOwnTensor(Consumer<Tensor> action) {
    parameters.values().forEach(action);
    buffers.values().forEach(buffer -> action.accept(buffer.tensor));
  }

  /** Calls an action with every parameter and buffer, as often as it has a path. */
  void forEachTensor(BiConsumer<String, Tensor> action) {
    walk("", (path, tensor, _) -> action.accept(path, tensor));
  }

  /** The same for what a state dict has. */
  void forEachSaved(BiConsumer<String, Tensor> action) {
    walk(
        "",
        (path, tensor, persistence) -> {
          if (persistence == Persistence.PERSISTENT) {
            action.accept(path, tensor);
          }
        });
  }

  /** What is done with a parameter or a buffer. */
  @FunctionalInterface
  private interface Visit {
    void accept(String path, Tensor tensor, Persistence persistence);
  }

  private void walk(String path, Visit visit) {
    parameters.forEach(
        (name, parameter) -> visit.accept(join(path, name), parameter, Persistence.PERSISTENT));
    buffers.forEach(
        (name, buffer) -> visit.accept(join(path, name), buffer.tensor, buffer.persistence));
    children.forEach((name, child) -> child.ownParts().walk(join(path, name), visit));
  }

  /** Converts the parameters and buffers of a module and all inside it. */
  static void convert(Module root, UnaryOperator<Tensor> conversion) {
    root.parameters().forEach(parameter -> replace(parameter, conversion));
    root.buffers().forEach(buffer -> replace(buffer, conversion));
  }

  /**
   * Gives a tensor other memory while it stays the same object, so that optimizers and shared
   * modules keep it.
   */
  private static void replace(Tensor tensor, UnaryOperator<Tensor> conversion) {
    Tensor data = tensor.detach();
    Tensor converted = conversion.apply(data);
    if (converted == data) {
      return;
    }
    boolean wanted = tensor.requiresGrad();
    Tensor gradient = tensor.grad();
    tensor.setGrad(null);
    tensor.requiresGrad_(false);
    converted.storage().escape();
    tensor.setData(converted);
    tensor.requiresGrad_(wanted);
    if (gradient != null) {
      tensor.setGrad(conversion.apply(gradient.detach()));
    }
  }

  private static String join(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  private static <T> Set<T> identitySet() {
    return Collections.newSetFromMap(new IdentityHashMap<>());
  }
}
