package dev.chagres.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Random elementwise functions, and operands for them in all layouts: the same for a seed. */
final class FusedPrograms {
  private static final long[][] SHAPES = {
    {},
    {1},
    {7},
    {0},
    {3, 5},
    {1, 5},
    {5, 1},
    {2, 3, 4},
    {3, 0, 2},
    {40, 33},
    {2, 1, 3, 1},
    {2500},
    {3, 2, 700}
  };

  private static final double[] NUMBERS = {2, -1, 0.5, 3, 0, 0.25, -4, 1};

  private FusedPrograms() {}

  /** A function of tensors. */
  @FunctionalInterface
  interface Program {
    Tensor of(List<Tensor> operands);
  }

  /** A program and its operands. */
  record Sample(Program program, List<Tensor> operands) {
    /** What a fused program computes: in float32 where dtypes have 16 bits, rounded at the end. */
    Tensor expected() {
      DType dtype = program.of(operands).dtype();
      List<Tensor> wide = operands.stream().map(x -> isHalf(x.dtype()) ? x.toFloat() : x).toList();
      return program.of(wide).to(dtype);
    }
  }

  /** Compares a fused program with the same unfused; false if it is an error, as it has to be. */
  static boolean check(Sample sample, long seed) {
    var fused = Fused.ofLists(in -> List.of(sample.program.of(in)));
    Tensor expected;
    try {
      expected = sample.expected();
    } catch (IllegalArgumentException | ArithmeticException e) {
      RuntimeException error =
          assertThrows(RuntimeException.class, () -> fused.apply(sample.operands), "seed " + seed);
      assertTrue(error instanceof IllegalArgumentException || error instanceof ArithmeticException);
      return false;
    }
    Tensor y = fused.apply(sample.operands).getFirst();
    assertEquals(text(expected), text(y), "seed " + seed);
    assertEquals(steps(expected), steps(y), "seed " + seed);
    return true;
  }

  /** How a tensor lies without gaps: the strides of dimensions along which there is something. */
  private static List<Long> steps(Tensor x) {
    Layout layout = x.layout().dense();
    return IntStream.range(0, x.numel() == 0 ? 0 : x.dim())
        .filter(dim -> layout.size(dim) > 1)
        .mapToObj(layout::stride)
        .toList();
  }

  /** All elements of a tensor, but for the bits of NaN. */
  private static String text(Tensor x) {
    Tensor flat = x.flatten();
    return x.dtype()
        + " "
        + x.shape()
        + " "
        + (x.dtype().isFloating()
            ? Arrays.toString(flat.toDouble().toDoubleArray())
            : Arrays.toString(flat.toLong().toLongArray()));
  }

  private static boolean isHalf(DType dtype) {
    return dtype.isFloating() && dtype.size() == 2;
  }

  static Sample sample(long seed) {
    Random random = new Random(seed);
    random.nextInt();
    int count = 1 + random.nextInt(4);
    Shape shape = Shape.of(SHAPES[random.nextInt(SHAPES.length)]);
    DType first = DType.values()[random.nextInt(DType.values().length)];
    // Where 16 bits meet others, numbers (0-d) too, there are casts to 16 bits, which round.
    List<DType> dtypes =
        isHalf(first)
            ? List.of(first, DType.BOOL)
            : Stream.of(DType.values()).filter(dtype -> !isHalf(dtype)).toList();
    List<Tensor> operands = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      DType dtype = random.nextInt(3) > 0 ? first : any(random, dtypes);
      operands.add(operand(random, i == 0 ? shape : smaller(random, shape, !isHalf(first)), dtype));
    }
    List<DType> casts = isHalf(first) ? List.of(DType.BOOL) : dtypes;
    return new Sample(grow(random, casts, count, 2 + random.nextInt(4)), operands);
  }

  private static DType any(Random random, List<DType> dtypes) {
    return dtypes.get(random.nextInt(dtypes.size()));
  }

  // ---- operands

  /** A shape that broadcasts to another. */
  private static Shape smaller(Random random, Shape shape, boolean drop) {
    int start = drop && random.nextInt(3) == 0 ? random.nextInt(shape.dim() + 1) : 0;
    Shape from = shape.slice(start, shape.dim());
    for (int dim = 0; dim < from.dim(); dim++) {
      from = random.nextInt(4) == 0 ? from.with(dim, 1) : from;
    }
    return from;
  }

  private static Tensor operand(Random random, Shape shape, DType dtype) {
    int dims = shape.dim();
    int layout = dims == 0 ? 0 : random.nextInt(5);
    long[] sizes = shape.toArray();
    switch (layout) {
      case 1 -> { // turned
        int[] back = new int[dims];
        long[] turned = new long[dims];
        for (int dim = 0; dim < dims; dim++) {
          back[dim] = dims - 1 - dim;
          turned[dim] = sizes[dims - 1 - dim];
        }
        return values(random, Shape.of(turned), dtype).permute(back);
      }
      case 2 -> { // with gaps, and not from the start
        long last = sizes[dims - 1];
        Tensor all = values(random, shape.with(dims - 1, 2 * last + 1), dtype);
        return all.slice(dims - 1, 1, 2 * last + 1, 2);
      }
      case 3 -> { // spread
        int dim = random.nextInt(dims);
        return values(random, shape.with(dim, 1), dtype).expand(sizes);
      }
      default -> {
        return values(random, shape, dtype);
      }
    }
  }

  private static Tensor values(Random random, Shape shape, DType dtype) {
    int n = Math.toIntExact(shape.numel());
    double[] all = new double[n];
    for (int i = 0; i < n; i++) {
      all[i] =
          switch (random.nextInt(12)) {
            case 0 -> 0;
            case 1 -> dtype.isFloating() ? Double.POSITIVE_INFINITY : 7;
            case 2 -> dtype.isFloating() ? Double.NaN : 1;
            case 3 -> random.nextInt(5);
            default -> dtype.isFloating() ? 3 * random.nextGaussian() : random.nextInt(100);
          };
    }
    return Tensor.of(all, DType.FLOAT64).to(dtype).reshape(shape.toArray());
  }

  // ---- functions

  private static Program grow(Random random, List<DType> casts, int operands, int depth) {
    if (depth == 0 || random.nextInt(9) == 0) {
      int operand = random.nextInt(operands);
      return in -> in.get(operand);
    }
    Program a = grow(random, casts, operands, depth - 1);
    double number = NUMBERS[random.nextInt(NUMBERS.length)];
    switch (random.nextInt(6)) {
      case 0:
        return unary(random.nextInt(22), a);
      case 1:
        return withNumber(random.nextInt(9), a, number);
      case 2:
        DType dtype = any(random, casts);
        if (random.nextBoolean()) {
          return in -> a.of(in).to(dtype);
        }
        return in -> a.of(in).square();
      case 3:
        Program b = grow(random, casts, operands, depth - 1);
        Program c = grow(random, casts, operands, depth - 1);
        // Of 16 bits lerp and addcmul are casts, there and back.
        return ternary(random.nextInt(casts.size() == 1 ? 2 : 4), a, b, c);
      default:
        return binary(random.nextInt(22), a, grow(random, casts, operands, depth - 1));
    }
  }

  private static Program unary(int which, Program program) {
    return in -> {
      Tensor x = program.of(in);
      return switch (which) {
        case 0 -> x.neg();
        case 1 -> x.abs();
        case 2 -> x.sign();
        case 3 -> x.sqrt();
        case 4 -> x.exp();
        case 5 -> x.log();
        case 6 -> x.sin();
        case 7 -> x.tanh();
        case 8 -> x.sigmoid();
        case 9 -> x.relu();
        case 10 -> x.floor();
        case 11 -> x.round();
        case 12 -> x.isnan();
        case 13 -> x.logicalNot();
        case 14 -> x.reciprocal();
        case 15 -> x.erf();
        case 16 -> x.signbit();
        case 17 -> x.bitwiseNot();
        case 18 -> x.zerosLike().add(x);
        case 19 -> x.log1p();
        case 20 -> x.square();
        default -> x.onesLike().sub(x);
      };
    };
  }

  private static Program withNumber(int which, Program program, double number) {
    boolean isWhole = number == Math.rint(number);
    Number value = isWhole ? (Number) (long) number : (Number) number;
    return in -> {
      Tensor x = program.of(in);
      return switch (which) {
        case 0 -> x.add(value);
        case 1 -> x.mul(value);
        case 2 -> x.sub(value);
        case 3 -> x.div(value);
        case 4 -> x.pow(value);
        case 5 -> x.rsub(value);
        case 6 -> x.gt(value);
        case 7 -> x.clampMin(value);
        default -> x.maximum(x.zerosLike().add(value));
      };
    };
  }

  private static Program binary(int which, Program first, Program second) {
    return in -> {
      Tensor a = first.of(in);
      Tensor b = second.of(in);
      return switch (which) {
        case 0 -> a.add(b);
        case 1 -> a.sub(b);
        case 2 -> a.mul(b);
        case 3 -> a.div(b);
        case 4 -> a.maximum(b);
        case 5 -> a.minimum(b);
        case 6 -> a.atan2(b);
        case 7 -> a.copysign(b);
        case 8 -> a.fmax(b);
        case 9 -> a.hypot(b);
        case 10 -> a.eq(b);
        case 11 -> a.lt(b);
        case 12 -> a.ge(b);
        case 13 -> a.logicalAnd(b);
        case 14 -> a.bitwiseXor(b);
        case 15 -> a.floorDivide(b);
        case 16 -> a.remainder(b);
        case 17 -> a.fmod(b);
        case 18 -> a.xlogy(b);
        case 19 -> a.logaddexp(b);
        case 20 -> a.heaviside(b);
        default -> a.mul(a).add(b.mul(b));
      };
    };
  }

  private static Program ternary(int which, Program first, Program second, Program third) {
    return in -> {
      Tensor a = first.of(in);
      Tensor b = second.of(in);
      Tensor c = third.of(in);
      return switch (which) {
        case 0 -> Tensor.where(a.gt(1), b, c);
        case 1 -> a.clamp(b, c);
        case 2 -> a.lerp(b, c);
        default -> a.addcmul(b, c, 2);
      };
    };
  }
}
