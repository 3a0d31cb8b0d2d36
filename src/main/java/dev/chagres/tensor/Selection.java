package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Numpy's indexing, as PyTorch does it: numbers, ranges, {@code ...} and {@code None} make a view;
 * then tensors, which broadcast with each other, name positions in it. Where their dimensions are
 * neighbours, the dimensions of the index tensors take their place, else they come first. A bool
 * tensor covers as many dimensions as it has and names the positions where it is true.
 */
final class Selection {
  private Selection() {}

  /** Returns what the items name: a view, or a copy if there is a tensor among them. */
  static Tensor read(Tensor x, List<Index> items) {
    Walk walk = Walk.of(x, items);
    if (walk.picks().isEmpty()) {
      return walk.view() == x ? ViewOps.take("AliasBackward", x, layout -> layout) : walk.view();
    }
    return read("IndexBackward", walk);
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

  private static void checkMask(String name, Tensor mask) {
    if (given(name, "mask", mask).dtype() != DType.BOOL) {
      throw new IllegalArgumentException(name + ": the mask must be bool, not " + mask.dtype());
    }
  }

  /** Returns a copy with a value where the mask, broadcast, is true. */
  static Tensor fill(String name, Tensor x, Tensor mask, Number value) {
    checkMask(name, mask);
    Tensor scalar = Creation.scalar(name, value, x.dtype());
    return Gradients.named("MaskedFillBackward", Elementwise.where(name, mask, scalar, x), x);
  }

  /** Returns the indices (n, dim) of the n true elements in row-major order, int64. */
  static Tensor nonzero(Tensor mask) {
    Tensor positions = IndexOps.truePositions(mask);
    int rank = mask.dim();
    if (rank == 0) {
      return Creation.empty(Shape.of(positions.numel(), 0), DType.INT64);
    }
    List<Tensor> columns = new ArrayList<>();
    Tensor rest = positions;
    for (int dim = rank - 1; dim > 0; dim--) {
      long size = Math.max(1, mask.size(dim));
      columns.addFirst(rest.remainder(size));
      rest = rest.floorDivide(size);
    }
    columns.addFirst(rest);
    return Joining.stack(columns, 1);
  }

  /** Overwrites what the items name with a value, broadcast and cast. */
  static void write(Tensor x, List<Index> items, Tensor value) {
    items.forEach(item -> given("put", "an item", item));
    Walk walk = Walk.of(x, items);
    Tensor target = walk.view();
    Positions positions = walk.picks().isEmpty() ? null : Positions.of(walk);
    Shape shape = positions == null ? target.shape() : positions.resultShape();
    Tensor source = withoutLeadingOnes(value, shape.dim());
    if (!shape.equals(Shape.broadcast(shape, source.shape()))) {
      throw new IllegalArgumentException(
          "put: a value of shape "
              + value.shape()
              + " does not broadcast to "
              + shape
              + ", what is written to");
    }
    if (positions == null) {
      Copying.into("put", target, source);
    } else if (Writing.isRecorded("put", target, source)) {
      assign(target, positions, source);
    } else {
      overwrite(target, positions, source);
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
      y = new Tensor(ViewOps.reshape(slices, positions.resultShape()).data());
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
                        IndexOps.indexAdd(zeros, positions.dim(), kept.get(), slices));
                  })));
    }
    return y;
  }

  /** Writes as a part of the graph. */
  private static void assign(Tensor x, Positions positions, Tensor source) {
    Tensor value = Copying.cast(source, x.dtype());
    Tensor y;
    try (var _ = GradMode.disable()) {
      y =
          new Tensor(
              positions
                  .unflat(positions.replace(positions.flat(x), positions.slices(value)))
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
                  Tensor zeros = g.newZeros(positions.slicesShape());
                  return positions.unflat(
                      IndexOps.indexCopy(positions.flat(g), positions.dim(), kept.get(), zeros));
                }),
            Gradients.input(
                value,
                g -> {
                  Tensor slices =
                      IndexOps.indexSelect(positions.flat(g), positions.dim(), kept.get());
                  return Reducing.sumTo(ViewOps.reshape(slices, positions.resultShape()), from);
                })));
    Writing.assign("put", x, y);
  }

  /** Writes straight into the memory where it is one block, else through a copy. */
  private static void overwrite(Tensor x, Positions positions, Tensor source) {
    Writing.check("put", x, x.shape(), x.dtype());
    try (var _ = GradMode.disable()) {
      Tensor value = Copying.cast(source, x.dtype());
      Tensor slices =
          positions.slices(value.storage().sharesMemory(x.storage()) ? Copying.copy(value) : value);
      Tensor moved = positions.moved(x);
      if (moved.isContiguous()) {
        positions.replaceInPlace(ViewOps.reshape(moved, positions.flatShape()), slices);
      } else {
        Tensor flat = positions.replace(positions.flat(x), slices);
        Writing.store(ViewOps.reshape(flat, moved.shape()), moved);
      }
    }
  }
}
