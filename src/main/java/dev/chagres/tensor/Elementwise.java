package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.autograd.GradMode;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.ElementwiseOp;
import dev.chagres.backend.Strided;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.raw.RawMemory;
import dev.chagres.primitive.Halves;
import java.lang.ref.Reference;
import java.util.List;
import java.util.stream.Stream;

/**
 * The doors through which every elementwise operation passes: they check, promote, broadcast,
 * allocate, run and record.
 */
final class Elementwise {
  private static final String[] UNARY_NAMES = names(UnaryOp.values(), "");
  private static final String[] BINARY_NAMES = names(BinaryOp.values(), "");
  private static final String[] UNARY_IN_PLACE = names(UnaryOp.values(), "_");
  private static final String[] BINARY_IN_PLACE = names(BinaryOp.values(), "_");

  private Elementwise() {}

  // ---- one operand

  static Tensor unary(UnaryOp op, Tensor x) {
    return asGiven(op, Autocast.cast(op, x));
  }

  /** The same in the dtype that is given, whatever autocast says. */
  private static Tensor asGiven(UnaryOp op, Tensor x) {
    if (isIdentity(op, x.dtype())) {
      return Copying.clone(x);
    }
    if (op == UnaryOp.SQUARE && x.dtype() == DType.BOOL) {
      return unary(op, Copying.cast(x, DType.INT64)); // a power with an integer, which decides
    }
    DType compute = computeType(op, x.dtype());
    if (compute != x.dtype()) {
      x = Copying.cast(x, compute);
    }
    Strided out = x.data().like(x.layout().dense(), op.resultType(compute));
    Backends.of(x.device()).elements().unary(op, x.data(), out);
    Reference.reachabilityFence(x);
    Tensor y = new Tensor(out);
    if (x.requiresGrad() && GradMode.isEnabled() && op.result() != ElementwiseOp.Result.PREDICATE) {
      y.setHistory(Gradients.record(op, x, y));
    }
    return y;
  }

  static Tensor unaryInPlace(UnaryOp op, Tensor x) {
    String name = UNARY_IN_PLACE[op.ordinal()];
    if (Writing.isRecorded(name, x)) {
      return Writing.assign(name, x, asGiven(op, keepsOperand(op) ? Copying.copy(x) : x));
    }
    return unaryInto(op, x, x, name);
  }

  /** Whether the gradient needs the operand, which an operation in place overwrites. */
  private static boolean keepsOperand(UnaryOp op) {
    return switch (op) {
      case NEG, SIGN, FLOOR, CEIL, ROUND, TRUNC, FRAC -> false;
      case RECIPROCAL, SQRT, RSQRT, EXP, EXP2, EXPM1, TAN, TANH, SIGMOID, RELU -> false;
      case ERFINV, NDTRI -> false;
      default -> true;
    };
  }

  static Tensor unaryOut(UnaryOp op, Tensor x, Tensor out) {
    return unaryInto(
        op,
        Writing.unrecorded(name(op), "x", x),
        Writing.unrecorded(name(op), "out", out),
        name(op));
  }

  private static Tensor unaryInto(UnaryOp op, Tensor x, Tensor out, String name) {
    if (isIdentity(op, x.dtype())) {
      Writing.check(name, out, x.shape(), x.dtype());
      return Copying.into(name, out, x);
    }
    if (op == UnaryOp.SQUARE && x.dtype() == DType.BOOL) {
      Writing.check(name, out, x.shape(), DType.INT64);
      return Writing.store(asGiven(op, x), out);
    }
    DType compute = computeType(op, x.dtype());
    DType result = op.resultType(compute);
    Writing.check(name, out, x.shape(), result);
    if (compute != x.dtype() || result != out.dtype() || Writing.clashes(out, x)) {
      try (var _ = GradMode.disable()) {
        return Writing.store(asGiven(op, x), out);
      }
    }
    Backends.of(name, x, out).elements().unary(op, x.data(), out.data());
    Reference.reachabilityFence(x);
    RawMemory.bumpVersion(out.storage());
    return out;
  }

  /**
   * Rounding leaves integers as they are, and taking the sign bools. As in PyTorch, bools cannot be
   * rounded.
   */
  private static boolean isIdentity(UnaryOp op, DType dtype) {
    return switch (op) {
      case SIGN -> dtype == DType.BOOL;
      case FLOOR, CEIL, ROUND, TRUNC -> {
        if (dtype == DType.BOOL) {
          throw new IllegalArgumentException(name(op) + ": not defined for bool");
        }
        yield dtype.isInteger();
      }
      default -> false;
    };
  }

  // ---- two operands

  static Tensor binary(BinaryOp op, Tensor a, Number b) {
    if (b == null) {
      throw missing(name(op));
    }
    DType common = Promotion.of(a, b);
    return binary(op, a, right(name(op), op, b, common, a.device()), common);
  }

  static Tensor binary(BinaryOp op, Number a, Tensor b) {
    if (a == null) {
      throw missing(name(op));
    }
    DType common = Promotion.of(b, a);
    return binary(op, constant(name(op), op, a, common, b.device()), b, common);
  }

  static Tensor binary(BinaryOp op, Tensor a, Tensor b) {
    if (b == null) {
      throw missing(name(op));
    }
    return binary(op, a, b, common(a, b));
  }

  private static Tensor binary(BinaryOp op, Tensor first, Tensor second, DType common) {
    Strided left = first.data();
    Strided right = second.data();
    if (left.dtype() == right.dtype()
        && op.domain().holds(left.dtype())
        && left.storage().device().equals(right.storage().device())) {
      // The shortest ways: both as they are, or a number beside the other.
      if (left.shape().equals(right.shape())) {
        return apply(op, first, second, left, right);
      }
      if (right.shape().dim() == 0 && !second.requiresGrad() && !takesExact(op, left.dtype())) {
        return apply(op, first, second, left, broadcast(second, left.shape()));
      }
    }
    Tensor a = Backends.joined(first, second.device());
    Tensor b = Backends.joined(second, first.device());
    String name = name(op);
    checkBools(name, op, a, b);
    DType compute = computeType(op, common);
    boolean exact = isExact(op, b, compute);
    // The rules read the exact number too, but where it would decide the dtype of a gradient.
    DType read = exact && a.dim() > 0 && !b.requiresGrad() ? DType.FLOAT32 : compute;
    Tensor x = a.dtype() == compute ? a : Copying.cast(a, compute);
    Tensor y = b.dtype() == read ? b : Copying.cast(b, read);
    Shape shape = shape(op, a, b);
    if (isRecorded(op, x, y)) {
      x = x.requiresGrad() ? ViewOps.expand(x, shape) : x;
      y = y.requiresGrad() ? ViewOps.expand(y, shape) : y;
    }
    Tensor number = exact ? exact(b) : y;
    Tensor z = apply(op, x, y, broadcast(x, shape), broadcast(number, shape));
    Reference.reachabilityFence(number);
    return z;
  }

  /**
   * Runs and records an operation.
   *
   * @param left what the kernel reads of {@code x}, of the shape and dtype that it computes in
   * @param right what it reads of {@code y}
   */
  private static Tensor apply(BinaryOp op, Tensor x, Tensor y, Strided left, Strided right) {
    Layout layout =
        left.layout().isContiguous() || (x.dim() == 0 && right.layout().isContiguous())
            ? left.shape().contiguous()
            : Layout.dense(left.layout(), right.layout());
    Strided out = left.like(layout, op.resultType(left.dtype()));
    Backends.of(BINARY_NAMES[op.ordinal()], x, y).elements().binary(op, left, right, out);
    Reference.reachabilityFence(x);
    Reference.reachabilityFence(y);
    Tensor z = new Tensor(out);
    if (isRecorded(op, x, y)) {
      z.setHistory(Gradients.record(op, x, y, z));
    }
    return z;
  }

  private static boolean isRecorded(BinaryOp op, Tensor x, Tensor y) {
    return (x.requiresGrad() || y.requiresGrad())
        && op.result() != ElementwiseOp.Result.PREDICATE
        && GradMode.isEnabled();
  }

  static Tensor binaryInPlace(BinaryOp op, Tensor a, Number b) {
    String name = BINARY_IN_PLACE[op.ordinal()];
    if (b == null) {
      throw missing(name);
    }
    DType common = Promotion.of(a, b);
    return binaryInPlace(op, a, right(name, op, b, common, a.device()), common);
  }

  static Tensor binaryInPlace(BinaryOp op, Tensor a, Tensor b) {
    if (b == null) {
      throw missing(BINARY_IN_PLACE[op.ordinal()]);
    }
    return binaryInPlace(op, a, b, common(a, b));
  }

  private static Tensor binaryInPlace(BinaryOp op, Tensor a, Tensor second, DType common) {
    String name = BINARY_IN_PLACE[op.ordinal()];
    Tensor b = Backends.joined(second, a.device());
    if (Writing.isRecorded(name, a, b)) {
      Tensor operand = keepsOperand(op, b) ? Copying.copy(a) : a;
      return Writing.assign(name, a, binary(op, operand, b, common));
    }
    return binaryInto(op, a, b, common, a);
  }

  /** Whether a gradient needs the first operand, which an operation in place overwrites. */
  private static boolean keepsOperand(BinaryOp op, Tensor b) {
    return switch (op) {
      case ADD, SUB -> false;
      case POW, MAXIMUM, MINIMUM, ATAN2, COPYSIGN, FMAX, FMIN, HYPOT, NEXTAFTER -> true;
      case LOGADDEXP, LOGADDEXP2, XLOGY, XLOG1PY, SQUARED_DIFFERENCE -> true;
      default -> b.requiresGrad();
    };
  }

  static Tensor binaryOut(BinaryOp op, Tensor a, Number b, Tensor out) {
    String name = name(op);
    DType common = Promotion.of(given(name, "x", a), given(name, "y", b));
    return binaryOut(op, a, right(name, op, b, common, a.device()), common, out);
  }

  static Tensor binaryOut(BinaryOp op, Tensor a, Tensor b, Tensor out) {
    String name = name(op);
    return binaryOut(op, given(name, "x", a), given(name, "y", b), common(a, b), out);
  }

  private static Tensor binaryOut(BinaryOp op, Tensor a, Tensor b, DType common, Tensor out) {
    String name = name(op);
    return binaryInto(
        op,
        Backends.joined(Writing.unrecorded(name, "x", a), given(name, "out", out).device()),
        Backends.joined(Writing.unrecorded(name, "y", b), out.device()),
        common,
        Writing.unrecorded(name, "out", out));
  }

  @SuppressWarnings("ReferenceEquality") // a result that is its own operand
  private static Tensor binaryInto(BinaryOp op, Tensor a, Tensor b, DType common, Tensor out) {
    String name = a == out ? BINARY_IN_PLACE[op.ordinal()] : name(op);
    checkBools(name, op, a, b);
    DType compute = computeType(op, common);
    boolean exact = isExact(op, b, compute);
    DType result = op.resultType(compute);
    Shape shape = shape(op, a, b);
    Writing.check(name, out, shape, result);
    if (result != out.dtype()
        || a.dtype() != compute
        || b.dtype() != (exact ? DType.FLOAT32 : compute)
        || Writing.clashes(out, a)
        || Writing.clashes(out, b)) {
      try (var _ = GradMode.disable()) {
        return Writing.store(binary(op, a, b, common), out);
      }
    }
    Backends.together(name, a, b);
    Backends.of(name, a, out)
        .elements()
        .binary(op, broadcast(a, shape), broadcast(b, shape), out.data());
    Reference.reachabilityFence(a);
    Reference.reachabilityFence(b);
    RawMemory.bumpVersion(out.storage());
    return out;
  }

  // ---- three operands

  /** Three operands of one dtype, for which the operation is defined, and its number. */
  static Tensor ternary(String name, TernaryOp op, Number value, List<Tensor> operands) {
    Device device = Backends.together(name, operands);
    Tensor a = Backends.joined(operands.get(0), device);
    Tensor b = Backends.joined(operands.get(1), device);
    Tensor c = Backends.joined(operands.get(2), device);
    Shape shape = shape(name, a, b, c);
    boolean record =
        (a.requiresGrad() || b.requiresGrad() || c.requiresGrad()) && GradMode.isEnabled();
    if (record) {
      a = a.requiresGrad() ? ViewOps.expand(a, shape) : a;
      b = b.requiresGrad() ? ViewOps.expand(b, shape) : b;
      c = c.requiresGrad() ? ViewOps.expand(c, shape) : c;
    }
    Strided x = broadcast(a, shape);
    Strided y = broadcast(b, shape);
    Strided z = broadcast(c, shape);
    Layout layout =
        x.layout().isContiguous()
            ? shape.contiguous()
            : Layout.dense(x.layout(), y.layout(), z.layout());
    Strided out = x.like(layout, x.dtype());
    Backends.of(device).elements().ternary(op, value, List.of(x, y, z), out);
    Reference.reachabilityFence(a);
    Reference.reachabilityFence(b);
    Reference.reachabilityFence(c);
    Tensor result = new Tensor(out);
    if (record) {
      result.setHistory(Gradients.record(op, value, a, b, c));
    }
    return result;
  }

  /** The same in place, unrecorded: {@code x} has been looked at, and has the result's dtype. */
  static Tensor ternaryInPlace(String name, TernaryOp op, Tensor x, Tensor b, Tensor c) {
    Tensor second = Backends.joined(b, x.device());
    Tensor third = Backends.joined(c, x.device());
    Backends.together(name, x, second);
    Shape shape = x.shape();
    List<Strided> data = List.of(x.data(), broadcast(second, shape), broadcast(third, shape));
    Backends.of(name, x, third).elements().ternary(op, 0, data, x.data());
    Reference.reachabilityFence(second);
    Reference.reachabilityFence(third);
    RawMemory.bumpVersion(x.storage());
    return x;
  }

  /** Where a result lies, by its operands. */
  @FunctionalInterface
  interface Placing {
    Layout of(Layout... operands);
  }

  static Tensor where(String name, Tensor chosen, Tensor first, Tensor second) {
    return where(name, chosen, first, second, Layout::dense);
  }

  /** The same, with a result that lies as told. */
  static Tensor where(String name, Tensor chosen, Tensor first, Tensor second, Placing placing) {
    given(name, "a", first);
    given(name, "b", second);
    if (given(name, "condition", chosen).dtype() != DType.BOOL) {
      throw new IllegalArgumentException(
          name + ": the condition must be bool, not " + chosen.dtype());
    }
    Device device = Backends.together(name, List.of(chosen, first, second));
    Tensor condition = Backends.joined(chosen, device);
    Tensor a = Backends.joined(first, device);
    Tensor b = Backends.joined(second, device);
    DType common = a.dtype() == b.dtype() ? a.dtype() : Promotion.of(a, b);
    Tensor x = Copying.cast(a, common);
    Tensor y = Copying.cast(b, common);
    Shape shape = shape(name, condition, a, b);
    boolean record = (x.requiresGrad() || y.requiresGrad()) && GradMode.isEnabled();
    if (record) {
      x = ViewOps.expand(x, shape);
      y = ViewOps.expand(y, shape);
    }
    Strided mask = broadcast(condition, shape);
    Strided left = broadcast(x, shape);
    Strided right = broadcast(y, shape);
    Layout layout = placing.of(mask.layout(), left.layout(), right.layout());
    Strided out = x.data().like(layout, common);
    Backends.of(name, x, y).elements().where(mask, left, right, out);
    Reference.reachabilityFence(condition);
    Reference.reachabilityFence(x);
    Reference.reachabilityFence(y);
    Tensor z = new Tensor(out);
    if (record) {
      z.setHistory(Gradients.recordWhere(ViewOps.expand(condition, shape), x, y));
    }
    return z;
  }

  // ---- shared

  /** As in PyTorch, nothing is subtracted from a bool, nor a bool from anything. */
  static void checkBools(String name, BinaryOp op, Tensor a, Tensor b) {
    if (op == BinaryOp.SUB && (a.dtype() == DType.BOOL || b.dtype() == DType.BOOL)) {
      throw new IllegalArgumentException(
          name + ": not defined for bool; use logicalXor or logicalNot, or convert it first");
    }
  }

  private static DType common(Tensor a, Tensor b) {
    return a.dtype() == b.dtype() ? a.dtype() : Promotion.of(a, b);
  }

  /**
   * Whether the second operand is one number that is not rounded to 16 bits before it is used. As
   * in PyTorch, products and quotients take such a number in float32, in which they are computed;
   * all other operations round it first.
   */
  private static boolean isExact(BinaryOp op, Tensor b, DType compute) {
    return b.dtype() != compute && b.dim() == 0 && takesExact(op, compute);
  }

  private static boolean takesExact(BinaryOp op, DType compute) {
    return switch (op) {
      case MUL, DIV, FLOOR_DIVIDE, TRUNC_DIVIDE -> Halves.isHalf(compute);
      default -> false;
    };
  }

  private static Tensor exact(Tensor number) {
    return Copying.cast(number.requiresGrad() ? number.detach() : number, DType.FLOAT32);
  }

  /** The constant of a number on the right. */
  private static Tensor right(String name, BinaryOp op, Number value, DType common, Device device) {
    return constant(name, op, value, takesExact(op, common) ? DType.FLOAT32 : common, device);
  }

  /**
   * A 0-d tensor of a number, without memory of its own where the number is frequent. As in
   * PyTorch, an integer that the dtype cannot hold wraps, as a result would; only an exponent may
   * not, nor may one be negative where the power is an integer.
   */
  static Tensor constant(String name, ElementwiseOp op, Number value, DType common, Device device) {
    DType compute = computeType(op, common);
    if (op == BinaryOp.POW && compute.isInteger()) {
      if (value.longValue() < 0) {
        throw new IllegalArgumentException(
            name
                + ": integers to the negative power "
                + value
                + "; convert to a floating dtype first");
      }
      Scalars.fitting(name, value, compute);
    }
    return new Tensor(Backends.of(device).transfers().constant(value, compute));
  }

  private static Strided broadcast(Tensor x, Shape shape) {
    Strided data = x.data();
    return data.shape().equals(shape) ? data : data.with(data.layout().expand(shape));
  }

  private static Shape shape(BinaryOp op, Tensor a, Tensor b) {
    Shape shape;
    try {
      shape = Shape.broadcast(a.shape(), b.shape());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(name(op) + ": " + e.getMessage(), e);
    }
    if (shape == null) {
      throw new IllegalArgumentException(
          name(op) + ": shapes " + a.shape() + " and " + b.shape() + " do not broadcast");
    }
    return shape;
  }

  private static Shape shape(String name, Tensor a, Tensor b, Tensor c) {
    Shape pair = Shape.broadcast(b.shape(), c.shape());
    Shape shape = pair == null ? null : Shape.broadcast(a.shape(), pair);
    if (shape == null) {
      // A number broadcasts with anything: it is not among those that do not.
      List<String> shapes =
          Stream.of(a, b, c).filter(t -> t.dim() > 0).map(t -> "" + t.shape()).toList();
      String last = " and " + shapes.getLast();
      throw new IllegalArgumentException(
          name
              + ": shapes "
              + String.join(", ", shapes.subList(0, shapes.size() - 1))
              + last
              + " do not broadcast");
    }
    return shape;
  }

  private static DType computeType(ElementwiseOp op, DType common) {
    DType compute = op.computeType(common);
    if (!op.domain().holds(compute)) {
      throw new IllegalArgumentException(name(op) + ": not defined for " + common);
    }
    return compute;
  }

  /** The operand that a caller passed as null. */
  private static NullPointerException missing(String name) {
    return new NullPointerException(name + ": the operand is null");
  }

  static String name(ElementwiseOp op) {
    return switch (op) {
      case UnaryOp unary -> UNARY_NAMES[unary.ordinal()];
      case BinaryOp binary -> BINARY_NAMES[binary.ordinal()];
      case TernaryOp ternary -> ternary.methodName();
    };
  }

  /** The methods' names, by the operations' numbers; made once, as every call needs its own. */
  private static String[] names(ElementwiseOp[] ops, String suffix) {
    String[] names = new String[ops.length];
    for (int i = 0; i < ops.length; i++) {
      names[i] = ops[i].methodName() + suffix;
    }
    return names;
  }
}
