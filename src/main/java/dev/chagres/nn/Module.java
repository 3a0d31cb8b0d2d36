package dev.chagres.nn;

import static dev.chagres.check.Given.each;
import static dev.chagres.check.Given.given;

import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.memory.Storage;
import dev.chagres.memory.StorageHolder;
import dev.chagres.tensor.Parameter;
import dev.chagres.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A part of a network: named parameters, buffers and further modules, and a function that uses
 * them. A subclass registers its parts as it assigns its fields, and overrides one {@code forward}:
 *
 * <pre>{@code
 * class Net extends Module {
 *   final Linear linear1 = register("linear1", new Linear(784, 256));
 *   final Linear linear2 = register("linear2", new Linear(256, 10));
 *
 *   @Override public Tensor forward(Tensor x) {
 *     return linear2.call(linear1.call(x).relu());
 *   }
 * }
 * }</pre>
 *
 * <p>Users {@link #call(Tensor) call} a module, which runs its hooks around {@code forward}. A
 * module of several inputs overrides {@link #forward(Tensor...)} instead and is called with all of
 * them; how many it takes, one or more, is for it to check.
 *
 * <p>Names, their order and the keys of {@link #stateDict} are PyTorch's. A module may be called
 * from many threads while nobody changes it.
 */
public abstract class Module implements StorageHolder {
  /** Kept, since every call asks for its module's name, and the class has to ask the JVM. */
  private static final ClassValue<String> NAMES =
      new ClassValue<>() {
        @Override
        protected String computeValue(Class<?> type) {
          Class<?> kind = type;
          while (kind.isAnonymousClass()) {
            kind = kind.getSuperclass();
          }
          return kind.getSimpleName();
        }
      };

  private final Parts parts = new Parts();
  private final Registration registration = new Registration();
  private boolean training = true;
  private @Nullable Hooks hooks;

  /** Whether a buffer is part of the state dict. */
  public enum Persistence {
    /** It is saved and loaded. */
    PERSISTENT,
    /** It is made anew by the module's constructor. */
    TRANSIENT
  }

  /** Makes a module without parts, in training mode. */
  protected Module() {}

  // ---- what a subclass says

  /**
   * Registers a child and returns it.
   *
   * @throws IllegalArgumentException if the name is empty, has a dot, or is taken, or if this
   *     module is inside the other
   */
  protected final <M extends Module> M register(String name, M module) {
    parts.addModule(this, name, module);
    return module;
  }

  /**
   * Registers a child in the place of one that is registered, such as another head or the same
   * layer with an adapter, and returns it, for the field that held the former: {@code fc =
   * replace("fc", new Linear(512, 10))}. An optimizer that was made before keeps the former one's
   * parameters, and the new child is in training or evaluation as it was.
   *
   * @throws IllegalArgumentException if no child has the name, or if this module is inside the
   *     other
   */
  protected final <M extends Module> M replace(String name, M module) {
    parts.replaceModule(this, name, module);
    return module;
  }

  /** Registers a child in the place of the one that has the name, or behind the others. */
  final void registerOrReplace(String name, Module module) {
    parts.putModule(this, name, module);
  }

  /** Registers a parameter in the place of the one that has the name, or behind the others. */
  final Parameter registerOrReplace(String name, Tensor initial) {
    return parts.putParameter(this, name, initial);
  }

  /** Forgets a child or a parameter. */
  final void unregister(String name) {
    parts.remove(name);
  }

  /**
   * Registers a tensor that the module learns, and returns it: a {@link Parameter} itself, any
   * other tensor as a new parameter that shares its memory.
   */
  protected final Parameter registerParameter(String name, Tensor initial) {
    return parts.addParameter(this, name, initial);
  }

  /**
   * Registers a tensor of the module's state that is not learned, such as a running mean, and
   * returns it. It takes the place of a buffer of the same name, and is saved if that was; a new
   * one is saved.
   *
   * @throws IllegalArgumentException if the name is empty, has a dot, or is that of a parameter or
   *     a child
   */
  protected final Tensor registerBuffer(String name, Tensor tensor) {
    return registerBuffer(name, tensor, parts.persistence(name));
  }

  /**
   * Registers a tensor of the module's state that is not learned, and returns it. It takes the
   * place of a buffer of the same name.
   *
   * @throws IllegalArgumentException if the name is empty, has a dot, or is that of a parameter or
   *     a child
   */
  protected final Tensor registerBuffer(String name, Tensor tensor, Persistence persistence) {
    parts.putBuffer(this, name, tensor, persistence);
    return tensor;
  }

  /**
   * Computes the result of one input. Override this or {@link #forward(Tensor...)}; call {@link
   * #call(Tensor)}.
   */
  public Tensor forward(Tensor x) {
    Forwards own = Forwards.of(this);
    if (own.several() && !own.single()) {
      return forward(new Tensor[] {x});
    }
    throw Forwards.missing(this);
  }

  /**
   * Computes the result of several inputs. Override this or {@link #forward(Tensor)}; call {@link
   * #call(Tensor...)}. A {@code forward(Tensor, Tensor)} is another method, which no call reaches,
   * but that of a {@link Loss}.
   */
  public Tensor forward(Tensor... inputs) {
    if (inputs.length != 1) {
      throw Forwards.takesOne(this, inputs.length);
    }
    if (!Forwards.of(this).single()) {
      throw Forwards.missing(this);
    }
    return forward(inputs[0]);
  }

  /**
   * Returns what stands in parentheses when the module is printed, such as {@code in_features=3}.
   */
  protected String extraRepr() {
    return "";
  }

  /** Returns the name of the module's kind, such as {@code Linear}: the nearest class with one. */
  protected final String name() {
    return NAMES.get(getClass());
  }

  // ---- calling

  /**
   * Runs the forward pre-hooks, {@link #forward(Tensor)} (where only {@link #forward(Tensor...)} is
   * overridden, that), and the forward hooks.
   */
  public final Tensor call(Tensor x) {
    given(name(), "input", x);
    registration.beforeCall(this);
    Hooks present = hooks;
    return present == null ? returned(forward(x)) : present.call(this, List.of(x), this::run);
  }

  /** Runs the forward pre-hooks, {@link #forward(Tensor...)}, and the forward hooks. */
  public final Tensor call(Tensor... inputs) {
    List<Tensor> all = each(name(), "an input", Arrays.asList(given(name(), "inputs", inputs)));
    registration.beforeCall(this);
    Hooks present = hooks;
    return present == null
        ? returned(forward(inputs))
        : present.call(this, List.copyOf(all), this::run);
  }

  private Tensor run(List<Tensor> inputs) {
    return returned(
        inputs.size() == 1 ? forward(inputs.getFirst()) : forward(inputs.toArray(new Tensor[0])));
  }

  private Tensor returned(@Nullable Tensor output) {
    return given(name(), "what forward returned", output);
  }

  /** Runs the hooks around what is done with inputs in the place of {@code forward}. */
  final Tensor call(List<Tensor> inputs, Function<List<Tensor>, Tensor> forward) {
    Hooks present = hooks;
    return present == null ? forward.apply(inputs) : present.call(this, inputs, forward);
  }

  /**
   * The same around what makes more than a tensor, of which hooks see a part, and may replace that.
   */
  final <R> R call(
      List<Tensor> inputs,
      Function<List<Tensor>, R> forward,
      Function<R, Tensor> output,
      BiFunction<R, Tensor, R> with) {
    Hooks present = hooks;
    if (present == null) {
      return forward.apply(inputs);
    }
    List<R> made = new ArrayList<>();
    Tensor seen =
        present.call(
            this,
            inputs,
            in -> {
              made.add(forward.apply(in));
              return output.apply(made.getLast());
            });
    return with.apply(made.getLast(), seen);
  }

  /** What is done with a module's inputs before it runs. */
  @FunctionalInterface
  public interface ForwardPreHook {
    /** Returns the inputs to use instead, or null to leave them. */
    @Nullable List<Tensor> before(Module module, List<Tensor> inputs);
  }

  /** What is done with a module's output after it ran. */
  @FunctionalInterface
  public interface ForwardHook {
    /** Returns the output to use instead, or null to leave it. */
    @Nullable Tensor after(Module module, List<Tensor> inputs, Tensor output);
  }

  /** What is done with the gradients that go through a module. */
  @FunctionalInterface
  public interface BackwardHook {
    /**
     * Returns the gradients of the inputs to use instead; null, or null for one input, leaves them.
     *
     * @param module the module that was called
     * @param gradInputs one for each input, null for one that wants none
     * @param gradOutput the gradient of the output
     */
    @Nullable List<@Nullable Tensor> backward(
        Module module, List<@Nullable Tensor> gradInputs, Tensor gradOutput);
  }

  /** Adds a hook that sees the inputs before {@code forward}. */
  public final RemovableHandle registerForwardPreHook(ForwardPreHook hook) {
    return hooks().before.add(given("registerForwardPreHook", "hook", hook));
  }

  /** Adds a hook that sees the output after {@code forward}. */
  public final RemovableHandle registerForwardHook(ForwardHook hook) {
    return hooks().after.add(given("registerForwardHook", "hook", hook));
  }

  /**
   * Adds a hook that sees the gradients of the inputs and of the output once all of them are there.
   */
  public final RemovableHandle registerFullBackwardHook(BackwardHook hook) {
    return hooks().backward.add(given("registerFullBackwardHook", "hook", hook));
  }

  private Hooks hooks() {
    Hooks present = hooks;
    if (present == null) {
      present = new Hooks();
      hooks = present;
    }
    return present;
  }

  // ---- the tree

  /** Returns the direct children, each once. */
  public final List<Module> children() {
    return List.copyOf(namedChildren().values());
  }

  /** Returns the direct children by name; one that is registered twice comes once. */
  public final Map<String, Module> namedChildren() {
    return parts.children();
  }

  /** Returns this module and all inside it, each once, a module before its children. */
  public final List<Module> modules() {
    return List.copyOf(namedModules().values());
  }

  /**
   * Returns this module (its name is empty) and all inside it by path, each once, a module before
   * its children.
   */
  public final Map<String, Module> namedModules() {
    return Parts.modules(this);
  }

  /**
   * Returns the parameters of this module and all inside it, each once, in the order of
   * registration.
   */
  public final List<Parameter> parameters() {
    return List.copyOf(namedParameters().values());
  }

  /**
   * Returns the parameters of this module and all inside it by path, each once, in the order of
   * registration. A warning names the fields that hold a module or a parameter which is not
   * registered, also in a collection, map, array or optional, or another tensor than the one that
   * is registered under their name, once for each field of a class; so do {@link #train}, {@link
   * #stateDict} and {@link #loadStateDict}, and a first call that of modules.
   */
  public final Map<String, Parameter> namedParameters() {
    return Parts.parameters(this);
  }

  /**
   * Returns the buffers of this module and all inside it, each once, in the order of registration.
   */
  public final List<Tensor> buffers() {
    return List.copyOf(namedBuffers().values());
  }

  /**
   * Returns the buffers of this module and all inside it by path, each once, in the order of
   * registration.
   */
  public final Map<String, Tensor> namedBuffers() {
    return Parts.buffers(this);
  }

  /** Calls a function with every module inside this one and then with this one, children first. */
  public final Module apply(Consumer<Module> function) {
    given("apply", "function", function);
    children().forEach(child -> child.apply(function));
    function.accept(this);
    return this;
  }

  // ---- mode

  /** Puts this module and all inside it in training mode, in which dropout drops. */
  public final Module train() {
    return train(true);
  }

  /**
   * Puts this module and all inside it in training mode or in evaluation mode, as to return to what
   * {@link #isTraining} said.
   */
  public final Module train(boolean mode) {
    List<Module> all = modules();
    Registration.warn(all);
    all.forEach(module -> module.training = mode);
    return this;
  }

  /** Puts this module and all inside it in evaluation mode. */
  public final Module eval() {
    return train(false);
  }

  /** Returns whether this module is in training mode, as it is at first. */
  public final boolean isTraining() {
    return training;
  }

  /** Asks for gradients of all parameters, or for none. */
  public final Module requiresGrad_(boolean wanted) {
    parameters().forEach(parameter -> parameter.requiresGrad_(wanted));
    return this;
  }

  /** Forgets the gradients of all parameters. */
  public final void zeroGrad() {
    parameters().forEach(parameter -> parameter.setGrad(null));
  }

  // ---- moving

  /** Moves all parameters and buffers to a device, and returns this module. */
  public final Module to(Device device) {
    given("to", "device", device);
    return convert(tensor -> tensor.to(device));
  }

  /**
   * Converts all floating parameters and buffers to a floating dtype, and returns this module.
   *
   * @throws IllegalArgumentException if the dtype is not floating
   */
  public final Module to(DType dtype) {
    if (!given("to", "dtype", dtype).isFloating()) {
      throw new IllegalArgumentException(
          "to: a module's parameters are floating, they cannot become " + dtype);
    }
    return convert(tensor -> tensor.dtype().isFloating() ? tensor.to(dtype) : tensor);
  }

  private Module convert(UnaryOperator<Tensor> conversion) {
    Parts.convert(this, conversion);
    return this;
  }

  @Override
  public final void forEachStorage(Consumer<Storage> action) {
    given("forEachStorage", "action", action);
    parameters().forEach(parameter -> parameter.forEachStorage(action));
    buffers().forEach(buffer -> buffer.forEachStorage(action));
  }

  // ---- state

  /**
   * Returns all parameters and persistent buffers by path, as tensors that share their memory and
   * want no gradients. The keys and their order are those of PyTorch's {@code state_dict}.
   */
  public final Map<String, Tensor> stateDict() {
    Registration.warn(modules());
    Map<String, Tensor> state = new LinkedHashMap<>();
    parts.forEachSaved((path, tensor) -> state.put(path, tensor.detach()));
    return state;
  }

  /** Whether the keys of a state dict must be those of the module. */
  public enum Strictness {
    /** They must. */
    STRICT,
    /** Keys without a counterpart are left alone, and reported. */
    LENIENT
  }

  /**
   * The keys of a state dict that had no counterpart.
   *
   * @param missing in the module, but not in the state dict
   * @param unexpected in the state dict, but not in the module
   */
  public record IncompatibleKeys(List<String> missing, List<String> unexpected) {
    /** Copies the lists. */
    public IncompatibleKeys {
      missing = keys("missing", missing);
      unexpected = keys("unexpected", unexpected);
    }

    private static List<String> keys(String what, List<String> keys) {
      return List.copyOf(each("IncompatibleKeys", "a key", given("IncompatibleKeys", what, keys)));
    }
  }

  /**
   * Copies the values of a state dict into the parameters and buffers, cast to their dtypes; one
   * that fails has changed nothing.
   *
   * @throws IllegalArgumentException if keys are missing or unexpected, or shapes differ: the
   *     message lists all of that
   * @throws IllegalStateException if a value or a parameter was freed, or a parameter is over
   *     read-only memory
   */
  public final void loadStateDict(Map<String, ? extends Tensor> state) {
    loadStateDict(state, Strictness.STRICT);
  }

  /**
   * Copies the values of a state dict into the parameters and buffers; shapes must agree, keys only
   * if strict. One that fails has changed nothing.
   */
  public final IncompatibleKeys loadStateDict(
      Map<String, ? extends Tensor> state, Strictness strictness) {
    given("loadStateDict", "state", state)
        .forEach((key, value) -> given("loadStateDict", "value \"" + key + "\"", value));
    given("loadStateDict", "strictness", strictness);
    Registration.warn(modules());
    Map<String, Tensor> own = new LinkedHashMap<>();
    parts.forEachSaved(own::put);
    return StateLoading.load(name(), own, state, strictness);
  }

  // ---- copies

  /**
   * Returns a copy: a module that {@code maker} makes, with copies of this one's parameters and
   * buffers, on the same devices and of the same dtypes, each wanting gradients and each part in
   * training or not as here, with the same hooks.
   *
   * <pre>{@code
   * Net net = new Net(64).to(device);
   * Net best = net.copy(() -> new Net(64));
   * }</pre>
   *
   * <p>The maker is what Java has in the place of a copy of everything that an object holds: fields
   * are final, a constructor's checks hold for each object, and what a class has beside its
   * registered parts it alone can tell. So the copy is an object like any other, made by its
   * constructor, its fields say what the constructor says, and only what is registered is taken
   * over. The maker runs on the CPU, and the random numbers that it draws are not missed by the
   * rest of the program. A parameter that has several places here has them in the copy, too.
   *
   * <p>Gradients are not copied. A part on which the maker has put hooks itself, as in its
   * constructor, keeps these.
   *
   * @throws IllegalArgumentException if what the maker makes is in use here already, or has other
   *     parts: other names, classes, shapes, options of the library's layers, or parameters in
   *     several places where this one has several parameters
   */
  public final <M extends Module> M copy(Supplier<? extends M> maker) {
    return ModuleCopy.of(this, given("copy", "maker", maker));
  }

  /** Returns the named parts of this module itself. */
  final Parts ownParts() {
    return parts;
  }

  final Registration registration() {
    return registration;
  }

  /** Takes over the mode and, where it has none, the hooks of another. */
  final void behaveAs(Module other) {
    training = other.training;
    Hooks theirs = other.hooks;
    if (hooks == null && theirs != null) {
      hooks = theirs.copy();
    }
  }

  /** Returns what {@link #extraRepr} says. */
  final String described() {
    return extraRepr();
  }

  // ---- printing

  /**
   * Prints the tree of modules as PyTorch does; parameters of a {@link ParameterList} or {@link
   * ParameterDict} stand in it as modules do, each in a line of its own, two spaces further in.
   */
  @Override
  public final String toString() {
    String extra = extraRepr();
    Map<String, String> texts = printedChildren();
    if (texts.isEmpty()) {
      return name() + "(" + extra + ")";
    }
    StringBuilder out = new StringBuilder(name()).append("(\n");
    if (!extra.isEmpty()) {
      out.append("  ").append(extra.replace("\n", "\n  ")).append('\n');
    }
    texts.forEach(
        (name, text) ->
            out.append("  (")
                .append(name)
                .append("): ")
                .append(text.replace("\n", "\n  "))
                .append('\n'));
    return out.append(')').toString();
  }

  /** Returns the children as they are printed, by what stands in parentheses before them. */
  Map<String, String> printedChildren() {
    Map<String, String> texts = new LinkedHashMap<>();
    parts.all().forEach((name, child) -> texts.put(name, child.toString()));
    return texts;
  }
}
