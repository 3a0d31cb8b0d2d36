package dev.chagres.testing;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.tensor.Index;
import dev.chagres.tensor.Tensor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Random arguments for public calls on tensors that fit together most of the time: the tensors of a
 * call have a shape in common, dims are dims of it, positions lie inside of it; and now and then
 * something is wrong.
 */
final class Recipes {
  private static final long[][] SHAPES = {
    {3, 3},
    {3, 3},
    {3, 3},
    {3, 3},
    {2, 3},
    {2, 3},
    {3, 2},
    {3},
    {3},
    {3},
    {2, 3, 3},
    {2, 3, 3},
    {},
    {},
    {1},
    {0},
    {2, 0},
    {0, 3, 3},
    {1, 3},
    {3, 1},
    {2, 1, 3},
    {5, 4},
    {4},
    {1, 1},
    {2, 2, 3, 3},
    {17},
    {3, 70},
    {40},
    {70, 3}
  };
  private static final DType[] FLOATS = {
    DType.FLOAT32, DType.FLOAT32, DType.FLOAT64, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16
  };
  private static final double[] STRANGE = {
    Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -0.0, 1e300, -3e38, 1e-40, 65504
  };
  private static final String[] EQUATIONS = {
    "ij,jk->ik",
    "ii",
    "ii->i",
    "ij->ji",
    "ij,ij->",
    "i,j->ij",
    "...ij,...jk",
    "bij,bjk->bik",
    "ij,jk,kl",
    "...",
    "i,i",
    "ij,i->j",
    "ab->",
    "ij,jk->k",
    "i->ii",
    "ijk->kji",
    "a,b,",
    ":, 1"
  };
  private static final String[] TEXTS = {
    ":, 1",
    "0",
    "...",
    "..., 0",
    "None, 0",
    "0:2",
    "::2",
    ":, ::2",
    "-1",
    "1:, None",
    "::-1",
    "5",
    "1:0",
    ", ,"
  };
  private static final Number[] NUMBERS = {
    0,
    1,
    2,
    -1,
    3,
    0.5,
    -2.5,
    2.0,
    1L,
    1.5f,
    0.25,
    100,
    Double.NaN,
    Double.POSITIVE_INFINITY,
    1e300,
    Long.MAX_VALUE
  };
  private static final double[] DOUBLES = {
    0, 1, 0.5, 2, 3, -1, 0.25, 1e-3, 1.5, Double.POSITIVE_INFINITY, Double.NaN, -0.5, 1e300
  };
  private static final int REMEMBERED = 24;
  private static final int LARGEST = 250;

  private final Random random;
  private final Specimens specimens;
  private final Arguments others;
  private final Deque<Recipe.Elements> remembered = new ArrayDeque<>();
  private long[] base = {3};
  private DType main = DType.FLOAT32;
  private Recipe.@Nullable Elements receiver;

  Recipes(Random random, Path folder, List<Class<?>> classes) {
    this.random = random;
    this.specimens = new Specimens(random, folder);
    this.others = new Arguments(random, folder, classes);
  }

  /** Keeps what a call returned, for later calls. */
  void remember(Tensor tensor) {
    boolean small = Arrays.stream(tensor.shape().toArray()).allMatch(size -> size <= LARGEST);
    if (small && tensor.numel() <= LARGEST && tensor.dim() < 6) {
      remembered.addLast(elements(tensor));
      if (remembered.size() > REMEMBERED) {
        remembered.removeFirst();
      }
    }
  }

  /** Returns the tensor that a call is made on. */
  Recipe.Elements receiver(Method method) {
    begin(method);
    Recipe.Elements known = random.nextInt(5) == 0 ? remembered.peekFirst() : null;
    if (known != null && random.nextBoolean()) {
      remembered.removeFirst();
    }
    receiver = known == null ? tensor(base, dtype()) : known;
    base = receiver.sizes();
    main = receiver.dtype();
    return receiver;
  }

  /** Chooses the shape and the dtype that the arguments of a call have in common. */
  void begin(Method method) {
    receiver = null;
    base = SHAPES[random.nextInt(SHAPES.length)];
    String family = PublicApi.holder(method).getSimpleName();
    boolean real = family.equals("Linalg") || family.contains("Product");
    if (real && random.nextInt(4) != 0) {
      base = SHAPES[random.nextInt(4)];
    }
    main =
        random.nextInt(real ? 12 : 3) == 0
            ? DType.values()[random.nextInt(DType.values().length)]
            : FLOATS[random.nextInt(real ? 4 : FLOATS.length)];
  }

  private DType dtype() {
    return random.nextInt(8) == 0 ? DType.values()[random.nextInt(DType.values().length)] : main;
  }

  /** Returns values for all parameters. */
  List<Recipe> arguments(Method method) {
    List<Recipe> values = new ArrayList<>();
    for (Parameter parameter : method.getParameters()) {
      values.add(of(parameter));
    }
    return values;
  }

  private Recipe of(Parameter parameter) {
    Class<?> raw = parameter.getType();
    String name = parameter.getName().toLowerCase(Locale.ROOT);
    if (raw == Tensor.class) {
      return other(name);
    } else if (raw == Iterable.class || raw == List.class || raw == Tensor[].class) {
      return several(raw.isArray());
    } else if (isOfTensors(raw)) {
      List<Recipe> parts = new ArrayList<>();
      for (RecordComponent part : raw.getRecordComponents()) {
        parts.add(other(part.getName().toLowerCase(Locale.ROOT)));
      }
      return new Recipe.Compound(raw, parts);
    }
    return new Recipe.Given(value(raw, name, parameter));
  }

  private static boolean isOfTensors(Class<?> raw) {
    return raw.isRecord()
        && Stream.of(raw.getRecordComponents()).allMatch(part -> part.getType() == Tensor.class);
  }

  private @Nullable Object value(Class<?> raw, String name, Parameter parameter) {
    boolean wild = random.nextInt(30) == 0;
    if (wild && specimens.of(raw) != null) {
      return specimens.of(raw);
    } else if (raw == int.class) {
      return name.contains("dim") ? dim() : random.nextInt(5) - 1;
    } else if (raw == int[].class) {
      return dims();
    } else if (raw == long.class) {
      return random.nextInt(6) == 0 ? (long) random.nextInt(12) - 4 : random.nextInt(4);
    } else if (raw == long[].class) {
      return sizes(name);
    } else if (raw == double.class) {
      return DOUBLES[random.nextInt(DOUBLES.length)];
    } else if (raw == double[].class) {
      return random.doubles(Math.max(1, base.length), 0.1, 2).toArray();
    } else if (raw == Number.class) {
      return NUMBERS[random.nextInt(NUMBERS.length)];
    } else if (raw == String.class) {
      return name.contains("equation")
          ? EQUATIONS[random.nextInt(EQUATIONS.length)]
          : TEXTS[random.nextInt(TEXTS.length)];
    } else if (raw == Index[].class) {
      return indices();
    } else if (raw == Shape.class) {
      return Shape.of(base);
    }
    Object made = null;
    for (int attempt = 0; made == null && attempt < 4; attempt++) {
      made = others.of(raw, parameter.getParameterizedType());
    }
    return made;
  }

  private int dim() {
    return base.length == 0 || random.nextInt(20) == 0
        ? random.nextInt(7) - 3
        : random.nextInt(2 * base.length) - base.length;
  }

  private int[] dims() {
    List<Integer> all = new ArrayList<>();
    for (int d = 0; d < base.length; d++) {
      all.add(random.nextInt(4) == 0 ? d - base.length : d);
    }
    java.util.Collections.shuffle(all, random);
    int count = random.nextBoolean() ? all.size() : random.nextInt(all.size() + 1);
    int[] dims = all.subList(0, count).stream().mapToInt(Integer::intValue).toArray();
    if (dims.length > 0 && random.nextInt(20) == 0) {
      dims[0] = random.nextInt(7) - 3;
    }
    return dims;
  }

  private long[] sizes(String name) {
    if (name.contains("stride")) {
      return random.longs(base.length, 0, 4).toArray();
    }
    return switch (random.nextInt(6)) {
      case 0 -> new long[] {Indices.numel(base)};
      case 1 -> new long[] {-1};
      case 2 -> Indices.inserted(base, 0, 1 + random.nextInt(2));
      case 3 -> random.longs(1 + random.nextInt(3), 0, 4).toArray();
      default -> base.clone();
    };
  }

  private Index[] indices() {
    Index[] items = new Index[1 + random.nextInt(2)];
    for (int i = 0; i < items.length; i++) {
      items[i] =
          switch (random.nextInt(9)) {
            case 0 -> Index.all();
            case 1 -> Index.ellipsis();
            case 2 -> Index.newAxis();
            case 3 -> Index.slice(random.nextInt(3) - 1, random.nextInt(4), 1 + random.nextInt(2));
            case 4 -> Index.of(Tensor.of(0L, 1L, random.nextInt(30) == 0 ? 9 : -1));
            case 5 -> Index.of(Tensor.of(true, false, true));
            case 6 -> Index.of(random.longs(random.nextInt(4), -1, 2).toArray());
            default -> Index.at(random.nextInt(30) == 0 ? 9 : random.nextInt(3) - 1);
          };
    }
    return items;
  }

  // ---- tensors

  private Recipe several(boolean isArray) {
    List<Recipe> items = new ArrayList<>();
    for (int i = random.nextInt(12) == 0 ? 0 : 1 + random.nextInt(3); i > 0; i--) {
      items.add(other(""));
    }
    return new Recipe.Several(items, isArray);
  }

  private Recipe.Elements other(String name) {
    if (receiver != null && random.nextInt(25) == 0) {
      return receiver;
    } else if (name.contains("index") || name.contains("indices") || name.contains("pivots")) {
      long[] sizes = random.nextInt(3) == 0 ? new long[] {2} : base;
      long least = Arrays.stream(base).min().orElse(1);
      double[] values = new double[Indices.numel(sizes)];
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextInt((int) Math.max(1, least)) + (name.contains("pivots") ? 1 : 0);
        values[i] = random.nextInt(100) == 0 ? specimens.aLong() : values[i];
      }
      DType type = random.nextInt(10) == 0 ? DType.INT32 : DType.INT64;
      return elements(Cells.tensor(type, sizes, values));
    } else if (name.contains("mask") || name.contains("condition")) {
      return tensor(base, random.nextInt(12) == 0 ? dtype() : DType.BOOL);
    }
    return tensor(related(), dtype());
  }

  /** A shape that goes well with that of the call, in one way or another. */
  private long[] related() {
    int rank = base.length;
    switch (random.nextInt(16)) {
      case 0:
        return rank > 0 ? Arrays.copyOfRange(base, 1, rank) : base;
      case 1:
        return rank > 0 ? Indices.with(base, random.nextInt(rank), 1) : base;
      case 2:
        return new long[0];
      case 3:
        return rank > 0 ? new long[] {base[rank - 1]} : base;
      case 4:
        return rank > 1 ? Indices.swapped(base, rank - 1, rank - 2) : base;
      case 5:
        return SHAPES[random.nextInt(SHAPES.length)];
      case 6:
        return rank < 4 ? Indices.inserted(base, 0, 2) : base;
      default:
        return base;
    }
  }

  private Recipe.Elements tensor(long[] sizes, DType dtype) {
    int count = Indices.numel(sizes);
    double[] values = new double[count];
    int kind = random.nextInt(4);
    for (int i = 0; i < count; i++) {
      values[i] =
          switch (kind) {
            case 0 -> random.nextInt(7) - 3;
            case 1 -> random.nextInt(4);
            case 2 -> random.nextDouble();
            default -> random.nextGaussian();
          };
    }
    if (count > 0 && random.nextInt(8) == 0) {
      int strange = 1 + random.nextInt(2);
      for (int i = 0; i < strange; i++) {
        values[random.nextInt(count)] =
            dtype.isFloating()
                ? STRANGE[random.nextInt(STRANGE.length)]
                : random.nextBoolean() ? Long.MIN_VALUE : Long.MAX_VALUE;
      }
    }
    return elements(Cells.tensor(dtype, sizes, values));
  }

  private Recipe.Elements elements(Tensor dense) {
    List<Placement> fitting = Placement.of(dense.shape().toArray());
    Placement placement = fitting.get(random.nextInt(fitting.size()));
    return Recipe.Elements.of(dense.contiguous(), placement, random.nextInt(200) == 0);
  }

  /** Returns a tensor of these elements in a placement that can be written to. */
  Recipe.Elements writable(Tensor like) {
    List<Placement> fitting =
        Placement.of(like.shape().toArray()).stream()
            .filter(placement -> !placement.repeats())
            .toList();
    Placement placement = fitting.get(random.nextInt(fitting.size()));
    return Recipe.Elements.of(like.contiguous(), placement, false);
  }

  static boolean isStatic(Method method) {
    return Modifier.isStatic(method.getModifiers());
  }
}
