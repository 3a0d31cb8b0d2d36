package dev.chagres.backend.cuda;

import dev.chagres.backend.Axes;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.ElementKernels;
import dev.chagres.backend.ElementKernels.Progression;
import dev.chagres.backend.Strided;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.core.Triangle;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Elementwise operations, casts and fills. Operands that lie in one order, or are one value for
 * all, are walked by packs of 16 bytes; others by their strides.
 */
final class Elementwise implements ElementKernels {
  private static final String FILE = "elementwise.cu";
  private static final int PACK_BYTES = 16;

  /** The side of a tile of a transpose, and of what is worth one. */
  private static final int TILE = 32;

  private static final int LEAST_SIDE = 4;
  private static final int MOST_BLOCKS = 65_535;

  /** The ways of walking that are no packs, of which there are five. */
  private static final int SHORT_STRIDED = 8;

  private static final int LONG_STRIDED = 9;
  private static final String SHORT_INDEX = "int";

  private final CudaDevice device;

  Elementwise(CudaDevice device) {
    this.device = device;
  }

  @Override
  public void unary(UnaryOp op, Strided x, Strided y) {
    Function function =
        new Function(
            number(Form.UNARY, op.ordinal(), x.dtype(), y.dtype()),
            () -> "Unary<unary_op::" + op + ", " + Types.of(x) + ">");
    map(function, Elementwise::nothing, x, y);
  }

  /** The argument of a type without numbers, of which C++ passes a byte. */
  private static Launch nothing(Launch launch) {
    return launch.integer(0);
  }

  @Override
  public void binary(BinaryOp op, Strided a, Strided b, Strided y) {
    DType dtype = a.dtype();
    boolean held = op == BinaryOp.POW && dtype.isFloating() && isOneValue(b.layout());
    String name = held ? "POW_HELD" : op.name();
    UnaryOperator<Launch> fault =
        mayDivideByZero(op, dtype)
            ? launch -> launch.fault(division(op, dtype, y.shape()))
            : launch -> launch.struct(0, 0);
    int code = held ? BinaryOp.values().length : op.ordinal();
    Function function =
        new Function(
            number(Form.BINARY, code, a.dtype(), b.dtype()),
            () -> "Binary<binary_op::" + name + ", " + Types.of(a) + ", " + Types.of(b) + ">");
    map(function, fault, a, b, y);
  }

  private static boolean isOneValue(Layout layout) {
    boolean one = layout.numel() > 1;
    for (int i = 0; one && i < layout.dim(); i++) {
      one = layout.stride(i) == 0 || layout.size(i) == 1;
    }
    return one;
  }

  static boolean mayDivideByZero(BinaryOp op, DType dtype) {
    return switch (op) {
      case FLOOR_DIVIDE, TRUNC_DIVIDE, REMAINDER, FMOD -> !dtype.isFloating();
      default -> false;
    };
  }

  /** What to throw, without a hold on the operands. */
  private static Faults.Fault division(BinaryOp op, DType dtype, Shape shape) {
    return value ->
        new ArithmeticException(
            op.methodName() + ": integer division by zero, " + dtype + " of shape " + shape);
  }

  @Override
  public void ternary(TernaryOp op, Number value, List<Strided> operands, Strided y) {
    Function function =
        new Function(
            number(Form.TERNARY, op.ordinal(), y.dtype(), y.dtype()),
            () -> "Ternary<ternary_op::" + op + ", " + Types.of(y) + ">");
    map(
        function,
        launch -> launch.struct(Double.doubleToRawLongBits(value.doubleValue()), value.longValue()),
        operands.get(0),
        operands.get(1),
        operands.get(2),
        y);
  }

  @Override
  public void where(Strided condition, Strided a, Strided b, Strided y) {
    Function function =
        new Function(
            number(Form.WHERE, 0, y.dtype(), y.dtype()), () -> "Where<" + Types.bits(y) + ">");
    map(function, Elementwise::nothing, condition, a, b, y);
  }

  @Override
  public void copy(Strided x, Strided y) {
    boolean same = x.dtype() == y.dtype();
    if (same && y.numel() > 0 && lieAlike(x.layout(), y.layout())) {
      device.copy(
          CudaDevice.address(x), CudaDevice.address(y), y.numel() * (long) y.dtype().size());
      return;
    }
    if (same && y.numel() > 0 && transposes(x, y)) {
      return;
    }
    Function function =
        new Function(
            number(Form.CAST, 0, x.dtype(), y.dtype()),
            () ->
                same
                    ? "Cast<" + Types.bits(x) + ", " + Types.bits(y) + ">"
                    : "Cast<" + Types.of(x) + ", " + Types.of(y) + ">");
    map(function, Elementwise::nothing, x, y);
  }

  /** Whether both have no gaps, and the same elements one after the other. */
  private static boolean lieAlike(Layout x, Layout y) {
    return x.isContiguous() && y.isContiguous()
        || x.isGapless() && Arrays.equals(x.strides(), y.strides());
  }

  /**
   * Copies in tiles where the axis along which x lies without gaps is another one than y's; returns
   * false, having done nothing, where it is not so.
   */
  private boolean transposes(Strided x, Strided y) {
    Axes axes = Axes.of(x.layout(), y.layout());
    int last = axes.rank() - 1;
    int across = last - 1;
    while (across >= 0 && axes.stride(0, across) != 1) {
      across--;
    }
    boolean crosses =
        across >= 0
            && axes.rank() - 2 <= Layouts.MOST_AXES
            && axes.stride(1, last) == 1
            && axes.stride(0, last) != 1
            && axes.size(last) >= LEAST_SIDE
            && axes.size(across) >= LEAST_SIDE;
    if (crosses) {
      transpose(x, y, axes, across);
    }
    return crosses;
  }

  private void transpose(Strided x, Strided y, Axes axes, int across) {
    int last = axes.rank() - 1;
    long[] sizes = new long[last - 1];
    long[][] strides = new long[2][last - 1];
    for (int axis = 0, at = 0; axis < last; axis++) {
      if (axis != across) {
        sizes[at] = axes.size(axis);
        strides[0][at] = axes.stride(0, axis);
        strides[1][at++] = axes.stride(1, axis);
      }
    }
    long[] outer = Layouts.of(Axes.of(sizes, strides), 2);
    long rows = axes.size(across);
    long columns = axes.size(last);
    device
        .launch(FILE, "transpose<" + Types.bits(x) + ">")
        .struct(outer)
        .integer(rows)
        .integer(columns)
        .integer(axes.stride(0, last))
        .integer(axes.stride(1, across))
        .pointer(x, axes.first(0))
        .pointer(y, axes.first(1))
        .run(
            new Grid(
                Math.toIntExact(Math.ceilDiv(columns, TILE)),
                (int) Math.min(Math.ceilDiv(rows, TILE), MOST_BLOCKS),
                (int) Math.min(outer[1], MOST_BLOCKS)),
            Grid.of(CudaDevice.BLOCK),
            0);
  }

  /** The templates of function objects. */
  private enum Form {
    UNARY,
    BINARY,
    TERNARY,
    WHERE,
    CAST
  }

  /**
   * A function object in the kernels' C++.
   *
   * @param number that no other one has
   */
  private record Function(int number, Supplier<String> name) {
    /** Returns the number of the kernel that walks its operands in one of up to 16 ways. */
    int with(int way) {
      return number << 4 | way;
    }
  }

  /** Returns a number for a template's arguments: an operation's, below 128, and two dtypes. */
  private static int number(Form form, int operation, DType first, DType second) {
    return ((form.ordinal() << 7 | operation) << 4 | first.ordinal()) << 4 | second.ordinal();
  }

  /** Applies a function object to all elements of operands, the last of which is the result. */
  private void map(Function function, UnaryOperator<Launch> argument, Strided... operands) {
    int last = operands.length - 1;
    if (operands[last].numel() == 0) {
      return;
    }
    Layout[] layouts = Arrays.stream(operands).map(Strided::layout).toArray(Layout[]::new);
    Axes axes = Axes.of(layouts);
    if (isFlat(axes, last)) {
      flat(function, argument, axes, operands);
      return;
    }
    Layouts.each(
        axes,
        operands.length,
        (struct, starts) -> {
          String index = Layouts.index(struct);
          Launch launch =
              device.launch(
                  FILE,
                  function.with(SHORT_INDEX.equals(index) ? SHORT_STRIDED : LONG_STRIDED),
                  () -> "strided" + last + "<" + function.name.get() + ", " + index + ">");
          argument.apply(launch).struct(struct);
          for (int i = 0; i <= last; i++) {
            launch.pointer(operands[i], starts[i]);
          }
          launch.share(struct[1]);
        });
  }

  /** Whether the result lies in one piece, and the others likewise or in one element. */
  static boolean isFlat(Axes axes, int last) {
    boolean flat = axes.rank() == 1 && axes.stride(last, 0) == 1;
    for (int i = 0; flat && i < last; i++) {
      flat = axes.stride(i, 0) == 0 || axes.stride(i, 0) == 1;
    }
    return flat;
  }

  private void flat(
      Function function, UnaryOperator<Launch> argument, Axes axes, Strided... operands) {
    int last = operands.length - 1;
    long n = axes.numel();
    int pack = pack(axes, operands);
    Launch launch =
        device.launch(
            FILE,
            function.with(Integer.numberOfTrailingZeros(pack)),
            () -> "flat" + last + "<" + function.name.get() + ", " + pack + ">");
    argument.apply(launch).integer(n);
    for (int i = 0; i < last; i++) {
      launch.pointer(operands[i]).integer(axes.stride(i, 0));
    }
    launch.pointer(operands[last]).share(Math.ceilDiv(n, pack));
  }

  /** Returns how many elements one access moves: 16 bytes of the widest, unless they lie askew. */
  static int pack(Axes axes, Strided... operands) {
    int widest = 1;
    for (Strided operand : operands) {
      widest = Math.max(widest, operand.dtype().size());
    }
    int pack = PACK_BYTES / widest;
    for (int i = 0; i < operands.length; i++) {
      boolean moved = axes.stride(i, 0) == 1;
      if (moved
          && CudaDevice.address(operands[i]) % ((long) pack * operands[i].dtype().size()) != 0) {
        return 1;
      }
    }
    return pack;
  }

  @Override
  public void triangle(Triangle kept, long diagonal, Strided x, Strided y) {
    if (y.numel() == 0) {
      return;
    }
    long rows = y.layout().size(-2);
    long columns = y.layout().size(-1);
    device
        .launch(FILE, "triangle<" + Types.bits(y) + ">")
        .integer(kept == Triangle.UPPER ? 1 : 0)
        .integer(y.numel())
        .divisor(rows)
        .divisor(columns)
        .integer(Math.clamp(diagonal, -rows, columns))
        .pointer(x)
        .pointer(y)
        .share(y.numel());
  }

  @Override
  public void arange(Progression progression, Strided y) {
    if (y.numel() == 0) {
      return;
    }
    device
        .launch(FILE, "arange<" + Types.of(y) + ">")
        .integer(y.numel())
        .integer(progression.first())
        .float64(progression.start())
        .float64(progression.step())
        .integer(progression.integerStart())
        .integer(progression.integerStep())
        .pointer(y)
        .share(y.numel());
  }

  /** Fills an array with a number. */
  void fill(double value, Strided y) {
    arange(new Progression(value, 0, (long) value, 0, 0), y);
  }

  /** Runs a task on a copy of an array, in row-major order. */
  void copied(Strided x, Consumer<Strided> task) {
    withTemporary(
        x.like(x.shape(), x.dtype()),
        copy -> {
          copy(x, copy);
          task.accept(copy);
        });
  }

  /** Runs a task with memory that is given back when the task's work is in the stream. */
  static void withTemporary(Strided temporary, Consumer<Strided> task) {
    try {
      task.accept(temporary);
    } finally {
      temporary.storage().free();
    }
  }
}
