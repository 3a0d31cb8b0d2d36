package dev.chagres.backend;

import static dev.chagres.backend.Operands.areAlike;
import static dev.chagres.backend.Operands.changed;
import static dev.chagres.backend.Operands.isDense;
import static dev.chagres.backend.Operands.isWritable;
import static dev.chagres.backend.Operands.require;
import static dev.chagres.backend.Operands.requireResult;

import dev.chagres.backend.ElementKernels.Progression;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.core.Triangle;
import dev.chagres.primitive.Halves;
import java.util.List;
import java.util.stream.Stream;

/**
 * Elementwise operations, with operands that are looked at before. They are called for every small
 * operation, so the frequent ones look without arrays.
 */
record CheckedElements(ElementKernels device) implements ElementKernels {
  @Override
  public void unary(UnaryOp op, Strided x, Strided y) {
    DType dtype = x.dtype();
    if (!x.shape().equals(y.shape())
        || y.dtype() != op.resultType(dtype)
        || !op.domain().holds(dtype)
        || !isWritable(y)) {
      throw changed(op.methodName(), x, y);
    }
    device.unary(op, x, y);
  }

  @Override
  public void binary(BinaryOp op, Strided a, Strided b, Strided y) {
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
    device.binary(op, a, b, y);
  }

  /** Whether the second operand has the type that 16-bit operands are computed in. */
  private static boolean isWide(BinaryOp op, DType dtype, DType second) {
    return Halves.isHalf(dtype) && second == DType.FLOAT32 && op != BinaryOp.NEXTAFTER;
  }

  @Override
  public void ternary(TernaryOp op, Number value, List<Strided> operands, Strided y) {
    boolean agree = operands.size() == 3 && op.domain().holds(y.dtype()) && isWritable(y);
    for (int i = 0; agree && i < 3; i++) {
      agree = areAlike(operands.get(i), y);
    }
    if (!agree) {
      Strided[] all = Stream.concat(operands.stream(), Stream.of(y)).toArray(Strided[]::new);
      throw changed(op.methodName(), all);
    }
    device.ternary(op, value, operands, y);
  }

  @Override
  public void where(Strided condition, Strided a, Strided b, Strided y) {
    boolean agree =
        condition.dtype() == DType.BOOL
            && condition.shape().equals(y.shape())
            && areAlike(a, y)
            && areAlike(b, y)
            && isWritable(y);
    require(agree, "where", condition, a, b, y);
    device.where(condition, a, b, y);
  }

  @Override
  public void copy(Strided x, Strided y) {
    if (!x.shape().equals(y.shape()) || !isWritable(y)) {
      throw changed("copy", x, y);
    }
    device.copy(x, y);
  }

  @Override
  public void triangle(Triangle kept, long diagonal, Strided x, Strided y) {
    boolean agree =
        areAlike(x, y) && y.layout().dim() >= 2 && isDense(x) && isDense(y) && isWritable(y);
    require(agree, "triangle", x, y);
    device.triangle(kept, diagonal, x, y);
  }

  @Override
  public void arange(Progression progression, Strided y) {
    requireResult("arange", y);
    device.arange(progression, y);
  }
}
