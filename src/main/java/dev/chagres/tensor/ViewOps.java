package dev.chagres.tensor;

import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Operation;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
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
    Tensor out = Creation.full(full, 0, g.dtype());
    Layout places = lens.apply(out.layout());
    if (places.mayOverlap()) {
      Tensor positions = Creation.positions(full);
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
