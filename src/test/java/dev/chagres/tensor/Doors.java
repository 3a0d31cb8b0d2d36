package dev.chagres.tensor;

import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.UnaryOp;

/** The doors of the package, opened for the tests: every operation by its constant. */
@SuppressWarnings("exports") // The operations are not exported, and these are tests.
public final class Doors {
  private Doors() {}

  public static Tensor unary(UnaryOp op, Tensor x) {
    return Elementwise.unary(op, x);
  }

  public static Tensor unaryInPlace(UnaryOp op, Tensor x) {
    return Elementwise.unaryInPlace(op, x);
  }

  public static Tensor unaryOut(UnaryOp op, Tensor x, Tensor out) {
    return Elementwise.unaryOut(op, x, out);
  }

  public static Tensor binary(BinaryOp op, Tensor a, Tensor b) {
    return Elementwise.binary(op, a, b);
  }

  public static Tensor binary(BinaryOp op, Tensor a, Number b) {
    return Elementwise.binary(op, a, b);
  }

  public static Tensor binary(BinaryOp op, Number a, Tensor b) {
    return Elementwise.binary(op, a, b);
  }

  public static Tensor binaryInPlace(BinaryOp op, Tensor a, Tensor b) {
    return Elementwise.binaryInPlace(op, a, b);
  }

  public static Tensor binaryOut(BinaryOp op, Tensor a, Tensor b, Tensor out) {
    return Elementwise.binaryOut(op, a, b, out);
  }

  public static Tensor reduce(ReduceOp op, Tensor x, Keep keep, int... dims) {
    return switch (op) {
      case ARGMAX, ARGMIN -> Reducing.position(op, x, dims[0], keep);
      case SUM, PROD, MAX, MIN, ANY, ALL, SUM_SQUARES, SUM_MAGNITUDES ->
          Reducing.reduce(op, x, dims, keep);
    };
  }

  public static Tensor mmOut(Tensor a, Tensor b, Tensor out) {
    return Matrices.productOut("mm", a, b, out);
  }

  /** The same elements in reverse order of dimensions, and apart. */
  public static Tensor spread(Tensor tensor) {
    return GradCheck.spread(tensor);
  }
}
