package dev.chagres.tensor;

import dev.chagres.core.DType;
import java.util.List;

/**
 * The result type of operands of different types, as {@code torch.result_type}: tensors with
 * dimensions decide before 0-d tensors, those before Java numbers.
 */
final class Promotion {
  private Promotion() {}

  static DType of(Tensor a, Tensor b) {
    DType x = a.dtype();
    DType y = b.dtype();
    if (x == y) {
      return x;
    }
    boolean aScalar = a.dim() == 0;
    boolean bScalar = b.dim() == 0;
    if (aScalar == bScalar) {
      return x.promote(y);
    }
    return aScalar ? weak(y, x) : weak(x, y);
  }

  static DType of(Tensor a, Tensor b, Tensor c) {
    DType strong = DType.BOOL;
    DType weak = DType.BOOL;
    for (Tensor tensor : List.of(a, b, c)) {
      if (tensor.dim() == 0) {
        weak = weak.promote(tensor.dtype());
      } else {
        strong = strong.promote(tensor.dtype());
      }
    }
    return weak(strong, weak);
  }

  static DType of(Tensor a, Number b) {
    return weak(a.dtype(), Scalars.defaultType(b));
  }

  /** The strong type stays unless the weak one is of a later kind. */
  private static DType weak(DType strong, DType weak) {
    return weak.kind().compareTo(strong.kind()) > 0 ? strong.promote(weak) : strong;
  }

  /**
   * Whether values of one type may be stored in place in another: not floating in integer, nothing
   * else in bool.
   */
  static boolean storable(DType from, DType to) {
    return from.kind().compareTo(to.kind()) <= 0;
  }
}
