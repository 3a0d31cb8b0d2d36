package dev.chagres.backend.cuda;

import dev.chagres.backend.Axes;
import dev.chagres.backend.IndexKernels;
import dev.chagres.backend.IndexKernels.Negatives;
import dev.chagres.backend.IndexKernels.Store;
import dev.chagres.backend.Strided;
import dev.chagres.core.DType;
import dev.chagres.core.Layout;
import dev.chagres.core.Shape;
import dev.chagres.primitive.Halves;
import java.util.function.BiConsumer;

/** Takes and puts elements at indices. */
final class Indexing implements IndexKernels {
  private static final String FILE = "index.cu";

  /** What one access moves at most. */
  private static final int MOST_BYTES = 16;

  private final CudaDevice device;
  private final Elementwise elementwise;

  Indexing(CudaDevice device, Elementwise elementwise) {
    this.device = device;
    this.elementwise = elementwise;
  }

  private static long product(Shape shape, int from, int to) {
    long product = 1;
    for (int i = from; i < to; i++) {
      product *= shape.size(i);
    }
    return product;
  }

  /** Returns the template's arguments for a store: what replaces is moved, and not looked at. */
  private static String types(Store store, Strided x) {
    return store + ", " + (store == Store.REPLACE ? Types.bits(x) : Types.of(x));
  }

  /** Halves add up in float32, and are rounded once at last. */
  private static boolean isRounded(Store store, DType dtype) {
    return Halves.isHalf(dtype) && (store == Store.ADD || store == Store.MULTIPLY);
  }

  /** Runs a task that writes x into what y holds, on 32-bit copies. */
  private void inFloat32(Strided x, Strided y, BiConsumer<Strided, Strided> task) {
    Elementwise.withTemporary(
        x.like(x.shape(), DType.FLOAT32),
        from ->
            Elementwise.withTemporary(
                y.like(y.shape(), DType.FLOAT32),
                to -> {
                  elementwise.copy(x, from);
                  elementwise.copy(y, to);
                  task.accept(from, to);
                  elementwise.copy(to, y);
                }));
  }

  /** Reports bad indices where there is nothing to move. */
  private void check(String operation, Strided index, long n, Negatives negatives) {
    if (index.numel() > 0) {
      device
          .launch(FILE, "check_index")
          .integer(index.numel())
          .integer(n)
          .integer(negatives.lowest(n))
          .pointer(index)
          .fault(Faults.index(operation, n, negatives))
          .share(index.numel());
    }
  }

  @Override
  public void indexSelect(Strided x, int dim, Strided index, Negatives negatives, Strided y) {
    Slices slices = Slices.moved(x.shape(), dim, x, y);
    slices("indexSelect", "index_select<" + slices.type, slices, index, negatives, x, y, y);
  }

  @Override
  public void indexPut(
      Store store, Strided x, int dim, Strided index, Negatives negatives, Strided y) {
    if (isRounded(store, x.dtype())) {
      inFloat32(x, y, (from, to) -> indexPut(store, from, dim, index, negatives, to));
      return;
    }
    Slices slices =
        store == Store.REPLACE
            ? Slices.moved(y.shape(), dim, x, y)
            : Slices.of(y.shape(), dim, x.dtype());
    slices(
        "indexPut", "index_put<" + store + ", " + slices.type, slices, index, negatives, x, y, x);
  }

  /**
   * The slices along a dimension, in units that one access moves.
   *
   * @param n how many there are
   * @param inner how many units of each lie side by side
   * @param unit its bytes
   */
  private record Slices(String type, long n, long inner, int unit) {
    static Slices of(Shape all, int dim, DType dtype) {
      long inner = product(all, dim + 1, all.dim());
      return new Slices(Types.of(dtype), all.size(dim), inner, dtype.size());
    }

    /** Where elements are only moved, as many at a time as slices have and addresses permit. */
    static Slices moved(Shape all, int dim, Strided x, Strided y) {
      long bytes = product(all, dim + 1, all.dim()) * x.dtype().size();
      long divided = bytes | CudaDevice.address(x) | CudaDevice.address(y);
      int unit = (int) Math.min(MOST_BYTES, Long.lowestOneBit(divided));
      String type = unit == MOST_BYTES ? "Pack<uint64_t, 2>" : "uint" + Byte.SIZE * unit + "_t";
      return new Slices(type, all.size(dim), bytes / unit, unit);
    }
  }

  private void slices(
      String operation,
      String expression,
      Slices slices,
      Strided index,
      Negatives negatives,
      Strided x,
      Strided y,
      Strided some) {
    if (some.numel() == 0) {
      check(operation, index, slices.n, negatives);
      return;
    }
    long units = some.numel() * some.dtype().size() / slices.unit;
    device
        .launch(FILE, expression + ", " + Layouts.index(units) + ">")
        .integer(units)
        .integer(slices.n)
        .integer(negatives.lowest(slices.n))
        .integer(slices.inner)
        .integer(index.numel())
        .pointer(x)
        .pointer(index)
        .pointer(y)
        .fault(Faults.index(operation, slices.n, negatives))
        .share(units);
  }

  @Override
  public void gather(Strided x, int dim, Strided index, Negatives negatives, Strided y) {
    elements(new At("gather", "gather<" + Types.bits(x), x, dim, negatives), x, index, y);
  }

  @Override
  public void scatter(
      Store store, Strided x, int dim, Strided index, Negatives negatives, Strided y) {
    if (isRounded(store, x.dtype())) {
      inFloat32(x, y, (from, to) -> scatter(store, from, dim, index, negatives, to));
      return;
    }
    elements(new At("scatter", "scatter<" + types(store, x), y, dim, negatives), x, index, y);
  }

  /**
   * A kernel, but for its type of indices, and the operand that it walks along a dimension by an
   * index.
   */
  private record At(
      String operation, String expression, Strided indexed, int dim, Negatives negatives) {
    long n() {
      return indexed.layout().dim() == 0 ? 1 : indexed.layout().size(dim);
    }

    long stride() {
      return indexed.layout().dim() == 0 ? 1 : indexed.layout().stride(dim);
    }

    /** Returns the strides of an operand, with 0 for the axis that the index walks. */
    @SuppressWarnings("ReferenceEquality") // An operand is itself.
    long[] strides(Strided operand) {
      long[] strides = operand.layout().strides();
      if (operand == indexed && dim < strides.length) {
        strides[dim] = 0;
      }
      return strides;
    }

    /** Returns how far the walked axis begins behind the operand's lowest element. */
    @SuppressWarnings("ReferenceEquality") // An operand is itself.
    long start(Strided operand) {
      return operand == indexed ? Math.max(0, -stride()) * (n() - 1) : 0;
    }
  }

  private void elements(At at, Strided x, Strided index, Strided y) {
    if (index.numel() == 0) {
      return;
    }
    Axes axes =
        Axes.of(index.shape().toArray(), at.strides(x), index.layout().strides(), at.strides(y));
    long behindX = behind(x, index.shape(), at);
    long behindY = behind(y, index.shape(), at);
    Layouts.each(
        axes,
        3,
        (struct, starts) ->
            device
                .launch(FILE, at.expression + ", " + Layouts.index(struct) + ">")
                .struct(struct)
                .integer(at.n())
                .integer(at.negatives.lowest(at.n()))
                .integer(at.stride())
                .pointer(x, starts[0] + at.start(x) + behindX)
                .pointer(index, starts[1])
                .pointer(y, starts[2] + at.start(y) + behindY)
                .fault(Faults.index(at.operation, at.n(), at.negatives))
                .share(struct[1]));
  }

  /**
   * Returns how much further the first element is from an operand's lowest one than in the part of
   * it that the index's shape covers: turned axes may be longer than it is.
   */
  @SuppressWarnings("ReferenceEquality") // An operand is itself.
  private static long behind(Strided operand, Shape shape, At at) {
    long behind = 0;
    Layout layout = operand.layout();
    for (int i = 0; i < layout.dim(); i++) {
      if (!(operand == at.indexed && i == at.dim)) {
        behind += Math.max(0, -layout.stride(i)) * (layout.size(i) - shape.size(i));
      }
    }
    return behind;
  }

  @Override
  public void joinIndex(Strided index, long size, Strided positions) {
    if (positions.numel() == 0) {
      return;
    }
    Layouts.each(
        Axes.of(index.layout(), positions.layout()),
        2,
        (struct, starts) ->
            device
                .launch(FILE, "join_index")
                .struct(struct)
                .integer(size)
                .pointer(index, starts[0])
                .pointer(positions, starts[1])
                .fault(Faults.index("index", size, Negatives.FROM_END))
                .share(struct[1]));
  }
}
