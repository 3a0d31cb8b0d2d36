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
import dev.chagres.primitive.Operand;
import dev.chagres.primitive.Primitives;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A multi-dimensional array of numbers in native memory, with PyTorch's semantics: views share
 * memory with what they were made from, methods whose names end in {@code _} work in place, and
 * operations on a tensor that requires gradients are recorded for {@link #backward}.
 *
 * <p>The operations live, by family, in the interfaces that this class implements. A tensor may be
 * read from many threads at once; writing to one needs the callers' own order.
 */
@SuppressWarnings({"exports", "InvalidBlockTag"}) // What it inherits is the library's, and @hidden.
public sealed class Tensor extends Operand<Tensor>
    implements Differentiable,
        Pointwise,
        Comparisons,
        InPlace,
        Reductions,
        Views,
        Indexing,
        MatrixOps,
        Conversions,
        StorageHolder
    permits Parameter {

  private Strided data;
  private boolean wantsGrad;
  private @Nullable Edge<Tensor> history;
  private @Nullable Edge<Tensor> leaf;
  private @Nullable Tensor grad;
  private boolean gradIsUnseen;
  private Node.@Nullable Hook<Tensor> retained;
  private @Nullable ViewHistory view;
  private int rewrites;

  Tensor(Strided data) {
    this.data = data;
  }

  // ---- creation

  /** Returns a 0-d tensor: int64 for an integer, float32 for a floating number. */
  public static Tensor scalar(Number value) {
    given("scalar", "value", value);
    return Creation.scalar("scalar", value, Scalars.defaultType(value));
  }

  /** Returns a 0-d tensor. */
  public static Tensor scalar(Number value, DType dtype) {
    return Creation.scalar("scalar", value, given("scalar", "dtype", dtype));
  }

  /** Returns a 0-d bool tensor. */
  public static Tensor scalar(boolean value) {
    return Creation.scalar("scalar", value ? 1 : 0, DType.BOOL);
  }

  /** Returns a 1-d float32 tensor of these values, also of a single one. */
  public static Tensor of(double... values) {
    return Creation.of(given("of", "values", values), DType.FLOAT32);
  }

  /** Returns a 1-d int64 tensor of these values, also of a single one. */
  public static Tensor of(long... values) {
    return Creation.of(given("of", "values", values), DType.INT64);
  }

  /** Returns a 1-d bool tensor of these values, also of a single one. */
  public static Tensor of(boolean... values) {
    return Creation.of(given("of", "values", values), DType.BOOL);
  }

  /** Returns a 1-d float32 tensor. */
  public static Tensor of(float[] values) {
    return Creation.of(given("of", "values", values), DType.FLOAT32);
  }

  /** Returns a 1-d int64 tensor, as PyTorch makes of Python's integers. */
  public static Tensor of(int[] values) {
    return Creation.of(given("of", "values", values), DType.INT64);
  }

  /** Returns a 1-d int16 tensor. */
  public static Tensor of(short[] values) {
    return Creation.of(given("of", "values", values), DType.INT16);
  }

  /** Returns a 1-d uint8 tensor: the bytes are unsigned, as in a file. */
  public static Tensor of(byte[] values) {
    return Creation.of(given("of", "values", values), DType.UINT8);
  }

  /**
   * Returns a tensor with the values of a Java array of any depth, such as {@code float[][]}. The
   * dtype follows from the elements as for one dimension: float and double give float32, int and
   * long int64, short int16, byte uint8, boolean bool.
   *
   * @throws IllegalArgumentException if rows of one level differ in length, or elements are not
   *     primitive numbers
   */
  public static Tensor of(Object[] rows) {
    return Creation.of(given("of", "rows", rows), null);
  }

  /**
   * Returns a tensor with the values of a Java array of any depth, converted to a dtype.
   *
   * @throws IllegalArgumentException if it is no array of primitive numbers or of such arrays, rows
   *     differ in length, or an integer dtype cannot hold a value
   */
  public static Tensor of(Object array, DType dtype) {
    return Creation.of(given("of", "array", array), given("of", "dtype", dtype));
  }

  /**
   * Returns a tensor over a caller's native memory, without copying: row-major, native byte order.
   * Both see each other's writes. The memory's owner keeps it open while the tensor is in use; an
   * operation on closed memory is an {@link IllegalStateException}. As a bool, every byte but 0 is
   * true.
   *
   * @throws IllegalArgumentException if the segment is on the Java heap, too small, or not aligned
   *     to the dtype's size
   */
  public static Tensor of(MemorySegment segment, DType dtype, long... sizes) {
    return Creation.wrap(
        given("of", "segment", segment), given("of", "dtype", dtype), Creation.shape("of", sizes));
  }

  /** Returns a float32 tensor with undefined elements. */
  public static Tensor empty(long... sizes) {
    return empty(DType.FLOAT32, sizes);
  }

  /** Returns a tensor with undefined elements. */
  public static Tensor empty(DType dtype, long... sizes) {
    return Creation.empty(Creation.shape("empty", sizes), given("empty", "dtype", dtype));
  }

  /** Returns a float32 tensor of zeros. */
  public static Tensor zeros(long... sizes) {
    return zeros(DType.FLOAT32, sizes);
  }

  /** Returns a tensor of zeros. */
  public static Tensor zeros(DType dtype, long... sizes) {
    return Creation.full(Creation.shape("zeros", sizes), 0, given("zeros", "dtype", dtype));
  }

  /** Returns a float32 tensor of ones. */
  public static Tensor ones(long... sizes) {
    return ones(DType.FLOAT32, sizes);
  }

  /** Returns a tensor of ones. */
  public static Tensor ones(DType dtype, long... sizes) {
    return Creation.full(Creation.shape("ones", sizes), 1, given("ones", "dtype", dtype));
  }

  /** Returns a tensor of one value: int64 for an integer, float32 for a floating number. */
  public static Tensor full(Shape shape, Number value) {
    given("full", "shape", shape);
    given("full", "value", value);
    return Creation.full(shape, value, Scalars.defaultType(value));
  }

  /** Returns a tensor of one value. */
  public static Tensor full(Shape shape, Number value, DType dtype) {
    return Creation.full(given("full", "shape", shape), value, given("full", "dtype", dtype));
  }

  /** Returns the float32 identity matrix (n, n). */
  public static Tensor eye(long n) {
    return eye(DType.FLOAT32, n, n);
  }

  /** Returns a float32 matrix (rows, columns) with ones on the diagonal. */
  public static Tensor eye(long rows, long columns) {
    return eye(DType.FLOAT32, rows, columns);
  }

  /** Returns a matrix (rows, columns) with ones on the diagonal. */
  public static Tensor eye(DType dtype, long rows, long columns) {
    return Creation.eye(rows, columns, given("eye", "dtype", dtype));
  }

  /** Returns 0, 1, … before {@code end}: int64 for an integer, float32 for a floating number. */
  public static Tensor arange(Number end) {
    return arange(
        Scalars.isFloating(given("arange", "end", end)) ? (Number) 0.0 : (Number) 0, end, 1);
  }

  /** Returns {@code start, start + 1, …} before {@code end}. */
  public static Tensor arange(Number start, Number end) {
    return arange(start, end, 1);
  }

  /**
   * Returns {@code start, start + step, …} before {@code end}: int64 if all three are integers,
   * else float32.
   */
  public static Tensor arange(Number start, Number end, Number step) {
    boolean floating =
        Scalars.isFloating(given("arange", "start", start))
            || Scalars.isFloating(given("arange", "end", end))
            || Scalars.isFloating(given("arange", "step", step));
    return arange(floating ? DType.FLOAT32 : DType.INT64, start, end, step);
  }

  /** Returns {@code start, start + step, …} before {@code end} in a dtype. */
  public static Tensor arange(DType dtype, Number start, Number end, Number step) {
    return Creation.arange(start, end, step, dtype);
  }

  /**
   * Returns {@code steps} float32 numbers from {@code start} to {@code end}, both included, equally
   * far apart.
   */
  public static Tensor linspace(double start, double end, long steps) {
    return linspace(DType.FLOAT32, start, end, steps);
  }

  /**
   * Returns {@code steps} numbers from {@code start} to {@code end}, both included, equally far
   * apart.
   */
  public static Tensor linspace(DType dtype, double start, double end, long steps) {
    return Creation.linspace(start, end, steps, given("linspace", "dtype", dtype));
  }

  /** Returns float32 numbers drawn uniformly from [0, 1) by the default {@link Generator}. */
  public static Tensor rand(long... sizes) {
    return rand(DType.FLOAT32, sizes);
  }

  /** Returns numbers drawn uniformly from [0, 1). */
  public static Tensor rand(DType dtype, long... sizes) {
    return Generator.standard().rand(dtype, sizes);
  }

  /**
   * Returns float32 numbers drawn from the standard normal distribution by the default {@link
   * Generator}.
   */
  public static Tensor randn(long... sizes) {
    return randn(DType.FLOAT32, sizes);
  }

  /** Returns numbers drawn from the standard normal distribution. */
  public static Tensor randn(DType dtype, long... sizes) {
    return Generator.standard().randn(dtype, sizes);
  }

  /**
   * Returns int64 numbers drawn uniformly from {@code low} (inclusive) to {@code high} (exclusive).
   */
  public static Tensor randint(long low, long high, long... sizes) {
    return Generator.standard().randint(low, high, sizes);
  }

  /** Returns a random permutation of 0 … n - 1, int64. */
  public static Tensor randperm(long n) {
    return Generator.standard().randperm(n);
  }

  /** Returns the tensors one after the other along an existing dimension. */
  public static Tensor cat(Iterable<Tensor> tensors, int dim) {
    return Joining.cat(given("cat", "tensors", tensors), dim);
  }

  /** Returns the tensors one after the other along the first dimension. */
  public static Tensor cat(Iterable<Tensor> tensors) {
    return cat(tensors, 0);
  }

  /** Returns the tensors side by side along a new first dimension. */
  public static Tensor stack(Iterable<Tensor> tensors) {
    return stack(tensors, 0);
  }

  /** Returns the tensors side by side along a new dimension put in before {@code dim}. */
  public static Tensor stack(Iterable<Tensor> tensors, int dim) {
    return Joining.stack(given("stack", "tensors", tensors), dim);
  }

  /** Returns {@code condition ? a : b}, element by element, with broadcasting and promotion. */
  public static Tensor where(Tensor condition, Tensor a, Tensor b) {
    return Elementwise.where("where", condition, a, b);
  }

  // ---- what it is

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

  public final DType dtype() {
    return data.dtype();
  }

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

  /** Returns the gradient that {@link #backward} calls have added up here, or null. */
  public final synchronized @Nullable Tensor grad() {
    gradIsUnseen = false;
    return grad;
  }

  /** The same for the library's own code, which uses it under this tensor's monitor alone. */
  final @Nullable Tensor unseenGrad() {
    return grad;
  }

  /**
   * Replaces the gradient; null forgets it. The memory of a gradient that {@link #grad} never
   * returned is freed at once.
   *
   * @throws IllegalArgumentException if its shape, dtype or device differ from this tensor's
   */
  public final synchronized void setGrad(@Nullable Tensor gradient) {
    if (gradient != null) {
      if (!gradient.shape().equals(shape()) || gradient.dtype() != dtype()) {
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

  /** Has {@link #grad()} of this computed tensor kept too. */
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

  private void retain(Edge<Tensor> made) {
    retained = made.node().addObserver(made.slot(), gradient -> setGrad(gradient.detach()));
  }

  /** Returns a copy of the elements in row-major order, through which gradients flow. */
  @Override
  @SuppressWarnings("MissingSuperCall") // a tensor is copied by its backend, not field by field
  public final Tensor clone() {
    return Copying.copy(this);
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
  }

  // ---- the library's side

  /**
   * @hidden
   */
  @Override
  protected final Primitives<Tensor> primitives() {
    return TensorPrimitives.INSTANCE;
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
    Tensor sum = before == null ? Autograd.owned(gradient) : Autograd.accumulated(before, gradient);
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
