package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.IndexKernels;
import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.IndexKernels.Store;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import dev.chagres.memory.raw.RawMemory;
import java.lang.ref.Reference;
import java.util.function.Supplier;

/**
 * The places of a tensor that an index names along a dimension, whole slices or single elements,
 * and the door of writing there. A scalar is a line of one element.
 */
final class Places {
  private final Kind kind;
  private final String name;
  private final Shape shape;
  private final int axis;
  private final Supplier<Tensor> index;
  private final Negatives negatives;

  /** What an index names. */
  private enum Kind {
    /** A slice for each position of a vector. */
    SLICES("IndexAddBackward", "IndexCopyBackward"),
    /** An element for each element of an index with as many dimensions as the tensor. */
    ELEMENTS("ScatterAddBackward", "ScatterBackward");

    private final String adds;
    private final String replaces;

    Kind(String adds, String replaces) {
      this.adds = adds;
      this.replaces = replaces;
    }
  }

  private Places(
      Kind kind, String name, Shape shape, int axis, Supplier<Tensor> index, Negatives negatives) {
    this.kind = kind;
    this.name = name;
    this.shape = shape;
    this.axis = axis;
    this.index = index;
    this.negatives = negatives;
  }

  /** The slices of {@code x} at the positions in a vector. */
  static Places slices(String name, Tensor x, int dim, Tensor index) {
    return slices(name, x, dim, index, Negatives.BAD);
  }

  static Places slices(String name, Tensor x, int dim, Tensor index, Negatives negatives) {
    Tensor positions = IndexOps.vector(name, index);
    int axis = x.shape().axis(name, dim);
    if (x.dim() == 0) {
      IndexOps.checkOne(name, positions);
    }
    Shape shape = IndexOps.line(x).shape();
    return new Places(Kind.SLICES, name, shape, axis, () -> positions, negatives);
  }

  /** The elements of {@code x} that an index names, each in the line where it is itself. */
  static Places elements(String name, Tensor x, int dim, Tensor index) {
    return elements(name, x, dim, index, Negatives.BAD);
  }

  static Places elements(String name, Tensor x, int dim, Tensor index, Negatives negatives) {
    Tensor positions = IndexOps.line(IndexOps.positions(name, index));
    Shape shape = IndexOps.line(x).shape();
    IndexOps.checkAligned(name, shape, dim, positions);
    int axis = shape.axis(name, dim);
    return new Places(Kind.ELEMENTS, name, shape, axis, () -> positions, negatives);
  }

  String name() {
    return name;
  }

  /** The same places, as a gradient rule may keep them. */
  Places saved() {
    return new Places(kind, name, shape, axis, new Saved(index.get())::get, negatives);
  }

  /** An index without elements fits a tensor of any number of dimensions. */
  private boolean isNothing() {
    return kind == Kind.ELEMENTS && index.get().numel() == 0;
  }

  /**
   * Returns the part of a source that is written, with a dimension at least.
   *
   * @throws IllegalArgumentException if the shape or the dtype does not fit
   */
  Tensor values(Tensor x, Tensor source) {
    if (source.dtype() != x.dtype()) {
      throw new IllegalArgumentException(
          name + ": a source of " + source.dtype() + " for a tensor of " + x.dtype());
    }
    return switch (kind) {
      case SLICES -> slices(x, source);
      case ELEMENTS -> elements(IndexOps.line(source));
    };
  }

  private Tensor slices(Tensor x, Tensor source) {
    Shape expected = x.dim() == 0 ? x.shape() : shape.with(axis, index.get().numel());
    if (!source.shape().equals(expected)) {
      throw new IllegalArgumentException(
          name + ": the source has shape " + source.shape() + ", but " + expected + " is written");
    }
    return IndexOps.line(source);
  }

  private Tensor elements(Tensor source) {
    Shape wanted = index.get().shape();
    Tensor values = source;
    for (int i = 0; i < wanted.dim() && !values.shape().equals(wanted); i++) {
      if (source.dim() != wanted.dim() || wanted.size(i) > source.size(i)) {
        throw new IllegalArgumentException(
            name + ": the index has shape " + wanted + " and the source only " + source.shape());
      }
      values = values.narrow(i, 0, wanted.size(i));
    }
    return values;
  }

  /** Returns the shape of what {@link #read} gives. */
  Shape valuesShape() {
    return switch (kind) {
      case SLICES -> shape.with(axis, index.get().numel());
      case ELEMENTS -> index.get().shape();
    };
  }

  /** Returns what is at the places of a tensor. */
  Tensor read(Tensor x) {
    return switch (kind) {
      case SLICES ->
          IndexOps.indexSelect("indexSelect", IndexOps.line(x), axis, index.get(), negatives);
      case ELEMENTS -> IndexOps.gather("gather", IndexOps.line(x), axis, index.get(), negatives);
    };
  }

  // ---- writing

  /** Returns a copy of {@code x} with a source written; REPLACE and ADD are differentiable. */
  Tensor write(Store store, Tensor x, Tensor source) {
    Tensor values = values(x, source);
    Tensor y;
    try (var _ = GradMode.disable()) {
      y = Copying.copy(x);
    }
    put(store, y, values);
    if ((x.requiresGrad() || values.requiresGrad()) && GradMode.isEnabled()) {
      Places kept = saved();
      boolean adds = store == Store.ADD;
      y.setHistory(
          Operation.of(
              adds ? kind.adds : kind.replaces,
              Gradients.input(x, adds ? g -> g : kept::cleared),
              Gradients.input(values, kept::read)));
    }
    return y;
  }

  /** Returns a copy with zeros at the places. */
  Tensor cleared(Tensor x) {
    Tensor zeros = Creation.full(x.device(), Shape.scalar(), 0, x.dtype());
    return write(Store.REPLACE, x, ViewOps.expand(zeros, sourceShape(x)));
  }

  /** Returns the shape that a source has. */
  Shape sourceShape(Tensor x) {
    return x.dim() == 0 && kind == Kind.SLICES ? x.shape() : valuesShape();
  }

  /** Returns a source of one value for all places. */
  Tensor filled(Tensor x, Number value) {
    return ViewOps.expand(Creation.scalar(x.device(), name, value, x.dtype()), sourceShape(x));
  }

  /** Writes a source into {@code x}, which is returned. */
  Tensor write_(Store store, Tensor x, Tensor source) {
    if (Writing.isRecorded(name, x, source)) {
      return Writing.assign(name, x, write(store, x, source));
    }
    try (var _ = GradMode.disable()) {
      Tensor values = values(x, source);
      Writing.check(name, x, x.shape(), x.dtype());
      apart(x).put(store, x, apart(x, values));
    }
    RawMemory.bumpVersion(x.storage());
    return x;
  }

  /** The same places, named by an index that writing to a tensor leaves as it is. */
  Places apart(Tensor x) {
    Tensor own = apart(x, index.get());
    return new Places(kind, name, shape, axis, () -> own, negatives);
  }

  /** An operand, or a copy of it where it shares its memory with what is written. */
  static Tensor apart(Tensor target, Tensor operand) {
    return operand.storage().sharesMemory(target.storage()) ? Copying.copy(operand) : operand;
  }

  /**
   * Writes values straight into a tensor whose memory none of them shares, unrecorded. Nothing is
   * written where a position is out of range.
   */
  void put(Store store, Tensor y, Tensor values) {
    if (isNothing()) {
      return;
    }
    IndexKernels kernels = Backends.of(name, y, values).indexing();
    Tensor positions = index.get();
    try (var _ = GradMode.disable()) {
      Strided target = y.dim() == 0 ? y.data().with(y.layout().unsqueeze(0)) : y.data();
      switch (kind) {
        case SLICES -> putSlices(kernels, store, y, target, Copying.contiguous(values));
        case ELEMENTS ->
            kernels.scatter(store, values.data(), axis, positions.data(), negatives, target);
      }
    } catch (IndexOutOfBoundsException e) {
      throw IndexOps.outOfRange(name, y, axis, e);
    }
    Reference.reachabilityFence(values);
    Reference.reachabilityFence(positions);
  }

  /** Slices are written where they lie in one block, else through a copy. */
  private void putSlices(
      IndexKernels kernels, Store store, Tensor y, Strided target, Tensor values) {
    Strided positions = index.get().data();
    if (target.layout().isContiguous()) {
      kernels.indexPut(store, values.data(), axis, positions, negatives, target);
    } else {
      Tensor block = Copying.copy(y);
      kernels.indexPut(store, values.data(), axis, positions, negatives, block.data());
      Backends.of(y.device()).elements().copy(block.data(), y.data());
      Reference.reachabilityFence(block);
    }
    Reference.reachabilityFence(values);
  }

  /** How many values each element of a tensor gets, beginning with this number. */
  Tensor counts(Tensor x, int first, DType dtype) {
    try (var _ = GradMode.disable()) {
      Tensor counts = Creation.full(x.device(), x.shape(), first, dtype);
      Tensor one = Creation.full(x.device(), Shape.scalar(), 1, dtype);
      put(Store.ADD, counts, ViewOps.expand(one, valuesShape()));
      return counts;
    }
  }
}
