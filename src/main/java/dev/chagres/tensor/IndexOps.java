package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.Backend;
import dev.chagres.backend.Backend.Store;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.lang.ref.Reference;

/** The doors of reading and writing at positions that a tensor names. */
final class IndexOps {
  private IndexOps() {}

  /** What puts the elements of a source where an index says, into a copy of a tensor. */
  @FunctionalInterface
  interface Placing {
    Tensor into(Tensor x, int dim, Tensor index, Tensor source);
  }

  // ---- whole slices along a dimension

  static Tensor indexSelect(Tensor x, int dim, Tensor index) {
    Tensor positions = vector("indexSelect", index);
    if (x.dim() == 0) {
      x.shape().axis("indexSelect", dim);
      checkOne("indexSelect", positions);
      return ViewOps.reshape(
          indexSelect(ViewOps.reshape(x, Shape.of(1)), 0, positions), Shape.scalar());
    }
    int axis = x.shape().axis("indexSelect", dim);
    Tensor source = Copying.contiguous(x);
    Strided out = x.data().like(x.shape().with(axis, positions.numel()), x.dtype());
    Backend backend = Backends.of("indexSelect", x, index);
    try {
      backend.indexSelect(source.data(), axis, positions.data(), out);
    } catch (IndexOutOfBoundsException e) {
      throw outOfRange("indexSelect", x, axis, e);
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
              Gradients.input(x, g -> indexAdd(g.newZeros(from), axis, kept.get(), g))));
    }
    return y;
  }

  private static void checkOne(String name, Tensor positions) {
    if (positions.numel() != 1) {
      throw new IllegalArgumentException(
          name + ": a scalar takes one position, not " + positions.numel());
    }
  }

  /** A copy of {@code x} with the slices of {@code source} added at {@code index}. */
  static Tensor indexAdd(Tensor x, int dim, Tensor index, Tensor source) {
    return indexStore(Store.ADD, x, dim, index, source);
  }

  /** A copy of {@code x} with the slices at {@code index} replaced by those of {@code source}. */
  static Tensor indexCopy(Tensor x, int dim, Tensor index, Tensor source) {
    return indexStore(Store.REPLACE, x, dim, index, source);
  }

  private static Tensor indexStore(Store store, Tensor x, int dim, Tensor index, Tensor source) {
    String name = store == Store.ADD ? "indexAdd" : "indexCopy";
    Tensor positions = vector(name, index);
    int axis = x.shape().axis(name, dim);
    if (x.dim() == 0) {
      checkOne(name, positions);
    }
    Shape expected = x.dim() == 0 ? Shape.scalar() : x.shape().with(axis, positions.numel());
    if (!source.shape().equals(expected)) {
      throw new IllegalArgumentException(
          name + ": the source has shape " + source.shape() + ", but " + expected + " is written");
    }
    if (source.dtype() != x.dtype()) {
      throw new IllegalArgumentException(
          name + ": a source of " + source.dtype() + " for a tensor of " + x.dtype());
    }
    Tensor values = Copying.contiguous(source);
    Tensor y;
    try (var _ = GradMode.disable()) {
      y = Copying.copy(x);
    }
    try {
      if (x.dim() == 0) {
        Strided line = y.data().with(Shape.of(1).contiguous());
        Strided lineOfValues = values.data().with(values.layout().unsqueeze(0));
        write(store, line, 0, positions, lineOfValues);
      } else {
        write(store, y.data(), axis, positions, values.data());
      }
    } catch (IndexOutOfBoundsException e) {
      throw outOfRange(name, x, axis, e);
    }
    Reference.reachabilityFence(values);
    if ((x.requiresGrad() || values.requiresGrad()) && GradMode.isEnabled()) {
      Saved kept = new Saved(positions);
      Operation.Rule<Tensor> forX =
          store == Store.ADD ? g -> g : g -> indexCopy(g, axis, kept.get(), g.newZeros(expected));
      y.setHistory(
          Operation.of(
              store == Store.ADD ? "IndexAddBackward" : "IndexCopyBackward",
              Gradients.input(x, forX),
              Gradients.input(values, g -> indexSelect(g, axis, kept.get()))));
    }
    return y;
  }

  private static void write(Store store, Strided y, int axis, Tensor positions, Strided values) {
    Backends.cpu().indexPut(store, values, axis, positions.data(), y);
    Reference.reachabilityFence(positions);
  }

  /** Adds {@code values} to a fresh 1-d tensor at flat positions, unrecorded. */
  static void addAt(Tensor flat, Tensor positions, Tensor values) {
    Shape line = Shape.of(values.numel());
    Tensor from = Copying.contiguous(ViewOps.reshape(values.detach(), line));
    Tensor at = ViewOps.reshape(positions, line);
    Backends.of("addAt", flat, values).indexPut(Store.ADD, from.data(), 0, at.data(), flat.data());
    Reference.reachabilityFence(from);
    Reference.reachabilityFence(at);
  }

  // ---- single elements along a dimension

  static Tensor gather(Tensor x, int dim, Tensor given) {
    Tensor index = positions("gather", given);
    if (x.dim() == 0 || index.dim() == 0) {
      return ViewOps.reshape(gather(line(x), dim, line(index)), index.shape());
    }
    checkAligned("gather", x.shape(), dim, index);
    int axis = x.shape().axis("gather", dim);
    Strided out = x.data().like(index.shape(), x.dtype());
    Backend backend = Backends.of("gather", x, index);
    try {
      if (index.numel() > 0) {
        backend.gather(x.data(), axis, index.data(), out);
      }
    } catch (IndexOutOfBoundsException e) {
      throw outOfRange("gather", x, axis, e);
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
              Gradients.input(x, g -> scatterAdd(g.newZeros(from), axis, kept.get(), g))));
    }
    return y;
  }

  static Tensor scatterAdd(Tensor x, int dim, Tensor index, Tensor source) {
    return scatter(Store.ADD, x, dim, index, source);
  }

  /**
   * A copy of {@code x} in which the elements that {@code index} names are replaced by (or added
   * to) those of {@code source}.
   */
  static Tensor scatter(Store store, Tensor x, int dim, Tensor given, Tensor source) {
    String name = store == Store.ADD ? "scatterAdd" : "scatter";
    Tensor index = positions(name, given);
    if (x.dim() == 0 || index.dim() == 0 || source.dim() == 0) {
      Tensor line = scatter(store, line(x), dim, line(index), line(source));
      return ViewOps.reshape(line, x.shape());
    }
    if (source.dtype() != x.dtype()) {
      throw new IllegalArgumentException(
          name + ": a source of " + source.dtype() + " for a tensor of " + x.dtype());
    }
    checkAligned(name, x.shape(), dim, index);
    if (index.dim() != x.dim()) {
      return Copying.copy(x);
    }
    int axis = x.shape().axis(name, dim);
    Tensor values = source;
    if (!source.shape().equals(index.shape())) {
      for (int i = 0; i < index.dim(); i++) {
        if (source.dim() != index.dim() || index.size(i) > source.size(i)) {
          throw new IllegalArgumentException(
              name
                  + ": the index has shape "
                  + index.shape()
                  + " and the source only "
                  + source.shape());
        }
        values = values.narrow(i, 0, index.size(i));
      }
    }
    Tensor y;
    try (var _ = GradMode.disable()) {
      y = Copying.copy(x);
    }
    Backend backend = Backends.of(name, x, source);
    try {
      backend.scatter(store, values.data(), axis, index.data(), y.data());
    } catch (IndexOutOfBoundsException e) {
      throw outOfRange(name, x, axis, e);
    }
    Reference.reachabilityFence(values);
    Reference.reachabilityFence(index);
    if ((x.requiresGrad() || values.requiresGrad()) && GradMode.isEnabled()) {
      Saved kept = new Saved(index);
      Operation.Rule<Tensor> forX =
          store == Store.ADD
              ? g -> g
              : g -> scatter(Store.REPLACE, g, axis, kept.get(), g.newZeros(kept.get().shape()));
      y.setHistory(
          Operation.of(
              store == Store.ADD ? "ScatterAddBackward" : "ScatterBackward",
              Gradients.input(x, forX),
              Gradients.input(values, g -> gather(g, axis, kept.get()))));
    }
    return y;
  }

  // ---- masks

  /** The flat positions of the true elements, 1-d int64. */
  static Tensor truePositions(Tensor mask) {
    Tensor flags = Copying.contiguous(mask);
    Backend backend = Backends.of(mask.device());
    Strided out = flags.data().like(Shape.of(backend.countTrue(flags.data())), DType.INT64);
    backend.positions(flags.data(), out);
    Reference.reachabilityFence(flags);
    return new Tensor(out);
  }

  // ---- shared

  /** What a kernel found, in the words of the operation that was called. */
  private static IndexOutOfBoundsException outOfRange(
      String name, Tensor x, int axis, IndexOutOfBoundsException found) {
    String text = String.valueOf(found.getMessage());
    String what = text.substring(text.indexOf(' ') + 1); // without the kernel's own name
    var error =
        new IndexOutOfBoundsException(
            name + ": " + what + ", dim " + axis + " of shape " + x.shape());
    error.initCause(found);
    return error;
  }

  private static Tensor vector(String name, Tensor index) {
    checkIntegers(name, index);
    if (index.dim() > 1) {
      throw new IllegalArgumentException(
          name + ": the index must have one dimension, not shape " + index.shape());
    }
    return Copying.contiguous(
        ViewOps.reshape(Copying.cast(index, DType.INT64), Shape.of(index.numel())));
  }

  static void checkIntegers(String name, Tensor index) {
    if (!index.dtype().isInteger()) {
      throw new IllegalArgumentException(
          name + ": an index must have an integer dtype, not " + index.dtype());
    }
  }

  /** The index as int64: PyTorch takes int32 too, and without elements any integers. */
  private static Tensor positions(String name, Tensor index) {
    DType dtype = index.dtype();
    boolean fits = dtype == DType.INT64 || dtype == DType.INT32 || index.numel() == 0;
    if (!fits || !dtype.isInteger()) {
      throw new IllegalArgumentException(name + ": the index must be int64 or int32, not " + dtype);
    }
    return Copying.cast(index, DType.INT64);
  }

  /** A scalar as one dimension of size 1; any other tensor as it is. */
  private static Tensor line(Tensor x) {
    return x.dim() == 0 ? ViewOps.reshape(x, Shape.of(1)) : x;
  }

  /** An index without elements fits whatever its shape is. */
  private static void checkAligned(String name, Shape shape, int dim, Tensor index) {
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
