package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.IndexKernels.Store;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Reading and writing at positions, composed of the doors of it. */
final class IndexForms {
  private IndexForms() {}

  // ---- whole slices

  /** A source times a number, which acts in the dtype of what it is added to. */
  static Tensor scaled(String name, Tensor source, Number alpha) {
    DType dtype = source.dtype();
    return switch (dtype.kind()) {
      case FLOATING -> source.mul(Scalars.fitting(name, alpha, dtype));
      case INTEGER -> source.mul(Scalars.fitting(name, alpha, dtype).longValue());
      case BOOL -> alpha.doubleValue() == 0 ? source.zerosLike() : source;
    };
  }

  /** A copy with a value, a 0-d tensor, at the positions in a vector. */
  static Tensor indexFill(String name, Tensor x, int dim, Tensor index, Tensor value) {
    Tensor scalar = Selection.scalar(name, value, x.dtype());
    int axis = x.shape().axis(name, dim);
    Shape sizes = IndexOps.line(x).shape();
    Tensor mask = Creation.full(x.device(), Shape.of(sizes.size(axis)), 0, DType.BOOL);
    Places places = Places.slices(name, mask, 0, index, Negatives.FROM_END);
    places.put(Store.REPLACE, mask, places.filled(mask, 1));
    long[] along = new long[sizes.dim()];
    Arrays.fill(along, 1);
    along[axis] = sizes.size(axis);
    Tensor chosen = ViewOps.reshape(mask, x.dim() == 0 ? Shape.scalar() : Shape.of(along));
    return Gradients.named("IndexFillBackward", Elementwise.where(name, chosen, scalar, x), x);
  }

  static Tensor indexFill_(Tensor x, int dim, Tensor index, Tensor value) {
    String name = "indexFill_";
    if (Writing.isRecorded(name, x, value)) {
      return Writing.assign(name, x, indexFill(name, x, dim, index, value));
    }
    Tensor scalar = Backends.joined(Selection.scalar(name, value, x.dtype()), x.device());
    Places places = Places.slices(name, x, dim, index, Negatives.FROM_END);
    return places.write_(Store.REPLACE, x, ViewOps.expand(scalar, places.sourceShape(x)));
  }

  // ---- positions in the order of the elements

  private static Tensor flat(Tensor x) {
    return ViewOps.reshape(x, Shape.of(x.numel()));
  }

  /** Writes to the elements in their order, straight into the memory where it is one block. */
  private static Tensor overwritten(
      String name, Tensor x, Tensor source, Consumer<Tensor> direct, Supplier<Tensor> apart) {
    if (Writing.isRecorded(name, x, source)) {
      return Writing.assign(name, x, apart.get());
    }
    try (var _ = GradMode.disable()) {
      Writing.check(name, x, x.shape(), x.dtype());
      if (x.isContiguous()) {
        direct.accept(flat(x));
      } else {
        Writing.store(apart.get(), x);
      }
    }
    return x;
  }

  static Tensor take(Tensor x, Tensor index) {
    Tensor positions = flat(IndexOps.positions("take", index));
    Tensor y = IndexOps.indexSelect("take", flat(x), 0, positions, Negatives.FROM_END);
    return Gradients.named("TakeBackward", ViewOps.reshape(y, index.shape()), x);
  }

  private static Places flatPlaces(String name, Tensor flat, Tensor index) {
    Tensor positions = flat(IndexOps.positions(name, index));
    return Places.slices(name, flat, 0, positions, Negatives.FROM_END);
  }

  static Tensor putFlat(String name, Store store, Tensor x, Tensor index, Tensor source) {
    Tensor flat = flat(x);
    Tensor y = flatPlaces(name, flat, index).write(store, flat, flat(source));
    Tensor shaped = Copying.lying(ViewOps.reshape(y, x.shape()), x.layout().dense());
    return Gradients.named("PutBackward", shaped, x);
  }

  static Tensor putFlat_(Store store, Tensor x, Tensor index, Tensor source) {
    String name = "putFlat_";
    return overwritten(
        name,
        x,
        source,
        flat -> flatPlaces(name, flat, index).write_(store, flat, flat(source)),
        () -> putFlat(name, store, x, index, source));
  }

  // ---- masks

  static Tensor maskedScatter(String name, Tensor x, Tensor mask, Tensor source) {
    Selection.checkMask(name, mask);
    Shape shape = Shape.broadcast(x.shape(), mask.shape());
    if (shape == null) {
      throw new IllegalArgumentException(
          name + ": shapes " + x.shape() + " and " + mask.shape() + " do not broadcast");
    }
    Tensor flat = flat(ViewOps.expand(x, shape));
    Tensor positions = IndexOps.truePositions(ViewOps.expand(mask, shape));
    Tensor y =
        Places.slices(name, flat, 0, positions)
            .write(Store.REPLACE, flat, firstOf(name, source, positions.numel()));
    return Gradients.named("MaskedScatterBackward", ViewOps.reshape(y, shape), x);
  }

  static Tensor maskedScatter_(Tensor x, Tensor mask, Tensor source) {
    String name = "maskedScatter_";
    Selection.checkMask(name, mask);
    if (!x.shape().equals(Shape.broadcast(x.shape(), mask.shape()))) {
      throw new IllegalArgumentException(
          name + ": a mask of shape " + mask.shape() + " does not broadcast to " + x.shape());
    }
    return overwritten(
        name,
        x,
        source,
        flat -> {
          Tensor positions = IndexOps.truePositions(ViewOps.expand(mask, x.shape()));
          Places.slices(name, flat, 0, positions)
              .write_(Store.REPLACE, flat, firstOf(name, source, positions.numel()));
        },
        () -> maskedScatter(name, x, mask, source));
  }

  /** The elements that a mask with so many true ones takes. */
  private static Tensor firstOf(String name, Tensor source, long count) {
    if (source.numel() < count) {
      throw new IllegalArgumentException(
          name
              + ": the mask is true "
              + count
              + " times, but the source has only "
              + source.numel()
              + " elements");
    }
    return flat(source).narrow(0, 0, count);
  }

  // ---- elements along a dimension

  static Tensor takeAlongDim(Tensor x, Tensor index, int dim) {
    String name = "takeAlongDim";
    if (x.dim() != index.dim() || x.dim() == 0) {
      throw new IllegalArgumentException(
          name
              + ": an index of shape "
              + index.shape()
              + " needs a tensor with as many dimensions, at least one, not "
              + x.shape());
    }
    int axis = x.shape().axis(name, dim);
    Shape common = Shape.broadcast(x.shape().with(axis, 1), index.shape().with(axis, 1));
    if (common == null) {
      throw new IllegalArgumentException(
          name
              + ": shapes "
              + x.shape()
              + " and "
              + index.shape()
              + " do not broadcast outside dim "
              + axis);
    }
    return IndexOps.gather(
        name,
        ViewOps.expand(x, common.with(axis, x.size(axis))),
        axis,
        ViewOps.expand(index, common.with(axis, index.size(axis))),
        Negatives.FROM_END);
  }

  static Tensor takeAlongDim(Tensor x, Tensor index) {
    return IndexOps.gather("takeAlongDim", flat(x), 0, flat(index), Negatives.FROM_END);
  }

  // ---- positions

  /** As many rows of {@link Tensor#nonzero} as are wanted, filled up where it has fewer. */
  static Tensor nonzeroStatic(Tensor x, long size, long fill) {
    if (size < 0) {
      throw new IllegalArgumentException("nonzeroStatic: a size may not be negative: " + size);
    }
    Tensor found = Selection.nonzero(x);
    long missing = size - found.size(0);
    if (missing <= 0) {
      return Copying.copy(found.narrow(0, 0, size));
    }
    Shape rest = Creation.shape("nonzeroStatic", missing, x.dim());
    return Tensor.cat(List.of(found, Creation.full(x.device(), rest, fill, DType.INT64)), 0);
  }

  static List<Tensor> unravelIndex(Tensor index, long... sizes) {
    String name = "unravelIndex";
    if (!index.dtype().isInteger()) {
      throw new IllegalArgumentException(name + ": positions are integers, not " + index.dtype());
    }
    Shape shape = Creation.shape(name, sizes);
    if (shape.numel() == 0 && index.numel() > 0) {
      throw new IllegalArgumentException(name + ": shape " + shape + " has no elements");
    }
    Tensor positions = Copying.cast(index, DType.INT64);
    int rank = shape.dim();
    if (shape.numel() == 0) {
      return Stream.generate(() -> Copying.copy(positions)).limit(rank).toList();
    }
    long[] inside = new long[rank];
    for (int dim = rank - 1; dim >= 0; dim--) {
      inside[dim] = dim == rank - 1 ? 1 : inside[dim + 1] * shape.size(dim + 1);
    }
    Device device = index.device();
    Tensor rows = positions.unsqueeze(-1).floorDivide(Tensor.of(inside).to(device));
    return rows.remainder(Tensor.of(sizes).to(device)).unbind(-1);
  }
}
