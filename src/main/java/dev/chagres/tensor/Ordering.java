package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.Backend;
import dev.chagres.backend.Choice;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Order;
import dev.chagres.core.Shape;
import java.lang.ref.Reference;

/** The doors of sorting, and of choosing elements by their rank. */
final class Ordering {
  private Ordering() {}

  // ---- all elements

  static Located sort(Tensor x, int dim, Order order) {
    int axis = x.shape().axis("sort", dim);
    if (x.isContiguous()) {
      Located found = sorted(line(x).data(), axis, order);
      Reference.reachabilityFence(x);
      return located("SortBackward", x, axis, found);
    }
    // The results lie as x does: in the order of its memory they are contiguous.
    int[] dims = Layout.memoryOrder(x.layout());
    int[] back = new int[dims.length];
    for (int i = 0; i < dims.length; i++) {
      back[dims[i]] = i;
    }
    Strided turned = x.data().with(x.layout().permute(dims));
    Located found = sorted(turned, back[axis], order);
    Reference.reachabilityFence(x);
    return located(
        "SortBackward",
        x,
        axis,
        new Located(turned(found.values(), back), turned(found.indices(), back)));
  }

  private static Located sorted(Strided x, int axis, Order order) {
    Strided values = x.like(x.shape(), x.dtype());
    Strided indices = x.like(x.shape(), DType.INT64);
    Backends.of(x.storage().device()).ordering().sort(order, x, axis, values, indices);
    return new Located(new Tensor(values), new Tensor(indices));
  }

  private static Tensor turned(Tensor x, int[] dims) {
    return new Tensor(x.data().with(x.layout().permute(dims)));
  }

  /** Where the elements of a vector are in ascending order. */
  static Located sortedVector(Tensor x) {
    return sort(x.detach(), 0, Order.ASCENDING);
  }

  // ---- some

  static Located topk(Tensor x, long k, int dim, Order order) {
    int axis = x.shape().axis("topk", dim);
    checkNumbers("topk", x);
    long size = line(x).shape().size(axis);
    if (k < 0 || k > size) {
      throw new IllegalArgumentException(
          "topk: k = " + k + " is out of range for dim " + dim + " of size " + size);
    }
    Choice choice = new Choice(Choice.Kind.FIRST, order, k);
    return located("TopkBackward", x, axis, select(choice, x, axis));
  }

  static Located kthvalue(Tensor x, long k, int dim, Keep keep) {
    int axis = x.shape().axis("kthvalue", dim);
    checkNumbers("kthvalue", x);
    long size = line(x).shape().size(axis);
    if (k < 1 || k > size) {
      throw new IllegalArgumentException(
          "kthvalue: k = " + k + " is out of range for dim " + dim + " of size " + size);
    }
    Choice choice = new Choice(Choice.Kind.NTH, Order.ASCENDING, k - 1);
    return one("KthvalueBackward", choice, x, axis, keep);
  }

  static Located median(Choice.Kind kind, Tensor x, int dim, Keep keep) {
    String name = kind == Choice.Kind.MEDIAN ? "median" : "nanmedian";
    checkNumbers(name, x);
    int axis = axisWithElements(name, x, dim);
    String node = kind == Choice.Kind.MEDIAN ? "MedianBackward" : "NanmedianBackward";
    return one(node, Choice.of(kind), x, axis, keep);
  }

  /** The median of all elements; its gradient is shared among equals, as that of max() is. */
  static Tensor median(Choice.Kind kind, Tensor x) {
    String name = kind == Choice.Kind.MEDIAN ? "median" : "nanmedian";
    checkNumbers(name, x);
    if (x.numel() == 0) {
      if (!x.dtype().isFloating()) {
        throw new IllegalArgumentException(name + ": there are no elements in shape " + x.shape());
      }
      return x.newFull(Shape.scalar(), Double.NaN);
    }
    Tensor all = ViewOps.reshape(x.detach(), Shape.of(x.numel()));
    Strided value = select(Choice.of(kind), all, 0).values().data();
    Tensor y = new Tensor(value.with(Shape.scalar().contiguous()));
    if (x.requiresGrad() && GradMode.isEnabled()) {
      String node = kind == Choice.Kind.MEDIAN ? "MedianBackward" : "NanmedianBackward";
      y.setHistory(Gradients.recordChoice(node, x, y));
    }
    return y;
  }

  static Located mode(Tensor x, int dim, Keep keep) {
    int axis = axisWithElements("mode", x, dim);
    return one("ModeBackward", Choice.of(Choice.Kind.MODE), x, axis, keep);
  }

  // ---- shared

  private static void checkNumbers(String name, Tensor x) {
    if (x.dtype() == DType.BOOL) {
      throw new IllegalArgumentException(name + ": not defined for bool");
    }
  }

  private static int axisWithElements(String name, Tensor x, int dim) {
    int axis = x.shape().axis(name, dim);
    if (x.dim() > 0 && x.size(axis) == 0) {
      throw new IllegalArgumentException(
          name + ": there are no elements in dim " + dim + " of shape " + x.shape());
    }
    return axis;
  }

  /** A scalar as one dimension of size 1; any other tensor as it is. */
  private static Tensor line(Tensor x) {
    return x.dim() == 0 ? new Tensor(x.data().with(x.layout().unsqueeze(0))) : x;
  }

  /** The chosen elements, in the tensor's shape but for the axis; unrecorded. */
  private static Located select(Choice choice, Tensor x, int axis) {
    Tensor lines = line(x);
    Shape shape = lines.shape().with(axis, choice.count());
    Strided values = x.data().like(shape, x.dtype());
    Strided indices = x.data().like(shape, DType.INT64);
    Backend backend = Backends.of(x.device());
    backend.ordering().select(choice, lines.data(), axis, values, indices);
    Reference.reachabilityFence(lines);
    return new Located(new Tensor(values), new Tensor(indices));
  }

  private static Located one(String node, Choice choice, Tensor x, int axis, Keep keep) {
    Located kept = select(choice, x, axis);
    if (keep == Keep.DROPDIM && x.dim() > 0) {
      Shape shape = x.shape().remove(axis);
      kept =
          new Located(
              ViewOps.reshape(kept.values(), shape), ViewOps.reshape(kept.indices(), shape));
    }
    return located(node, x, axis, kept);
  }

  private static Tensor scalar(Tensor one) {
    return new Tensor(one.data().with(Shape.scalar().contiguous()));
  }

  /**
   * Records that values are elements of {@code x}, whose gradients go back to where they were. Of a
   * scalar they become scalars.
   */
  static Located located(String node, Tensor x, int axis, Located found) {
    Shape shape = found.values().shape();
    boolean scalar = x.dim() == 0 && shape.numel() == 1;
    // Not views, as what was found may be
    Tensor values = scalar ? scalar(found.values()) : new Tensor(found.values().data());
    Tensor indices = scalar ? scalar(found.indices()) : new Tensor(found.indices().data());
    if (x.requiresGrad() && GradMode.isEnabled()) {
      Shape from = x.shape();
      Shape aligned =
          shape.dim() < from.dim() ? from.with(axis, 1) : scalar ? Shape.scalar() : shape;
      Saved positions = new Saved(indices);
      values.setHistory(
          Operation.of(
              node,
              Gradients.input(
                  x,
                  g ->
                      IndexOps.scatterAdd(
                          g.newZeros(from),
                          axis,
                          ViewOps.reshape(positions.get(), aligned),
                          ViewOps.reshape(g, aligned)))));
    }
    return new Located(values, indices);
  }
}
