package dev.chagres.backend;

import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.util.Arrays;
import java.util.ConcurrentModificationException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What native code relies on of the operands of one call, beyond each lying in its own storage. The
 * doors have looked at their tensors and said what is wrong with them; where operands do not belong
 * together here, another thread has since given a tensor other data, another shape or another
 * dtype. Then nothing is written, and a {@link ConcurrentModificationException} says so.
 */
public final class Operands {
  private Operands() {}

  public static void require(boolean agree, String name, Strided... operands) {
    if (!agree) {
      throw changed(name, operands);
    }
  }

  static ConcurrentModificationException changed(String name, Strided... operands) {
    StringBuilder found = new StringBuilder();
    for (Strided operand : operands) {
      found.append(found.isEmpty() ? "" : ", ").append(operand.dtype()).append(' ');
      found.append(operand.shape());
      found.append(operand.storage().isReadOnly() ? ", read-only" : "");
    }
    return new ConcurrentModificationException(
        name
            + ": a tensor was changed by another thread while the operation ran; the operands and"
            + " the result are now "
            + found);
  }

  static boolean isWritable(Strided y) {
    return !y.storage().isReadOnly();
  }

  static boolean isDense(Strided x) {
    return x.layout().isContiguous();
  }

  /** Whether elements may be written to it side by side. */
  static boolean isResult(Strided y) {
    return isDense(y) && isWritable(y);
  }

  static boolean areAlike(Strided a, Strided b) {
    return a.dtype() == b.dtype() && a.shape().equals(b.shape());
  }

  static Strided[] present(@Nullable Strided... operands) {
    return Arrays.stream(operands).flatMap(Stream::ofNullable).toArray(Strided[]::new);
  }

  static boolean isIndex(Strided index) {
    return index.dtype() == DType.INT64;
  }

  /** The result of an operation that has no operands; its elements are written side by side. */
  static void requireResult(String name, Strided y) {
    require(isResult(y), name, y);
  }

  /** All elements and their positions. */
  static void requireOrdered(String name, Strided x, Strided values, Strided indices) {
    boolean agree =
        areAlike(x, values)
            && isIndex(indices)
            && indices.shape().equals(x.shape())
            && isResult(values)
            && isResult(indices);
    require(agree, name, x, values, indices);
  }

  /** Whether a shape is another one with the size of a dimension replaced. */
  static boolean isWith(Shape shape, Shape other, int dim, long size) {
    boolean agree = shape.dim() == other.dim() && dim < shape.dim();
    for (int i = 0; agree && i < shape.dim(); i++) {
      agree = shape.size(i) == (i == dim ? size : other.size(i));
    }
    return agree;
  }

  /** Whether an operand, if there is one, has an element for each column of x. */
  static boolean isLikeRow(@Nullable Strided row, Strided x) {
    return row == null
        || (row.dtype() == x.dtype()
            && row.layout().dim() == 1
            && row.layout().size(0) == x.layout().size(1)
            && isDense(row));
  }

  /** What {@code ldlSolve} throws for a pivot that no factorisation has. */
  public static IllegalArgumentException noExchange(long n, int row, long pivot) {
    return new IllegalArgumentException(
        "ldlSolve: no factorisation of order " + n + " has " + row + " for pivot " + pivot);
  }
}
