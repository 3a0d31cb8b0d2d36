package dev.chagres.tensor;

import dev.chagres.autograd.Edge;
import dev.chagres.autograd.Operation;
import dev.chagres.core.Layout;
import org.jspecify.annotations.Nullable;

/**
 * What a view knows of the tensor that it was made from, so that operations in place reach the
 * graph of both: writing to a view gives its base a new history, and writing to the base, or to
 * another view of it, gives the view one. The view is known by where its elements lie among those
 * of the base, however many views were made of each other in between.
 */
final class ViewHistory {
  private final Tensor base;
  private final int replaced;
  private final Layout part;
  private final @Nullable Tensor leaf;
  private int seen;

  private ViewHistory(Tensor base, int replaced, Layout part, @Nullable Tensor leaf) {
    this.base = base;
    this.replaced = replaced;
    this.part = part;
    this.leaf = leaf;
    this.seen = base.rewrites();
  }

  /** The history of a view {@code y} of {@code x}, which may itself be a view. */
  static ViewHistory of(Tensor x, Tensor y) {
    ViewHistory from = x.view();
    if (from == null) {
      return new ViewHistory(x, x.replacements(), y.layout(), null);
    }
    Tensor leaf = x.isLeaf() && x.requiresGrad() ? x : from.leaf;
    return new ViewHistory(from.base, from.replaced, y.layout(), leaf);
  }

  /** Whether the base, or a view in between, is a leaf whose gradient is wanted. */
  boolean isOfLeaf() {
    return base.isLeaf() && base.requiresGrad()
        || leaf != null && leaf.isLeaf() && leaf.requiresGrad();
  }

  Tensor base() {
    return base;
  }

  /** Whether the base has a newer history than the view's. */
  boolean isStale() {
    return seen != base.rewrites();
  }

  /**
   * Checks that the base still has the memory that it had when the view was made.
   *
   * @throws IllegalStateException if it was given other data since: what is recorded of either then
   *     says nothing of the other
   */
  void checkBase() {
    if (base.replacements() != replaced) {
      throw new IllegalStateException(
          "view: a tensor was given other data by setData, and a view of it made before has lost"
              + " its history; make the view anew");
    }
  }

  /** Reads the view's history off the base's. */
  @Nullable Edge<Tensor> renewed() {
    checkBase();
    seen = base.rewrites();
    if (!base.requiresGrad()) {
      return null;
    }
    Layout whole = base.layout();
    return new Edge<>(
        Operation.of("AsStridedBackward", Gradients.input(base, g -> scatter(g, whole))), 0);
  }

  /** The elements of the view have been overwritten by {@code value}: so have those of the base. */
  void assign(Tensor value) {
    Layout whole = base.layout(); // it may become another one, of the same elements
    Operation.Input<Tensor> unchanged =
        base.requiresGrad() ? Gradients.input(base, g -> withoutView(g, whole)) : null;
    Operation.Input<Tensor> written =
        value.requiresGrad() ? Gradients.input(value, g -> onlyView(g, whole)) : null;
    if (unchanged == null && written == null) {
      return;
    }
    checkBase();
    base.rewrite(new Edge<>(Operation.of("CopySlices", unchanged, written), 0));
  }

  private Tensor onlyView(Tensor g, Layout whole) {
    Stretch stretch = Stretch.of(whole, part);
    return stretch.pick(stretch.spread(g, whole), part);
  }

  private Tensor withoutView(Tensor g, Layout whole) {
    Stretch stretch = Stretch.of(whole, part);
    Tensor room = Copying.copy(stretch.spread(g, whole));
    stretch.pick(room, part).zero_();
    return stretch.pick(room, whole);
  }

  private Tensor scatter(Tensor g, Layout whole) {
    Stretch stretch = Stretch.of(whole, part);
    return stretch.pick(stretch.spread(g, part), whole);
  }
}
