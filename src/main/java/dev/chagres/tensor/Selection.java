package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.BinaryOp;
import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.IndexKernels.Store;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Numpy's indexing, as PyTorch does it: numbers, ranges, {@code ...} and {@code None} make a view;
 * then tensors, which broadcast with each other, name positions in it. Where their dimensions are
 * neighbours, the dimensions of the index tensors take their place, else they come first. A bool
 * tensor covers as many dimensions as it has and names the positions where it is true.
 */
final class Selection {
  private Selection() {}

  /**
   * Returns what the items name: a view, or a copy if there is a tensor or a negative step among
   * them.
   */
  static Tensor read(Tensor x, List<Index> items) {
    Walk walk = Walk.of(x, items);
    if (!walk.picks().isEmpty()) {
      return read("IndexBackward", walk);
    }
    Tensor view = walk.view();
    return view == x
        ? ViewOps.take("AliasBackward", x, layout -> layout)
        : turned(view, walk.backwards());
  }

  /** The same with some dimensions walked from their ends. */
  private static Tensor turned(Tensor x, List<Integer> dims) {
    return dims.isEmpty() ? x : x.flip(dims.stream().mapToInt(Integer::intValue).toArray());
  }

  private static List<Integer> turnedResult(Walk walk, Positions positions) {
    return walk.backwards().stream().map(positions::resultDim).toList();
  }

  /** Returns the elements where the mask, broadcast with {@code x}, is true, as one dimension. */
  static Tensor masked(Tensor x, Tensor mask) {
    checkMask("maskedSelect", mask);
    Shape shape = Shape.broadcast(x.shape(), mask.shape());
    if (shape == null) {
      throw new IllegalArgumentException(
          "maskedSelect: shapes " + x.shape() + " and " + mask.shape() + " do not broadcast");
    }
    Index where = Index.of(ViewOps.expand(mask, shape));
    return read("MaskedSelectBackward", Walk.of(ViewOps.expand(x, shape), List.of(where)));
  }

  static void checkMask(String name, Tensor mask) {
    if (given(name, "mask", mask).dtype() != DType.BOOL) {
      throw new IllegalArgumentException(name + ": the mask must be bool, not " + mask.dtype());
    }
  }

  /** Returns a copy with a value where the mask, broadcast, is true. */
  static Tensor fill(String name, Tensor x, Tensor mask, Number value) {
    checkMask(name, mask);
    return chosen(name, x, mask, Creation.constant(x.device(), name, value, x.dtype()));
  }

  /** The same for the value of a 0-d tensor, which is cast. */
  static Tensor fill(String name, Tensor x, Tensor mask, Tensor value) {
    checkMask(name, mask);
    return chosen(name, x, mask, scalar(name, value, x.dtype()));
  }

  private static Tensor chosen(String name, Tensor x, Tensor mask, Tensor value) {
    Tensor y = Elementwise.where(name, mask, value, x, of -> of[0].shape().contiguous());
    return Gradients.named("MaskedFillBackward", y, x);
  }

  /** A 0-d tensor's element everywhere; a function of {@code x}, whose gradient is 0. */
  static Tensor filled(Tensor x, Tensor value) {
    Tensor y =
        Elementwise.where("fill", Creation.constant(x.device(), "fill", 0, DType.BOOL), x, value);
    return Gradients.named("FillBackward", y, x);
  }

  /** A value that PyTorch wants to be a scalar and to fit in the dtype, cast. */
  static Tensor scalar(String name, Tensor value, DType dtype) {
    if (given(name, "value", value).dim() != 0) {
      throw new IllegalArgumentException(
          name + ": the value must be a tensor without dimensions, not of shape " + value.shape());
    }
    if (!Scalars.fitsAlways(value.dtype(), dtype)) {
      Tensor plain = value.detach();
      Scalars.fitting(name, plain.dtype().isFloating() ? plain.item() : plain.itemLong(), dtype);
    }
    return Copying.cast(value, dtype);
  }

  /**
   * Returns the indices (n, dim) of the n elements that are not zero in row-major order, int64. As
   * in PyTorch a column lies in one piece.
   */
  static Tensor nonzero(Tensor x) {
    List<Tensor> columns = columns(x);
    return columns.isEmpty()
        ? Creation.empty(
            x.device(), Shape.of(IndexOps.truePositions(truth(x)).numel(), 0), DType.INT64)
        : Joining.stack(columns, 0).t();
  }

  /** Returns where the elements that are not zero are, a vector for each dimension. */
  static List<Tensor> columns(Tensor x) {
    if (x.dim() == 0) {
      return List.of();
    }
    Tensor rest = IndexOps.truePositions(truth(x));
    List<Tensor> columns = new ArrayList<>();
    for (int dim = x.dim() - 1; dim > 0; dim--) {
      long size = Math.max(1, x.size(dim));
      columns.addFirst(rest.remainder(size));
      rest = rest.floorDivide(size);
    }
    columns.addFirst(rest);
    return columns;
  }

  private static Tensor truth(Tensor x) {
    return x.dtype() == DType.BOOL ? x : x.ne(0);
  }

  static Store store(String name, Accumulate accumulate) {
    return switch (given(name, "accumulate", accumulate)) {
      case ACCUMULATE -> Store.ADD;
      case REPLACE -> Store.REPLACE;
    };
  }

  /** Writes values of the same dtype into {@code x}, which is returned. */
  static Tensor indexPut(
      String name, Tensor x, Tensor values, Accumulate accumulate, Index... items) {
    if (values.dtype() != x.dtype()) {
      throw new IllegalArgumentException(
          name + ": values of " + values.dtype() + " for a tensor of " + x.dtype());
    }
    write(name, store(name, accumulate), x, Arrays.asList(items), values);
    return x;
  }

  /** Writes a value, broadcast and cast, to what the items name. */
  static void write(String name, Store store, Tensor x, List<Index> items, Tensor value) {
    items.forEach(item -> given(name, "an item", item));
    Walk walk = Walk.of(x, items);
    Tensor target = walk.view();
    Positions positions = walk.picks().isEmpty() ? null : Positions.of(walk);
    Shape shape = positions == null ? target.shape() : positions.resultShape();
    Tensor source = withoutLeadingOnes(Backends.joined(value, x.device()), shape.dim());
    if (!shape.equals(Shape.broadcast(shape, source.shape()))) {
      throw new IllegalArgumentException(
          name
              + ": a value of shape "
              + value.shape()
              + " does not broadcast to "
              + shape
              + ", what is written to");
    }
    if (!walk.backwards().isEmpty()) {
      List<Integer> dims = positions == null ? walk.backwards() : turnedResult(walk, positions);
      source = turned(ViewOps.expand(source, shape), dims);
    }
    if (positions != null) {
      write(name, store, target, positions, source);
    } else if (store == Store.ADD) {
      Elementwise.binaryInPlace(BinaryOp.ADD, target, Copying.cast(source, target.dtype()));
    } else {
      Copying.into(name, target, source);
    }
  }

  private static void write(
      String name, Store store, Tensor target, Positions positions, Tensor source) {
    if (Writing.isRecorded(name, target, source)) {
      Writing.assign(name, target, written(store, target, positions, source));
    } else {
      Writing.check(name, target, target.shape(), target.dtype());
      overwrite(store, target, positions, source);
    }
  }

  private static Tensor withoutLeadingOnes(Tensor value, int dims) {
    Shape shape = value.shape();
    int drop = 0;
    while (shape.dim() - drop > dims && shape.size(drop) == 1) {
      drop++;
    }
    return drop == 0 ? value : ViewOps.reshape(value, shape.slice(drop, shape.dim()));
  }

  private static Tensor read(String name, Walk walk) {
    Tensor x = walk.view();
    Positions positions = Positions.of(walk);
    Tensor y;
    try (var _ = GradMode.disable()) {
      Tensor slices = positions.select(positions.flat(x));
      Tensor found = ViewOps.reshape(slices, positions.resultShape());
      y = Copying.arranged(new Tensor(found.data()), positions.resultLayout(x));
    }
    if (x.requiresGrad() && GradMode.isEnabled()) {
      Saved kept = new Saved(positions.index());
      y.setHistory(
          Operation.of(
              name,
              Gradients.input(
                  x,
                  g -> {
                    Tensor zeros = g.newZeros(positions.flatShape());
                    Tensor slices = ViewOps.reshape(g, positions.slicesShape());
                    return positions.unflat(
                        IndexOps.indexAdd(
                            zeros, positions.dim(), kept.get(), Negatives.FROM_END, slices));
                  })));
    }
    return turned(y, turnedResult(walk, positions));
  }

  /** A copy with a value written, as a part of the graph. */
  private static Tensor written(Store store, Tensor x, Positions positions, Tensor source) {
    Tensor value = Copying.cast(source, x.dtype());
    Tensor y;
    try (var _ = GradMode.disable()) {
      y =
          new Tensor(
              positions
                  .unflat(positions.write(store, positions.flat(x), positions.slices(value)))
                  .data());
    }
    Saved kept = new Saved(positions.index());
    Shape from = value.shape();
    y.setHistory(
        Operation.of(
            "IndexPutBackward",
            Gradients.input(
                x,
                g -> {
                  if (store == Store.ADD) {
                    return g;
                  }
                  Tensor zeros = g.newZeros(positions.slicesShape());
                  Tensor flat = positions.flat(g);
                  return positions.unflat(
                      positions.places(flat, kept.get()).write(Store.REPLACE, flat, zeros));
                }),
            Gradients.input(
                value,
                g -> {
                  Tensor flat = positions.flat(g);
                  Tensor slices = positions.places(flat, kept.get()).read(flat);
                  return Reducing.sumTo(ViewOps.reshape(slices, positions.resultShape()), from);
                })));
    return y;
  }

  /** Writes straight into the memory where it is one block, else through a copy. */
  private static void overwrite(Store store, Tensor x, Positions positions, Tensor source) {
    try (var _ = GradMode.disable()) {
      Tensor value = Copying.cast(source, x.dtype());
      Tensor slices =
          positions.slices(value.storage().sharesMemory(x.storage()) ? Copying.copy(value) : value);
      Tensor moved = positions.moved(x);
      if (moved.isContiguous()) {
        positions.writeInPlace(store, ViewOps.reshape(moved, positions.flatShape()), slices);
      } else {
        Tensor flat = positions.write(store, positions.flat(x), slices);
        Writing.store(ViewOps.reshape(flat, moved.shape()), moved);
      }
    }
  }
}
