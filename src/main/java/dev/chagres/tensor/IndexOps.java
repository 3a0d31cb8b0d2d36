package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.CountKernels;
import dev.chagres.backend.IndexKernels;
import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.IndexKernels.Store;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.lang.ref.Reference;

/** The doors of reading at positions that a tensor names; those of writing are {@link Places}. */
final class IndexOps {
  private IndexOps() {}

  // ---- whole slices along a dimension

  static Tensor indexSelect(Tensor x, int dim, Tensor index) {
    return indexSelect("indexSelect", x, dim, index, Negatives.BAD);
  }

  static Tensor indexSelect(String name, Tensor x, int dim, Tensor index, Negatives negatives) {
    Tensor positions = vector(name, index);
    int axis = x.shape().axis(name, dim);
    if (x.dim() == 0) {
      checkOne(name, positions);
      Tensor only = indexSelect(name, line(x), 0, positions, negatives);
      return ViewOps.reshape(only, Shape.scalar());
    }
    Tensor source = Copying.contiguous(x);
    Strided out = x.data().like(x.shape().with(axis, positions.numel()), x.dtype());
    IndexKernels kernels = Backends.of(name, x, index).indexing();
    try {
      kernels.indexSelect(source.data(), axis, positions.data(), negatives, out);
    } catch (IndexOutOfBoundsException e) {
      throw outOfRange(name, x, axis, e);
    }
    Reference.reachabilityFence(source);
    Reference.reachabilityFence(positions);
    Tensor y = new Tensor(out);
    if (x.requiresGrad() && GradMode.isEnabled()) {
      Shape from = x.shape();
      Saved kept = new Saved(positions);
      y.setHistory(
          Operation.of(
              "IndexSelectBackward",
              Gradients.input(x, g -> indexAdd(g.newZeros(from), axis, kept.get(), negatives, g))));
    }
    return y;
  }

  static void checkOne(String name, Tensor positions) {
    if (positions.numel() != 1) {
      throw new IllegalArgumentException(
          name + ": a scalar takes one position, not " + positions.numel());
    }
  }

  /** A copy of {@code x} with the slices of {@code source} added at {@code index}. */
  static Tensor indexAdd(Tensor x, int dim, Tensor index, Tensor source) {
    return indexAdd(x, dim, index, Negatives.BAD, source);
  }

  static Tensor indexAdd(Tensor x, int dim, Tensor index, Negatives negatives, Tensor source) {
    return Places.slices("indexAdd", x, dim, index, negatives).write(Store.ADD, x, source);
  }

  /** A copy of {@code x} with the slices at {@code index} replaced by those of {@code source}. */
  static Tensor indexCopy(Tensor x, int dim, Tensor index, Tensor source) {
    return Places.slices("indexCopy", x, dim, index, Negatives.BAD).write(Store.REPLACE, x, source);
  }

  /** Adds {@code values} to a fresh 1-d tensor at flat positions, unrecorded. */
  static void addAt(Tensor flat, Tensor positions, Tensor values) {
    Shape line = Shape.of(values.numel());
    Tensor from = Copying.contiguous(ViewOps.reshape(values.detach(), line));
    Tensor at = ViewOps.reshape(positions, line);
    Backends.of("addAt", flat, values)
        .indexing()
        .indexPut(Store.ADD, from.data(), 0, at.data(), Negatives.BAD, flat.data());
    Reference.reachabilityFence(from);
    Reference.reachabilityFence(at);
  }

  // ---- single elements along a dimension

  static Tensor gather(Tensor x, int dim, Tensor index) {
    return gather("gather", x, dim, index, Negatives.BAD);
  }

  static Tensor gather(String name, Tensor x, int dim, Tensor given, Negatives negatives) {
    Tensor index = positions(name, given);
    if (x.dim() == 0 || index.dim() == 0) {
      return ViewOps.reshape(gather(name, line(x), dim, line(index), negatives), index.shape());
    }
    checkAligned(name, x.shape(), dim, index);
    int axis = x.shape().axis(name, dim);
    Strided out = x.data().like(index.shape(), x.dtype());
    IndexKernels kernels = Backends.of(name, x, index).indexing();
    try {
      if (index.numel() > 0) {
        kernels.gather(x.data(), axis, index.data(), negatives, out);
      }
    } catch (IndexOutOfBoundsException e) {
      throw outOfRange(name, x, axis, e);
    }
    Reference.reachabilityFence(x);
    Reference.reachabilityFence(index);
    Tensor y = new Tensor(out);
    if (x.requiresGrad() && GradMode.isEnabled()) {
      Shape from = x.shape();
      Saved kept = new Saved(index);
      y.setHistory(
          Operation.of(
              "GatherBackward",
              Gradients.input(
                  x, g -> scatterAdd(g.newZeros(from), axis, kept.get(), negatives, g))));
    }
    return y;
  }

  /** A copy of {@code x} with the elements of {@code source} added where {@code index} says. */
  static Tensor scatterAdd(Tensor x, int dim, Tensor index, Tensor source) {
    return scatterAdd(x, dim, index, Negatives.BAD, source);
  }

  private static Tensor scatterAdd(
      Tensor x, int dim, Tensor index, Negatives negatives, Tensor source) {
    return Places.elements("scatterAdd", x, dim, index, negatives).write(Store.ADD, x, source);
  }

  // ---- masks

  /** The flat positions of the true elements, 1-d int64. */
  static Tensor truePositions(Tensor mask) {
    Tensor flags = Copying.contiguous(mask);
    CountKernels kernels = Backends.of(mask.device()).counting();
    Strided out = flags.data().like(Shape.of(kernels.countTrue(flags.data())), DType.INT64);
    kernels.positions(flags.data(), out);
    Reference.reachabilityFence(flags);
    return new Tensor(out);
  }

  // ---- shared

  /** What a kernel found, in the words of the operation that was called. */
  static IndexOutOfBoundsException outOfRange(
      String name, Tensor x, int axis, IndexOutOfBoundsException found) {
    String text = String.valueOf(found.getMessage());
    String what = text.substring(text.indexOf(' ') + 1); // without the kernel's own name
    var error =
        new IndexOutOfBoundsException(
            name + ": " + what + ", dim " + axis + " of shape " + x.shape());
    error.initCause(found);
    return error;
  }

  /** The index, a vector or a scalar, as a contiguous int64 vector. */
  static Tensor vector(String name, Tensor index) {
    Tensor positions = positions(name, index);
    if (index.dim() > 1) {
      throw new IllegalArgumentException(
          name + ": the index must have one dimension, not shape " + index.shape());
    }
    return Copying.contiguous(ViewOps.reshape(positions, Shape.of(index.numel())));
  }

  /** The index as int64: PyTorch takes int32 too, and without elements any integers. */
  static Tensor positions(String name, Tensor index) {
    DType dtype = index.dtype();
    boolean fits = dtype == DType.INT64 || dtype == DType.INT32 || index.numel() == 0;
    if (!fits || !dtype.isInteger()) {
      throw new IllegalArgumentException(name + ": the index must be int64 or int32, not " + dtype);
    }
    return Copying.cast(index, DType.INT64);
  }

  /** A scalar as one dimension of size 1; any other tensor as it is. */
  static Tensor line(Tensor x) {
    return x.dim() == 0 ? ViewOps.reshape(x, Shape.of(1)) : x;
  }

  /** An index without elements fits whatever its shape is. */
  static void checkAligned(String name, Shape shape, int dim, Tensor index) {
    int axis = shape.axis(name, dim);
    boolean fits = index.dim() == shape.dim() || index.numel() == 0;
    for (int i = 0; fits && index.numel() > 0 && i < shape.dim(); i++) {
      fits = i == axis || index.size(i) <= shape.size(i);
    }
    if (!fits) {
      throw new IllegalArgumentException(
          name
              + ": an index of shape "
              + index.shape()
              + " does not fit a tensor of shape "
              + shape
              + " along dim "
              + dim);
    }
  }
}
