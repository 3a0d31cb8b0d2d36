package dev.chagres.tensor;

import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Index items applied to a tensor: the view that numbers, ranges and new dimensions make of it, and
 * the tensors that are left to name positions in that view.
 *
 * @param view the tensor itself where no item asks for a view
 * @param picks in the order of their dimensions
 */
record Walk(Tensor source, Tensor view, List<Walk.Pick> picks) {

  /**
   * An index tensor.
   *
   * @param dim the first dimension of the view that it covers
   * @param dims how many it covers; more than one only for a mask
   * @param from the first dimension of the tensor being indexed that it covers
   * @param tensor integer or bool
   */
  record Pick(int dim, int dims, int from, Tensor tensor) {
    boolean isMask() {
      return tensor.dtype() == DType.BOOL;
    }
  }

  static Walk of(Tensor x, List<Index> items) {
    return new Walker(x, items).walk();
  }

  /** The walk over the items, from the first dimension to the last. */
  private static final class Walker {
    private final Tensor x;
    private final List<Index> items;
    private final List<ViewOps.Lens> steps = new ArrayList<>();
    private final List<Pick> picks = new ArrayList<>();
    private String name = "AliasBackward";
    private int dim;
    private int from;

    Walker(Tensor x, List<Index> items) {
      this.x = x;
      this.items = items;
    }

    Walk walk() {
      int rest = x.dim() - count();
      for (Index item : items) {
        switch (item) {
          case Index.At(long position) -> select(position);
          case Index.Slice slice -> slice(slice);
          case Index.Ellipsis() -> {
            dim += rest;
            from += rest;
          }
          case Index.NewAxis() -> insert();
          case Index.Of(Tensor tensor) -> pick(tensor);
        }
      }
      Tensor view = steps.isEmpty() ? x : ViewOps.take(name, x, this::apply);
      return new Walk(x, view, List.copyOf(picks));
    }

    private Layout apply(Layout layout) {
      Layout result = layout;
      for (ViewOps.Lens step : steps) {
        result = step.apply(result);
      }
      return result;
    }

    /** Checks the items and returns how many dimensions they name. */
    private int count() {
      int named = 0;
      int ellipses = 0;
      for (Index item : items) {
        switch (Objects.requireNonNull(item, "index: an item is null")) {
          case Index.At at -> named++;
          case Index.Slice slice -> named++;
          case Index.Ellipsis ellipsis -> ellipses++;
          case Index.NewAxis axis -> {}
          case Index.Of(Tensor tensor) -> {
            checkType(tensor);
            named += tensor.dtype() == DType.BOOL ? tensor.dim() : 1;
          }
        }
      }
      if (named > x.dim()) {
        throw new IndexOutOfBoundsException(
            "index: " + named + (named == 1 ? " index" : " indices") + " for shape " + x.shape());
      }
      if (ellipses > 1) {
        throw new IllegalArgumentException("index: there is more than one ellipsis");
      }
      return named;
    }

    private static void checkType(Tensor tensor) {
      DType dtype = tensor.dtype();
      if (dtype != DType.BOOL && dtype != DType.INT32 && dtype != DType.INT64) {
        throw new IllegalArgumentException(
            "index: an index tensor must be int64, int32 or bool, not "
                + dtype
                + "; convert it with to(dtype)");
      }
    }

    private void select(long position) {
      long size = x.size(from);
      if (position < -size || position >= size) {
        throw outOfRange(position, from, x.shape());
      }
      int at = dim;
      steps.add(layout -> layout.select(at, position));
      name = "SelectBackward";
      from++;
    }

    private void slice(Index.Slice slice) {
      int at = dim;
      long start = slice.start().orElse(0);
      long stop = slice.stop().orElse(Long.MAX_VALUE);
      long step = slice.step();
      if (step <= 0) {
        throw new IllegalArgumentException("index: a step must be positive, not " + step);
      }
      steps.add(layout -> layout.slice(at, start, stop, step));
      name = "SliceBackward";
      dim++;
      from++;
    }

    private void insert() {
      int at = dim;
      steps.add(layout -> layout.unsqueeze(at));
      name = "UnsqueezeBackward";
      dim++;
    }

    private void pick(Tensor tensor) {
      boolean mask = tensor.dtype() == DType.BOOL;
      if (tensor.dim() == 0 && !mask) {
        select(tensor.itemLong());
        return;
      }
      if (!mask) {
        picks.add(new Pick(dim, 1, from, tensor));
        dim++;
        from++;
        return;
      }
      int dims = tensor.dim();
      Shape covered = x.shape().slice(from, from + dims);
      if (!covered.equals(tensor.shape())) {
        throw new IndexOutOfBoundsException(
            "index: a mask of shape "
                + tensor.shape()
                + " for dim "
                + from
                + " of shape "
                + x.shape()
                + ", which goes on with "
                + covered);
      }
      if (dims == 0) {
        insert();
        picks.add(new Pick(dim - 1, 1, from, tensor));
      } else {
        picks.add(new Pick(dim, dims, from, tensor));
        dim += dims;
        from += dims;
      }
    }
  }

  static IndexOutOfBoundsException outOfRange(long position, int dim, Shape shape) {
    return new IndexOutOfBoundsException(
        "index: " + position + " is out of range for dim " + dim + " of shape " + shape);
  }
}
