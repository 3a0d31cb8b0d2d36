package dev.chagres.backend;

import static dev.chagres.backend.Operands.areAlike;
import static dev.chagres.backend.Operands.changed;
import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isHalf;
import static dev.chagres.backend.Operands.isIndex;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.present;
import static dev.chagres.backend.Operands.require;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of the {@link Operands} of calls that go through them element by element:
 * operations, copies, random numbers and steps of optimizers.
 */
final class ElementOperands {
  private ElementOperands() {}

  // ---- elementwise: called for every small operation, so without arrays

  static void unary(UnaryOp op, Strided x, Strided y) {
    DType dtype = x.dtype();
    if (!x.shape().equals(y.shape())
        || y.dtype() != op.resultType(dtype)
        || !op.domain().holds(dtype)
        || !isWritable(y)) {
      throw changed(op.methodName(), x, y);
    }
  }

  static void binary(BinaryOp op, Strided a, Strided b, Strided y) {
    DType dtype = a.dtype();
    Shape shape = y.shape();
    if (!a.shape().equals(shape)
        || !b.shape().equals(shape)
        || b.dtype() != dtype && !isWide(op, dtype, b.dtype())
        || y.dtype() != op.resultType(dtype)
        || !op.domain().holds(dtype)
        || !isWritable(y)) {
      throw changed(op.methodName(), a, b, y);
    }
  }

  /** Whether the second operand has the type that 16-bit operands are computed in. */
  private static boolean isWide(BinaryOp op, DType dtype, DType second) {
    return isHalf(dtype) && second == DType.FLOAT32 && op != BinaryOp.NEXTAFTER;
  }

  static void ternary(TernaryOp op, List<Strided> operands, Strided y) {
    boolean agree = operands.size() == 3 && op.domain().holds(y.dtype()) && isWritable(y);
    for (int i = 0; agree && i < 3; i++) {
      agree = areAlike(operands.get(i), y);
    }
    if (!agree) {
      Strided[] all = Stream.concat(operands.stream(), Stream.of(y)).toArray(Strided[]::new);
      throw changed(op.methodName(), all);
    }
  }

  static void evaluate(Formula formula, List<Strided> operands, List<Strided> results) {
    boolean agree =
        operands.size() == formula.operands().size() && results.size() == formula.results().size();
    for (int i = 0; agree && i < results.size(); i++) {
      Strided y = results.get(i);
      agree =
          y.dtype() == formula.dtype(formula.results().get(i))
              && y.shape().equals(results.getFirst().shape())
              && isDense(y)
              && isWritable(y);
    }
    for (int i = 0; agree && i < operands.size(); i++) {
      Strided x = operands.get(i);
      agree =
          x.dtype() == formula.operands().get(i).dtype()
              && x.shape().equals(results.getFirst().shape());
    }
    if (!agree) {
      Stream<Strided> all = Stream.concat(operands.stream(), results.stream());
      throw changed("fused", all.toArray(Strided[]::new));
    }
  }

  static void where(Strided condition, Strided a, Strided b, Strided y) {
    boolean agree =
        condition.dtype() == DType.BOOL
            && condition.shape().equals(y.shape())
            && areAlike(a, y)
            && areAlike(b, y)
            && isWritable(y);
    require(agree, "where", condition, a, b, y);
  }

  static void copy(Strided x, Strided y) {
    if (!x.shape().equals(y.shape()) || !isWritable(y)) {
      throw changed("copy", x, y);
    }
  }

  static void transfer(Strided x, Strided y) {
    require(areAlike(x, y) && isDense(x) && isDense(y) && isWritable(y), "to", x, y);
  }

  static void triangle(Strided x, Strided y) {
    boolean agree =
        areAlike(x, y) && y.layout().dim() >= 2 && isDense(x) && isDense(y) && isWritable(y);
    require(agree, "triangle", x, y);
  }

  /** The result of an operation that has no operands; its elements are written side by side. */
  static void result(String name, Strided y) {
    require(isDense(y) && isWritable(y), name, y);
  }

  static void permutation(Strided y) {
    require(isIndex(y) && isDense(y) && isWritable(y), "randperm", y);
  }

  /** The bytes of a generator's state, of which there are so many. */
  static void state(long size, Strided bytes) {
    boolean agree =
        bytes.dtype() == DType.UINT8
            && bytes.numel() == size
            && isDense(bytes)
            && isWritable(bytes);
    require(agree, "state", bytes);
  }

  static void each(Strided a, Strided b, Strided y) {
    boolean agree = areAlike(a, y) && areAlike(b, y) && isDense(a) && isDense(b) && isDense(y);
    require(agree && isWritable(y), "each", a, b, y);
  }

  /** Rows of numbers, and for each a row of positions in it. */
  static void choices(Strided weights, Strided positions) {
    boolean agree =
        weights.layout().dim() == 2
            && positions.layout().dim() == 2
            && isIndex(positions)
            && weights.dtype().isFloating()
            && weights.layout().size(0) == positions.layout().size(0)
            && isDense(weights)
            && isDense(positions)
            && isWritable(positions);
    require(agree, "multinomial", weights, positions);
    result("multinomial", weights);
  }

  // ---- optimizer steps

  /** Parameters, their gradients and so many tensors of state, all but the gradients written. */
  static void steps(String name, List<Backend.Update> updates, int kept) {
    for (Backend.Update update : updates) {
      Strided parameter = update.parameter();
      List<Strided> state = update.state();
      boolean agree = areAlike(update.gradient(), parameter) && isDense(update.gradient());
      agree = agree && isDense(parameter) && isWritable(parameter) && state.size() == kept;
      for (Strided buffer : state) {
        agree = agree && areAlike(buffer, parameter) && isDense(buffer) && isWritable(buffer);
      }
      if (!agree) {
        List<Strided> all = new ArrayList<>(List.of(parameter, update.gradient()));
        all.addAll(state);
        throw changed(name, all.toArray(Strided[]::new));
      }
    }
  }

  // ---- gradients of a model

  static void scaleAll(List<Strided> tensors, Strided factor, @Nullable Strided found) {
    boolean agree =
        isNumber(factor, DType.FLOAT64)
            && (found == null || isNumber(found, DType.FLOAT32) && isWritable(found));
    for (Strided tensor : tensors) {
      require(
          agree && tensor.dtype().isFloating() && isDense(tensor) && isWritable(tensor),
          "scaleAll",
          present(tensor, factor, found));
    }
  }

  static void sumSquaresOfAll(List<Strided> tensors, Strided y) {
    boolean agree = isNumber(y, DType.FLOAT64) && isWritable(y);
    for (Strided tensor : tensors) {
      require(
          agree && tensor.dtype().isFloating() && isDense(tensor), "sumSquaresOfAll", tensor, y);
    }
  }

  private static boolean isNumber(Strided x, DType dtype) {
    return x.dtype() == dtype && x.layout().dim() == 0;
  }
}
