package dev.chagres.tensor;

import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * Index items applied to a tensor: the view that numbers, ranges and new dimensions make of it, and
 * the tensors that are left to name positions in that view.
 *
 * @param view the tensor itself where no item asks for a view
 * @param picks in the order of their dimensions
 * @param backwards the dimensions of the view that are to be walked from their ends
 */
record Walk(Tensor source, Tensor view, List<Walk.Pick> picks, List<Integer> backwards) {

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
    private final List<Integer> backwards = new ArrayList<>();
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
          case Index.Each each -> pick(positions(each));
          case Index.Flags flags -> pick(mask(flags));
        }
      }
      Tensor view = steps.isEmpty() ? x : ViewOps.take(name, x, this::apply);
      return new Walk(x, view, List.copyOf(picks), List.copyOf(backwards));
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
            named += isMask(tensor) ? tensor.dim() : 1;
          }
          case Index.Each each -> named++;
          case Index.Flags flags -> named++;
        }
      }
      if (named > x.dim()) {
        throw new IndexOutOfBoundsException(
            "index: "
                + named
                + (named == 1 ? " index" : " indices")
                + " for a tensor of "
                + x.dim()
                + (x.dim() == 1 ? " dimension" : " dimensions")
                + ", of shape "
                + x.shape());
      }
      if (ellipses > 1) {
        throw new IllegalArgumentException("index: there is more than one ellipsis");
      }
      return named;
    }

    /** On the CPU, from where they join a tensor of any device. */
    private static Tensor positions(Index.Each each) {
      long[] positions = each.positions().stream().mapToLong(Long::longValue).toArray();
      return Creation.of(positions, DType.INT64);
    }

    private static Tensor mask(Index.Flags flags) {
      boolean[] truths = new boolean[flags.flags().size()];
      for (int i = 0; i < truths.length; i++) {
        truths[i] = flags.flags().get(i);
      }
      return Creation.of(truths, DType.BOOL);
    }

    /** PyTorch takes bytes for bools, and a scalar of any other integers for a position. */
    private static boolean isMask(Tensor tensor) {
      return tensor.dtype() == DType.BOOL || tensor.dtype() == DType.UINT8;
    }

    private static void checkType(Tensor tensor) {
      DType dtype = tensor.dtype();
      boolean integers = dtype == DType.INT32 || dtype == DType.INT64;
      if (!isMask(tensor) && !integers && !(dtype.isInteger() && tensor.dim() == 0)) {
        throw new IllegalArgumentException(
            "index: an index tensor must be int64, int32 or, for a mask, bool or uint8, not "
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
      long step = slice.step();
      if (step == 0) {
        throw new IllegalArgumentException("index: a step may not be 0");
      }
      if (step > 0) {
        long start = slice.start().orElse(0);
        long stop = slice.stop().orElse(Long.MAX_VALUE);
        steps.add(layout -> layout.slice(at, start, stop, step));
      } else {
        steps.add(forwards(at, slice, x.size(from)));
        backwards.add(at);
      }
      name = "SliceBackward";
      dim++;
      from++;
    }

    /** What a range with a negative step names, from the last to the first of it. */
    private static ViewOps.Lens forwards(int at, Index.Slice slice, long size) {
      long last = end(slice.start(), size - 1, size);
      long before = end(slice.stop(), -1, size);
      long step = -Math.max(slice.step(), -Long.MAX_VALUE);
      if (last <= before) {
        return layout -> layout.slice(at, 0, 0, 1);
      }
      long first = last - (last - before - 1) / step * step;
      return layout -> layout.slice(at, first, last + 1, step);
    }

    /** One end of such a range: a position, or -1 for the place before the first. */
    private static long end(OptionalLong end, long otherwise, long size) {
      if (end.isEmpty()) {
        return otherwise;
      }
      long position = end.getAsLong() < 0 ? end.getAsLong() + size : end.getAsLong();
      return Math.clamp(position, -1, size - 1);
    }

    private void insert() {
      int at = dim;
      steps.add(layout -> layout.unsqueeze(at));
      name = "UnsqueezeBackward";
      dim++;
    }

    private void pick(Tensor tensor) {
      if (isMask(tensor)) {
        mask(Copying.cast(tensor, DType.BOOL));
      } else if (tensor.dim() == 0) {
        select(tensor.itemLong());
      } else {
        picks.add(new Pick(dim, 1, from, tensor));
        dim++;
        from++;
      }
    }

    private void mask(Tensor tensor) {
      int dims = tensor.dim();
      Shape covered = x.shape().slice(from, from + dims);
      if (!covered.equals(tensor.shape())) {
        throw new IndexOutOfBoundsException(
            "index: a mask of shape "
                + tensor.shape()
                + " does not fit shape "
                + x.shape()
                + " from dim "
                + from
                + " on, which needs "
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
