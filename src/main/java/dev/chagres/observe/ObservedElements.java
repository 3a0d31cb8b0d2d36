package dev.chagres.observe;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.ElementKernels;
import dev.chagres.backend.ElementKernels.Progression;
import dev.chagres.backend.Strided;
import dev.chagres.backend.TernaryOp;
import dev.chagres.backend.UnaryOp;
import dev.chagres.core.Triangle;
import java.util.List;

/** Elementwise operations, which an observer is shown. */
record ObservedElements(ElementKernels device, Observer observer) implements ElementKernels {
  @Override
  public void unary(UnaryOp op, Strided x, Strided y) {
    observer.kernel(() -> device.unary(op, x, y), () -> Work.of(op.methodName(), x).touches(x, y));
  }

  @Override
  public void binary(BinaryOp op, Strided a, Strided b, Strided y) {
    observer.kernel(
        () -> device.binary(op, a, b, y), () -> Work.of(op.methodName(), a).touches(a, b, y));
  }

  @Override
  public void ternary(TernaryOp op, Number value, List<Strided> operands, Strided y) {
    observer.kernel(
        () -> device.ternary(op, value, operands, y),
        () -> Work.of(op.methodName(), y).touches(operands.toArray(Strided[]::new)).touches(y));
  }

  @Override
  public void where(Strided condition, Strided a, Strided b, Strided y) {
    observer.kernel(
        () -> device.where(condition, a, b, y),
        () -> Work.of("where", a).touches(condition, a, b, y));
  }

  @Override
  public void copy(Strided x, Strided y) {
    observer.kernel(() -> device.copy(x, y), () -> Work.of("copy", x).touches(x, y));
  }

  @Override
  public void triangle(Triangle kept, long diagonal, Strided x, Strided y) {
    observer.kernel(
        () -> device.triangle(kept, diagonal, x, y), () -> Work.of("triangle", x).touches(x, y));
  }

  @Override
  public void arange(Progression progression, Strided y) {
    observer.kernel(() -> device.arange(progression, y), () -> Work.of("arange", y).touches(y));
  }
}
