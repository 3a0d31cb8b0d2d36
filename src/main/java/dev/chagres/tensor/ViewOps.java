package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.raw.RawMemory;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The door of views: the same storage under another layout. */
final class ViewOps {
  private ViewOps() {}

  /**
   * A function from the layout of a tensor to that of a view of it; it depends on nothing but the
   * layout.
   */
  @FunctionalInterface
  interface Lens extends UnaryOperator<Layout> {}

  /** A view whose gradient is that of its elements, put back at their places, zeros elsewhere. */
  static Tensor take(String name, Tensor x, Lens lens) {
    return view(name, x, lens, null);
  }

  /** A view with a gradient rule of its own, for views that hold all elements. */
  static Tensor view(String name, Tensor x, Lens lens, Operation.@Nullable Rule<Tensor> rule) {
    Tensor y = new Tensor(x.data().with(lens.apply(x.layout())));
    y.setOfInference(x.isOfInference());
    y.setView(ViewHistory.of(x, y));
    if (x.requiresGrad() && GradMode.isEnabled()) {
      Shape from = x.shape();
      y.setHistory(
          Operation.of(
              name, Gradients.input(x, rule != null ? rule : g -> scatter(name, g, from, lens))));
    }
    return y;
  }

  static Tensor expand(Tensor x, Shape to) {
    if (x.shape().equals(to)) {
      return x;
    }
    Shape from = x.shape();
    return view("ExpandBackward", x, layout -> layout.expand(to), g -> Reducing.sumTo(g, from));
  }

  /**
   * Elements of the storage of {@code x} wherever they are. Where elements of {@code x} itself
   * share memory, each gets its part of the gradient, as in PyTorch.
   */
  static Tensor asStrided(Tensor x, long[] sizes, long[] strides, long offset) {
    given("asStrided", "sizes", sizes);
    given("asStrided", "strides", strides);
    Layout to;
    try {
      to = Layout.of(Shape.of(sizes), strides, offset);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("asStrided: " + e.getMessage(), e);
    }
    long room = x.storage().byteSize() / x.dtype().size();
    if (to.end() > room) {
      throw new IllegalArgumentException(
          "asStrided: " + to + " ends behind the " + room + " elements of the storage");
    }
    Layout from = x.layout();
    return view(
        "AsStridedBackward",
        x,
        layout -> to,
        g -> {
          Stretch stretch = Stretch.of(from, to);
          Tensor spread = stretch.spread(g, to);
          if (from.mayOverlap()) {
            Tensor ones = Creation.full(g.device(), from.shape(), 1, g.dtype());
            spread = spread.div(stretch.spread(ones, from).clampMin(1));
          }
          return stretch.pick(spread, from);
        });
  }

  /** The same bytes as elements of another dtype. */
  static Tensor bits(Tensor x, DType dtype) {
    Layout layout = x.layout();
    int from = x.dtype().size();
    int to = dtype.size();
    if (from != to) {
      if (layout.dim() == 0) {
        throw new IllegalArgumentException(
            "view: a scalar of " + x.dtype() + " cannot be read as " + dtype);
      } else if (layout.stride(-1) != 1) {
        throw new IllegalArgumentException(
            "view: the last dimension of " + layout + " has gaps, and cannot be read as " + dtype);
      }
      layout = from > to ? finer(layout, from / to) : coarser(layout, to / from, dtype);
    }
    if (RawMemory.of(x.storage()).address() % to != 0) {
      throw new IllegalArgumentException(
          "view: the memory is not aligned to the " + to + " bytes of " + dtype);
    }
    Tensor y = new Tensor(new Strided(x.storage(), dtype, layout));
    y.setOfInference(x.isOfInference());
    return y;
  }

  private static Layout finer(Layout layout, int ratio) {
    int last = layout.dim() - 1;
    long[] sizes = layout.shape().toArray();
    long[] strides = layout.strides();
    sizes[last] *= ratio;
    for (int i = 0; i < last; i++) {
      strides[i] *= ratio;
    }
    return Layout.of(Creation.shape("view", sizes), strides, layout.offset() * ratio);
  }

  private static Layout coarser(Layout layout, int ratio, DType dtype) {
    int last = layout.dim() - 1;
    long[] sizes = layout.shape().toArray();
    long[] strides = layout.strides();
    boolean divides = sizes[last] % ratio == 0 && layout.offset() % ratio == 0;
    sizes[last] /= ratio;
    for (int i = 0; i < last; i++) {
      divides &= strides[i] % ratio == 0;
      strides[i] /= ratio;
    }
    if (!divides) {
      throw new IllegalArgumentException(
          "view: the sizes, strides and offset of "
              + layout
              + " do not divide by the "
              + ratio
              + " elements that make one of "
              + dtype);
    }
    return Layout.of(Shape.of(sizes), strides, layout.offset() / ratio);
  }

  /** The same elements in the same order: a view where the layout allows it, null else. */
  static @Nullable Tensor tryView(String name, Tensor x, Shape to) {
    Layout layout = x.layout().reshape(to);
    if (layout == null) {
      return null;
    }
    Shape from = x.shape();
    return view(name, x, old -> reshaped(old, to), g -> reshape(g, from));
  }

  private static Layout reshaped(Layout layout, Shape to) {
    Layout result = layout.reshape(to);
    if (result == null) {
      throw new IllegalStateException("view: " + layout + " has no view of shape " + to);
    }
    return result;
  }

  static Tensor reshape(Tensor x, Shape to) {
    if (x.shape().equals(to)) {
      return x;
    }
    Tensor view = tryView("ViewBackward", x, to);
    if (view != null) {
      return view;
    }
    Tensor copy = tryView("ViewBackward", Copying.copy(x), to);
    if (copy == null) {
      throw new IllegalStateException("reshape: a contiguous tensor has a view of every shape");
    }
    return copy;
  }

  /**
   * The inverse of {@link #take} on gradients: zeros of shape {@code full}, and under the lens what
   * {@code g} holds, added where elements of the view share memory.
   */
  static Tensor scatter(String name, Tensor g, Shape full, Lens lens) {
    Tensor out = Creation.full(g.device(), full, 0, g.dtype());
    Layout places = lens.apply(out.layout());
    if (places.mayOverlap()) {
      Tensor positions = Creation.positions(g.device(), full);
      Tensor index = new Tensor(positions.data().with(lens.apply(positions.layout())));
      Tensor flat = ViewOps.reshape(out, Shape.of(full.numel()));
      IndexOps.addAt(flat, Copying.contiguous(index), g);
    } else {
      Tensor window = new Tensor(out.data().with(places));
      Writing.store(g, window);
    }
    if (g.requiresGrad() && GradMode.isEnabled()) {
      out.setHistory(
          Operation.of(
              name + "Backward",
              Gradients.input(g, gg -> take(name, Copying.contiguous(gg), lens))));
    }
    return out;
  }
}
