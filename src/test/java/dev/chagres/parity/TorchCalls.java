package dev.chagres.parity;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.linalg.Linalg;
import dev.chagres.nn.Functional;
import dev.chagres.tensor.Special;
import dev.chagres.tensor.Tensor;
import dev.chagres.testing.PublicApi;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Calls our method of an operation of PyTorch's. {@link TorchRows} has a row for those that are
 * called in a way of their own; all others follow one rule: the method has the camelCase of the
 * name, and takes PyTorch's arguments in PyTorch's order, where a flag that is set and a string are
 * constants of an enum that has them, and enums and dtypes may come first or last.
 */
final class TorchCalls {
  private static final Map<String, List<Method>> METHODS = new HashMap<>();

  private TorchCalls() {}

  /** Returns the name of our method; null if there is none. */
  static @Nullable String ours(String op) {
    TorchRows.Row row = TorchRows.all().get(op);
    if (row != null) {
      return row.ours();
    }
    List<Method> methods = methods(op);
    return methods.isEmpty() ? null : described(methods.getFirst());
  }

  private static String described(Method method) {
    boolean fluent = !Modifier.isStatic(method.getModifiers());
    String holder = fluent ? "Tensor" : PublicApi.holder(method).getSimpleName();
    return holder + "." + method.getName();
  }

  /**
   * Returns what our method returns.
   *
   * @throws NotThereException if it cannot be called with these arguments
   */
  static Object call(String op, TorchArguments arguments) {
    TorchRows.Row row = TorchRows.all().get(op);
    if (row == null) {
      return invoked(methods(op), arguments);
    }
    Object result = row.call().of(arguments);
    if (!arguments.unread().isEmpty()) {
      throw new NotThereException(String.join(", ", arguments.unread()));
    }
    return result;
  }

  /** Calls the form in place; empty if there is none for these arguments. */
  static Optional<Object> callInPlace(String op, TorchArguments arguments) {
    List<Method> methods = methods(op + "_");
    try {
      return methods.isEmpty() ? Optional.empty() : Optional.of(invoked(methods, arguments));
    } catch (NotThereException _) {
      return Optional.empty();
    }
  }

  static List<Method> methods(String op) {
    return METHODS.computeIfAbsent(op, TorchCalls::found);
  }

  private static List<Method> found(String op) {
    String name = camel(op.substring(op.lastIndexOf('.') + 1));
    Stream<Method> candidates = PublicApi.methods(Tensor.class);
    if (op.startsWith("nn.functional.")) {
      candidates = PublicApi.methods(Functional.class);
    } else if (op.startsWith("special.")) {
      candidates = Stream.concat(PublicApi.methods(Special.class), candidates);
    } else if (op.startsWith("linalg.")) {
      candidates = PublicApi.methods(Linalg.class);
    } else if (TorchRows.ANOTHER_MEANING.contains(op)) {
      return List.of();
    }
    return candidates
        .filter(method -> method.getName().equals(name) && !method.isBridge())
        .filter(method -> method.getDeclaringClass() != Object.class)
        // A Shape takes no -1.
        .sorted(
            Comparator.comparing((Method m) -> List.of(m.getParameterTypes()).contains(Shape.class))
                .thenComparing(Method::isVarArgs)
                .thenComparing(Method::toString))
        .toList();
  }

  static String camel(String name) {
    boolean inPlace = name.endsWith("_") && name.length() > 1;
    return GoldenCalls.camel(inPlace ? name.substring(0, name.length() - 1) : name)
        + (inPlace ? "_" : "");
  }

  // ---- the rule

  private record Value(String name, @Nullable Object value) {
    /** Whether it becomes a constant of an enum, or is a dtype. */
    boolean isChoice() {
      return value instanceof Boolean || value instanceof String || isType();
    }

    boolean isType() {
      return value instanceof DType;
    }
  }

  private static Object invoked(List<Method> methods, TorchArguments arguments) {
    for (List<Value> order : attempts(arguments)) {
      for (Method method : methods) {
        @Nullable Object @Nullable [] call = matched(method, order);
        if (call != null) {
          return invoke(method, call);
        }
      }
    }
    throw new NotThereException(arguments.kinds());
  }

  /**
   * The lists of arguments to try: first without those that have their default, then with more and
   * more of these.
   */
  private static List<List<Value>> attempts(TorchArguments arguments) {
    List<Value> plain = new ArrayList<>();
    List<Value> choices = new ArrayList<>();
    arguments
        .all()
        .forEach(
            (name, value) -> {
              Value one = new Value(name, value);
              (one.isChoice() ? choices : plain).add(one);
            });
    int needed = plain.size();
    while (needed > 0 && arguments.mayLack(plain.get(needed - 1).name())) {
      needed--;
    }
    List<Value> wanted = choices.stream().filter(c -> !arguments.mayLack(c.name())).toList();
    List<List<Value>> attempts = new ArrayList<>();
    for (int count = needed; count <= plain.size(); count++) {
      for (List<Value> chosen : List.of(wanted, choices)) {
        List<Value> some = plain.subList(0, count);
        int head = !some.isEmpty() && some.getFirst().value() instanceof Tensor ? 1 : 0;
        List<Value> types = chosen.stream().filter(Value::isType).toList();
        List<Value> flags = chosen.stream().filter(c -> !c.isType()).toList();
        List<Value> first = some.subList(0, head);
        List<Value> rest = some.subList(head, count);
        attempts.add(joined(first, rest, flags, types));
        attempts.add(joined(first, flags, rest, types));
        attempts.add(joined(first, types, rest, flags));
      }
    }
    return attempts;
  }

  private static List<Value> joined(List<Value> a, List<Value> b, List<Value> c, List<Value> d) {
    return Stream.of(a, b, c, d).flatMap(List::stream).toList();
  }

  /** The receiver and the arguments of a call of the method with exactly these values, or null. */
  private static @Nullable Object @Nullable [] matched(Method method, List<Value> values) {
    boolean fluent = !Modifier.isStatic(method.getModifiers());
    boolean receives = !values.isEmpty() && values.getFirst().value() instanceof Tensor;
    if (fluent && !receives) {
      return null;
    }
    List<Value> rest = values.subList(fluent ? 1 : 0, values.size());
    Class<?>[] types = method.getParameterTypes();
    @Nullable Object[] call = new Object[types.length + 1];
    call[0] = fluent ? values.getFirst().value() : null;
    for (int i = 0; i < types.length; i++) {
      boolean rests = method.isVarArgs() && i == types.length - 1 && i == rest.size();
      Value given = rests ? new Value("", List.of()) : i < rest.size() ? rest.get(i) : null;
      Object fitting = given == null || given.value() == null ? null : converted(types[i], given);
      if (fitting == null) {
        return null;
      }
      call[i + 1] = fitting;
    }
    return rest.size() > types.length ? null : call;
  }

  /** The value as a parameter of a type takes it, or null if it takes none like it. */
  private static @Nullable Object converted(Class<?> type, Value given) {
    Object value = Objects.requireNonNull(given.value());
    if (type.isEnum() && type != DType.class) {
      return constant(type, given.name(), value);
    } else if (type == int[].class || type == long[].class || type == Shape.class) {
      return integers(type, value);
    } else if (type == int.class) {
      Object one = value instanceof List<?> list && list.size() == 1 ? list.getFirst() : value;
      return one instanceof Long number && (int) (long) number == number
          ? Integer.valueOf((int) (long) number)
          : null;
    } else if (type == long.class) {
      return value instanceof Long ? value : null;
    } else if (type == boolean.class) {
      return value instanceof Boolean ? value : null;
    } else if (type == double.class) {
      return value instanceof Number number ? number.doubleValue() : null;
    } else if (type == Iterable.class || type == List.class) {
      // None among tensors is a null here.
      return value instanceof List<?> list
              && list.stream().allMatch(item -> item == null || item instanceof Tensor)
          ? list
          : null;
    }
    if (type == Number.class && value instanceof Boolean truth) {
      return TorchArguments.number(truth);
    }
    boolean known = List.of(Tensor.class, Number.class, DType.class, String.class).contains(type);
    return known && type.isInstance(value) ? value : null;
  }

  private static @Nullable Object constant(Class<?> type, String name, Object value) {
    String wanted =
        switch (value) {
          case String text -> text;
          case Boolean flag when flag -> name;
          case Boolean _ when name.startsWith("include") -> name.replace("include", "exclude");
          case Boolean _ -> "drop" + name.replace("keep", "");
          default -> "";
        };
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> constant.toString().equalsIgnoreCase(wanted))
        .findFirst()
        .orElse(null);
  }

  private static @Nullable Object integers(Class<?> type, Object value) {
    List<?> list = value instanceof List<?> many ? many : List.of(value);
    if (!list.stream().allMatch(Long.class::isInstance)) {
      return null;
    }
    long[] longs = list.stream().mapToLong(Long.class::cast).toArray();
    if (type == int[].class) {
      return Arrays.stream(longs).mapToInt(Math::toIntExact).toArray();
    }
    return type == Shape.class ? Shape.of(longs) : longs;
  }

  private static Object invoke(Method method, @Nullable Object[] call) {
    try {
      Object result = method.invoke(call[0], Arrays.copyOfRange(call, 1, call.length));
      return Objects.requireNonNull(result, method.getName());
    } catch (InvocationTargetException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        default -> throw new AssertionError(e);
      }
    } catch (IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }
}
