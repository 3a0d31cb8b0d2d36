package dev.chagres.observe;

import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What one call of a kernel did, without a hold on the memory that it did it with. */
public final class Work {
  private final String kernel;
  private final DType dtype;
  private final List<Shape> shapes = new ArrayList<>();
  private long bytes;
  private long floatingOperations;

  private Work(String kernel, DType dtype) {
    this.kernel = kernel;
    this.dtype = dtype;
  }

  /** Returns the work of a kernel, known by the dtype of one of its operands. */
  static Work of(String kernel, Strided operand) {
    return new Work(kernel, operand.dtype());
  }

  /**
   * Adds operands that are read, or results that are written: every element once. An operand that
   * is absent is null.
   */
  Work touches(@Nullable Strided... arrays) {
    for (Strided array : arrays) {
      if (array != null) {
        shapes.add(array.shape());
        bytes += bytes(array);
      }
    }
    return this;
  }

  /** Adds arrays whose every element is read and written. */
  Work updates(Strided... arrays) {
    for (Strided array : arrays) {
      bytes += bytes(array);
    }
    return touches(arrays);
  }

  /** Adds an array of which only some elements are read: as many as another has. */
  Work picks(Strided from, Strided like) {
    shapes.add(from.shape());
    bytes += bytes(like);
    return this;
  }

  /** Adds the bytes of elements that are read although they are only written otherwise. */
  Work rereads(Strided array) {
    bytes += bytes(array);
    return this;
  }

  /** Adds multiplications that are followed by an addition, two operations each. */
  Work multiplies(long times) {
    if (dtype.isFloating()) {
      floatingOperations += 2 * times;
    }
    return this;
  }

  /** Adds so many operations of floating point. */
  Work computes(double count) {
    floatingOperations += Math.round(count);
    return this;
  }

  /** The bytes of the elements that there are: one that is broadcast is there once. */
  private static long bytes(Strided array) {
    if (array.numel() == 0) {
      return 0;
    }
    long count = 1;
    for (int dim = 0; dim < array.layout().dim(); dim++) {
      if (array.layout().stride(dim) != 0) {
        count *= array.layout().size(dim);
      }
    }
    return Math.min(count * array.dtype().size(), array.storage().byteSize());
  }

  /** Returns the kernel's name, such as {@code matmul}. */
  public String kernel() {
    return kernel;
  }

  /** Returns the first operand's dtype. */
  public DType dtype() {
    return dtype;
  }

  /** Returns the shapes of operands and results. */
  public List<Shape> shapes() {
    return shapes;
  }

  /** Returns the shapes as text: {@code (2, 3), (3, 4), (2, 4)}. */
  public String shapesText() {
    return shapes.stream().map(Shape::toString).collect(Collectors.joining(", "));
  }

  /** Returns how many bytes were read and written. */
  public long bytes() {
    return bytes;
  }

  /**
   * Returns the floating-point operations of a product, a convolution or a factorisation; 0 of all
   * others.
   */
  public long floatingOperations() {
    return floatingOperations;
  }
}
