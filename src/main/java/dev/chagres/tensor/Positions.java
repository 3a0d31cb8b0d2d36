package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.IndexKernels.Store;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * The index tensors of one expression as one vector of positions in one dimension: the dimensions
 * that they cover are brought together (as they are if they are neighbours, else in front) and
 * flattened.
 */
final class Positions {
  private final Shape source;
  private final int sourceDim;
  private final int[] order;
  private final int dim;
  private final Shape movedShape;
  private final Shape flatShape;
  private final Shape resultShape;
  private final Layout[] named;
  private final Tensor index;

  private Positions(Walk walk) {
    List<Walk.Pick> picks = walk.picks();
    this.source = walk.source().shape();
    this.sourceDim = picks.getFirst().from();
    int[] covered = covered(picks);
    Shape shape = walk.view().shape();
    boolean neighbours = covered[covered.length - 1] - covered[0] == covered.length - 1;
    this.order = neighbours ? new int[0] : inFront(covered, shape.dim());
    this.dim = neighbours ? covered[0] : 0;
    this.movedShape = neighbours ? shape : permuted(shape, order);
    int end = dim + covered.length;
    Shape before = movedShape.slice(0, dim);
    Shape after = movedShape.slice(end, movedShape.dim());
    this.flatShape = before.concat(Shape.of(movedShape.slice(dim, end).numel())).concat(after);
    Tensor[] indices =
        picks.stream().map(pick -> integers(pick, walk.source().device())).toArray(Tensor[]::new);
    Shape common = common(indices);
    this.resultShape = before.concat(common).concat(after);
    this.named =
        Arrays.stream(indices).map(next -> next.layout().expand(common)).toArray(Layout[]::new);
    try (var _ = GradMode.disable()) {
      Tensor joined = indices.length == 1 ? indices[0] : linear(walk, indices, common);
      this.index = Copying.contiguous(ViewOps.reshape(joined, Shape.of(common.numel())));
    }
  }

  static Positions of(Walk walk) {
    return new Positions(walk);
  }

  private static int[] covered(List<Walk.Pick> picks) {
    return picks.stream()
        .flatMapToInt(pick -> IntStream.range(pick.dim(), pick.dim() + pick.dims()))
        .toArray();
  }

  private static int[] inFront(int[] covered, int rank) {
    IntStream others =
        IntStream.range(0, rank).filter(i -> IntStream.of(covered).noneMatch(j -> i == j));
    return IntStream.concat(IntStream.of(covered), others).toArray();
  }

  private static Shape permuted(Shape shape, int[] order) {
    return Shape.of(IntStream.of(order).mapToLong(shape::size).toArray());
  }

  /** As in PyTorch indices may be on the CPU whatever they are for. */
  private static Tensor integers(Walk.Pick pick, Device device) {
    Tensor index = pick.tensor();
    Tensor near = index.device().isCpu() ? Copying.moved(index.detach(), device) : index;
    if (!near.device().equals(device)) {
      throw new IllegalArgumentException(
          "index: an index tensor is on "
              + near.device()
              + " and the tensor on "
              + device
              + "; bring one to the other with to(device)");
    }
    return pick.isMask() ? IndexOps.truePositions(near) : Copying.cast(near, DType.INT64);
  }

  private static Shape common(Tensor[] indices) {
    Shape common = indices[0].shape();
    for (Tensor next : indices) {
      Shape wider = Shape.broadcast(common, next.shape());
      if (wider == null) {
        throw new IllegalArgumentException(
            "index: index tensors of shapes "
                + common
                + " and "
                + next.shape()
                + " do not broadcast");
      }
      common = wider;
    }
    return common;
  }

  /** Positions in the flattened dimensions, row-major, of positions in each. */
  private static Tensor linear(Walk walk, Tensor[] indices, Shape common) {
    Tensor joined = Creation.full(walk.source().device(), common, 0, DType.INT64);
    for (int i = 0; i < indices.length; i++) {
      Walk.Pick pick = walk.picks().get(i);
      long size = walk.view().shape().slice(pick.dim(), pick.dim() + pick.dims()).numel();
      Tensor next = indices[i];
      try {
        Backends.of("index", joined, next)
            .indexing()
            .joinIndex(ViewOps.expand(next, common).data(), size, joined.data());
      } catch (IndexOutOfBoundsException e) {
        checkRange(next, size, pick.from(), walk.source().shape());
        throw e;
      }
      Reference.reachabilityFence(next);
    }
    return joined;
  }

  private static void checkRange(Tensor positions, long size, int dim, Shape shape) {
    long least = positions.amin().itemLong();
    long greatest = positions.amax().itemLong();
    if (least < -size || greatest >= size) {
      throw Walk.outOfRange(least < -size ? least : greatest, dim, shape);
    }
  }

  /** Runs a kernel that checks the positions itself; the error then names what the user knows. */
  private Tensor named(Supplier<Tensor> kernel) {
    try {
      return kernel.get();
    } catch (IndexOutOfBoundsException e) {
      checkRange(index, flatShape.size(dim), sourceDim, source);
      throw e;
    }
  }

  /** The positions, 1-d int64, along {@link #dim()} of what {@link #flat} gives. */
  Tensor index() {
    return index;
  }

  int dim() {
    return dim;
  }

  /** The shape with the covered dimensions together as one. */
  Shape flatShape() {
    return flatShape;
  }

  /** The shape of the named slices, with the index tensors' dimensions as one. */
  Shape slicesShape() {
    return flatShape.with(dim, index.numel());
  }

  /** The shape of what the expression names. */
  Shape resultShape() {
    return resultShape;
  }

  /**
   * Where the elements lie that the expression names in {@code x}. PyTorch takes them for computed,
   * element by element, from x and the index tensors, each repeated in the other's dimensions.
   */
  Layout resultLayout(Tensor x) {
    Layout moved = moved(x).layout();
    int rank = resultShape.dim();
    int count = named[0].dim();
    Layout[] operands = new Layout[named.length + 1];
    for (int i = 0; i < operands.length; i++) {
      long[] strides = new long[rank];
      for (int to = 0; to < rank; to++) {
        boolean isIndex = to >= dim && to < dim + count;
        if (i > 0 && isIndex) {
          strides[to] = named[i - 1].stride(to - dim);
        } else if (i == 0 && !isIndex) {
          strides[to] = moved.stride(to < dim ? to : to + movedShape.dim() - rank);
        }
      }
      operands[i] = Layout.of(resultShape, strides, 0);
    }
    return Layout.dense(operands);
  }

  /** The covered dimensions brought together; a view. */
  Tensor moved(Tensor x) {
    return order.length == 0 ? x : x.permute(order);
  }

  Tensor flat(Tensor x) {
    return ViewOps.reshape(moved(x), flatShape);
  }

  /** The inverse of {@link #flat}. */
  Tensor unflat(Tensor flat) {
    Tensor moved = ViewOps.reshape(flat, movedShape);
    if (order.length == 0) {
      return moved;
    }
    int[] back = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      back[order[i]] = i;
    }
    return moved.permute(back);
  }

  /** A value, broadcast, as the slices to write. */
  Tensor slices(Tensor value) {
    return Copying.contiguous(ViewOps.reshape(ViewOps.expand(value, resultShape), slicesShape()));
  }

  Tensor select(Tensor flat) {
    return named(() -> IndexOps.indexSelect("indexSelect", flat, dim, index, Negatives.FROM_END));
  }

  /** A copy with the slices written, unrecorded. */
  Tensor write(Store store, Tensor flat, Tensor slices) {
    return named(() -> places(flat, index).write(store, flat, slices));
  }

  /** Writes the slices into a contiguous tensor, unrecorded. */
  void writeInPlace(Store store, Tensor flat, Tensor slices) {
    named(() -> places(flat, index).write_(store, flat, slices));
  }

  /** Where an index, kept or at hand, names slices of what {@link #flat} gives. */
  Places places(Tensor flat, Tensor positions) {
    return Places.slices("put", flat, dim, positions, Negatives.FROM_END);
  }

  /** The dimension of the result that a dimension of the view, which none covers, becomes. */
  int resultDim(int viewDim) {
    int moved = viewDim;
    for (int i = 0; i < order.length; i++) {
      moved = order[i] == viewDim ? i : moved;
    }
    int added = resultShape.dim() - movedShape.dim();
    return moved < dim ? moved : moved + added;
  }
}
