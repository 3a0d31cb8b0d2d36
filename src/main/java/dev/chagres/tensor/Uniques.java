package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Shape;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;

/** Different elements and different slices: what is not equal to the one before it, once sorted. */
final class Uniques {
  private Uniques() {}

  static Unique sorted(Tensor x) {
    try (var _ = GradMode.disable()) {
      Located sorted = Ordering.sortedVector(flat(x));
      return runs(sorted.values(), sorted.indices(), x.shape());
    }
  }

  static Unique consecutive(Tensor x) {
    try (var _ = GradMode.disable()) {
      Tensor all = flat(x);
      return runs(all, Creation.positions(x.device(), Shape.of(all.numel())), x.shape());
    }
  }

  private static Tensor flat(Tensor x) {
    return ViewOps.reshape(x.detach(), Shape.of(x.numel()));
  }

  /** Slices in lexicographic order. */
  static Unique sorted(Tensor x, int dim) {
    return slices("unique", x, dim, Arrangement.SORTED);
  }

  static Unique consecutive(Tensor x, int dim) {
    return slices("uniqueConsecutive", x, dim, Arrangement.AS_THEY_ARE);
  }

  private enum Arrangement {
    SORTED,
    AS_THEY_ARE
  }

  private static Unique slices(String name, Tensor x, int dim, Arrangement arrangement) {
    int axis = x.shape().axis(name, dim);
    if (x.dim() == 0) {
      Unique one = consecutive(x);
      return new Unique(one.values(), ViewOps.reshape(one.inverse(), Shape.of(1)), one.counts());
    }
    long count = x.size(axis);
    if (x.numel() == 0 && count > 0) {
      throw new IllegalArgumentException(
          name + ": the slices along dim " + dim + " of shape " + x.shape() + " are empty");
    }
    try (var _ = GradMode.disable()) {
      Tensor front = x.detach().permute(moved(x.dim(), axis, 0));
      long each = count == 0 ? 1 : x.numel() / count;
      Tensor rows = Copying.contiguous(ViewOps.reshape(front, Shape.of(count, each)));
      Tensor order = Creation.positions(x.device(), Shape.of(count));
      if (arrangement == Arrangement.SORTED) {
        Strided places = rows.data().like(Shape.of(count), DType.INT64);
        Backends.of(x.device()).ordering().sortRows(rows.data(), places);
        Reference.reachabilityFence(rows);
        order = new Tensor(places);
      }
      Unique unique = runs(rows.indexSelect(0, order), order, Shape.of(count));
      Shape shape = front.shape().with(0, unique.values().size(0));
      Tensor values = ViewOps.reshape(unique.values(), shape).permute(moved(x.dim(), 0, axis));
      return new Unique(new Tensor(values.data()), unique.inverse(), unique.counts());
    }
  }

  /** The order of dimensions that has one of them elsewhere. */
  private static int[] moved(int dims, int from, int to) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < dims; i++) {
      order.add(i);
    }
    order.add(to, order.remove(/* index */ from));
    return order.stream().mapToInt(Integer::intValue).toArray();
  }

  /** The first of each run of equal elements or rows, which were at `places` before. */
  private static Unique runs(Tensor rows, Tensor places, Shape shape) {
    long count = rows.size(0);
    if (count == 0) {
      return new Unique(rows, Creation.full(rows.device(), shape, 0, DType.INT64), places);
    }
    Tensor changes = rows.narrow(0, 1, count - 1).ne(rows.narrow(0, 0, count - 1));
    if (changes.dim() > 1) {
      changes = changes.any(1);
    }
    Tensor starts = Tensor.cat(List.of(rows.newOnes(DType.BOOL, 1), changes), 0);
    Tensor firsts = IndexOps.truePositions(starts);
    Tensor ends =
        Tensor.cat(
            List.of(
                firsts.narrow(0, 1, firsts.numel() - 1),
                Creation.full(rows.device(), Shape.of(1), count, DType.INT64)),
            0);
    Tensor run = starts.cumsum(0).sub(1);
    Tensor inverse = run.zerosLike().scatter(0, places, run);
    return new Unique(
        rows.indexSelect(0, firsts), ViewOps.reshape(inverse, shape), ends.sub(firsts));
  }
}
