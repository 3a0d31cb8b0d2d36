package dev.chagres.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.nn.GoldenCases;
import dev.chagres.optim.ParameterwiseOptimizer.Options;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.GoldenFile;
import dev.chagres.testing.OnEveryDevice;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Optimizers go where PyTorch's go, and take its state dicts. */
@OnEveryDevice
class OptimizersGoldenTest {
  private static final GoldenFile EXPECTED = GoldenFile.open("optimizers.safetensors.gz");

  /** What PyTorch's groups have beside a formula's options. */
  private static final Set<String> WAYS =
      Set.of("foreach", "fused", "capturable", "differentiable");

  private static Stream<String> rules() {
    return EXPECTED.described().stream().filter(key -> !key.startsWith("LBFGS"));
  }

  private static Stream<String> searches() {
    return EXPECTED.described().stream().filter(key -> key.startsWith("LBFGS"));
  }

  // ---- an optimizer by the names of PyTorch

  private static Class<?> kind(String key) throws ReflectiveOperationException {
    return Class.forName("dev.chagres.optim." + key.substring(0, key.indexOf('/')));
  }

  private static Options<?> options(String key) throws ReflectiveOperationException {
    Object options = kind(key).getMethod("options").invoke(null);
    for (var entry : Objects.requireNonNull(EXPECTED.arguments(key)).entrySet()) {
      options = with(options, entry.getKey(), entry.getValue());
    }
    return (Options<?>) options;
  }

  private static Object with(Object options, String name, JsonElement value)
      throws ReflectiveOperationException {
    if (name.equals("line_search_fn")) {
      return ((LBFGS.Options) options).lineSearch(LBFGS.LineSearch.STRONG_WOLFE);
    }
    String[] words = name.split("_", -1);
    StringBuilder method = new StringBuilder(words[0]);
    for (int i = 1; i < words.length; i++) {
      method
          .append(Character.toUpperCase(words[i].charAt(0)))
          .append(words[i], 1, words[i].length());
    }
    List<Double> numbers = new ArrayList<>();
    if (value instanceof JsonArray several) {
      several.forEach(number -> numbers.add(number.getAsDouble()));
    } else if (!value.getAsJsonPrimitive().isBoolean()) {
      numbers.add(value.getAsDouble());
    }
    Method found =
        Arrays.stream(options.getClass().getMethods())
            .filter(
                m -> m.getName().contentEquals(method) && m.getParameterCount() == numbers.size())
            .filter(m -> Options.class.isAssignableFrom(m.getReturnType()))
            .filter(m -> m.getReturnType() == options.getClass())
            .findFirst()
            .orElseThrow();
    Object[] arguments =
        numbers.stream()
            .map(
                number ->
                    found.getParameterTypes()[0] == int.class
                        ? (Object) number.intValue()
                        : (Object) number)
            .toArray();
    return found.invoke(options, arguments);
  }

  private static Optimizer make(String key, List<Tensor> parameters)
      throws ReflectiveOperationException {
    Options<?> options = options(key);
    Class<?> type = options.getClass();
    Class<?> kind = kind(key);
    Object optimizer =
        kind.getConstructor(Collection.class, type).newInstance(parameters.subList(0, 1), options);
    kind.getMethod("addGroup", Collection.class, type)
        .invoke(optimizer, parameters.subList(1, 2), options.lr(options.lr() / 2));
    return (Optimizer) optimizer;
  }

  private static List<Tensor> parameters(String key, String at) {
    List<Tensor> parameters = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      parameters.add(EXPECTED.get(key + at + i).requiresGrad_());
    }
    return parameters;
  }

  /** PyTorch's state dict in the middle, by name. */
  private static Map<String, Tensor> middle(String key) {
    Map<String, Tensor> state = new LinkedHashMap<>();
    String prefix = key + "/middle/";
    EXPECTED.names().stream()
        .filter(name -> name.startsWith(prefix))
        .forEach(name -> state.put(name.substring(prefix.length()), EXPECTED.get(name)));
    return state;
  }

  /** Asks that our state has PyTorch's names, shapes, dtypes and values. */
  private static void assertState(String key, Map<String, Tensor> ours, double times) {
    Map<String, Tensor> theirs = middle(key);
    theirs
        .keySet()
        .removeIf(
            name ->
                WAYS.contains(name.replaceFirst(".*\\.", "")) || name.startsWith("state.0.al."));
    assertEquals(new TreeSet<>(theirs.keySet()), new TreeSet<>(ours.keySet()), key);
    theirs.forEach(
        (name, value) -> {
          Tensor own = ours.get(name);
          if (name.startsWith("state.")) {
            assertEquals(value.shape(), own.shape(), name);
            // A length may be an integer in Python
            assertTrue(value.dtype() == own.dtype() || name.endsWith(".t"), name);
          }
          assertClose(value.toDouble(), own.detach().toDouble(), times, key + " " + name);
        });
  }

  private static void assertClose(Tensor expected, Tensor actual, double times, String what) {
    double size = expected.numel() == 0 ? 0 : expected.toDouble().abs().max().item();
    double off =
        expected.numel() == 0
            ? 0
            : expected.toDouble().sub(actual.detach().toDouble()).abs().max().item();
    assertTrue(off <= times * (size + 1e-30), () -> what + ": " + expected + " but " + actual);
  }

  // ---- rules

  private static void step(Optimizer optimizer, List<Tensor> parameters, String key, int step) {
    for (int i = 0; i < 2; i++) {
      parameters.get(i).setGrad(EXPECTED.get(key + "/gradients/" + i).get(step));
    }
    optimizer.step();
    for (int i = 0; i < 2; i++) {
      GoldenCases.assertClose(
          EXPECTED.get(key + "/values/" + i).get(step),
          parameters.get(i),
          key + ", parameter " + i + " after step " + step);
    }
  }

  @ParameterizedTest
  @MethodSource("rules")
  void theyFollowPyTorch(String key) throws ReflectiveOperationException {
    List<Tensor> parameters = parameters(key, "/start/");
    Optimizer optimizer = make(key, parameters);
    for (int step = 0; step < 5; step++) {
      step(optimizer, parameters, key, step);
      if (step == 2) {
        assertState(key, optimizer.stateDict(), key.endsWith("f64") ? 1e-7 : 3e-6);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rules")
  void theyGoOnFromPyTorchsState(String key) throws ReflectiveOperationException {
    List<Tensor> parameters = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      parameters.add(EXPECTED.get(key + "/values/" + i).get(2).clone().requiresGrad_());
    }
    String plain = key.replaceFirst("/[^/]*/", "/plain/");
    Optimizer optimizer = make(plain, parameters);
    optimizer.loadStateDict(middle(key));
    assertState(key, optimizer.stateDict(), 0);
    Optimizer second = make(plain, parameters);
    second.loadStateDict(optimizer.stateDict());
    for (int step = 3; step < 5; step++) {
      step(second, parameters, key, step);
    }
  }

  // ---- LBFGS

  /** Rosenbrock's function of each pair. */
  private static Tensor valley(Tensor a, Tensor b) {
    return a.rsub(1).square().sum().add(b.flatten().sub(a.square()).square().sum().mul(5));
  }

  private static Tensor step(LBFGS optimizer, List<Tensor> parameters) {
    return optimizer.step(
        () -> {
          optimizer.zeroGrad();
          Tensor loss = valley(parameters.get(0), parameters.get(1));
          loss.backward();
          return loss;
        });
  }

  private static void follow(LBFGS optimizer, List<Tensor> parameters, String key, int from) {
    // Rounding grows from iteration to iteration.
    double times = key.endsWith("f64") ? 1e-9 : 2e-3;
    for (int step = from; step < 4; step++) {
      Tensor loss = step(optimizer, parameters);
      String what = key + " step " + step;
      assertClose(EXPECTED.get(key + "/losses").get(step), loss, times, what);
      for (int i = 0; i < 2; i++) {
        Tensor expected = EXPECTED.get(key + "/values/" + i).get(step);
        assertClose(expected, parameters.get(i), times, what + " parameter " + i);
      }
      if (step == 1) {
        assertState(key, optimizer.stateDict(), times * 10);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("searches")
  void lbfgsFollowsPyTorch(String key) throws ReflectiveOperationException {
    List<Tensor> parameters = parameters(key, "/start/");
    follow(new LBFGS(parameters, (LBFGS.Options) options(key)), parameters, key, 0);
  }

  @ParameterizedTest
  @MethodSource("searches")
  void lbfgsGoesOnFromPyTorchsState(String key) throws ReflectiveOperationException {
    List<Tensor> parameters = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      parameters.add(EXPECTED.get(key + "/values/" + i).get(1).clone().requiresGrad_());
    }
    var search = ((LBFGS.Options) options(key)).lineSearch();
    LBFGS optimizer = new LBFGS(parameters, LBFGS.options().lineSearch(search));
    optimizer.loadStateDict(middle(key));
    LBFGS second = new LBFGS(parameters, LBFGS.options().lineSearch(search));
    second.loadStateDict(optimizer.stateDict());
    follow(second, parameters, key, 2);
  }

  // ---- what PyTorch's values do not reach

  /** Rules of many elements, of all of a vector's lanes and what is left over, in both dtypes. */
  @ParameterizedTest
  @MethodSource("rules")
  void manyElementsAreComputedAsFew(String key) throws ReflectiveOperationException {
    if (!key.endsWith("f32")) {
      return;
    }
    for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
      List<Tensor> few =
          parameters(key, "/start/").stream().map(p -> p.detach().to(dtype)).toList();
      List<Tensor> many = few.stream().map(p -> repeated(p).requiresGrad_()).toList();
      few = few.stream().map(p -> p.clone().requiresGrad_()).toList();
      Optimizer one = make(key, few);
      Optimizer other = make(key, many);
      for (int step = 0; step < 5; step++) {
        for (int i = 0; i < 2; i++) {
          Tensor gradient = EXPECTED.get(key + "/gradients/" + i).get(step).to(dtype);
          few.get(i).setGrad(gradient);
          many.get(i).setGrad(repeated(gradient));
        }
        one.step();
        other.step();
      }
      for (int i = 0; i < 2; i++) {
        Tensor expected = repeated(few.get(i).detach());
        GoldenCases.assertClose(expected, many.get(i), key + " of many");
      }
    }
  }

  private static Tensor repeated(Tensor x) {
    return x.flatten().expand(Shape.of(171, 6).toArray()).contiguous();
  }
}
