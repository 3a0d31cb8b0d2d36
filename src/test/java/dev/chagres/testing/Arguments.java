package dev.chagres.testing;

import dev.chagres.core.Pair;
import dev.chagres.core.Shape;
import dev.chagres.nn.Module;
import dev.chagres.nn.Sequential;
import dev.chagres.nn.Transformer;
import dev.chagres.nn.TransformerDecoder;
import dev.chagres.nn.TransformerDecoderLayer;
import dev.chagres.nn.TransformerEncoder;
import dev.chagres.nn.TransformerEncoderLayer;
import dev.chagres.tensor.Function;
import dev.chagres.tensor.Index;
import dev.chagres.tensor.Tensor;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.lang.reflect.Executable;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Proxy;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Random arguments for any parameter: what a user can write down, what the public calls return for
 * random arguments, what earlier calls returned, code of a user's, and nulls.
 */
final class Arguments {
  private static final int REMEMBERED = 12;
  private static final int DEEPEST = 4;

  private final Random random;
  private final Specimens specimens;
  private final List<Class<?>> classes;
  private final Map<Class<?>, List<Executable>> makers = new HashMap<>();
  private final Map<Class<?>, Deque<Object>> remembered = new LinkedHashMap<>();
  private final PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
  private int depth;

  Arguments(Random random, Path folder, List<Class<?>> classes) {
    this.random = random;
    this.specimens = new Specimens(random, folder);
    this.classes = classes;
  }

  /** Keeps what a call returned, for later calls. */
  void remember(Object value) {
    Deque<Object> values = remembered.computeIfAbsent(value.getClass(), type -> new ArrayDeque<>());
    values.addLast(value);
    if (values.size() > REMEMBERED) {
      values.removeFirst();
    }
  }

  void forget() {
    remembered.clear();
  }

  /** Returns an object to call a method of this class on; null if there is no way to get one. */
  @Nullable Object receiver(Class<?> type) {
    return type.isAssignableFrom(Tensor.class) && type.getPackage() == Tensor.class.getPackage()
        ? tensor()
        : object(type, type);
  }

  /** Returns a value for a parameter of this type; now and then null. */
  @Nullable Object of(Class<?> raw, Type type) {
    if (!raw.isPrimitive() && random.nextInt(25) == 0) {
      return null;
    }
    depth++;
    try {
      return depth > DEEPEST && !raw.isPrimitive() ? null : value(raw, type);
    } finally {
      depth--;
    }
  }

  private @Nullable Object value(Class<?> raw, Type type) {
    Object specimen = specimens.of(raw);
    if (specimen != null) {
      return specimen;
    } else if (raw == Tensor.class) {
      return tensor();
    } else if (raw == Object[].class) {
      Object rows = anything();
      return rows instanceof Object[] ? rows : new Object[] {rows};
    } else if (raw.isArray()) {
      return array(raw, type);
    } else if (raw.isEnum()) {
      return raw.getEnumConstants()[random.nextInt(raw.getEnumConstants().length)];
    } else if (raw == Object.class) {
      return anything();
    }
    return object(raw, type);
  }

  private Object array(Class<?> raw, Type type) {
    Class<?> element = raw.getComponentType();
    Type of =
        type instanceof GenericArrayType generic ? generic.getGenericComponentType() : element;
    Object values = Array.newInstance(element, random.nextInt(4));
    for (int i = 0; i < Array.getLength(values); i++) {
      Array.set(values, i, of(element, of));
    }
    return values;
  }

  private @Nullable Object anything() {
    return switch (random.nextInt(12)) {
      case 0 -> "text";
      case 1 -> new float[][] {{1, 2}, {3}};
      case 2 -> new float[][] {{1, 2}, {3, 4}};
      case 3 -> new int[][][] {{{1}}, {{2}}};
      case 4 -> new Object[] {1, "2", null};
      case 5 -> new double[][] {{1}, null};
      case 6 -> new boolean[] {true};
      case 7 -> new byte[0][3];
      case 8 -> new char[] {'a'};
      case 9 -> List.of(tensor(), 3);
      case 10 -> random.nextInt(100);
      default -> tensor();
    };
  }

  private @Nullable Object object(Class<?> raw, Type type) {
    if (random.nextInt(3) == 0 && !raw.getName().startsWith("java.")) {
      Object known = earlier(raw);
      if (known != null) {
        return known;
      }
    }
    if (raw == Shape.class) {
      return specimens.shape();
    } else if (raw == Pair.class) {
      return specimens.pair();
    } else if (raw == Index.class) {
      return index();
    } else if (raw == MemorySegment.class) {
      return specimens.segment();
    } else if (raw == Path.class) {
      return specimens.path();
    } else if (raw == PrintStream.class) {
      return nowhere;
    } else if (raw == Module.class) {
      return module();
    } else if (isStack(raw) && random.nextInt(16) > 0) {
      return stack(raw);
    } else if (raw == Function.class) {
      return function();
    } else if (raw == Optional.class) {
      return Optional.empty();
    } else if (Map.class.isAssignableFrom(raw)) {
      return map(type);
    } else if (raw == Set.class) {
      Set<Object> values = new LinkedHashSet<>(list(type));
      values.remove(null);
      return values;
    } else if (raw.isAssignableFrom(ArrayList.class)) {
      return list(type);
    }
    Object made = made(raw);
    if (made == null && raw.isInterface() && !raw.isSealed()) {
      return proxy(raw, type);
    }
    return made == null ? earlier(raw) : made;
  }

  /** Whether modules of this class have many layers, whose numbers are drawn for a second. */
  static boolean isStack(Class<?> raw) {
    return raw == Transformer.class
        || raw == TransformerEncoder.class
        || raw == TransformerDecoder.class;
  }

  private static Module stack(Class<?> raw) {
    var small = TransformerEncoderLayer.options().dimFeedforward(3);
    if (raw == TransformerEncoder.class) {
      return new TransformerEncoder(new TransformerEncoderLayer(4, 2, small), 1);
    }
    if (raw == TransformerDecoder.class) {
      return new TransformerDecoder(new TransformerDecoderLayer(4, 2, small), 1);
    }
    var one = Transformer.options().numEncoderLayers(1).numDecoderLayers(1);
    return new Transformer(4, 2, one.layer(small));
  }

  private @Nullable Object earlier(Class<?> raw) {
    List<Object> known = new ArrayList<>();
    remembered.forEach(
        (type, values) -> {
          if (raw.isAssignableFrom(type)) {
            known.addAll(values);
          }
        });
    return known.isEmpty() ? null : known.get(random.nextInt(known.size()));
  }

  /** Calls a public constructor or static method that returns what is wanted. */
  private @Nullable Object made(Class<?> raw) {
    List<Executable> ways = makers.computeIfAbsent(raw, this::waysTo);
    for (int attempt = 0; attempt < 4 && !ways.isEmpty(); attempt++) {
      Executable way = ways.get(random.nextInt(ways.size()));
      try {
        Object[] arguments = all(way);
        return way instanceof Method method
            ? method.invoke(null, arguments)
            : ((java.lang.reflect.Constructor<?>) way).newInstance(arguments);
      } catch (InvocationTargetException e) {
        // Bad input; what it throws is judged when that method has its own turn.
        continue;
      } catch (ReflectiveOperationException e) {
        throw new AssertionError(e);
      }
    }
    return null;
  }

  private List<Executable> waysTo(Class<?> raw) {
    List<Executable> ways = new ArrayList<>();
    if (raw.getPackageName().equals("java.util.function")) {
      return ways; // what one of these takes and gives does not show in its class
    }
    for (Class<?> type : classes) {
      for (Executable executable : PublicApi.executables(type)) {
        boolean fits =
            executable instanceof Method method
                ? Modifier.isStatic(method.getModifiers()) && method.getReturnType() == raw
                : raw.isAssignableFrom(type);
        if (fits && !BadInputTest.isLeftOut(executable)) {
          ways.add(executable);
        }
      }
    }
    return ways;
  }

  /** Returns values for all parameters. */
  @Nullable Object[] all(Executable executable) {
    Class<?>[] raw = executable.getParameterTypes();
    Type[] types = executable.getGenericParameterTypes();
    @Nullable Object[] values = new Object[raw.length];
    for (int i = 0; i < raw.length; i++) {
      values[i] = of(raw[i], types.length == raw.length ? types[i] : raw[i]);
    }
    return values;
  }

  // ---- tensors

  private Tensor tensor() {
    if (random.nextInt(3) == 0 && earlier(Tensor.class) instanceof Tensor tensor) {
      return tensor;
    }
    return specimens.tensor();
  }

  private Index index() {
    return switch (random.nextInt(9)) {
      case 0 -> Index.at(specimens.aLong());
      case 1 -> Index.slice(specimens.aLong(), specimens.aLong(), specimens.aLong());
      case 2 -> Index.ellipsis();
      case 3 -> Index.newAxis();
      case 4 -> Index.all();
      case 5 -> Index.at(random.nextInt(3));
      case 6 -> Index.of(specimens.aLong(), random.nextInt(3));
      default -> Index.of(tensor());
    };
  }

  // ---- code of users, not always right

  private Module module() {
    return switch (random.nextInt(4)) {
      case 0 -> new Sequential();
      case 1 ->
          new Module() {
            @Override
            public Tensor forward(Tensor x) {
              return null;
            }
          };
      default -> (Module) Optional.ofNullable(made(Module.class)).orElseGet(Sequential::new);
    };
  }

  private Function function() {
    int kind = random.nextInt(4);
    return new Function() {
      @Override
      protected List<Tensor> forward(Context context, List<Tensor> inputs) {
        return switch (kind) {
          case 0 -> null;
          case 1 -> inputs;
          case 2 -> List.of();
          default -> List.of(tensor());
        };
      }

      @Override
      protected List<Tensor> backward(Context context, List<Tensor> gradients) {
        return kind == 1 ? List.of() : List.of(tensor());
      }
    };
  }

  private Object proxy(Class<?> raw, Type type) {
    return Proxy.newProxyInstance(
        raw.getClassLoader() == null ? Arguments.class.getClassLoader() : raw.getClassLoader(),
        new Class<?>[] {raw},
        (self, method, given) -> {
          if (method.getDeclaringClass() == Object.class) {
            return switch (method.getName()) {
              case "equals" -> self == given[0];
              case "hashCode" -> System.identityHashCode(self);
              default -> "a " + raw.getSimpleName();
            };
          }
          Class<?> wanted = method.getReturnType();
          if (wanted == void.class) {
            return null;
          } else if (wanted == Object.class) {
            return type instanceof ParameterizedType generic ? result(generic, given) : tensor();
          }
          Object value = of(wanted, method.getGenericReturnType());
          return value == null && wanted.isPrimitive() ? 0 : value;
        });
  }

  /** What a function gives: of its last type, now and then its argument. */
  private @Nullable Object result(ParameterizedType type, @Nullable Object... given) {
    Type last = type.getActualTypeArguments()[type.getActualTypeArguments().length - 1];
    Class<?> raw = erased(last);
    return given != null && given.length > 0 && raw.isInstance(given[0]) && random.nextBoolean()
        ? given[0]
        : raw == Object.class ? tensor() : of(raw, last);
  }

  private List<Object> list(Type type) {
    Type element = argument(type, 0);
    List<Object> values = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      values.add(of(erased(element), element));
    }
    return values;
  }

  private Map<Object, Object> map(Type type) {
    Map<Object, Object> values = new LinkedHashMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      values.put(
          of(erased(argument(type, 0)), argument(type, 0)),
          of(erased(argument(type, 1)), argument(type, 1)));
    }
    return values;
  }

  private static Type argument(Type type, int which) {
    return type instanceof ParameterizedType generic
        ? generic.getActualTypeArguments()[which]
        : Tensor.class;
  }

  private static Class<?> erased(Type type) {
    return switch (type) {
      case Class<?> raw -> raw;
      case ParameterizedType generic -> (Class<?>) generic.getRawType();
      case WildcardType wildcard -> erased(wildcard.getUpperBounds()[0]);
      case TypeVariable<?> variable -> erased(variable.getBounds()[0]);
      case GenericArrayType array -> erased(array.getGenericComponentType()).arrayType();
      default -> Object.class;
    };
  }
}
