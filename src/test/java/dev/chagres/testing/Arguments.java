package dev.chagres.testing;

import dev.chagres.autograd.GradMode;
import dev.chagres.core.DType;
import dev.chagres.core.Pair;
import dev.chagres.core.Shape;
import dev.chagres.memory.Scope;
import dev.chagres.nn.Module;
import dev.chagres.nn.Sequential;
import dev.chagres.tensor.Function;
import dev.chagres.tensor.Index;
import dev.chagres.tensor.Tensor;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.foreign.Arena;
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
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Random arguments for any parameter: ordinary ones, extreme ones, wrong ones, nulls, and what
 * earlier calls returned.
 */
final class Arguments {
  private static final int REMEMBERED = 12;
  private static final int DEEPEST = 4;

  private static final long[] LONGS = {
    0, 1, 2, 3, 4, -1, -2, 7, 1L << 10, 1L << 32, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE
  };
  private static final int[] INTS = {
    0, 1, 2, 3, -1, -2, -4, 63, 64, Integer.MAX_VALUE, Integer.MIN_VALUE
  };
  private static final double[] DOUBLES = {
    0, 1, 0.5, 2, -1, 1e-3, 1e300, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY
  };
  private static final Number[] NUMBERS = {
    0,
    1,
    2,
    -1,
    3L,
    0.5,
    -2.5,
    1.5f,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    Double.NaN,
    1e300,
    Double.NEGATIVE_INFINITY,
    (byte) 3,
    (short) -3,
    BigInteger.ONE.shiftLeft(200)
  };
  private static final String[] TEXTS = {
    "",
    "0",
    "1",
    "-1",
    ":",
    ":, 1",
    "..., 0",
    "None",
    "0:2",
    "::2",
    "::0",
    "::-1",
    "2, 3, 4, 5",
    "99999999999999999999",
    "a",
    "weight",
    "lr",
    "..., ...",
    "1:0",
    "float32",
    "cpu",
    "cuda:0",
    ",",
    "cuda:99999999999",
    "0.weight",
    "a.b",
    "%d",
    "\u0000",
    "[1]"
  };
  private static final long[][] SIZES = {
    {},
    {3},
    {2, 3},
    {3, 2},
    {6},
    {2, 3},
    {1},
    {0},
    {-1},
    {-1, 3},
    {2, -1, -1},
    {1, 2, 3, 1},
    {0, Long.MAX_VALUE},
    {Long.MAX_VALUE},
    {Long.MAX_VALUE, 2},
    {1L << 32, 1L << 32},
    {1L << 40},
    {Long.MIN_VALUE},
    {2, 2, 4, 4},
    new long[65],
    {1L << 62, 4, 0},
    {0, 1, 2}
  };
  private static final int[][] DIMS = {
    {}, {0}, {1}, {-1}, {0, 1}, {1, 0}, {0, 0}, {2, 1, 0}, {5}, {-3}, {Integer.MIN_VALUE}, {0, 64}
  };
  private static final long[][] SHAPES = {
    {2, 3},
    {2, 3},
    {2, 3},
    {3},
    {3, 2},
    {3, 3},
    {},
    {0},
    {2, 0},
    {1},
    {2, 1},
    {6},
    {2, 2, 4, 4},
    {2, 3, 3},
    {1, 1, 1, 1, 1, 1},
    {40}
  };

  private final Random random;
  private final Path folder;
  private final List<Class<?>> classes;
  private final Map<Class<?>, List<Executable>> makers = new HashMap<>();
  private final Map<Class<?>, Deque<Object>> remembered = new HashMap<>();
  private final PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
  private int depth;

  Arguments(Random random, Path folder, List<Class<?>> classes) {
    this.random = random;
    this.folder = folder;
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
    if (raw == long.class) {
      return LONGS[random.nextInt(LONGS.length)];
    } else if (raw == int.class) {
      return INTS[random.nextInt(INTS.length)];
    } else if (raw == double.class) {
      return DOUBLES[random.nextInt(DOUBLES.length)];
    } else if (raw == float.class) {
      return (float) DOUBLES[random.nextInt(DOUBLES.length)];
    } else if (raw == boolean.class) {
      return random.nextBoolean();
    } else if (raw == Number.class) {
      return NUMBERS[random.nextInt(NUMBERS.length)];
    } else if (raw == Integer.class) {
      return INTS[random.nextInt(INTS.length)];
    } else if (raw == String.class) {
      return TEXTS[random.nextInt(TEXTS.length)];
    } else if (raw == Tensor.class) {
      return tensor();
    } else if (raw == long[].class) {
      return SIZES[random.nextInt(SIZES.length)].clone();
    } else if (raw == int[].class) {
      return DIMS[random.nextInt(DIMS.length)].clone();
    } else if (raw == double[].class) {
      return random.nextInt(5) == 0 ? new double[0] : new double[] {1, Double.NaN, -3};
    } else if (raw == boolean[].class) {
      return new boolean[random.nextInt(4)];
    } else if (raw == Object[].class) {
      Object rows = anything();
      return rows instanceof Object[] ? rows : new Object[] {rows};
    } else if (raw == float[].class || raw == short[].class || raw == byte[].class) {
      return Array.newInstance(raw.getComponentType(), random.nextInt(4));
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
      return random.nextInt(3) == 0
          ? Shape.of(random.nextBoolean() ? 1L << 40 : Long.MAX_VALUE / 8)
          : Shape.of(SHAPES[random.nextInt(SHAPES.length)]);
    } else if (raw == Pair.class) {
      return new Pair(value(LONGS), value(LONGS));
    } else if (raw == Index.class) {
      return index();
    } else if (raw == MemorySegment.class) {
      return segment();
    } else if (raw == Path.class) {
      return path();
    } else if (raw == PrintStream.class) {
      return nowhere;
    } else if (raw == Module.class) {
      return module();
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
    } else if (raw == Set.class) {
      return new HashSet<>(list(type));
    }
    Object made = made(raw);
    if (made == null && raw.isInterface() && !raw.isSealed()) {
      return proxy(raw, type);
    }
    return made == null ? earlier(raw) : made;
  }

  private long value(long... from) {
    return from[random.nextInt(from.length)];
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
    long[] sizes = SHAPES[random.nextInt(SHAPES.length)];
    DType[] types = DType.values();
    DType dtype =
        switch (random.nextInt(6)) {
          case 0 -> types[random.nextInt(types.length)];
          case 1 -> DType.INT64;
          case 2 -> DType.BOOL;
          case 3 -> DType.FLOAT64;
          default -> DType.FLOAT32;
        };
    double[] values = new double[(int) Shape.of(sizes).numel()];
    boolean small = dtype == DType.BOOL || random.nextBoolean();
    for (int i = 0; i < values.length; i++) {
      values[i] = small ? random.nextInt(2) : random.nextInt(9) - 4;
    }
    if (dtype.isFloating() && values.length > 0 && random.nextInt(4) == 0) {
      values[0] = random.nextBoolean() ? Double.NaN : Double.NEGATIVE_INFINITY;
    }
    return arranged(Cells.tensor(dtype, sizes, values));
  }

  private Tensor arranged(Tensor x) {
    switch (random.nextInt(14)) {
      case 0:
        return x.dim() >= 2 ? x.transpose(0, 1) : x;
      case 1:
        return x.dim() >= 1 ? x.slice(-1, 0, Long.MAX_VALUE, 2) : x;
      case 2:
        return x.unsqueeze(0).expand(concat(2 + random.nextInt(2), x.shape().toArray()));
      case 3:
        return x.numel() == 0 ? x.unsqueeze(0).expand(concat(1L << 40, x.shape().toArray())) : x;
      case 4:
        try (Scope _ = Scope.open()) {
          return x.clone(); // nothing but a closed one is left
        }
      case 5, 6, 7:
        return x.dtype().isFloating() ? x.requiresGrad_() : x;
      case 8:
        try (GradMode _ = GradMode.enable()) {
          return x.dtype().isFloating() ? x.requiresGrad_().mul(2) : x;
        }
      case 9:
        return readOnly(x);
      default:
        return x;
    }
  }

  private static Tensor readOnly(Tensor x) {
    if (!x.isContiguous() || x.numel() == 0) {
      return x;
    }
    MemorySegment copy = Arena.ofAuto().allocate(x.numel() * x.dtype().size(), 64);
    copy.copyFrom(x.segment());
    return Tensor.of(copy.asReadOnly(), x.dtype(), x.shape().toArray());
  }

  private static long[] concat(long first, long... rest) {
    long[] all = new long[rest.length + 1];
    all[0] = first;
    System.arraycopy(rest, 0, all, 1, rest.length);
    return all;
  }

  private Index index() {
    return switch (random.nextInt(8)) {
      case 0 -> Index.at(value(LONGS));
      case 1 -> Index.slice(value(LONGS), value(LONGS), value(LONGS));
      case 2 -> Index.ellipsis();
      case 3 -> Index.newAxis();
      case 4 -> Index.all();
      case 5 -> Index.at(random.nextInt(3));
      default -> Index.of(tensor());
    };
  }

  private MemorySegment segment() {
    return switch (random.nextInt(6)) {
      case 0 -> MemorySegment.NULL;
      case 1 -> MemorySegment.ofArray(new float[6]);
      case 2 -> Arena.ofAuto().allocate(64, 8).asSlice(3);
      case 3 -> {
        try (Arena arena = Arena.ofConfined()) {
          yield arena.allocate(64);
        }
      }
      case 4 -> Arena.ofAuto().allocate(64, 8).asReadOnly();
      default -> Arena.ofAuto().allocate(64, 8);
    };
  }

  private Path path() {
    return switch (random.nextInt(5)) {
      case 0 -> folder;
      case 1 -> folder.resolve("none").resolve("file.npy");
      case 2 -> folder.resolve("text.npy");
      default -> folder.resolve("file" + random.nextInt(4));
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
