package dev.chagres.tensor;

import dev.chagres.backend.Backend;
import dev.chagres.backend.ElementwiseOp;
import dev.chagres.backend.Formula;
import dev.chagres.backend.Formula.Action;
import dev.chagres.backend.ReduceOp;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Device;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.memory.Storage;
import dev.chagres.observe.Caller;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One tracing of a function: it computes nothing and notes which elementwise operations {@link
 * TracedBackend} is asked for. The tensors that the function is called with have shapes and dtypes
 * like others, so that the doors of operations check, promote, broadcast and record as ever, but no
 * elements.
 */
final class Tracing {
  private static final ThreadLocal<@Nullable Tracing> CURRENT = new ThreadLocal<>();

  private final Formula.Builder formula;
  private final IdentityHashMap<Storage, Value> operands = new IdentityHashMap<>();
  private final IdentityHashMap<Storage, Value> values = new IdentityHashMap<>();

  /** Whether sums that undo a broadcast are put off. */
  private boolean puttingOffSums;

  /** What a storage holds: a value by its number, and the form in which it was written. */
  private record Value(int number, Layout layout, DType dtype) {}

  private Tracing(List<Tensor> inputs) {
    formula = new Formula.Builder(inputs.stream().map(Tensor::dtype).toList());
    for (int i = 0; i < inputs.size(); i++) {
      Tensor input = inputs.get(i);
      operands.put(input.storage(), new Value(i, input.layout(), input.dtype()));
    }
    values.putAll(operands);
  }

  /** Traces what a task does with tensors that have no elements. */
  static <T> T of(List<Tensor> inputs, Function<Tracing, T> task) {
    Tracing outer = CURRENT.get();
    Tracing tracing = new Tracing(inputs);
    CURRENT.set(tracing);
    try {
      return task.apply(tracing);
    } finally {
      CURRENT.set(outer);
    }
  }

  /**
   * Returns the backend of traced tensors.
   *
   * @throws IllegalStateException if this thread traces nothing
   */
  static Backend backend() {
    current();
    return TracedBackend.INSTANCE;
  }

  /**
   * Computes gradients. They are sums of products with the gradients of the results, which a sum
   * over what was broadcast may follow as well as precede: so these sums are left out, and the
   * gradient of an operand that was broadcast is what is to be summed to its shape.
   */
  static <T> T puttingOffSums(Supplier<T> gradients) {
    Tracing tracing = CURRENT.get();
    if (tracing == null) {
      return gradients.get();
    }
    boolean before = tracing.puttingOffSums;
    tracing.puttingOffSums = true;
    try {
      return gradients.get();
    } finally {
      tracing.puttingOffSums = before;
    }
  }

  /**
   * Returns what this thread traces.
   *
   * @throws IllegalStateException if it traces nothing
   */
  static Tracing current() {
    Tracing tracing = CURRENT.get();
    if (tracing == null) {
      throw new IllegalStateException(
          "the device " + Device.traced() + " is there only while a fused function is traced");
    }
    return tracing;
  }

  /** Returns the formula of these results, each of which has the shape or is spread over it. */
  Formula.Part formula(List<Tensor> inputs, List<Tensor> results, Shape shape) {
    return formula.build(
        results.stream().map(result -> read(result.data())).toList(),
        inputs.stream().map(input -> input.numel() == 1 && shape.numel() != 1).toList());
  }

  // ---- what the backend is asked for

  void apply(ElementwiseOp op, Number number, Strided y, Strided... from) {
    step(new Action.Apply(op, number), y, from);
  }

  void step(Action action, Strided y, Strided... from) {
    Integer[] numbers = new Integer[from.length];
    for (int i = 0; i < from.length; i++) {
      numbers[i] = read(from[i]);
    }
    write(y, formula.add(action, y.dtype(), numbers));
  }

  void copy(Strided x, Strided y) {
    if (x.dtype() == y.dtype()) {
      write(y, read(x));
    } else {
      step(new Action.Cast(), y, x);
    }
  }

  void reduce(ReduceOp op, Strided x, Strided y) {
    if (!puttingOffSums || op != ReduceOp.SUM || x.dtype() != y.dtype()) {
      throw refused(ElementwiseOp.methodName(op.name()));
    }
    write(y, read(x));
  }

  Strided constant(Number number, DType dtype) {
    boolean whole =
        number instanceof Integer
            || number instanceof Long
            || number instanceof Short
            || number instanceof Byte;
    Number same = whole ? (Number) number.longValue() : (Number) number.doubleValue();
    Strided y = Strided.allocate(Device.traced(), Shape.scalar(), dtype);
    write(y, formula.add(new Action.Constant(same), dtype));
    return y;
  }

  // ---- values

  /** Returns the number of the value that an array holds, spread over its shape. */
  private int read(Strided x) {
    Value value = values.get(x.storage());
    if (value == null && x.numel() == 0 && x.storage().device().isTraced()) {
      return formula.add(new Action.Constant(0L), x.dtype()); // what is empty is not filled
    }
    if (value == null) {
      throw x.storage().device().isTraced()
          ? new IllegalStateException(
              "fused: " + Caller.operation("a step") + " reads elements that nobody wrote")
          : stranger();
    }
    if (x.dtype() != value.dtype || !isSpread(x.layout(), value.layout)) {
      throw new IllegalStateException(
          "fused: %s takes a view, %s, of %s, whose elements are in other places; make views of the"
                  .formatted(Caller.operation("the function"), x.shape(), value.layout.shape())
              + " operands, or of the result");
    }
    return value.number;
  }

  private void write(Strided y, int number) {
    boolean whole =
        y.layout().isGapless() && y.numel() * y.dtype().size() == y.storage().byteSize();
    if (operands.containsKey(y.storage()) || !whole) {
      throw new IllegalStateException(
          "fused: %s writes to %s; return a new tensor instead"
              .formatted(Caller.operation("a step"), whole ? "an operand" : "a part of a tensor"));
    }
    values.put(y.storage(), new Value(number, y.layout(), y.dtype()));
  }

  /** Whether a layout is the one that was written, as it is or broadcast. */
  private static boolean isSpread(Layout layout, Layout written) {
    int added = layout.dim() - written.dim();
    boolean spread = layout.numel() == 0 || layout.offset() == 0;
    for (int dim = Math.min(0, added); dim < layout.dim(); dim++) {
      long size = dim < 0 ? 1 : layout.size(dim);
      long own = dim < added ? 1 : written.size(dim - added);
      long stride = own == 1 ? 0 : written.stride(dim - added);
      spread &= own == size || own == 1;
      spread &= size <= 1 || layout.stride(dim) == stride;
    }
    return spread;
  }

  // ---- what cannot be fused

  /** A tensor of the program's that the function uses, and is not among its operands. */
  static IllegalArgumentException stranger() {
    return new IllegalArgumentException(
        "fused: "
            + Caller.operation("the function")
            + " uses a tensor that is none of the operands: pass it as one, and numbers as Java's"
            + " numbers, since a traced function is not run again");
  }

  static RuntimeException transferred(Strided x) {
    return x.storage().device().isTraced()
        ? new IllegalStateException(
            "fused: "
                + Caller.operation("the function")
                + " reads elements, and a function that is traced sees none; use where() to"
                + " choose between them")
        : stranger();
  }

  /** A function whose gradient is its author's, who may do anything there. */
  static IllegalStateException ownGradient(String function) {
    return new IllegalStateException(
        "fused: "
            + function
            + " has a gradient of its own, which is not traced; call it before or after the fused"
            + " function");
  }

  static IllegalStateException refused(String kernel) {
    return new IllegalStateException(
        "fused: "
            + Caller.operation(kernel)
            + " does not compute each element from those at the same place, as arithmetic,"
            + " comparisons, where and casts do; call it before or after the fused function");
  }
}
