package dev.chagres.tensor;

import static dev.chagres.check.Given.given;

import dev.chagres.autograd.Edge;
import dev.chagres.autograd.GradMode;
import dev.chagres.autograd.Leaf;
import dev.chagres.autograd.Node;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.memory.StorageHolder;
import dev.chagres.primitive.Primitives;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A multi-dimensional array of numbers in native memory, with PyTorch's semantics: views share
 * memory with what they were made from, methods whose names end in {@code _} work in place, and
 * operations on a tensor that requires gradients are recorded for {@link #backward}.
 *
 * <pre>{@code
 * Tensor x = Tensor.of(new double[][] {{1, 2}, {3, 4}}); // float32
 * Tensor w = Tensor.randn(2, 3).requiresGrad_();
 * Tensor y = x.matmul(w).relu();                          // (2, 3)
 * y.sum().backward();
 * IO.println(w.grad());
 * double first = y.get(0, 0).item();
 * Tensor column = y.at(":, 1");                           // a view
 * }</pre>
 *
 * <p>Static methods make tensors: {@code of}, {@code scalar}, {@code zeros}, {@code arange}, {@code
 * rand} and their like, and {@code cat} and {@code stack} of others. Methods compute with them, by
 * family: {@link Maths} and {@link Pointwise} elementwise, {@link Comparisons}, {@link Reductions}
 * and {@link Statistics}, {@link Sorting}, {@link Views} and {@link Arrangements} of shapes, {@link
 * Indexing}, {@link MatrixOps}, {@link Conversions} of dtypes and devices, {@link Inspection} of
 * values, and {@link Differentiable} for gradients; those of the same names with {@code InPlace}
 * write.
 *
 * <p>A tensor gives its memory back when nothing reaches it any more, or with the {@link
 * dev.chagres.memory.Scope} that it was made in. It may be read from many threads at once; writing
 * to one needs the callers' own order.
 */
@SuppressWarnings({"exports", "InvalidBlockTag"}) // What it inherits is the library's, and @hidden.
public sealed class Tensor extends Combinations
    implements Differentiable,
        Maths,
        Pointwise,
        Comparisons,
        MathsInPlace,
        PointwiseInPlace,
        ComparisonsInPlace,
        Filling,
        Drawing,
        Reductions,
        Statistics,
        Norms,
        Sorting,
        Counts,
        Cumulative,
        CumulativeInPlace,
        Views,
        Arrangements,
        PartScattering,
        Splitting,
        ViewsInPlace,
        Indexing,
        IndexingInPlace,
        MatrixOps,
        ProductsInPlace,
        Conversions,
        Inspection,
        Aliases,
        AliasesInPlace,
        StorageHolder
    permits Parameter {

  private Strided data;
  private boolean wantsGrad;
  private @Nullable Edge<Tensor> history;
  private @Nullable Edge<Tensor> leaf;
  private @Nullable Tensor grad;
  private boolean gradIsUnseen;

  /** Whether it will be again when who has borrowed the gradient returns it. */
  private boolean gradIsLent;

  private Node.@Nullable Hook<Tensor> retained;
  private @Nullable ViewHistory view;
  private boolean inference;
  private int rewrites;
  private int replacements;

  Tensor(Strided data) {
    this.data = data;
    this.inference = GradMode.isInference();
  }

  // ---- what it is

  /** Returns the sizes of the dimensions. */
  public final Shape shape() {
    return data.shape();
  }

  /** Returns the size of a dimension; a negative one counts from the end. */
  public final long size(int dim) {
    return data.shape().size(dim);
  }

  /** Returns the number of dimensions. */
  public final int dim() {
    return data.layout().dim();
  }

  /** Returns the number of elements. */
  public final long numel() {
    return data.layout().numel();
  }

  /** Returns what type the elements have. */
  public final DType dtype() {
    return data.dtype();
  }

  /** Returns where the elements lie. */
  public final Device device() {
    return data.storage().device();
  }

  /** Returns where the elements lie in the storage: shape, strides and offset. */
  public final Layout layout() {
    return data.layout();
  }

  /** Returns the memory that this tensor shares with its views. */
  public final Storage storage() {
    return data.storage();
  }

  /** Returns whether the elements lie in row-major order without gaps, as they are counted. */
  public final boolean isContiguous() {
    return data.layout().isContiguous();
  }

  final Strided data() {
    return data;
  }

  @Override
  public final void forEachStorage(Consumer<Storage> action) {
    given("forEachStorage", "action", action);
    action.accept(data.storage());
    Tensor gradient = grad;
    if (gradient != null) {
      action.accept(gradient.data.storage());
    }
  }

  // ---- gradients

  // A gradient is added to, replaced and freed under this tensor's monitor: backward passes of many
  // threads may end at one leaf, and optimizers of several step it.

  /**
   * Returns the gradient that {@link #backward} calls have added up here, or null. A computed
   * tensor has one only after {@link #retainGrad}; a warning, once, says so.
   */
  public final synchronized @Nullable Tensor grad() {
    if (grad == null && retained == null && !isLeaf()) {
      UnkeptGradient.warn();
    }
    gradIsUnseen = false;
    gradIsLent = false;
    return grad;
  }

  /** The same for the library's own code, which says when it no longer uses it. */
  final synchronized @Nullable Tensor borrowGrad() {
    gradIsLent = gradIsUnseen;
    gradIsUnseen = false;
    return grad;
  }

  final synchronized void returnGrad(Tensor gradient) {
    gradIsUnseen |= gradIsLent && grad == gradient;
    gradIsLent = false;
  }

  /**
   * Replaces the gradient; null forgets it. The memory of a gradient that {@link #grad} never
   * returned is freed at once.
   *
   * @throws IllegalArgumentException if its shape, dtype or device differ from this tensor's
   */
  public final synchronized void setGrad(@Nullable Tensor gradient) {
    if (gradient != null) {
      if (!gradient.shape().equals(shape())
          || gradient.dtype() != dtype()
          || !gradient.device().equals(device())) {
        throw new IllegalArgumentException(
            "setGrad: a gradient " + describe(gradient) + " for a tensor " + describe(this));
      }
      gradient.storage().escape();
    }
    Tensor before = grad;
    boolean unseen = gradIsUnseen;
    grad = gradient;
    gradIsUnseen = false;
    if (before != null && before != gradient && unseen) {
      before.storage().free();
    }
  }

  /** Has the gradient of this computed tensor added up in {@link #grad()} too. */
  public final Tensor retainGrad() {
    if (!requiresGrad()) {
      throw new IllegalStateException("retainGrad: the tensor does not require gradients");
    }
    Edge<Tensor> made = history();
    if (made != null && retained == null) {
      retain(made);
    }
    return this;
  }

  /** Returns whether {@link #retainGrad} was called on this computed tensor. */
  public final boolean retainsGrad() {
    return retained != null;
  }

  private void retain(Edge<Tensor> made) {
    retained = made.node().addObserver(made.slot(), this::addUp);
  }

  /** As in PyTorch a computed tensor's gradient lies in row-major order, apart from all others. */
  private synchronized void addUp(Tensor gradient) {
    setGrad(grad == null ? gradient.clone().contiguous() : grad.add(gradient));
  }

  /**
   * Returns a copy of the elements, without gaps in the order in which they lie, through which
   * gradients flow.
   */
  @Override
  @SuppressWarnings("MissingSuperCall") // a tensor is copied by its backend, not field by field
  public final Tensor clone() {
    return Copying.clone(this);
  }

  /** Cuts this tensor off from what it was computed from. */
  public final Tensor detach_() {
    if (view != null) {
      throw new IllegalStateException("detach_: a view cannot be cut off in place; use detach()");
    }
    history = null;
    wantsGrad = false;
    return this;
  }

  /**
   * Makes this tensor use the memory, shape and dtype of another from now on, unrecorded: PyTorch's
   * {@code x.data = y}. Views made before keep the old memory. A recorded operation that needs the
   * old elements for its gradient fails in {@link #backward}.
   */
  public final void setData(Tensor other) {
    given("setData", "other", other);
    if (other.dtype() != dtype() && requiresGrad()) {
      throw new IllegalArgumentException(
          "setData: " + describe(other) + " for a tensor " + describe(this));
    }
    if (this instanceof Parameter) {
      other.storage().escape();
    }
    data = other.data;
    replacements++;
  }

  /** Takes the elements and the history of another tensor. */
  final void standFor(Tensor value) {
    setGrad(null);
    wantsGrad = false;
    data = value.data;
    replacements++;
    continueFrom(value.edge());
  }

  /** A tensor that has the elements and the history of another for a while. */
  static final class Standing {
    private final Tensor tensor;
    private final Tensor value;
    private final Strided data;
    private final boolean wantsGrad;
    private final @Nullable Edge<Tensor> history;
    private final @Nullable Tensor grad;
    private final boolean gradIsUnseen;
    private final @Nullable ViewHistory view;
    private @Nullable Tensor before;

    /** Takes the value as it is now, whatever it stands for later. */
    Standing(Tensor tensor, Tensor value) {
      this.tensor = tensor;
      this.value = new Tensor(value.data);
      this.value.history = value.edge();
      this.value.inference = value.inference;
      data = tensor.data;
      wantsGrad = tensor.wantsGrad;
      history = tensor.history;
      grad = tensor.grad;
      gradIsUnseen = tensor.gradIsUnseen;
      view = tensor.view;
    }

    void begin() {
      before = StandIns.begin(tensor, value);
      set(value.data, false, value.history, null);
      tensor.view = null;
    }

    void end() {
      StandIns.end(tensor, before);
      set(data, wantsGrad, history, grad);
      tensor.gradIsUnseen = gradIsUnseen;
      tensor.view = view;
    }

    private void set(
        Strided elements, boolean wanted, @Nullable Edge<Tensor> from, @Nullable Tensor gradient) {
      tensor.data = elements;
      tensor.wantsGrad = wanted;
      tensor.history = from;
      tensor.grad = gradient;
      tensor.replacements++;
    }
  }

  // ---- the library's side

  /**
   * @hidden
   */
  @Override
  protected final Primitives<Tensor> primitives() {
    return TensorPrimitives.INSTANCE;
  }

  /** Whether it was made in inference mode; a view is what its base is. */
  final boolean isOfInference() {
    return inference;
  }

  final void setOfInference(boolean made) {
    inference = made;
  }

  final boolean wantsGrad() {
    return wantsGrad;
  }

  final void setWantsGrad(boolean wanted) {
    wantsGrad = wanted;
  }

  /** Where a gradient of this tensor goes; null if it wants none. */
  final @Nullable Edge<Tensor> edge() {
    Edge<Tensor> made = history();
    if (made != null) {
      return made;
    }
    if (!wantsGrad) {
      return null;
    }
    Edge<Tensor> end = leaf;
    return end != null ? end : leaf();
  }

  /** Many threads may be the first to use a parameter; it has one leaf. */
  private synchronized Edge<Tensor> leaf() {
    Edge<Tensor> end = leaf;
    if (end == null) {
      end = new Edge<>(new Leaf<>(this::accumulate), 0);
      leaf = end;
    }
    return end;
  }

  /** What computed this tensor; null for a leaf. */
  final @Nullable Edge<Tensor> history() {
    ViewHistory from = view;
    if (from != null && from.isStale()) {
      continueFrom(from.renewed());
    }
    return history;
  }

  final void setHistory(Node<Tensor> node) {
    history = new Edge<>(node, 0);
  }

  final void setHistory(@Nullable Edge<Tensor> edge) {
    history = edge;
  }

  final @Nullable ViewHistory view() {
    return view;
  }

  final void setView(ViewHistory from) {
    view = from;
  }

  /**
   * How often operations in place have given this tensor a new history, so that its views know
   * theirs is old.
   */
  final int rewrites() {
    return rewrites;
  }

  /** How often this tensor was given other data, which views made before do not have. */
  final int replacements() {
    return replacements;
  }

  /** This tensor's elements were overwritten by what {@code edge} computed. */
  final void rewrite(@Nullable Edge<Tensor> edge) {
    continueFrom(edge);
    rewrites++;
  }

  /** Arranges the dimensions of this tensor itself as a view of it does. */
  final Tensor arrange(String name, UnaryOperator<Tensor> view) {
    Writing.checkLeaf(name, this);
    Tensor arranged;
    try (var _ = history() == null ? GradMode.disable() : GradMode.enable()) {
      arranged = view.apply(this);
    }
    if (arranged != this) {
      data = arranged.data;
      this.view = this.view == null ? null : arranged.view;
      continueFrom(arranged.history);
    }
    return this;
  }

  /** A gradient that is to be kept is that of the elements as they are now. */
  private void continueFrom(@Nullable Edge<Tensor> edge) {
    history = edge;
    Node.Hook<Tensor> before = retained;
    if (before != null) {
      before.remove();
      retained = null;
      if (edge != null) {
        retain(edge);
      }
    }
  }

  private synchronized void accumulate(Tensor gradient) {
    Tensor before = grad;
    boolean unseen = before == null || gradIsUnseen;
    Tensor sum =
        before == null
            ? Autograd.owned(gradient, layout())
            : Autograd.accumulated(before, gradient);
    setGrad(sum);
    gradIsUnseen = unseen && !GradMode.isEnabled();
  }

  static String describe(Tensor tensor) {
    return tensor.dtype() + " " + tensor.shape();
  }

  /** Prints as PyTorch does: {@code tensor([1., 2.])}. */
  @Override
  public String toString() {
    return Printer.print(this);
  }
}
