package dev.chagres.testing;

import dev.chagres.autograd.GradMode;
import dev.chagres.core.DType;
import dev.chagres.core.Pair;
import dev.chagres.core.Shape;
import dev.chagres.memory.Scope;
import dev.chagres.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Random values of the types that a user can write down: numbers, texts, sizes, tensors, memory,
 * files; ordinary ones, extreme ones and wrong ones.
 */
final class Specimens {
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

  Specimens(Random random, Path folder) {
    this.random = random;
    this.folder = folder;
  }

  /** Returns a number, a text, a constant, or an array of numbers; null for other types. */
  @Nullable Object of(Class<?> raw) {
    if (raw == long.class) {
      return aLong();
    } else if (raw == int.class || raw == Integer.class) {
      return INTS[random.nextInt(INTS.length)];
    } else if (raw == double.class) {
      return DOUBLES[random.nextInt(DOUBLES.length)];
    } else if (raw == float.class) {
      return (float) DOUBLES[random.nextInt(DOUBLES.length)];
    } else if (raw == boolean.class) {
      return random.nextBoolean();
    } else if (raw == Number.class) {
      return NUMBERS[random.nextInt(NUMBERS.length)];
    } else if (raw == String.class) {
      return TEXTS[random.nextInt(TEXTS.length)];
    } else if (raw == long[].class) {
      return SIZES[random.nextInt(SIZES.length)].clone();
    } else if (raw == int[].class) {
      return DIMS[random.nextInt(DIMS.length)].clone();
    } else if (raw == double[].class) {
      return random.nextInt(5) == 0 ? new double[0] : new double[] {1, Double.NaN, -3};
    } else if (raw == boolean[].class) {
      return new boolean[random.nextInt(4)];
    } else if (raw == float[].class || raw == short[].class || raw == byte[].class) {
      return Array.newInstance(raw.getComponentType(), random.nextInt(4));
    } else if (raw.isEnum()) {
      return raw.getEnumConstants()[random.nextInt(raw.getEnumConstants().length)];
    }
    return null;
  }

  long aLong() {
    return LONGS[random.nextInt(LONGS.length)];
  }

  Shape shape() {
    return random.nextInt(3) == 0
        ? Shape.of(random.nextBoolean() ? 1L << 40 : Long.MAX_VALUE / 8)
        : Shape.of(SHAPES[random.nextInt(SHAPES.length)]);
  }

  Pair pair() {
    return new Pair(aLong(), aLong());
  }

  // ---- tensors

  /** Returns a small tensor of any dtype, in any layout, recorded, closed or read-only. */
  Tensor tensor() {
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
        return x.unsqueeze(0)
            .expand(Indices.inserted(x.shape().toArray(), 0, 2 + random.nextInt(2)));
      case 3:
        return x.numel() == 0
            ? x.unsqueeze(0).expand(Indices.inserted(x.shape().toArray(), 0, 1L << 40))
            : x;
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
    if (!x.isContiguous() || x.numel() == 0 || !x.isCpu()) {
      return x;
    }
    MemorySegment copy = Arena.ofAuto().allocate(x.numel() * x.dtype().size(), 64);
    copy.copyFrom(x.segment());
    return Tensor.of(copy.asReadOnly(), x.dtype(), x.shape().toArray());
  }

  // ---- memory and files

  MemorySegment segment() {
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

  Path path() {
    return switch (random.nextInt(5)) {
      case 0 -> folder;
      case 1 -> folder.resolve("none").resolve("file.npy");
      case 2 -> folder.resolve("text.npy");
      default -> folder.resolve("file" + random.nextInt(4));
    };
  }
}
